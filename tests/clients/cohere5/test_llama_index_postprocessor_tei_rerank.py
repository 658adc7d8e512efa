"""LlamaIndex's postprocessor for Text Embeddings Inference, which sends its token as it is."""

import pytest
from llama_index.postprocessor.tei_rerank import TextEmbeddingInference


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", ""])
def test_nodes_are_ranked(asked, nodes, scheme):
    ranker = TextEmbeddingInference(base_url=asked.url, top_n=3, auth_token=scheme + asked.key)
    found = ranker.postprocess_nodes(nodes, query_str=asked.query)
    asked.check_texts(((one.text, one.score) for one in found), kept=3)


def test_no_token_is_needed_where_the_server_wants_none(asked, nodes):
    ranker = TextEmbeddingInference(base_url=asked.open_url, top_n=5)
    found = ranker.postprocess_nodes(nodes, query_str=asked.query)
    asked.check_texts((one.text, one.score) for one in found)


def test_a_refused_request_is_no_ranking(asked, nodes):
    ranker = TextEmbeddingInference(base_url=asked.url, auth_token="Bearer wrong")
    with pytest.raises(AssertionError):
        ranker.postprocess_nodes(nodes, query_str=asked.query)
