"""PyTorch: for GPUs, for language models, and for encoders that have no ONNX graph."""
