"""The public class on a real tiny model: right results or errors that name argument and index."""

from __future__ import annotations

import json
import math
import multiprocessing
import threading
from typing import cast

import numpy as np
import pytest

from jingpai import (
    BackendFailed,
    Document,
    InvalidInput,
    JingpaiError,
    RankedDocument,
    Ranking,
    Reranker,
    Span,
)

QUERY = "what is a panda"
DOCUMENTS = ["the giant bear eats bamboo", "hi", "a panda is a bear", "bamboo", "it eats"]


@pytest.fixture(scope="module")
def reranker(tiny_folder) -> Reranker:
    return Reranker(tiny_folder, scale="logit")


def test_a_ranking_is_a_sequence_of_documents_best_first(reranker):
    ranking = reranker.rank(QUERY, DOCUMENTS)
    assert isinstance(ranking, Ranking)
    assert sorted(found.index for found in ranking) == [0, 1, 2, 3, 4]
    assert [found.score for found in ranking] == sorted((f.score for f in ranking), reverse=True)
    assert (ranking.query, ranking.scale, len(ranking)) == (QUERY, "logit", 5)
    assert isinstance(ranking[0], RankedDocument)
    assert ranking[1:3] == ranking.documents[1:3]


def test_scores_come_in_input_order_and_agree_with_the_ranking(reranker):
    scores = reranker.score(QUERY, DOCUMENTS)
    assert {found.index: found.score for found in reranker.rank(QUERY, DOCUMENTS)} == dict(
        enumerate(scores)
    )


def test_scores_are_plain_floats_that_json_takes(reranker):
    scores = reranker.score(QUERY, DOCUMENTS)
    assert all(type(score) is float for score in scores)
    assert json.loads(json.dumps(scores)) == scores


def test_the_two_scales_are_one_apart_by_the_logistic(reranker, tiny_folder):
    logits = reranker.score(QUERY, DOCUMENTS)
    with Reranker(tiny_folder) as sigmoid:
        scores = sigmoid.score(QUERY, DOCUMENTS)
        assert sigmoid.rank(QUERY, DOCUMENTS).scale == "sigmoid"
    assert scores == pytest.approx([1 / (1 + math.exp(-logit)) for logit in logits])


def test_top_k_and_threshold_cut_the_ranking(reranker):
    whole = reranker.rank(QUERY, DOCUMENTS)
    assert reranker.rank(QUERY, DOCUMENTS, top_k=2).documents == whole[:2]
    assert reranker.rank(QUERY, DOCUMENTS, top_k=99).documents == whole.documents
    assert reranker.rank(QUERY, DOCUMENTS, threshold=whole[2].score).documents == whole[:3]
    assert len(reranker.rank(QUERY, DOCUMENTS, threshold=1e9)) == 0


def test_no_documents_give_an_empty_ranking(reranker):
    assert len(reranker.rank(QUERY, [])) == 0
    assert reranker.score(QUERY, []) == []


def test_one_document_is_a_ranking_of_one(reranker):
    (found,) = reranker.rank(QUERY, ["a panda"])
    assert (found.index, found.span, found.passages, found.truncated) == (0, Span(0, 7), 1, False)


def test_the_very_object_that_was_handed_in_comes_back_unchanged(reranker):
    given = [
        "a panda",
        {"text": "a bear", "id": 7, "extra": [1]},
        Document("bamboo", id="c", metadata={"page": 3}),
    ]
    copies = ["a panda", {"text": "a bear", "id": 7, "extra": [1]}, given[2]]
    for found in reranker.rank(QUERY, given):
        assert found.document is given[found.index]
        assert found.text == ["a panda", "a bear", "bamboo"][found.index]
    assert given == copies


def test_the_forms_of_a_document_score_alike(reranker):
    scores = reranker.score(QUERY, ["a bear", {"text": "a bear"}, Document("a bear")])
    assert scores[0] == scores[1] == scores[2]


def test_equal_documents_keep_their_order(reranker):
    ranking = reranker.rank(QUERY, ["a bear"] * 20)
    assert [found.index for found in ranking] == list(range(20))


@pytest.mark.parametrize("mates", [0, 1, 99])
def test_a_score_does_not_depend_on_what_else_is_in_the_call(reranker, mates):
    text = "the giant panda eats bamboo"
    (alone,) = reranker.score(QUERY, [text])
    among = reranker.score(QUERY, ["bear " * (n % 50) for n in range(mates)] + [text])[-1]
    assert among == pytest.approx(alone, abs=1e-4)


