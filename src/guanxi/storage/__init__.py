"""PostgreSQL (embedded or given), pools, named SQL, transactions: where data rests and how it is reached."""
