"""The channel lab: a page on which a newcomer plays the customer, at machines that speak to the real gateway."""
