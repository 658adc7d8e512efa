"""The encoder in the package, as users meet it."""

from __future__ import annotations

import base64
import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from jingpai import Document, Embedder, InvalidInput
from jingpai.errors import BackendFailed

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
REFERENCES = json.loads((ROOT / "tests" / "bundled_vectors.json").read_text("utf-8"))
CASES = tomllib.loads((ROOT / "recipe" / "cases.toml").read_text("utf-8"))
PAIRS = [pair for pair in CASES["pair"] if "answer in" not in pair["language"]]

# Far below what parts two texts, far above what the rounding of sums moves.
ROUNDING = 1e-5

FACT = "大熊猫的食物几乎全是竹子。"
FACT_LENGTHS = (1, 30, 3, 12, 80, 2, 55, 7, 20, 1, 41, 5)


@pytest.fixture(scope="module")
def embedder():
    with Embedder(threads=2) as bundled:
        yield bundled


def expected_vector(reference) -> np.ndarray:
    return np.frombuffer(base64.b64decode(reference["vector"]), "<f2").astype(np.float32)


@pytest.mark.parametrize("kind", ["query", "passage"])
def test_vectors_are_those_of_the_float32_network(embedder, kind):
    mine = [one for one in REFERENCES if one["kind"] == kind]
    texts = [one["text"] * one["times"] for one in mine]
    embed = embedder.embed_queries if kind == "query" else embedder.embed_passages
    cosines = (embed(texts) * np.array([expected_vector(one) for one in mine])).sum(axis=1)
    assert len(mine) > 10
    assert cosines.min() > 0.999


def test_vectors_are_float32_of_unit_length(embedder):
    for vectors in (
        embedder.embed_queries(["大熊猫主要吃什么?", "a"]),
        embedder.embed_passages([FACT, ""]),
    ):
        assert (vectors.dtype, vectors.shape) == (np.float32, (2, 384))
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert embedder.dimensions == 384


def test_a_question_is_nearest_to_its_answer_in_ten_languages(embedder):
    queries = embedder.embed_queries([pair["query"] for pair in PAIRS])
    passages = embedder.embed_passages([pair["right"] for pair in PAIRS])
    assert (queries @ passages.T).argmax(axis=1).tolist() == list(range(len(PAIRS)))


def test_no_text_gives_no_vector_but_their_length(embedder):
    assert embedder.embed_queries([]).shape == (0, 384)
    assert embedder.embed_passages(iter(())).shape == (0, 384)
    assert embedder.embed_passages([]).dtype == np.float32


def test_the_order_is_that_of_the_texts_and_neighbours_do_not_matter(embedder):
    texts = [f"{number}. {FACT * times}" for number, times in enumerate(FACT_LENGTHS * 4)]
    together = embedder.embed_passages(texts)
    alone = np.concatenate([embedder.embed_passages([text]) for text in texts[: len(FACT_LENGTHS)]])
    np.testing.assert_allclose(together[: len(alone)], alone, rtol=0, atol=ROUNDING)
    backwards = embedder.embed_passages(texts[::-1])[::-1]
    np.testing.assert_allclose(together, backwards, rtol=0, atol=ROUNDING)
    np.testing.assert_array_equal(together, embedder.embed_passages(texts))


def test_threads_get_the_vectors_of_one(embedder):
    texts = [pair["right"] for pair in PAIRS]
    expected = embedder.embed_passages(texts)
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(lambda _: embedder.embed_passages(texts), range(4)))
    for vectors in results:
        np.testing.assert_array_equal(vectors, expected)


def test_every_form_of_a_document_is_read_alike_and_the_title_comes_first(embedder):
    text, title = FACT, "大熊猫"
    plain, mapping, document, titled, joined = embedder.embed_passages(
        [
            text,
            {"text": text, "id": "7"},
            Document(text, metadata={"year": 2024}),
            Document(text, title=title),
            f"{title}\n{text}",
        ]
    )
    np.testing.assert_allclose(mapping, plain, rtol=0, atol=ROUNDING)
    np.testing.assert_allclose(document, plain, rtol=0, atol=ROUNDING)
    np.testing.assert_allclose(titled, joined, rtol=0, atol=ROUNDING)
    assert plain @ titled < 0.999


