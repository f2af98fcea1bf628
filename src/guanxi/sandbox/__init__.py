"""A small but true bank to connect to; talks to the rest over the network only."""
