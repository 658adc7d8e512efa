"""The whole evaluation with tiny models: the report, its page, and what is kept."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from support.tiny_models import write_tiny_xlm_roberta

pytest.importorskip("ir_measures")
pytest.importorskip("scipy")

from jingpai.errors import InputTooLong
from jingpai.evaluation.data.reading import read_test_set
from jingpai.evaluation.data.source import Source
from jingpai.evaluation.data.testset import best_first
from jingpai.evaluation.evaluate import evaluate
from jingpai.evaluation.kept import Kept
from jingpai.evaluation.rerank import order_after, rerank
from jingpai.pages.evaluation import evaluation_page
from jingpai.reranker import Reranker
from jingpai.settings import ModelSettings

MEASURES = ["nDCG@2", "MRR@2", "MAP", "recall@2", "precision@2"]


@pytest.fixture
def test_set(beir, run_file):
    return read_test_set(Source(beir, run=run_file))


@pytest.fixture(scope="session")
def other_folder(tmp_path_factory):
    return write_tiny_xlm_roberta(tmp_path_factory.mktemp("other"), seed=7)


@pytest.fixture
def report(test_set, tiny_folder, other_folder):
    return evaluate(test_set, [str(tiny_folder), str(other_folder)], at=(2,))


def test_the_order_after_is_that_of_the_reranker(report, test_set, tiny_folder):
    with Reranker(tiny_folder, scale="logit") as reranker:
        for query, run in zip(test_set.queries, report.models[0].runs, strict=True):
            ranking = reranker.rank(query.text, query.documents)
            assert best_first(run) == [query.documents[one.index].id for one in ranking]


def test_a_query_that_is_too_long_is_told_with_its_line_and_id(beir, run_file, tiny_folder):
    path = beir / "queries.jsonl"
    first, *rest = path.read_text(encoding="utf-8").splitlines()
    long = json.dumps({"_id": "q2", "text": "when does the train leave " * 99})
    path.write_text("\n".join([first, "", long, rest[1]]), encoding="utf-8")
    test_set = read_test_set(Source(beir, run=run_file))
    with pytest.raises(InputTooLong, match=r"queries\.jsonl:3: query 'q2', '.*'…: query: \d+ tok"):
        rerank(str(tiny_folder), test_set)


def test_a_judged_document_that_is_not_in_the_corpus_is_counted_in_the_report(
    beir, run_file, tiny_folder
):
    with (beir / "qrels" / "test.tsv").open("a", encoding="utf-8") as file:
        file.write("q2\td9\t1\n")
    report = evaluate(read_test_set(Source(beir, run=run_file)), [str(tiny_folder)], at=(2,))
    assert report.as_json()["judged_not_in_corpus"] == 1
    # One of the two relevant ones of q2 is found.
    assert report.before.values["recall@2"].tolist() == [0.5, 0.5, 1.0]


def test_figures_before_are_those_of_the_run(report):
    # q1: the relevant ones are second and third; q2: first; q3: second.
    assert report.before.values["MRR@2"].tolist() == [0.5, 1.0, 0.5]
    assert report.before.values["recall@2"].tolist() == [0.5, 1.0, 1.0]


def test_what_is_below_the_depth_stays_below_in_its_order(beir, run_file, tiny_folder):
    cut = read_test_set(Source(beir, run=run_file, depth=1))
    report = evaluate(cut, [str(tiny_folder)])
    # One document exchanged with none: all figures are those of before.
    for name, values in report.before.values.items():
        assert np.array_equal(values, report.models[0].values[name])
    after = order_after({"a": 3.0, "b": 2.0, "c": 1.0, "d": 0.0}, {"a": -5.0, "b": -4.0})
    assert best_first(after) == ["b", "a", "c", "d"]


def test_the_json_form_says_all_of_it(report):
    found = json.loads(json.dumps(report.as_json(), allow_nan=False))
    assert found["schema"] == 1
    assert (found["queries"], found["queries_without_relevant"]) == (3, 0)
    assert found["measures"] == MEASURES
    assert found["before"]["name"] == "first.run"
    one, other = found["models"]
    assert one["fingerprint"] != other["fingerprint"]
    for model in (one, other):
        assert model["pairs"] == 8
        assert model["latency_ms"]["p50"] > 0
        assert set(model["measures"]["nDCG@2"]["gain"]) == {"mean", "low", "high", "p"}
        assert model["languages"].keys() == {"Latin", "Han"}
        # The mean of differences is the difference of means.
        gain = model["measures"]["MAP"]["gain"]["mean"]
        means = (part["measures"]["MAP"]["mean"] for part in (model, found["before"]))
        assert gain == pytest.approx(next(means) - next(means), abs=2e-6)
    assert [len(query["models"]) for query in found["per_query"]] == [2, 2, 2]


def test_a_query_without_anything_relevant_counts_as_nothing(beir, run_file, tiny_folder):
    qrels = run_file.with_name("some.tsv")
    qrels.write_text("q1\td1\t1\nq2\td2\t0\n", encoding="utf-8")
    found = read_test_set(Source(beir, run=run_file, qrels=qrels))
    report = evaluate(found, [str(tiny_folder)])
    assert report.without_relevant == 1
    assert report.before.values["nDCG@10"][1] == 0.0


def test_an_interrupted_run_goes_on_where_it_was(test_set, tiny_folder, tmp_path):
    kept = Kept(tmp_path / "kept")

    def interrupt(done, total):
        if done < total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rerank(str(tiny_folder), test_set, kept=kept, progress=interrupt)
    # The first query's scores are kept, so only the two others take any time.
    second = rerank(str(tiny_folder), test_set, kept=kept)
    assert len(second.seconds) == 2
    third = rerank(str(tiny_folder), test_set, kept=kept)
    assert third.seconds == ()
    assert third.logits == second.logits
    # Another number format is another model.
    fp32 = rerank(str(tiny_folder), test_set, kept=kept, settings=ModelSettings(precision="fp32"))
    assert len(fp32.seconds) == 3


class Tags(HTMLParser):
    """Counts tags, and collects what a page would load."""

    def __init__(self):
        super().__init__()
        self.counts = {}
        self.loaded = []

    def handle_starttag(self, tag, attributes):
        self.counts[tag] = self.counts.get(tag, 0) + 1
        values = [value for name, value in attributes if name in ("src", "href", "xlink:href")]
        self.loaded += [value for value in values if value and not value.startswith("#")]


def test_the_page_stands_alone_and_shows_losses_with_their_texts(report, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setenv("JINGPAI_LANG", "en")
    page = evaluation_page(report)
    tags = Tags()
    tags.feed(page)
    assert tags.counts["svg"] == 1 + 2 * 3  # measures; and gains, scores, latency of each model
    assert tags.loaded == []
    assert "script" not in tags.counts
    for model in report.models:
        for place in report.losses(model):
            query = report.test_set.queries[place]
            assert f'<blockquote dir="auto">{query.text}</blockquote>' in page
    assert re.search(r"place \d → \d · (not )?relevant", page)
    assert evaluation_page(report) == page


def test_texts_of_the_data_are_no_markup(tmp_path, tiny_folder):
    pytest.importorskip("matplotlib")
    path = tmp_path / "p.csv"
    path.write_text(
        "query,document,label\n<script>x</script>,<b>bold</b>,1\n<script>x</script>,it rains,0\n",
        encoding="utf-8",
    )
    page = evaluation_page(evaluate(read_test_set(Source(path)), [str(tiny_folder)]))
    assert "&lt;script&gt;x&lt;/script&gt;" in page
    assert "<script>" not in page
    assert "<b>bold" not in page
