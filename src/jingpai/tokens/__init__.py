"""Strings in, integers out: pairs become rows, rows become batches."""
