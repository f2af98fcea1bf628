"""Adapters to business systems: one deletable folder each."""
