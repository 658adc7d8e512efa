"""The commands that find, fetch and prepare models."""
