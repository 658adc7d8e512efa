"""Writes ONNX graphs for cross-encoders and the text encoder, with nothing but numpy and protobuf.

The walk of a conversion: `architecture` reads config.json, `checkpoint` hands out one tensor at a
time, `encoder` (with `inputs`, `embeddings`, `products`, `attention` and `heads`) puts the network
together on a `builder`, which knows the file format from `onnx_format` and streams large tensors
into a `weight_file`. `conversion` runs the walk, `cache` runs it once per checkpoint.
"""

from jingpai.backends.graph.architecture import UnsupportedArchitecture, is_two_segment
from jingpai.backends.graph.cache import optimized
from jingpai.backends.graph.conversion import convert, convert_encoder

__all__ = ["UnsupportedArchitecture", "convert", "convert_encoder", "is_two_segment", "optimized"]
