"""Which records are of one party: learnt without labels, explained, and never chained over a weak bridge."""
