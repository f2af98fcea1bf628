"""From a service request to a durable reply: journal, routes, legs, recovery."""
