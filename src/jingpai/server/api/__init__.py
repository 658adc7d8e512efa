"""Dialects: how each kind of client writes a request and reads the reply."""
