"""From a checkpoint to a folder that ONNX Runtime opens."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from jingpai.backends.extra_tensors import check_extra_tensors
from jingpai.backends.graph.architecture import (
    Architecture,
    UnsupportedArchitecture,
    read_architecture,
)
from jingpai.backends.graph.attention import AttentionFeatures, PaddingFeatures, WallFeatures
from jingpai.backends.graph.builder import GraphBuilder
from jingpai.backends.graph.checkpoint import Checkpoint, Progress
from jingpai.backends.graph.embeddings import WordEmbeddings
from jingpai.backends.graph.encoder import SHARED_MARK, Encoder, marking_layer
from jingpai.backends.graph.heads import Head
from jingpai.backends.graph.inputs import Inputs, declare_inputs
from jingpai.backends.graph.packing import Packing
from jingpai.backends.graph.products import Float32Products, FourBitProducts, Int8Products
from jingpai.backends.graph.weight_file import SharedWeightFile, WeightFile
from jingpai.files.model_folder import ENCODER_GRAPH, GRAPH

if TYPE_CHECKING:
    from pathlib import Path

GraphPrecision: TypeAlias = Literal["fp32", "int8"]

GRAPH_VERSION = 4
"""Raise it with every change that alters what is written; cached graphs of other versions are
written anew."""

WEIGHTS = "weights.bin"
EMBEDDINGS = "embeddings.bin"

ENCODER_WEIGHTS = "encoder.bin"

PRECISION_KEY = "jingpai.precision"
"""Key of the graph's metadata that holds its precision."""

LOGITS = "logits"
"""Output of every graph of a cross-encoder: float32 [rows, labels]."""

EVIDENCE = "evidence"
"""Output of a graph whose checkpoint has an evidence head: float32 [rows, length], one logit a
token. That of the first segment and of padding means nothing."""


def convert(
    folder: Path,
    output: Path,
    *,
    precision: GraphPrecision,
    progress: Progress | None = None,
) -> None:
    """Write the graph of the cross-encoder in `folder` to `output`.

    Three files: `model.onnx`, and beside it `weights.bin` and `embeddings.bin` (the word embeddings
    alone, so that graphs of one vocabulary can share them). Reads one tensor at a time: a
    checkpoint of 2.2 GB takes 0.2 GB of memory.

    ONNX Runtime computes every output, asked for or not. The evidence costs nothing that could be
    saved: one product of `hidden` numbers a token, where a layer takes thousands.

    Args:
        folder: Holds config.json and safetensors files.
        output: An existing folder.
        precision: Of the matrix products and, for `int8`, of the stored word embeddings.
        progress: Called with the bytes read so far and in all.

    Raises:
        ModelFilesInvalid: The checkpoint is broken, of an architecture that is not supported, or
            of other sizes than its config.json says.
        OSError: The output cannot be written.
    """
    architecture = read_architecture(folder)
    checkpoint = Checkpoint(folder, prefix=architecture.prefix, progress=progress)
    graph = GraphBuilder()
    with (
        closing(WeightFile(output / EMBEDDINGS)) as embeddings,
        closing(WeightFile(output / WEIGHTS)) as weights,
    ):
        inputs = declare_inputs(graph)
        table = WordEmbeddings(graph, checkpoint, architecture, embeddings)
        words = table.gather(inputs.ids, quantised=precision == "int8")
        products = Int8Products if precision == "int8" else Float32Products
        encoder = Encoder(
            graph,
            checkpoint,
            architecture,
            weights,
            products(graph, checkpoint, weights=weights),
            _features(graph, inputs, architecture, checkpoint=checkpoint),
            Packing.of(graph, inputs),
        )
        _network(encoder, encoder.embed(words, inputs), inputs)
    check_extra_tensors(checkpoint.unread, encoder=architecture.prefix, folder=folder)
    (output / GRAPH).write_bytes(graph.to_bytes(metadata={PRECISION_KEY: precision}))
    if progress is not None:  # some checkpoints hold tensors that no graph needs
        progress(checkpoint.total_bytes, checkpoint.total_bytes)


def convert_encoder(folder: Path, output: Path) -> None:
    """Write the graph of the text encoder in `folder` beside that of a cross-encoder.

    Two files: `encoder.onnx`, which makes vectors [rows, hidden] of unit length out of rows of one
    text each, and `encoder.bin`, the layers in the 4-bit blocks in which the checkpoint holds them.
    The word embeddings are those in `embeddings.bin`, which the cross-encoder's graph reads too.

    Args:
        folder: Holds config.json of a BertModel and its safetensors files, with the 4-bit blocks.
        output: Holds `embeddings.bin`.

    Raises:
        ModelFilesInvalid: The checkpoint is broken, of another architecture, or has other word
            embeddings than the cross-encoder.
        OSError: The output cannot be written.
    """
    architecture = read_architecture(folder)
    if architecture.family != "bert":
        raise UnsupportedArchitecture(
            f"{folder / 'config.json'}: the encoder must be a BertModel (model_type 'bert')."
        )
    architecture = replace(architecture, family="text-encoder")
    checkpoint = Checkpoint(folder)
    graph = GraphBuilder()
    with (
        closing(SharedWeightFile(output / EMBEDDINGS)) as embeddings,
        closing(WeightFile(output / ENCODER_WEIGHTS)) as weights,
    ):
        inputs = declare_inputs(graph)
        table = WordEmbeddings(graph, checkpoint, architecture, embeddings)
        encoder = Encoder(
            graph,
            checkpoint,
            architecture,
            weights,
            FourBitProducts(graph, checkpoint, weights=weights),
            PaddingFeatures(graph, inputs, architecture),
            Packing.of(graph, inputs),
        )
        x = encoder.embed(table.gather(inputs.ids, quantised=True), inputs)
        for number in range(architecture.layers):
            x = encoder.layer(x, number)
        vectors = Head(graph, checkpoint, architecture).mean_vector(encoder.rows(x), inputs)
    graph.output("vectors", vectors, shape=("rows", "hidden"))
    (output / ENCODER_GRAPH).write_bytes(graph.to_bytes(metadata={PRECISION_KEY: "int8"}))


def _features(
    graph: GraphBuilder, inputs: Inputs, architecture: Architecture, *, checkpoint: Checkpoint
) -> AttentionFeatures:
    if architecture.family == "two-segment-bert":
        return WallFeatures(graph, inputs, architecture, checkpoint=checkpoint)
    return PaddingFeatures(graph, inputs, architecture)


def _network(encoder: Encoder, x: str, inputs: Inputs) -> None:
    """Write the layers and the head, and declare what they say as outputs."""
    architecture, graph = encoder.architecture, encoder.graph
    head = Head(graph, encoder.checkpoint, architecture)
    reads_first_token_only = architecture.family != "two-segment-bert"
    for number in range(architecture.layers):
        is_marking = number == marking_layer(architecture.layers)
        if is_marking and SHARED_MARK in encoder.checkpoint:
            x = encoder.mark_shared(x, inputs)
        is_last = number == architecture.layers - 1
        x = encoder.layer(x, number, first_token_only=is_last and reads_first_token_only)
    if reads_first_token_only:
        graph.output(LOGITS, head.classification(x), shape=("rows", "labels"))
        return
    logits = head.two_segments(encoder.rows(x), inputs)
    graph.output(LOGITS, logits, shape=("rows", "labels"))
    if head.has_evidence:
        column = encoder.packing.unpack(head.evidence(x), width=1)
        last = graph.constant([2], dtype=np.int64)
        evidence = graph.add("Squeeze", [column, last])
        graph.output(EVIDENCE, evidence, shape=("rows", "length"))
