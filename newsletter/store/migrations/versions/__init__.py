"""One set of migrations, run on SQLite and PostgreSQL alike."""