def test_the_order_of_the_input_changes_no_score(reranker):
    documents = [f"{'bear ' * (n % 7)} panda {'bamboo ' * (n % 5)}" for n in range(60)]
    forward = reranker.score(QUERY, documents)
    backward = reranker.score(QUERY, documents[::-1])[::-1]
    assert forward == pytest.approx(backward, abs=1e-4)


def test_repeated_runs_agree_to_the_last_bit(reranker):
    assert reranker.score(QUERY, DOCUMENTS) == reranker.score(QUERY, DOCUMENTS)


def test_many_queries_are_scored_in_one_call(reranker):
    queries = [QUERY, "bamboo", "hi"]
    lists = [DOCUMENTS, [], ["a bear", "bamboo"]]
    many = reranker.score(queries, lists)
    assert [len(scores) for scores in many] == [5, 0, 2]
    for query, documents, scores in zip(queries, lists, many, strict=True):
        assert scores == pytest.approx(reranker.score(query, documents), abs=1e-4)
    rankings = reranker.rank_many(queries, lists, top_k=1)
    assert [len(ranking) for ranking in rankings] == [1, 0, 1]
    assert [ranking.query for ranking in rankings] == queries


def test_two_threads_at_once_get_the_scores_of_one(reranker):
    expected = reranker.score(QUERY, DOCUMENTS)
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(reranker.score(QUERY, DOCUMENTS)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 4


def _score_in_child(reranker, pipe):
    pipe.send(reranker.score(QUERY, DOCUMENTS))


@pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="this system cannot fork"
)
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_gets_the_scores_of_its_parent(reranker):
    expected = reranker.score(QUERY, DOCUMENTS)
    context = multiprocessing.get_context("fork")
    mine, childs = context.Pipe()
    child = context.Process(target=_score_in_child, args=(reranker, childs))
    child.start()
    assert mine.poll(60), "the child hangs"
    assert mine.recv() == pytest.approx(expected, abs=1e-5)
    child.join()


def test_ten_thousand_documents_come_back_complete(reranker):
    documents = [f"{'panda ' * (n % 3)}bear" for n in range(10_000)]
    ranking = reranker.rank(QUERY, documents)
    assert sorted(found.index for found in ranking) == list(range(10_000))
    by_kind = {n % 3: [f.score for f in ranking if f.index % 3 == n % 3] for n in range(3)}
    assert all(max(scores) - min(scores) < 1e-4 for scores in by_kind.values())


def test_a_document_of_a_million_characters_is_read_to_its_end(reranker):
    text = "the bear eats. " * 66_000 + "a panda is a bear."
    (found,) = reranker.rank(QUERY, [text])
    assert found.passages > 100
    assert not found.truncated
    assert 0 <= found.span.start < found.span.end <= len(text)


