"""From the last layer to logits, evidence or vectors.

Heads stay in float32, they are a few thousandths of the work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from jingpai.backends.graph.architecture import Architecture
    from jingpai.backends.graph.builder import GraphBuilder
    from jingpai.backends.graph.checkpoint import Checkpoint
    from jingpai.backends.graph.inputs import Inputs

EVIDENCE_HEAD = "head.evidence"
"""What the names of the evidence head's tensors begin with."""

COMPARE_HEAD, VERDICT_HEAD = "head.compare", "head.verdict"
"""A second opinion on the two texts, which a two-segment model may have: two dense layers."""

SMALLEST_NORM = 1e-12
"""Keeps the mean of an empty segment from a division by zero."""


class Head(NamedTuple):
    """Writes a head and returns what a model says of each row."""

    graph: GraphBuilder
    checkpoint: Checkpoint
    architecture: Architecture

    def classification(self, first_token: str) -> str:
        """Logits [rows, k]: dense, tanh, dense, on the first token [rows, 1, hidden].

        For BERT and RoBERTa.
        """
        hidden = self.architecture.hidden
        bert = self.architecture.family == "bert"
        inner, outer = (
            ("bert.pooler.dense", "classifier")
            if bert
            else ("classifier.dense", "classifier.out_proj")
        )
        rows = self.graph.constant([-1, hidden], dtype=np.int64)
        x = self._dense(self.graph.add("Reshape", [first_token, rows]), inner, outputs=hidden)
        tanh = self.graph.add("Tanh", [x])
        return self._dense(tanh, outer, outputs=self.architecture.labels)

    def two_segments(self, x: str, inputs: Inputs) -> str:
        """Logits [rows, 1]: a scaled cosine of the two segments' means, and what else they say.

        scale * cosine + offset + linear([first token, product of the two unit-length means])
        + verdict(tanh(compare([first token of each segment, product]))), where there is a verdict
        """
        graph, hidden = self.graph, self.architecture.hidden
        is_token = graph.add("Not", [inputs.is_padding])
        in_first = graph.add("Not", [inputs.is_second])
        in_second = graph.add("And", [inputs.is_second, is_token])
        first, second = self._mean_directions(x, [in_first, in_second])
        product = graph.add("Mul", [first, second])
        bounds = (graph.constant([bound], dtype=np.int64) for bound in (0, 1, 1))
        rows = graph.constant([-1, hidden], dtype=np.int64)
        first_token = graph.add("Reshape", [graph.add("Slice", [x, *bounds]), rows])
        # The cosine is the sum of the product, so the scale is a weight like the others.
        weight = self.checkpoint.read("head.linear.weight", shape=(1, 2 * hidden)).copy()
        weight[:, hidden:] += self.checkpoint.read("head.scale", shape=(1,))
        features = graph.add("Concat", [first_token, product], attributes={"axis": 1})
        logits = graph.add(
            "Gemm",
            [
                features,
                graph.constant(weight.T, dtype=np.float32),
                graph.constant(self.checkpoint.read("head.offset", shape=(1,)), dtype=np.float32),
            ],
        )
        if f"{VERDICT_HEAD}.weight" not in self.checkpoint:
            return logits
        passage_begins = self._token_at(x, inputs.query_lengths)
        both = graph.add("Concat", [first_token, passage_begins, product], attributes={"axis": 1})
        compared = graph.add(
            "Tanh", [self._dense(both, COMPARE_HEAD, outputs=hidden, inputs=3 * hidden)]
        )
        verdict = self.checkpoint.read(f"{VERDICT_HEAD}.weight", shape=(1, hidden))
        said = graph.add("MatMul", [compared, graph.constant(verdict.T, dtype=np.float32)])
        return graph.add("Add", [logits, said])

    @property
    def has_evidence(self) -> bool:
        """Whether the checkpoint holds an evidence head; not every two-segment model does."""
        return f"{EVIDENCE_HEAD}.weight" in self.checkpoint

    def evidence(self, x: str) -> str:
        """One logit a token, [tokens, 1], of [1, tokens, hidden]: a single dense layer."""
        flat = self.graph.constant([-1, self.architecture.hidden], dtype=np.int64)
        return self._dense(self.graph.add("Reshape", [x, flat]), EVIDENCE_HEAD, outputs=1)

    def mean_vector(self, x: str, inputs: Inputs) -> str:
        """Vectors [rows, hidden]: the mean of all tokens of a row, at unit length."""
        is_token = self.graph.add("Not", [inputs.is_padding])
        return self._mean_directions(x, [is_token])[0]

    def _token_at(self, x: str, places: str) -> str:
        """The token of each row at its place, [rows, hidden]; `places` is int64 [rows, 1].

        The place behind the last token is that of the last one: a row without a second segment.
        """
        graph, hidden = self.graph, self.architecture.hidden
        shape = graph.add("Shape", [x])
        length = graph.add("Gather", [shape, graph.constant(1, dtype=np.int64)])
        last = graph.add("Sub", [length, graph.constant(1, dtype=np.int64)])
        inside = graph.add("Min", [places, last])
        found = graph.add("GatherND", [x, inside], attributes={"batch_dims": 1})
        return graph.add("Reshape", [found, graph.constant([-1, hidden], dtype=np.int64)])

    def _mean_directions(self, x: str, masks: list[str]) -> list[str]:
        """Unit-length means of the tokens in each mask (bool [rows, length]), [rows, hidden]."""
        graph = self.graph
        one = graph.constant([1], dtype=np.int64)
        flags = [graph.add("Unsqueeze", [mask, one]) for mask in masks]
        stacked = graph.add("Concat", flags, attributes={"axis": 1})
        picked = graph.add("Cast", [stacked], attributes={"to": 1})
        # [rows, masks, hidden]; a sum points where the mean does
        sums = graph.add("MatMul", [picked, x])
        norms = graph.add("ReduceL2", [sums, graph.constant([-1], dtype=np.int64)])
        smallest = graph.constant(SMALLEST_NORM, dtype=np.float32)
        directions = graph.add("Div", [sums, graph.add("Max", [norms, smallest])])
        return [
            graph.add(
                "Gather",
                [directions, graph.constant(index, dtype=np.int64)],
                attributes={"axis": 1},
            )
            for index in range(len(masks))
        ]

    def _dense(self, x: str, name: str, *, outputs: int, inputs: int | None = None) -> str:
        width = inputs or self.architecture.hidden
        weight = self.checkpoint.read(f"{name}.weight", shape=(outputs, width))
        bias = self.checkpoint.read(f"{name}.bias", shape=(outputs,))
        return self.graph.add(
            "Gemm",
            [
                x,
                self.graph.constant(weight, dtype=np.float32),
                self.graph.constant(bias, dtype=np.float32),
            ],
            attributes={"transB": 1},
        )
