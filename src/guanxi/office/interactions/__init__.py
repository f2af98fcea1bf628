"""The timeline: pages of it, and as it grows."""
