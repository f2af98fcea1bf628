"""Looking after records: sources, loads, doubtful pairs, quality, fields."""
