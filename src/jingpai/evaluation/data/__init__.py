"""Readers of test sets: whatever form they come in, one form comes out."""
