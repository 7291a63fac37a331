"""PostgreSQL: one database per service, transactions, sets of rows, migrations."""
