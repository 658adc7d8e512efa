"""The network of the bundled model: a BERT whose row holds two texts, with a wall between them.

A row is `<s> query: ... </s>` followed by `<s> passage: ... </s>`. Positions start again at 0 in
the second text and the token type is 0 everywhere, as in the parent (multilingual-e5-small), so
each text alone looks exactly as the parent saw it. Inside a text, attention is BERT's. From one
text to the other it carries an additive bias, one number per layer, direction and head. With that
bias at minus infinity the network *is* the parent; raised, it is a cross-encoder.

    logit = scale * cosine(mean of text 1, mean of text 2) + offset
            + linear([first token of text 1, product of the two unit-length means])
            + verdict(tanh(compare([first token of each text, product of the means])))

The means run over all tokens of a text, its special tokens included, as in the parent. Before
one of the lower layers (`marking_layer`) the tokens that both texts of a row hold are marked by a
vector of their own, so that an exact word is seen as one, however rare it is.

A network may have a second head, the evidence: one logit for each token of the passage, whether it
belongs to what answers the query.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (everyone's name for it)

from jingpai.backends.graph.encoder import marking_layer
from jingpai.backends.graph.inputs import SPECIAL_TOKENS

if TYPE_CHECKING:
    from collections.abc import Mapping

START_SCALE = 60.0
START_OFFSET = -0.86 * START_SCALE  # the parent's cosines lie around 0.86
# First text looking at second, and back. A passage is some eight times as long as a query, so equal
# biases would leave passages nearly blind: at -3 a query token spends about a quarter of its
# attention on the passage, at -2 a passage token about a fiftieth on the query.
START_BIAS = (-3.0, -2.0)
PADDING_COST = -1e4  # finite, so that rows of padding stay free of NaN


@dataclass(frozen=True)
class Tokens:
    """Rows of two texts, their tokens laid end to end without padding."""

    ids: Tensor  # [tokens]
    positions: Tensor  # [tokens], from 0 in each text
    segment: Tensor  # [tokens], 0 in the first text and 1 in the second
    row: Tensor  # [tokens]
    column: Tensor  # [tokens], place within the row
    rows: int
    width: int  # tokens of the longest row

    def is_shared(self) -> Tensor:
        """Which tokens the other text of their row holds, too: bool [tokens]."""
        vocabulary = int(self.ids.max()) + 1
        here = (2 * self.row + self.segment) * vocabulary + self.ids
        there = (2 * self.row + 1 - self.segment) * vocabulary + self.ids
        return torch.isin(there, here) & (self.ids >= SPECIAL_TOKENS)

    @classmethod
    def of(cls, input_ids: Tensor, *, lengths: Tensor, query_lengths: Tensor) -> Tokens:
        """Take the tokens out of rows that are padded on the right, [rows, length]."""
        columns = torch.arange(input_ids.shape[1], device=input_ids.device)
        row, column = (columns < lengths[:, None]).nonzero(as_tuple=True)
        segment = (column >= query_lengths[row]).long()
        return cls(
            ids=input_ids[row, column],
            positions=column - segment * query_lengths[row],
            segment=segment,
            row=row,
            column=column,
            rows=len(input_ids),
            width=input_ids.shape[1],
        )


class Layer(nn.Module):
    """One BERT layer (normalisation after the sum), over tokens without padding."""

    def __init__(self, hidden: int, inner: int, *, heads: int, eps: float) -> None:
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

    def forward(self, x: Tensor, bias: Tensor, grid: Grid) -> Tensor:
        """Tokens in, tokens out; `bias` [2, heads] is this layer's wall."""
        weight = torch.cat([self.query.weight, self.key.weight, self.value.weight])
        qkv = F.linear(x, weight, torch.cat([self.query.bias, self.key.bias, self.value.bias]))
        query, key, value = grid.spread(qkv.view(len(x), 3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        query = torch.cat([query / math.sqrt(query.shape[-1]), grid.asks(query)], dim=-1)
        key = torch.cat([key, grid.costs(key, bias)], dim=-1)
        found = F.softmax(query @ key.transpose(-1, -2), dim=-1) @ value
        x = self.attended_norm(x + self.attended(grid.gather(found.transpose(1, 2)).flatten(1)))
        out: Tensor = self.outer_norm(x + self.outer(F.gelu(self.inner(x))))
        return out


class Grid:
    """The rows of a batch side by side, padded to the longest, which attention alone needs.

    What attention adds to its logits rides on three features beside those of the head, so no
    [row, head, token, token] tensor of biases is built: a token of the first text asks with
    (1, 0, 1), one of the second with (0, 1, 1), and a key answers with (cost to the first text,
    cost to the second, cost to all, which is what silences padding).
    """

    def __init__(self, tokens: Tokens) -> None:
        width = -(-tokens.width // 16) * 16  # the softmax of other widths takes twice the time
        self.shape = (tokens.rows, width)
        self.place = tokens.row * width + tokens.column
        where = torch.zeros(3, tokens.rows * width, device=tokens.row.device)
        where[2] = PADDING_COST
        where[:, self.place] = torch.stack(
            [1 - tokens.segment, tokens.segment, 0 * tokens.segment]
        ).float()
        self.first, self.second, self.padding = where.view(3, tokens.rows, 1, width)

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

    words: Tensor

    def __init__(self, config: Mapping[str, Any]) -> None:
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
            Layer(hidden, config["intermediate_size"], heads=heads, eps=eps) for _ in range(layers)
        )
        self.cross_segment_bias = nn.Parameter(
            torch.tensor(START_BIAS).view(1, 2, 1).repeat(layers, 1, heads)
        )
        self.scale = nn.Parameter(torch.tensor([START_SCALE]))
        self.offset = nn.Parameter(torch.tensor([START_OFFSET]))
        self.linear = nn.Linear(2 * hidden, 1, bias=False)  # the offset is its bias
        nn.init.zeros_(self.linear.weight)
        # Both have no say at the start.
        self.shared = nn.Parameter(torch.zeros(hidden))
        self.compare = nn.Linear(3 * hidden, hidden)
        # The same each time, so that a checkpoint without these two is the same network each time.
        nn.init.normal_(self.compare.weight, std=0.02, generator=torch.Generator().manual_seed(0))
        nn.init.zeros_(self.compare.bias)
        self.verdict = nn.Linear(hidden, 1, bias=False)
        nn.init.zeros_(self.verdict.weight)
        self.evidence: nn.Linear | None = None
        self.frozen = 0

    def add_evidence(self) -> None:
        """Give the network an evidence head that says 0 of every token."""
        self.evidence = nn.Linear(int(self.config["hidden_size"]), 1)
        nn.init.zeros_(self.evidence.weight)
        nn.init.zeros_(self.evidence.bias)

    def freeze(self, layers: int) -> None:
        """Keep the embeddings and the first `layers` layers, walls included, as they are."""
        self.frozen = layers
        for part in (self.positions, self.types, self.norm, *self.layers[:layers]):
            part.requires_grad_(requires_grad=False)

    def encode(self, tokens: Tokens) -> Tensor:
        """The last layer's tokens, [tokens, hidden]."""
        grid = Grid(tokens)
        x: Tensor = self.norm(
            self.words[tokens.ids] + self.positions(tokens.positions) + self.types.weight[0]
        )
        if torch.is_autocast_enabled(x.device.type):
            x = x.to(torch.get_autocast_dtype(x.device.type))
        for number, layer in enumerate(self.layers):
            if number == marking_layer(len(self.layers)):
                x = x + tokens.is_shared().to(x.dtype)[:, None] * self.shared.to(x.dtype)
            bias = self.cross_segment_bias[number]
            x = layer(x, bias.detach() if number < self.frozen else bias, grid)
        return x.float()

    def means(self, x: Tensor, tokens: Tokens) -> Tensor:
        """Unit-length mean of each text, [rows, 2, hidden]."""
        which = tokens.row * 2 + tokens.segment
        sums = x.new_zeros(tokens.rows * 2, x.shape[1]).index_add(0, which, x)
        # A sum points where the mean does.
        return F.normalize(sums, dim=-1).view(tokens.rows, 2, -1)

    def evidence_logits(self, x: Tensor) -> Tensor:
        """One logit a token, [tokens], of the last layer's tokens; needs an evidence head."""
        if self.evidence is None:
            raise ValueError("this network has no evidence head")
        logits: Tensor = self.evidence(x).squeeze(-1)
        return logits

    def forward(self, tokens: Tokens) -> Tensor:
        """One logit a row."""
        return self.score(self.encode(tokens), tokens)

    def score(self, x: Tensor, tokens: Tokens) -> Tensor:
        """One logit a row, [rows], of the last layer's tokens."""
        first, second = self.means(x, tokens).unbind(1)
        product = first * second
        # Times the hidden size: the products of unit vectors are tiny, and the linear parts should
        # learn from them at the pace at which they learn from the rest. Folded in when saved.
        similar = product * x.shape[1]
        query_begins = x[tokens.column == 0]
        passage_begins = x[(tokens.segment == 1) & (tokens.positions == 0)]
        linear: Tensor = self.linear(torch.cat([query_begins, similar], dim=-1))
        both = torch.cat([query_begins, passage_begins, similar], dim=-1)
        verdict: Tensor = self.verdict(torch.tanh(self.compare(both)))
        return self.scale * product.sum(-1) + self.offset + (linear + verdict).squeeze(-1)
