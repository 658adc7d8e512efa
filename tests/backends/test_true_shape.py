"""The graph of the large multilingual reranker, in its true shape but for depth and vocabulary.

Hidden size, heads, feed-forward size, positions, offset, norms and head are those of
bge-reranker-v2-m3, with random weights; two layers of its 24, since all are alike.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from support.batches import Row, batch_of

from jingpai.backends.graph import convert
from jingpai.backends.onnx import OnnxBackend
from jingpai.models.describe import describe

pytestmark = pytest.mark.torch

LENGTHS = (3, 128, 512, 2048)
VOCABULARY = 1000
BEGIN, PADDING, END = 0, 1, 2
TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("true-shape")
    config = transformers.XLMRobertaConfig(
        vocab_size=VOCABULARY,
        hidden_size=1024,
        num_hidden_layers=2,
        num_attention_heads=16,
        intermediate_size=4096,
        max_position_embeddings=8194,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        num_labels=1,
        bos_token_id=BEGIN,
        pad_token_id=PADDING,
        eos_token_id=END,
        # Twice the usual, so that attention and logits differ clearly.
        initializer_range=0.04,
    )
    torch.manual_seed(0)
    transformers.XLMRobertaForSequenceClassification(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def graph(folder):
    graph = folder / "graph"
    graph.mkdir()
    convert(folder, graph, precision="fp32")
    backend = OnnxBackend(graph, threads=2)
    yield backend
    backend.close()


@pytest.fixture(scope="module")
def reference(folder):
    from jingpai.backends.pytorch.cross_encoder import TorchBackend

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        backend = TorchBackend(folder, device="cpu", precision="fp32")
    yield backend
    backend.close()


def pair_of(length: int, *, seed: int) -> Row:
    """A row <s> query </s></s> document </s> of a length; of three, an empty query's beginning."""
    if length == 3:
        return Row([BEGIN, 77 + seed, END], 3)
    texts = np.random.default_rng(seed).integers(4, VOCABULARY, length - 4).tolist()
    end = max(1, len(texts) // 8)
    ids = [BEGIN, *texts[:end], END, END, *texts[end:], END]
    return Row(ids, end + 2)


def test_all_positions_but_the_two_below_the_offset_are_read(folder):
    assert describe(folder, name="true-shape").max_tokens == 8192


@pytest.mark.parametrize("length", LENGTHS)
def test_the_graph_has_the_logits_of_transformers(graph, reference, length):
    batch = batch_of([pair_of(length, seed=seed) for seed in range(2 if length < 1000 else 1)])
    expected = reference.logits(batch)
    np.testing.assert_allclose(graph.logits(batch), expected, rtol=0, atol=TOLERANCE)


def test_rows_of_unlike_length_do_not_touch_each_other(graph, reference):
    rows = [pair_of(length, seed=length) for length in (3, 17, 128, 300)]
    alone = [reference.logits(batch_of([row]))[0, 0] for row in rows]
    assert np.std(alone) > 0.1
    together = graph.logits(batch_of(rows))[:, 0]
    np.testing.assert_allclose(together, alone, rtol=0, atol=TOLERANCE)


@pytest.mark.slow
def test_the_graph_has_the_logits_of_transformers_in_the_longest_row(graph, reference):
    batch = batch_of([pair_of(8192, seed=0)])
    expected = reference.logits(batch)
    np.testing.assert_allclose(graph.logits(batch), expected, rtol=0, atol=TOLERANCE)
