"""What the tensors of a checkpoint are called, in the words of today's `transformers`.

Checkpoints that TensorFlow's BERT was turned into, and encoders saved without their head, use other
names. `transformers` renames them while it loads, so they are no fault of the checkpoint.
"""

from __future__ import annotations

_OLD_ENDINGS = {".LayerNorm.gamma": ".LayerNorm.weight", ".LayerNorm.beta": ".LayerNorm.bias"}

_PARTS = ("embeddings.", "encoder.", "pooler.")
"""Of an encoder; in the file of a whole model they stand behind its prefix."""


def today(name: str, *, prefix: str) -> str:
    """Return the name that a stored tensor has today.

    Args:
        name: As it is stored.
        prefix: What the names of the encoder's tensors begin with, such as `roberta.`; empty where
            they begin with nothing.
    """
    for old, new in _OLD_ENDINGS.items():
        if name.endswith(old):
            name = name.removesuffix(old) + new
    if prefix and name.startswith(_PARTS):
        return prefix + name
    if prefix and name.startswith(f"{prefix}classifier."):
        return name.removeprefix(prefix)
    return name
