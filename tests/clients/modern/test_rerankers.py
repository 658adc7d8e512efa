"""The `rerankers` library, which speaks for several services with one class."""

import pytest
from rerankers.models.api_rankers import APIRanker

PROVIDERS = pytest.mark.parametrize(
    ("provider", "path"),
    [
        ("cohere", "/v1/rerank"),
        ("cohere", "/v2/rerank"),
        ("jina", "/v1/rerank"),
        ("voyage", "/v1/rerank"),
        ("voyage", "/voyage/v1/rerank"),
        ("text-embeddings-inference", "/rerank"),
    ],
)


@PROVIDERS
def test_documents_are_ranked(asked, provider, path):
    ranker = APIRanker("any", asked.key, provider, url=asked.url + path)
    found = ranker.rank(asked.query, asked.documents)
    asked.check((one.doc_id, one.score) for one in found)
    asked.check_texts((one.text, one.score) for one in found)


@PROVIDERS
def test_a_document_is_scored(asked, provider, path):
    ranker = APIRanker("any", asked.key, provider, url=asked.url + path)
    (document,) = ranker.rank(asked.query, asked.documents[4]).results
    assert ranker.score(asked.query, document.document) == pytest.approx(asked.scores[4], abs=1e-4)


def test_a_refused_request_is_no_ranking(asked):
    ranker = APIRanker("any", "wrong", "cohere", url=f"{asked.url}/v1/rerank")
    with pytest.raises(KeyError, match="results"):
        ranker.rank(asked.query, asked.documents)
