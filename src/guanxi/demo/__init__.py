"""The demo bank: invented customers with a year of history, the same for the same seed."""
