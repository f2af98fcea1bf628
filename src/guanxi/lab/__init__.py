"""Simulated customers and terminals that speak the real protocols to the real gateway."""
