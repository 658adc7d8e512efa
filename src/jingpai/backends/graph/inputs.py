"""What a graph derives from a batch: positions, token types, and which tokens are padding."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from jingpai.backends.graph.architecture import Architecture
    from jingpai.backends.graph.builder import GraphBuilder


SPECIAL_TOKENS = 4
"""Ids below this one are those of special tokens, which all texts hold."""


class Inputs(NamedTuple):
    """Values of a graph, by name. Columns count the tokens of a row from 0.

    Attributes:
        ids: int64 [rows, length].
        columns: int64 [length].
        is_padding: bool [rows, length].
        is_second: bool [rows, length], whether a token (or padding) lies behind the first segment.
        query_lengths: int64 [rows, 1].
    """

    ids: str
    columns: str
    is_padding: str
    is_second: str
    query_lengths: str


def declare_inputs(graph: GraphBuilder) -> Inputs:
    """Declare the fields of `Batch` as the inputs of a graph, and compare them with the columns."""
    ids = graph.input("input_ids", dtype=np.int64, shape=("rows", "length"))
    lengths = _column(graph, graph.input("lengths", dtype=np.int32, shape=("rows",)))
    query_lengths = _column(graph, graph.input("query_lengths", dtype=np.int32, shape=("rows",)))
    shape = graph.add("Shape", [ids])
    length = graph.add("Gather", [shape, graph.constant(1, dtype=np.int64)])
    zero, one = graph.constant(0, dtype=np.int64), graph.constant(1, dtype=np.int64)
    columns = graph.add("Range", [zero, length, one])
    return Inputs(
        ids=ids,
        columns=columns,
        is_padding=graph.add("GreaterOrEqual", [columns, lengths]),
        is_second=graph.add("GreaterOrEqual", [columns, query_lengths]),
        query_lengths=query_lengths,
    )


def position_ids(graph: GraphBuilder, inputs: Inputs, architecture: Architecture) -> str:
    """Rows of the position table, by each family's own rule: int64 [length] or [rows, length]."""
    if architecture.family in ("bert", "text-encoder"):
        return inputs.columns
    if architecture.family == "two-segment-bert":  # from 0 in each segment
        start = graph.add("Mul", [_as_int64(graph, inputs.is_second), inputs.query_lengths])
        position = graph.add("Sub", [inputs.columns, start])
        # Behind a short row the count could run over the end of the table.
        zero = graph.constant(0, dtype=np.int64)
        return graph.add("Where", [inputs.is_padding, zero, position])
    # RoBERTa counts the tokens that are not padding, from the padding id on.
    padding_id = graph.constant(architecture.padding_id, dtype=np.int64)
    is_padding = graph.add("Equal", [inputs.ids, padding_id])
    is_token = _as_int64(graph, graph.add("Not", [is_padding]))
    counted = graph.add("CumSum", [is_token, graph.constant(1, dtype=np.int64)])
    return graph.add("Add", [graph.add("Mul", [counted, is_token]), padding_id])


def shared_tokens(graph: GraphBuilder, inputs: Inputs) -> str:
    """Which tokens the other segment of their row holds, too: bool [rows, length]."""
    one, two = (graph.constant([axis], dtype=np.int64) for axis in (1, 2))

    def against_each_other(operator: str, values: str) -> str:  # [rows, length, length]
        return graph.add(
            operator,
            [graph.add("Unsqueeze", [values, two]), graph.add("Unsqueeze", [values, one])],
        )

    is_same = against_each_other("Equal", inputs.ids)
    is_other_text = against_each_other("Xor", inputs.is_second)
    matches = graph.add("Cast", [graph.add("And", [is_same, is_other_text])], attributes={"to": 2})
    found = graph.add("ReduceMax", [matches, two], attributes={"keepdims": 0})
    # Padding lies in the second segment; its id is that of a special token.
    is_word = graph.add(
        "GreaterOrEqual", [inputs.ids, graph.constant(SPECIAL_TOKENS, dtype=np.int64)]
    )
    return graph.add("And", [graph.add("Cast", [found], attributes={"to": 9}), is_word])


def token_type_ids(graph: GraphBuilder, inputs: Inputs, architecture: Architecture) -> str | None:
    """Rows of the token type table, int64 [rows, length]; None where all of them are 0."""
    if architecture.family == "bert" and architecture.token_types > 1:
        return _as_int64(graph, inputs.is_second)
    return None


def _column(graph: GraphBuilder, lengths: str) -> str:
    """[rows] -> int64 [rows, 1]."""
    return graph.add("Unsqueeze", [_as_int64(graph, lengths), graph.constant([1], dtype=np.int64)])


def _as_int64(graph: GraphBuilder, value: str) -> str:
    return graph.add("Cast", [value], attributes={"to": 7})
