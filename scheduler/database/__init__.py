"""The one database: engine, transactions, migrations, refusals of constraints, and the embedded server."""
