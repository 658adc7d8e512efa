"""The ranker in Haystack's pipelines, behind BM25."""

from __future__ import annotations

import asyncio
import copy
import pickle

import pytest
from haystack import Document, Pipeline
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from texts import QUESTION, TEXTS

from jingpai import Reranker
from jingpai.errors import InvalidInput
from jingpai.integrations.haystack import JingpaiRanker


@pytest.fixture(scope="module")
def ranker() -> JingpaiRanker:
    return JingpaiRanker(top_k=2)


@pytest.fixture
def documents() -> list[Document]:
    return [
        Document(id=name, content=text, meta={"name": name, "nested": {"tags": [name]}})
        for name, text in TEXTS.items()
    ]


@pytest.fixture
def pipeline(documents) -> Pipeline:
    store = InMemoryDocumentStore()
    store.write_documents(documents)
    pipeline = Pipeline()
    pipeline.add_component("retriever", InMemoryBM25Retriever(store))
    pipeline.add_component("ranker", JingpaiRanker(top_k=1))
    pipeline.connect("retriever.documents", "ranker.documents")
    return pipeline


def asked(question: str) -> dict[str, dict[str, str]]:
    return {"retriever": {"query": question}, "ranker": {"query": question}}


@pytest.mark.parametrize(
    ("question", "answer"), [(QUESTION, "rice"), ("冰箱里的米饭能放几天?", "米饭")]
)
def test_a_pipeline_finds_the_answer_that_bm25_does_not_put_first(pipeline, question, answer):
    found = pipeline.run(asked(question), include_outputs_from={"retriever"})
    assert answer in {document.id for document in found["retriever"]["documents"]}
    assert [document.id for document in found["ranker"]["documents"]] == [answer]


def test_an_asynchronous_pipeline_finds_the_same(pipeline):
    found = asyncio.run(pipeline.run_async(asked(QUESTION)))
    assert found == pipeline.run(asked(QUESTION))


def test_a_pipeline_is_written_down_and_read_again(pipeline):
    again = Pipeline.loads(pipeline.dumps(), allowed_modules=["jingpai.*"])
    assert again.to_dict() == pipeline.to_dict()
    assert again.run(asked(QUESTION)) == pipeline.run(asked(QUESTION))


def test_all_settings_are_written_down():
    settings = {
        "model": "jingpai-small",
        "top_k": None,
        "score_threshold": 0.25,
        "device": "cpu",
        "precision": "int8",
        "scale": "logit",
        "max_tokens": 64,
        "meta_fields_to_embed": ["title"],
        "meta_data_separator": " | ",
    }
    written = JingpaiRanker(**settings).to_dict()
    assert written["init_parameters"] == settings
    assert JingpaiRanker.from_dict(written).to_dict() == written


def test_scores_are_those_of_the_library(ranker, documents):
    found = ranker.run(query=QUESTION, documents=documents)["documents"]
    assert [(document.id, document.score) for document in found] == [
        (list(TEXTS)[one.index], one.score)
        for one in Reranker().rank(QUESTION, list(TEXTS.values()), top_k=2)
    ]


def test_documents_are_not_changed_and_their_metadata_comes_along(ranker, documents):
    before = copy.deepcopy(documents)
    found = ranker.run(query=QUESTION, documents=documents, top_k=6)["documents"]
    assert documents == before
    assert {document.id: document.meta for document in found} == {
        document.id: document.meta for document in documents
    }


def test_equals_keep_their_order(ranker):
    documents = [Document(id=str(number), content=TEXTS["museum"]) for number in range(5)]
    found = ranker.run(query=QUESTION, documents=documents, top_k=4)["documents"]
    assert [document.id for document in found] == ["0", "1", "2", "3"]


def test_no_documents_give_none(ranker):
    assert ranker.run(query=QUESTION, documents=[]) == {"documents": []}


def test_a_document_without_content_is_an_empty_text(ranker, documents):
    found = ranker.run(query=QUESTION, documents=[Document(id="none"), *documents], top_k=1)
    assert found["documents"][0].id in {"rice", "米饭"}


def test_a_threshold_leaves_out_what_is_below(ranker, documents):
    found = ranker.run(query=QUESTION, documents=documents, top_k=6, score_threshold=0.5)
    assert {document.id for document in found["documents"]} == {"rice", "米饭"}


def test_metadata_is_read_in_front_of_the_content():
    documents = [
        Document(id="plain", content="Four days.", meta={}),
        Document(id="titled", content="Four days.", meta={"title": "Keeping cooked rice cool"}),
    ]
    ranker = JingpaiRanker(meta_fields_to_embed=["title", "author"])
    found = ranker.run(query=QUESTION, documents=documents)["documents"]
    assert [document.id for document in found] == ["titled", "plain"]
    (read,) = Reranker().score(QUESTION, ["Keeping cooked rice cool\nFour days."])
    assert found[0].score == pytest.approx(read)


def test_a_closed_ranker_loads_its_model_again(documents):
    ranker = JingpaiRanker()
    ranker.warm_up()
    found = ranker.run(query=QUESTION, documents=documents)
    ranker.close()
    assert ranker.run(query=QUESTION, documents=documents) == found


@pytest.mark.parametrize(
    "copied",
    [copy.deepcopy, lambda given: pickle.loads(pickle.dumps(given))],
    ids=["deepcopy", "pickle"],
)
def test_a_ranker_can_be_copied_and_pickled_whether_it_is_loaded_or_not(copied, documents):
    given = JingpaiRanker(top_k=2, scale="logit")
    copies = [copied(given)]
    found = given.run(QUESTION, documents)
    copies.append(copied(given))
    for again in copies:
        assert again.to_dict() == given.to_dict()
        assert again.run(QUESTION, documents) == found


def test_settings_that_cannot_be_used_are_refused(ranker, documents):
    with pytest.raises(InvalidInput, match="top_k"):
        JingpaiRanker(top_k=0)
    with pytest.raises(InvalidInput, match="top_k"):
        ranker.run(query=QUESTION, documents=documents, top_k=0)


def test_the_page_runs(run_page):
    first, second = run_page("Haystack")
    assert first.startswith("Bamboo is nearly all that a giant panda eats. 0.")
    assert second.startswith("What does the giant eat, the children ask. 0.")


def test_the_example_finds_the_answer(run_example):
    assert "rice should be refrigerated" in run_example("haystack_pipeline.py")[0]
