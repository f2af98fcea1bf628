"""What is done with files that have come, one module for each kind: it exports `HANDLER`."""
