"""The customer API: machine clients read, find, tell, change and merge customers, and hear of changes."""
