"""The compressor, the cross-encoder and the embeddings, with LangChain's own documents."""

from __future__ import annotations

import asyncio
import copy
import pickle

import pytest
from langchain_core.documents import Document
from langchain_core.vectorstores import InMemoryVectorStore
from pydantic import ValidationError
from texts import ANSWERS, QUESTION, TEXTS

from jingpai import Cascade, Reranker
from jingpai.errors import ModelNotFound
from jingpai.integrations.langchain import JingpaiCrossEncoder, JingpaiEmbeddings, JingpaiRerank


@pytest.fixture(scope="module")
def reranker() -> Reranker:
    return Reranker()


@pytest.fixture
def documents() -> list[Document]:
    return [
        Document(text, id=name, metadata={"name": name, "nested": {"tags": [name]}})
        for name, text in TEXTS.items()
    ]


def test_the_answers_come_first_with_their_scores(reranker, documents):
    found = JingpaiRerank(reranker=reranker, top_n=2).compress_documents(documents, QUESTION)
    assert {document.id for document in found} == set(ANSWERS)
    assert [document.metadata["relevance_score"] for document in found] == [
        one.score for one in reranker.rank(QUESTION, list(TEXTS.values()), top_k=2)
    ]


def test_ids_and_metadata_come_along(reranker, documents):
    found = JingpaiRerank(reranker=reranker, top_n=None).compress_documents(documents, QUESTION)
    assert len(found) == len(documents)
    for document in found:
        given = next(one for one in documents if one.id == document.id)
        assert document.page_content == given.page_content
        assert document.metadata == {
            **given.metadata,
            "relevance_score": document.metadata["relevance_score"],
        }


def test_what_is_done_to_the_result_does_not_reach_the_documents(reranker, documents):
    before = copy.deepcopy(documents)
    for document in JingpaiRerank(reranker=reranker).compress_documents(documents, QUESTION):
        document.metadata["nested"]["tags"].append("seen")
    assert documents == before


def test_equals_keep_their_order(reranker):
    documents = [Document(TEXTS["museum"], id=str(number)) for number in range(5)]
    found = JingpaiRerank(reranker=reranker, top_n=4).compress_documents(documents, QUESTION)
    assert [document.id for document in found] == ["0", "1", "2", "3"]


def test_no_documents_give_none(reranker):
    assert JingpaiRerank(reranker=reranker).compress_documents([], QUESTION) == []


def test_a_threshold_leaves_out_what_is_below(reranker, documents):
    compressor = JingpaiRerank(reranker=reranker, top_n=None, threshold=0.5)
    found = compressor.compress_documents(documents, QUESTION)
    assert {document.id for document in found} == set(ANSWERS)


def test_the_asynchronous_call_gives_the_same(reranker, documents):
    compressor = JingpaiRerank(reranker=reranker)
    found = asyncio.run(compressor.acompress_documents(documents, QUESTION))
    assert found == compressor.compress_documents(documents, QUESTION)


def test_a_cascade_may_take_the_place_of_a_reranker(reranker, documents):
    cascade = Cascade(reranker, reranker, keep=3)
    found = JingpaiRerank(reranker=cascade, top_n=2).compress_documents(documents, QUESTION)
    assert {document.id for document in found} == set(ANSWERS)


def test_the_default_is_the_bundled_model(documents):
    found = JingpaiRerank(model="jingpai-small").compress_documents(documents, QUESTION)
    assert found == JingpaiRerank().compress_documents(documents, QUESTION)


def test_settings_that_cannot_be_used_are_refused(reranker):
    with pytest.raises(ValidationError, match="leave one of them out"):
        JingpaiRerank(model="jingpai-small", reranker=reranker)
    with pytest.raises(ValidationError, match="top_n"):
        JingpaiRerank(reranker=reranker, top_n=0)
    with pytest.raises(ValidationError, match="top_k"):
        JingpaiRerank(reranker=reranker, top_k=3)
    with pytest.raises(ModelNotFound, match="no-such-model"):
        JingpaiRerank(model="no-such-model")


def test_the_cross_encoder_scores_pairs_in_the_order_they_come_in(reranker):
    queries = [QUESTION, "Quel instrument a quatre cordes ?"]
    pairs = [(query, text) for text in TEXTS.values() for query in queries]
    scores = JingpaiCrossEncoder(reranker).score(pairs)
    alone = [reranker.score(query, [text])[0] for query, text in pairs]
    assert scores == pytest.approx(alone)


def test_the_embeddings_search_a_vector_store():
    store = InMemoryVectorStore(JingpaiEmbeddings())
    store.add_texts(list(TEXTS.values()))
    assert (
        store.similarity_search("Combien de cordes a un violon ?", k=1)[0].page_content
        == TEXTS["violon"]
    )
    (found,) = asyncio.run(store.asimilarity_search("Combien de cordes a un violon ?", k=1))
    assert found.page_content == TEXTS["violon"]


@pytest.mark.parametrize(
    "copied",
    [copy.deepcopy, lambda given: pickle.loads(pickle.dumps(given))],
    ids=["deepcopy", "pickle"],
)
def test_all_of_it_can_be_copied_and_pickled(copied, reranker, documents):
    for given in (JingpaiRerank(reranker=reranker), JingpaiRerank(threshold=0.5)):
        found = given.compress_documents(documents, QUESTION)
        assert copied(given).compress_documents(documents, QUESTION) == found
        deep = given.model_copy(deep=True)
        assert deep.compress_documents(documents, QUESTION) == found
    pairs = [(QUESTION, text) for text in TEXTS.values()]
    scores = JingpaiCrossEncoder(reranker).score(pairs)
    assert copied(JingpaiCrossEncoder(reranker)).score(pairs) == scores
    embeddings = JingpaiEmbeddings()
    assert copied(embeddings).embed_query(QUESTION) == embeddings.embed_query(QUESTION)
