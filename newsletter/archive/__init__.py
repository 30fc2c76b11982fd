"""The archive in the store: entries and their revisions, editions, plans, issues and corrections."""
