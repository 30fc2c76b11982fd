"""The site and the feeds over HTTP: read, check, answer."""
