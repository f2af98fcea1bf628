"""Finding customers and seeing all of one."""
