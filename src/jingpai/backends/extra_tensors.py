"""Which tensors a checkpoint may hold beside those that its network has a place for.

Most are left over from training and change no score: a pooler that no head reads, a language-model
head, position ids that were saved with the weights. One that stands in a layer, or in the head,
means that config.json describes a smaller network, or another one, than the file holds; scores
would come out, and mean nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jingpai.errors import ModelFilesInvalid

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_HEADS = frozenset(("classifier", "score", "head"))
_LAYERS = frozenset(("encoder", "layers"))
_COMPUTED = frozenset(("position_ids", "token_type_ids", "inv_freq", "masked_bias"))
"""Last parts of the names of constants that older programs saved with the weights."""


def check_extra_tensors(names: Iterable[str], *, encoder: str, folder: Path) -> None:
    """Check tensors that the network has no place for.

    Args:
        names: Of those tensors.
        encoder: What the names of the encoder's tensors begin with, such as `roberta.`.
        folder: That holds the checkpoint.

    Raises:
        ModelFilesInvalid: One of them stands in a layer or in the head.
    """
    wrong = sorted(name for name in names if _is_of_network(name, encoder=encoder))
    if wrong:
        more = f" and {len(wrong) - 1} more tensors" if len(wrong) > 1 else ""
        raise ModelFilesInvalid(
            f"{folder}: the weights hold {wrong[0]}{more} in layers or a head for which the"
            f" network of {folder / 'config.json'} has no place. Check its model_type and"
            " num_hidden_layers, or copy the config.json that was published with the weights."
        )


def _is_of_network(name: str, *, encoder: str) -> bool:
    parts = name.split(".")
    if parts[-1] in _COMPUTED:
        return False
    # An encoder that was saved by itself has no prefix.
    in_encoder = name.startswith(encoder) or parts[0] in _LAYERS
    in_a_layer = in_encoder and any(part.isdecimal() for part in parts)
    return in_a_layer or parts[0] in _HEADS