HOSTILE = {
    "empty": "",
    "white space": " \t\r\n ",
    "lone surrogates": "panda \ud800 bear \udfff",
    "NUL": "panda\x00bear",
    "right-to-left marks": "\u200fpanda\u200e \u202ebear\u202c",
    "emoji": "👩‍👩‍👧‍👦 🐼 🇨🇳",
    "private use": "\ue000\uf8ff",
    "control characters": "".join(map(chr, range(32))) + "\x7f\x80\x9f",
    "last code point": "\U0010ffff",
    "special tokens": "<s></s><pad><mask>[CLS][SEP]",
    "braces": "{query} {passage} {0} %s",
    "one long word": "x" * 100_000,
    "markup": "<" * 10_000,
    "entities": "&amp;" * 10_000,
    "combining marks": "e" + "\u0301" * 10_000,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("clean", [True, False])
def test_hostile_documents_are_scored_and_lose_no_other(tiny_folder, name, clean):
    with Reranker(tiny_folder, clean=clean, scale="logit") as reranker:
        scores = reranker.score(QUERY, ["a panda", HOSTILE[name], "bamboo"])
        assert all(math.isfinite(score) for score in scores)
        plain = reranker.score(QUERY, ["a panda", "bamboo"])
        assert [scores[0], scores[2]] == pytest.approx(plain, abs=1e-4)


@pytest.mark.parametrize(
    "name", [name for name in HOSTILE if name not in {"empty", "white space", "one long word"}]
)
def test_hostile_queries_give_scores_or_an_error_of_the_tree(reranker, name):
    try:
        scores = reranker.score(HOSTILE[name], ["a panda", "bamboo"])
    except JingpaiError as error:
        assert "query" in str(error)
    else:
        assert all(math.isfinite(score) for score in scores)


@pytest.mark.parametrize("query", ["", "   ", None, 3, b"panda", ["a", "b", 3], 2.5])
def test_a_query_that_is_none_is_named(reranker, query):
    with pytest.raises(InvalidInput, match="query|queries|documents"):
        reranker.rank(query, ["a panda"])


@pytest.mark.parametrize(
    "bad", [None, 3, 2.5, b"panda", ["a"], {"title": "x"}, {"text": None}, object()]
)
def test_a_document_that_is_none_is_named_with_its_index(reranker, bad):
    with pytest.raises(InvalidInput, match=r"documents\[2\]"):
        reranker.rank(QUERY, ["a panda", "bear", bad])


@pytest.mark.parametrize("documents", ["a panda", b"a", {"text": "a"}, Document("a"), None, 3])
def test_a_lone_document_in_place_of_a_list_is_an_error(reranker, documents):
    with pytest.raises(InvalidInput, match="documents: .* list"):
        reranker.rank(QUERY, documents)


@pytest.mark.parametrize("documents", [("a panda", "hi"), iter(["a panda", "hi"])])
def test_any_iterable_of_documents_is_taken(reranker, documents):
    assert len(reranker.rank(QUERY, documents)) == 2


def test_lists_of_unlike_length_are_an_error(reranker):
    with pytest.raises(InvalidInput, match="2 lists for 1 queries"):
        reranker.score([QUERY], [["a"], ["b"]])


@pytest.mark.parametrize("top_k", [0, -1, 2.5, True, "3"])
def test_a_bad_top_k_is_an_error(reranker, top_k):
    with pytest.raises(InvalidInput, match="top_k"):
        reranker.rank(QUERY, ["a"], top_k=top_k)


@pytest.mark.parametrize("threshold", [math.nan, "0.5"])
def test_a_bad_threshold_is_an_error(reranker, threshold):
    with pytest.raises(InvalidInput, match="threshold"):
        reranker.rank(QUERY, ["a"], threshold=threshold)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("scale", "percent"),
        ("long_documents", "skip"),
        ("max_tokens", 10**6),
        ("max_tokens", 0),
        ("batch_tokens", 0),
        ("threads", -1),
        ("max_tokens", "512"),
        ("max_tokens", True),
        ("batch_tokens", "many"),
        ("threads", 1.5),
        ("device", 5),
        ("precision", "fp8"),
    ],
)
def test_a_bad_setting_is_named(tiny_folder, setting, value):
    with pytest.raises(InvalidInput, match=setting):
        Reranker(tiny_folder, **{setting: value})


def test_a_model_that_gives_nan_is_an_error_that_keeps_the_other_scores(broken_folder):
    with Reranker(broken_folder, precision="fp32", scale="logit") as reranker:
        with pytest.raises(BackendFailed, match=r"documents\[1\].*no finite number") as caught:
            reranker.score(QUERY, ["a panda", "Z", "bear"])
        first, lost, last = caught.value.scores
        assert lost is None
        assert [first, last] == pytest.approx(reranker.score(QUERY, ["a panda", "bear"]), abs=1e-5)


def test_a_failure_keeps_the_scores_of_the_other_queries_too(broken_folder):
    with Reranker(broken_folder, precision="fp32") as reranker:
        with pytest.raises(BackendFailed, match=r"documents\[1\]\[0\]") as caught:
            reranker.score([QUERY, "hi"], [["a panda", "bear"], ["Z", "bamboo"]])
        first, second = cast("list[list[float | None]]", caught.value.scores)
        assert first == pytest.approx(reranker.score(QUERY, ["a panda", "bear"]), abs=1e-5)
        assert second[0] is None
        assert second[1] is not None


def test_numpy_numbers_are_numbers(reranker):
    ranking = reranker.rank(QUERY, DOCUMENTS, top_k=np.int64(2), threshold=np.float32(-99))
    assert len(ranking) == 2


def test_numpy_strings_are_strings(reranker):
    assert len(reranker.score(QUERY, np.array(["a panda", "hi"]))) == 2
