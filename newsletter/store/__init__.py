"""Where rows live: the engine, the tables, their migrations, and the transaction."""

from sqlalchemy import Connection

from newsletter.store.engine import Store, UnusableDatabase

__all__ = ["Connection", "Store", "UnusableDatabase"]
