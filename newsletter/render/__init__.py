"""Models in, text or bytes out: mail, feeds, pages, box. Pure: no database, no clock, no network."""
