"""Where rows live: the engine, the tables, their migrations, and the transaction."""

from newsletter.store.engine import Store, UnusableDatabase

__all__ = ["Store", "UnusableDatabase"]
