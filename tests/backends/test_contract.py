"""What holds for every backend."""

from __future__ import annotations

import importlib.util
import multiprocessing
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from support import tiny_language_models
from support.batches import batch_of, random_rows
from support.tiny_models import write_tiny_xlm_roberta

from jingpai.backends.graph import convert
from jingpai.backends.onnx import OnnxBackend
from jingpai.errors import BackendFailed

MOST_TOKENS = 130
LENGTHS = (7, 30, 12, 55, 3, 55, 21)

# What rounding may change in a score: float32 sums in another order, int8 values on an edge.
TOLERANCE = {"fp32": 1e-5, "int8": 1e-3}


def open_tiny(name, folder):
    if name == "torch":
        from jingpai.backends.pytorch.cross_encoder import TorchBackend

        return TorchBackend(folder, device="cpu", precision="fp32")
    if name == "causal":
        from jingpai.backends.pytorch.causal import CausalBackend

        return CausalBackend(folder, answer_ids=(40, 7), device="cpu", precision="fp32")
    graph = folder / name
    if not graph.exists():
        graph.mkdir()
        convert(folder, graph, precision=name.removeprefix("onnx-"))
    return OnnxBackend(graph, threads=2)


NO_TORCH = importlib.util.find_spec("torch") is None or not importlib.util.find_spec("transformers")


NEEDS_TORCH = [pytest.mark.torch, pytest.mark.skipif(NO_TORCH, reason="the extra is missing")]


@pytest.fixture(
    scope="module",
    params=[
        "onnx-fp32",
        "onnx-int8",
        pytest.param("torch", marks=NEEDS_TORCH),
        pytest.param("causal", marks=NEEDS_TORCH),
    ],
)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def checkpoint(name, tmp_path_factory):
    folder = tmp_path_factory.mktemp("contract")
    if name == "causal":
        return tiny_language_models.write_language_model(
            folder,
            kind="Qwen3",
            tokenizer=tiny_language_models.qwen_tokenizer(),
            tie_word_embeddings=True,
            max_position_embeddings=MOST_TOKENS,
        )
    return write_tiny_xlm_roberta(folder, labels=2)


@pytest.fixture(scope="module")
def backend(name, checkpoint):
    backend = open_tiny(name, checkpoint)
    yield backend
    backend.close()


def scores(logits):
    return 1 / (1 + np.exp(-logits.astype(np.float64)))


def assert_same_scores(first, second, backend):
    np.testing.assert_allclose(
        scores(first), scores(second), rtol=0, atol=TOLERANCE[backend.precision]
    )


def test_logits_are_float32_one_line_a_row_and_one_column_a_label(backend):
    logits = backend.logits(batch_of(random_rows(LENGTHS)))
    assert logits.dtype == np.float32
    assert logits.shape == (len(LENGTHS), 2)
    assert len(np.unique(logits.round(3))) > len(LENGTHS)


def test_device_and_precision_are_named(backend, name):
    assert backend.device == "cpu"
    assert backend.precision == ("int8" if name == "onnx-int8" else "fp32")


def test_padding_counts_as_text_but_where_rows_of_any_length_may_share_a_batch(backend, name):
    assert backend.padding_weight == (1.0 if name.startswith("onnx") else 0.01)


def test_padding_does_not_matter(backend):
    rows = random_rows(LENGTHS)
    narrow, wide = backend.logits(batch_of(rows)), backend.logits(batch_of(rows, width=90))
    assert_same_scores(narrow, wide, backend)


def test_a_row_alone_has_the_score_that_it_has_in_a_batch(backend):
    rows = random_rows(LENGTHS)
    together = backend.logits(batch_of(rows))
    alone = np.concatenate([backend.logits(batch_of([row])) for row in rows])
    assert_same_scores(together, alone, backend)


def test_results_come_in_the_order_of_the_rows(backend):
    rows = random_rows(LENGTHS)
    forward, backward = backend.logits(batch_of(rows)), backend.logits(batch_of(rows[::-1]))
    assert_same_scores(forward, backward[::-1], backend)


def test_the_same_batch_has_the_same_logits_every_time(backend):
    batch = batch_of(random_rows(LENGTHS))
    np.testing.assert_array_equal(backend.logits(batch), backend.logits(batch))


def test_a_batch_may_be_one_row_of_one_token(backend):
    assert np.isfinite(backend.logits(batch_of(random_rows([1])))).all()


def test_a_row_may_be_as_long_as_the_model_reads(backend):
    assert np.isfinite(backend.logits(batch_of(random_rows([MOST_TOKENS])))).all()


def test_a_row_longer_than_the_model_reads_is_an_error_that_names_its_length(name, backend):
    if name == "causal":
        pytest.skip("it computes positions instead of looking them up: the spec says where to stop")
    with pytest.raises(BackendFailed, match=f"{MOST_TOKENS + 1} tokens"):
        backend.logits(batch_of(random_rows([MOST_TOKENS + 1])))


def test_threads_that_share_a_backend_get_their_own_results(backend):
    batches = [batch_of(random_rows(LENGTHS, seed=seed)) for seed in range(8)]
    expected = [backend.logits(batch) for batch in batches]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(backend.logits, batches * 4))
    for result, wanted in zip(results, expected * 4, strict=True):
        assert_same_scores(result, wanted, backend)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a safe fork")
def test_a_forked_process_goes_on_with_the_backend(name, backend):
    if name == "causal":
        pytest.skip("PyTorch's threads may wait for ever in a fork after a language model")
    batch = batch_of(random_rows(LENGTHS))
    expected = backend.logits(batch)
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=lambda: sender.send(backend.logits(batch)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of threads and fork
        process.start()
    try:
        assert receiver.poll(60), "the child hangs"
        assert_same_scores(receiver.recv(), expected, backend)
    finally:
        process.kill()
    assert_same_scores(backend.logits(batch), expected, backend)


def test_closing_twice_does_nothing_and_a_batch_after_it_is_an_error(name, checkpoint):
    backend = open_tiny(name, checkpoint)
    backend.close()
    backend.close()
    with pytest.raises(BackendFailed, match="closed"):
        backend.logits(batch_of(random_rows([5])))
