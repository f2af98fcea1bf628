"""ISO 20022 messages, pure: read from bytes, written to bytes. XML is never trusted."""
