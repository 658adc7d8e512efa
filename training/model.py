"""The network: a BERT whose row holds two texts, with a wall between them that training opens.

A row is `<s> query: ... </s>` followed by `<s> passage: ... </s>`. Positions start again at 0 in
the second text and the token type is 0 everywhere, as in the parent (multilingual-e5-small), so
each text alone looks exactly as the parent saw it. Inside a text, attention is BERT's. From one
text to the other it carries an additive bias, one number per layer, direction and head. With that
bias at minus infinity the network *is* the parent; raised, it is a cross-encoder.

    logit = scale * cosine(mean of text 1, mean of text 2) + offset
            + linear([first token of text 1, product of the two unit-length means])

The means run over all tokens of a text, its special tokens included, as in the parent.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file as load_arrays
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (everyone's name for it)

START_SCALE = 60.0
START_OFFSET = -0.86 * START_SCALE  # the parent's cosines lie around 0.86
# First text looking at second, and back. A passage is some eight times as long as a query, so equal
# biases would leave passages nearly blind: at -3 a query token spends about a quarter of its
# attention on the passage, at -2 a passage token about a fiftieth on the query.
START_BIAS = (-3.0, -2.0)
PADDING_COST = -1e4  # finite, so that rows of padding stay free of NaN


@dataclass(frozen=True)
class Batch:
    """Rows of two texts, their tokens laid end to end without padding."""

    ids: Tensor  # [tokens]
    positions: Tensor  # [tokens], from 0 in each text
    segment: Tensor  # [tokens], 0 in the first text and 1 in the second
    row: Tensor  # [tokens]
    column: Tensor  # [tokens], place within the row
    rows: int
    width: int  # tokens of the longest row


def make_batch(pairs: Sequence[tuple[Sequence[int], Sequence[int]]]) -> Batch:
    """Pairs of token ids; with an empty second text, the parent's view of the first."""
    ids, positions, segment, row, column = [], [], [], [], []
    for index, (first, second) in enumerate(pairs):
        ids += [*first, *second]
        positions += [*range(len(first)), *range(len(second))]
        segment += [0] * len(first) + [1] * len(second)
        row += [index] * (len(first) + len(second))
        column += range(len(first) + len(second))
    return Batch(
        ids=torch.tensor(ids),
        positions=torch.tensor(positions),
        segment=torch.tensor(segment),
        row=torch.tensor(row),
        column=torch.tensor(column),
        rows=len(pairs),
        width=max(len(first) + len(second) for first, second in pairs),
    )


