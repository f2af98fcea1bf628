"""Guanxi: one customer record, every channel, one history, and the science to act on it."""
