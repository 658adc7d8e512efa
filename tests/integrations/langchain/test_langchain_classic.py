"""From a vector store through a retriever that compresses, with the bundled models."""

from __future__ import annotations

import asyncio

import pytest
from langchain_classic.retrievers import ContextualCompressionRetriever
from langchain_classic.retrievers.document_compressors import CrossEncoderReranker
from langchain_core.documents import Document
from langchain_core.vectorstores import InMemoryVectorStore
from texts import ANSWERS, QUESTION, TEXTS

from jingpai.integrations.langchain import JingpaiCrossEncoder, JingpaiEmbeddings, JingpaiRerank


@pytest.fixture(scope="module")
def store() -> InMemoryVectorStore:
    store = InMemoryVectorStore(JingpaiEmbeddings())
    store.add_documents([Document(text, id=name) for name, text in TEXTS.items()])
    return store


@pytest.fixture(scope="module", params=[JingpaiRerank, CrossEncoderReranker])
def retriever(request, store) -> ContextualCompressionRetriever:
    compressor = (
        JingpaiRerank(top_n=2)
        if request.param is JingpaiRerank
        else CrossEncoderReranker(model=JingpaiCrossEncoder(), top_n=2)
    )
    return ContextualCompressionRetriever(
        base_retriever=store.as_retriever(search_kwargs={"k": 5}), base_compressor=compressor
    )


def test_the_retriever_finds_the_answers(retriever):
    assert {document.id for document in retriever.invoke(QUESTION)} == set(ANSWERS)


def test_the_asynchronous_retriever_finds_the_same(retriever):
    assert asyncio.run(retriever.ainvoke(QUESTION)) == retriever.invoke(QUESTION)


def test_the_store_is_not_changed_by_it(store, retriever):
    retriever.invoke(QUESTION)
    assert [document.metadata for document in store.get_by_ids(list(TEXTS))] == [{}] * len(TEXTS)


def test_the_page_runs(run_page):
    first, second = run_page("LangChain")
    assert first.startswith("zoo 0.")
    assert second.startswith("atlas 0.")


def test_the_example_finds_the_answers(run_example):
    lines = run_example("langchain_retriever.py")
    assert all(any(answer in line for answer in ANSWERS) for line in lines)
    assert len(lines) == 2
