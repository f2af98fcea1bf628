"""How bytes become a tree and a tree bytes, one module a format. What is not of the format is a `ValueError`."""
