// The channel lab.
