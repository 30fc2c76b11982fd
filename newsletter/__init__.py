"""What the newsletter knows and does."""
