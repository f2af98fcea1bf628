"""Files to and from peers over SFTP, each with a life of its own that is on record."""
