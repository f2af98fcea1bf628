"""The credit-card host over ISO 8583:1987: one long-lived connection, many messages in flight."""
