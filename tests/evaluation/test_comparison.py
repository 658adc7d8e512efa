"""Where two models disagree."""

from __future__ import annotations

import pytest

pytest.importorskip("scipy")

from jingpai.evaluation.compare import compare
from jingpai.evaluation.data.reading import read_test_set
from jingpai.evaluation.data.source import Source
from jingpai.evaluation.rerank import Reranked


def reranked(name, *logits):
    return Reranked(name, "cpu", "fp32", name, tuple(logits), ())


@pytest.fixture
def test_set(tmp_path):
    path = tmp_path / "p.csv"
    rows = [f"{query},{text} {query},{int(text == 'a')}" for query in "xyz" for text in "abcd"]
    path.write_text("\n".join(["query,document,label", *rows]), encoding="utf-8")
    return read_test_set(Source(path))


def test_the_reverse_comes_first_and_the_top_weighs_most(test_set):
    scores = [4.0, 3.0, 2.0, 1.0]
    ids = [[document.id for document in query.documents] for query in test_set.queries]
    orders = ([1.0, 2.0, 3.0, 4.0], [3.0, 4.0, 2.0, 1.0], [4.0, 3.0, 1.0, 2.0])
    first = reranked("A", *(dict(zip(names, scores, strict=True)) for names in ids))
    second = reranked(
        "B",
        *(dict(zip(names, other, strict=True)) for names, other in zip(ids, orders, strict=True)),
    )
    found = compare(test_set, first, second)
    assert [one.query.text for one in found.disagreements] == ["x", "y", "z"]
    assert found.disagreements[0].agreement == pytest.approx(-1)
    assert found.same_first == pytest.approx(1 / 3)
    # Documents that either puts first stand on top, with the places that both give them.
    worst = found.disagreements[0].placed
    assert [(one.document.text, one.places, one.grade) for one in worst[:2]] == [
        ("a x", (1, 4), 1),
        ("d x", (4, 1), 0),
    ]
    json = found.as_json(most=1)
    assert len(json["disagreements"]) == 1
    assert json["disagreements"][0]["documents"][0]["places"] == [1, 4]


def test_a_model_agrees_with_itself(test_set):
    runs = [
        {str(document.id): float(place) for place, document in enumerate(query.documents)}
        for query in test_set.queries
    ]
    found = compare(test_set, reranked("A", *runs), reranked("A", *runs))
    assert (found.agreement, found.same_first) == (pytest.approx(1), 1.0)


def test_single_documents_cannot_be_exchanged(test_set):
    runs = [{str(query.documents[0].id): 1.0} for query in test_set.queries]
    assert compare(test_set, reranked("A", *runs), reranked("B", *runs)) is None
