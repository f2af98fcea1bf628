"""ISO 8583:1987 in ASCII: fields, messages, framing, authentication and response codes. Pure."""
