"""Watching and steering the exchange: map, endpoints, routes, messages, files, breaks."""
