"""The service catalogue: the business logic that every channel shares, pure of I/O."""
