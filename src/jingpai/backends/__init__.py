"""Integers in, logits out: what runs a model, on which device."""