def test_a_query_is_not_read_as_a_passage_is(embedder):
    assert embedder.embed_queries([FACT])[0] @ embedder.embed_passages([FACT])[0] < 0.999


def test_markup_and_noise_are_removed_unless_they_are_to_stay(embedder):
    noisy = f"  <p>\u200b{FACT}</p>\n\n<script>var x = 1;</script>"
    (clean,) = embedder.embed_passages([FACT])
    np.testing.assert_allclose(embedder.embed_passages([noisy])[0], clean, rtol=0, atol=ROUNDING)
    with Embedder(clean=False, threads=2) as as_it_is:
        assert as_it_is.embed_passages([noisy])[0] @ clean < 0.99
        np.testing.assert_allclose(as_it_is.embed_passages([FACT])[0], clean, rtol=0, atol=ROUNDING)


def test_a_query_of_nothing_but_markup_asks_about_the_markup(embedder):
    first, second = embedder.embed_queries(["<table>", "<script>"])
    assert first @ second < 0.999


def test_half_a_character_of_a_broken_text_is_a_character(embedder):
    assert np.isfinite(embedder.embed_passages(["\ud83d broken"])).all()
    assert np.isfinite(embedder.embed_queries(["\ud83d broken"])).all()


@pytest.mark.parametrize("unit", [FACT, "Giant pandas eat bamboo. ", "今天天气很好我们去公园玩"])
def test_what_lies_behind_the_limit_has_no_part_in_the_vector(embedder, unit):
    text = unit * (4000 // len(unit))
    cut, longer, longest = embedder.embed_passages([text, text + "The violin.", text * 20])
    np.testing.assert_allclose(longer, cut, rtol=0, atol=ROUNDING)
    np.testing.assert_allclose(longest, cut, rtol=0, atol=ROUNDING)


def test_a_long_text_of_few_tokens_is_read_to_its_end():
    spaces = " " * 40_000
    with Embedder(clean=False, threads=2) as embedder:
        first, second = embedder.embed_passages([f"a{spaces}{FACT}", f"a{spaces}The violin."])
    assert first @ second < 0.99


def test_progress_counts_texts_to_the_end(embedder):
    seen = []
    embedder.embed_passages([FACT * 20] * 40, progress=lambda *done: seen.append(done))
    assert seen[-1] == (40, 40)
    assert len(seen) > 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda e: e.embed_queries("大熊猫"), "queries: got str, .* hand in [query]"),
        (lambda e: e.embed_passages("大熊猫"), "documents: got str, .* hand in [document]"),
        (lambda e: e.embed_passages({"text": "a"}), "documents: got dict"),
        (lambda e: e.embed_passages(Document("a")), "documents: got Document"),
        (lambda e: e.embed_queries(None), "queries: got NoneType"),
        (lambda e: e.embed_queries(["a", 3]), "queries[1] is of type int"),
        (lambda e: e.embed_queries(["a", "b", " \u200b"]), "queries[2] holds only white space"),
        (lambda e: e.embed_passages(["a", {"body": "b"}]), "documents[1] is a mapping without"),
        (lambda e: e.embed_passages(["a", None]), "documents[1] is None"),
        (lambda e: Embedder(threads=0), "threads: got 0"),
        (lambda e: Embedder(threads=True), "threads: got True"),
    ],
)
def test_what_cannot_be_used_is_named(embedder, call, message):
    pattern = re.escape(message).replace(r"\.\*", ".*")
    with pytest.raises(InvalidInput, match=pattern):
        call(embedder)


def test_it_says_what_it_is(embedder):
    assert embedder.model == "intfloat/multilingual-e5-small"
    assert repr(embedder) == "Embedder('intfloat/multilingual-e5-small', dimensions=384)"


def test_a_closed_embedder_says_so():
    with Embedder(threads=1) as embedder:
        pass
    embedder.close()
    with pytest.raises(BackendFailed, match="closed"):
        embedder.embed_queries(["a"])
