"""Strings in, strings out: fields of a document, cleaning, passages, prompts."""
