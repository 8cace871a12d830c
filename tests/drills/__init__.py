"""Things break on purpose, and nothing is lost."""
