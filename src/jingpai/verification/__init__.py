"""Whether a model gives the scores that others have published for it."""
