"""Rows one behind the other, without padding: how models of `transformers` are made to read them.

All rows of a batch become one long row of real tokens. Everything in a transformer but attention
works token by token, so it needs no more than the right positions; attention is taken over by a
function that keeps each row to itself.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

try:
    from torch.nn.attention.varlen import varlen_attn
except ImportError:  # PyTorch before 2.10
    varlen_attn = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jingpai.backends.base import Batch

# `model_type` of a config.json: those whose attention reaches ours with nothing added to it (no
# bias, window or soft cap), and that are tested so.
_ENCODERS = frozenset({"bert", "roberta", "xlm-roberta", "camembert"})
_LANGUAGE_MODELS = frozenset({"gemma", "granite", "llama", "qwen2", "qwen3"})

_ATTENTION = "jingpai_packed"

# Well above what half precision rounds in values of about 1, and well below what changes when a
# row sees another one.
_ROUNDING = 0.05


class PackedRows(NamedTuple):
    """The rows of a batch one behind the other.

    Attributes:
        ids: int64 [tokens].
        positions: int64 [tokens], each token's place in its row, from 0.
        is_second: int64 [tokens], 1 in the second segment of a row and 0 in the first.
        bounds: int32 [n + 1], where each row begins, and the number of tokens.
        longest: Tokens of the longest row.
    """

    ids: NDArray[np.int64]
    positions: NDArray[np.int64]
    is_second: NDArray[np.int64]
    bounds: NDArray[np.int32]
    longest: int


def pack(batch: Batch) -> PackedRows:
    """Return the rows of a batch without their padding."""
    columns = np.broadcast_to(np.arange(batch.input_ids.shape[1]), batch.input_ids.shape)
    is_token = columns < batch.lengths[:, None]
    return PackedRows(
        ids=batch.input_ids[is_token],
        positions=columns[is_token],
        is_second=(columns >= batch.query_lengths[:, None])[is_token].astype(np.int64),
        bounds=np.concatenate([[0], np.cumsum(batch.lengths)]).astype(np.int32),
        longest=int(batch.lengths.max()),
    )


class _States(NamedTuple):
    """What attention reads, each [tokens, heads, size]; keys and values may have fewer heads."""

    query: torch.Tensor
    key: torch.Tensor
    value: torch.Tensor


class _Bounds(NamedTuple):
    """Which tokens see which: those of a row each other, or with `is_causal` those before them."""

    begins: torch.Tensor
    longest: int
    is_causal: bool


def use_packed_rows(model: Any) -> bool:  # noqa: ANN401 - transformers has no useful type here
    """Make a model read packed rows, where model, device and precision allow it.

    Such a model must then be called with the keywords `cu_seq_lens_q` (the bounds, on its device)
    and `max_length_q` (the longest), and with one line of ids and positions.

    Args:
        model: A model of `transformers` on its device, in its precision.

    Returns:
        Whether the model was changed; if not, it reads padded rows as before.
    """
    if not _is_known(model) or not _computes(model):
        return False
    AttentionInterface.register(_ATTENTION, _packed_attention)
    model.set_attn_implementation(_ATTENTION)
    return True


def _packed_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    cu_seq_lens_q: torch.Tensor,
    max_length_q: int,
    scaling: float | None = None,
    **_unused: object,
) -> tuple[torch.Tensor, None]:
    """Return the attention of packed rows, [1, tokens, heads, size], and None for its weights.

    `transformers` sets the signature: states are [1, heads, tokens, size], and there are more
    keywords than are needed. The mask is None: the bounds take its place.
    """
    states = _States(*(tensor[0].transpose(0, 1) for tensor in (query, key, value)))
    is_causal = bool(getattr(module, "is_causal", False))
    bounds = _Bounds(cu_seq_lens_q, max_length_q, is_causal)
    attend = _by_kernel if query.is_cuda else _row_by_row
    return attend(states, bounds, scaling=scaling)[None], None


def _by_kernel(states: _States, bounds: _Bounds, *, scaling: float | None) -> torch.Tensor:
    """All rows in one kernel, which CUDA alone has; [tokens, heads, size]."""
    attended = varlen_attn(
        *states,
        bounds.begins,
        bounds.begins,
        bounds.longest,
        bounds.longest,
        scale=scaling,
        window_size=(-1, 0 if bounds.is_causal else -1),
        enable_gqa=states.query.shape[1] != states.key.shape[1],
    )
    return cast("torch.Tensor", attended)


def _row_by_row(states: _States, bounds: _Bounds, *, scaling: float | None) -> torch.Tensor:
    """The same with ordinary attention, one row after the other: what a CPU does anyway."""
    heads = states.query.shape[1]
    # A key and a value for every head, all as [1, heads, tokens, size].
    query, key, value = (
        tensor.repeat_interleave(heads // tensor.shape[1], dim=1).transpose(0, 1)[None]
        for tensor in states
    )
    attended = [
        scaled_dot_product_attention(
            query[:, :, begin:end],
            key[:, :, begin:end],
            value[:, :, begin:end],
            is_causal=bounds.is_causal,
            scale=scaling,
        )
        for begin, end in itertools.pairwise(bounds.begins.tolist())
    ]
    return torch.cat(attended, dim=2)[0].transpose(0, 1)


def _is_known(model: Any) -> bool:  # noqa: ANN401
    config = model.config
    is_replaceable = getattr(model, "_supports_attention_backend", False)
    if not is_replaceable or not hasattr(model, "set_attn_implementation"):
        return False  # not in this release of transformers
    if config.model_type in _ENCODERS:
        kind = getattr(config, "position_embedding_type", "absolute")
        return kind == "absolute" and not config.is_decoder
    has_windows = getattr(config, "sliding_window", None) is not None
    return config.model_type in _LANGUAGE_MODELS and not has_windows


def _computes(model: Any) -> bool:  # noqa: ANN401
    """Whether the device has a kernel for the model's heads and precision: tried, not guessed."""
    if model.device.type == "cpu":
        return True
    if model.device.type != "cuda" or varlen_attn is None or model.dtype == torch.float32:
        return False
    states, bounds = _sample(model)
    expected = _row_by_row(states, bounds, scaling=None)
    try:
        found = _by_kernel(
            _States(*(tensor.to(model.device, model.dtype) for tensor in states)),
            bounds._replace(begins=bounds.begins.to(model.device)),
            scaling=None,
        ).cpu()
    except (RuntimeError, ValueError, TypeError):
        return False  # no kernel for this hardware or head size, or another signature of it
    return torch.allclose(found.float(), expected, rtol=0, atol=_ROUNDING)


def _sample(model: Any) -> tuple[_States, _Bounds]:  # noqa: ANN401
    """Three rows of random states in the shape of a model's, on the CPU."""
    config = model.config
    heads = config.num_attention_heads
    key_heads = getattr(config, "num_key_value_heads", None) or heads
    size = getattr(config, "head_dim", None) or config.hidden_size // heads
    begins = torch.tensor([0, 3, 40, 41], dtype=torch.int32)
    random = torch.Generator().manual_seed(0)
    states = [
        torch.randn((41, count, size), generator=random).to(model.dtype).float()
        for count in (heads, key_heads, key_heads)
    ]
    return _States(*states), _Bounds(begins, 37, config.model_type in _LANGUAGE_MODELS)
