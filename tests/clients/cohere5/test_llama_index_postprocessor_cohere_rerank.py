"""LlamaIndex's postprocessor for Cohere, with release 5 of Cohere's client."""

import pytest
from cohere.errors import UnauthorizedError
from llama_index.postprocessor.cohere_rerank import CohereRerank


def ranker(asked, key=None):
    return CohereRerank(base_url=asked.url, api_key=key or asked.key, top_n=3, max_retries=1)


def test_nodes_are_ranked(asked, nodes):
    found = ranker(asked).postprocess_nodes(nodes, query_str=asked.query)
    asked.check_texts(((one.text, one.score) for one in found), kept=3)


def test_a_wrong_key_is_unauthorized(asked, nodes):
    with pytest.raises(UnauthorizedError):
        ranker(asked, "wrong").postprocess_nodes(nodes, query_str=asked.query)
