"""The only owner of state: SQLAlchemy tables, queries, migrations. Postgres, one dialect."""
