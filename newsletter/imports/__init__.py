"""Imports: captured pages, CSV and JSON Lines. Bytes in, entries and problems out; pure."""
