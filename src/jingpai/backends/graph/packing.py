"""Tokens one behind the other, and rows padded to the longest: from the one to the other.

Only attention needs rows. Everything else is done for the tokens alone, so that padding costs
nothing there, whatever lengths share a batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from jingpai.backends.graph.builder import GraphBuilder
    from jingpai.backends.graph.inputs import Inputs


class Packing(NamedTuple):
    """Which token stands where.

    Attributes:
        graph: What the conversions are written into.
        tokens: int64 [tokens], the place of each token in all rows one behind the other.
        places: int64 [rows, length], the place of each token of a row among the tokens; in the
            padding, that of any token.
    """

    graph: GraphBuilder
    tokens: str
    places: str

    @classmethod
    def of(cls, graph: GraphBuilder, inputs: Inputs) -> Packing:
        """Count the tokens of a batch."""
        is_token = graph.add("Not", [inputs.is_padding])
        flags = graph.add("Cast", [is_token], attributes={"to": 7})
        flat = graph.add("Reshape", [flags, graph.constant([-1], dtype=np.int64)])
        zero, one = graph.constant(0, dtype=np.int64), graph.constant(1, dtype=np.int64)
        before = graph.add("Sub", [graph.add("CumSum", [flat, zero]), one])
        place = graph.add("Max", [before, zero])
        tokens = graph.add("NonZero", [flat])
        return cls(
            graph,
            graph.add("Reshape", [tokens, graph.constant([-1], dtype=np.int64)]),
            graph.add("Reshape", [place, graph.add("Shape", [inputs.ids])]),
        )

    def pack(self, rows: str, *, width: int) -> str:
        """Return [1, tokens, width] of [rows, length, width]."""
        flat = self._flat(rows, width)
        found = self.graph.add("Gather", [flat, self.tokens])
        return self.graph.add("Unsqueeze", [found, self.graph.constant([0], dtype=np.int64)])

    def unpack(self, tokens: str, *, width: int) -> str:
        """Return [rows, length, width] of [1, tokens, width]; what the padding holds is any."""
        return self.graph.add("Gather", [self._flat(tokens, width), self.places])

    def _flat(self, value: str, width: int) -> str:
        shape = self.graph.constant([-1, width], dtype=np.int64)
        return self.graph.add("Reshape", [value, shape])
