"""Message maps: one data file a peer, converting its wire messages to the canonical tree and back without loss."""
