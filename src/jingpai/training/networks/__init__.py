"""The networks that are trained, in PyTorch and on disk."""
