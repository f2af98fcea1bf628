"""The timeline: everything that happened between a party and the bank, append-only."""