class Layer(nn.Module):
    """One BERT layer (normalisation after the sum), over tokens without padding."""

    def __init__(self, hidden: int, inner: int, heads: int, eps: float) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(hidden, hidden)
        self.key = nn.Linear(hidden, hidden)
        self.value = nn.Linear(hidden, hidden)
        self.attended = nn.Linear(hidden, hidden)
        self.attended_norm = nn.LayerNorm(hidden, eps=eps)
        self.inner = nn.Linear(hidden, inner)
        self.outer = nn.Linear(inner, hidden)
        self.outer_norm = nn.LayerNorm(hidden, eps=eps)

    def forward(self, x: Tensor, bias: Tensor, grid: "Grid") -> Tensor:
        """Tokens in, tokens out; `bias` [2, heads] is this layer's wall."""
        weight = torch.cat([self.query.weight, self.key.weight, self.value.weight])
        qkv = F.linear(x, weight, torch.cat([self.query.bias, self.key.bias, self.value.bias]))
        query, key, value = grid.spread(qkv.view(len(x), 3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        query = torch.cat([query / math.sqrt(query.shape[-1]), grid.asks(query)], dim=-1)
        key = torch.cat([key, grid.costs(key, bias)], dim=-1)
        found = F.softmax(query @ key.transpose(-1, -2), dim=-1) @ value
        x = self.attended_norm(x + self.attended(grid.gather(found.transpose(1, 2)).flatten(1)))
        return self.outer_norm(x + self.outer(F.gelu(self.inner(x))))


class Grid:
    """The rows of a batch side by side, padded to the longest, which attention alone needs.

    What attention adds to its logits rides on three features beside those of the head, so no
    [row, head, token, token] tensor of biases is built: a token of the first text asks with
    (1, 0, 1), one of the second with (0, 1, 1), and a key answers with (cost to the first text,
    cost to the second, cost to all, which is what silences padding).
    """

    def __init__(self, batch: Batch) -> None:
        width = -(-batch.width // 16) * 16  # the softmax of other widths takes twice the time
        self.shape = (batch.rows, width)
        self.place = batch.row * width + batch.column
        where = torch.zeros(3, batch.rows * width)
        where[2] = PADDING_COST
        where[:, self.place] = torch.stack(
            [1 - batch.segment, batch.segment, 0 * batch.segment]
        ).float()
        self.first, self.second, self.padding = where.view(3, batch.rows, 1, width)

    def spread(self, tokens: Tensor) -> Tensor:
        """[tokens, ...] -> [rows, width, ...], zeros where a row is short."""
        rows, width = self.shape
        grid = tokens.new_zeros(rows * width, *tokens.shape[1:]).index_copy(0, self.place, tokens)
        return grid.view(rows, width, *tokens.shape[1:])

    def gather(self, grid: Tensor) -> Tensor:
        """[rows, width, ...] -> [tokens, ...]."""
        return grid.flatten(0, 1)[self.place]

    def asks(self, like: Tensor) -> Tensor:
        """The three features beside the queries of attention."""
        features = torch.stack([self.first, self.second, torch.ones_like(self.first)], dim=-1)
        return features.to(like.dtype).expand(-1, like.shape[1], -1, -1)

    def costs(self, like: Tensor, bias: Tensor) -> Tensor:
        """The three features beside the keys."""
        to_first = self.second * bias[0, :, None]
        to_second = self.first * bias[1, :, None]
        return torch.stack([to_first, to_second, self.padding.expand_as(to_first)], dim=-1).to(
            like.dtype
        )


class TwoSegmentEncoder(nn.Module):
    """Two texts in, one logit out."""

    def __init__(self, config: dict) -> None:
        super().__init__()
        hidden, layers, heads = (
            config[k] for k in ("hidden_size", "num_hidden_layers", "num_attention_heads")
        )
        eps = config["layer_norm_eps"]
        self.config = config
        # Frozen: a short training sees few of its 96 million numbers, and the packed table stays
        # exact.
        self.register_buffer("words", torch.zeros(config["vocab_size"], hidden), persistent=False)
        self.positions = nn.Embedding(config["max_position_embeddings"], hidden)
        self.types = nn.Embedding(config["type_vocab_size"], hidden)
        self.norm = nn.LayerNorm(hidden, eps=eps)
        self.layers = nn.ModuleList(
            Layer(hidden, config["intermediate_size"], heads, eps) for _ in range(layers)
        )
        self.cross_segment_bias = nn.Parameter(
            torch.tensor(START_BIAS).view(1, 2, 1).repeat(layers, 1, heads)
        )
        self.scale = nn.Parameter(torch.tensor([START_SCALE]))
        self.offset = nn.Parameter(torch.tensor([START_OFFSET]))
        self.linear = nn.Linear(2 * hidden, 1, bias=False)  # the offset is its bias
        nn.init.zeros_(self.linear.weight)
        self.frozen = 0

    def freeze(self, layers: int) -> None:
        """Keep the embeddings and the first `layers` layers, walls included, as they are."""
        self.frozen = layers
        for part in (self.positions, self.types, self.norm, *self.layers[:layers]):
            part.requires_grad_(requires_grad=False)

    def encode(self, batch: Batch) -> Tensor:
        """The last layer's tokens, [tokens, hidden]."""
        grid = Grid(batch)
        x = self.norm(
            self.words[batch.ids] + self.positions(batch.positions) + self.types.weight[0]
        )
        if torch.is_autocast_enabled("cpu"):
            x = x.bfloat16()
        for number, layer in enumerate(self.layers):
            bias = self.cross_segment_bias[number]
            x = layer(x, bias.detach() if number < self.frozen else bias, grid)
        return x.float()

    def means(self, x: Tensor, batch: Batch) -> Tensor:
        """Unit-length mean of each text, [rows, 2, hidden]."""
        which = batch.row * 2 + batch.segment
        sums = x.new_zeros(batch.rows * 2, x.shape[1]).index_add(0, which, x)
        return F.normalize(sums, dim=-1).view(batch.rows, 2, -1)  # a sum points where the mean does

    def forward(self, batch: Batch) -> Tensor:
        """One logit a row."""
        x = self.encode(batch)
        first, second = self.means(x, batch).unbind(1)
        product = first * second
        # Times the hidden size: the products of unit vectors are tiny, and the linear part should
        # learn from them at the pace at which it learns from the first token. Folded in when saved.
        features = torch.cat([x[batch.column == 0], product * x.shape[1]], dim=-1)
        return self.scale * product.sum(-1) + self.offset + self.linear(features).squeeze(-1)


NAMES = {  # name here -> name in transformers.BertModel
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "attended": "attention.output.dense",
    "attended_norm": "attention.output.LayerNorm",
    "inner": "intermediate.dense",
    "outer": "output.dense",
    "outer_norm": "output.LayerNorm",
}
TOP = {
    "positions": "embeddings.position_embeddings",
    "types": "embeddings.token_type_embeddings",
    "norm": "embeddings.LayerNorm",
}


def published_name(name: str) -> str:
    """The name under which a parameter is stored."""
    parts = name.split(".")
    if parts[0] == "layers":
        return f"encoder.layer.{parts[1]}.{NAMES[parts[2]]}.{parts[3]}"
    if parts[0] in TOP:
        return f"{TOP[parts[0]]}.{parts[1]}"
    return name if name == "cross_segment_bias" else f"head.{name}"


def unpack_embeddings(path: Path) -> Tensor:
    """The word embeddings as float32, out of their 4-bit blocks of 32."""
    stored = load_arrays(path)
    packed = stored["word_embeddings.blocks"]
    values = (
        np.stack([packed & 15, packed >> 4], axis=-1)
        .reshape(len(packed), -1, 32)
        .astype(np.float32)
    )
    values = (values - 8) * stored["word_embeddings.scales"].astype(np.float32)[..., None]
    return torch.from_numpy(values.reshape(len(packed), -1))


def load(folder: Path) -> TwoSegmentEncoder:
    """The base as the start of training, or a trained folder."""
    model = TwoSegmentEncoder(json.loads((folder / "config.json").read_text(encoding="utf-8")))
    stored = load_file(folder / "model.safetensors")
    state = {
        name: stored.pop(published_name(name))
        for name in model.state_dict()
        if published_name(name) in stored
    }
    if stored:
        raise SystemExit(f"{folder} holds tensors that this network lacks: {sorted(stored)}")
    missing = set(model.state_dict()) - set(state)
    if missing - {"cross_segment_bias", "scale", "offset", "linear.weight"}:
        raise SystemExit(f"{folder} lacks {sorted(missing)}")
    if "linear.weight" in state:
        state["linear.weight"][:, model.config["hidden_size"] :] /= model.config["hidden_size"]
    model.load_state_dict(state, strict=False)
    model.words.copy_(unpack_embeddings(folder / "embeddings.safetensors"))
    return model


def published_state(model: TwoSegmentEncoder) -> dict[str, Tensor]:
    """The tensors as stored: without word embeddings, with the head's factor folded in."""
    state = {
        published_name(name): value.detach().float().clone()
        for name, value in model.state_dict().items()
    }
    state["head.linear.weight"][:, model.config["hidden_size"] :] *= model.config["hidden_size"]
    return state
