"""Source records, golden records, links, contact points, relationships, products held."""
