"""The commands that measure models on one's own data."""
