"""LlamaIndex's postprocessor for Xinference, which has no key to send."""

import pytest
from llama_index.postprocessor.xinference_rerank import XinferenceRerank


def test_nodes_are_ranked(asked, nodes):
    ranker = XinferenceRerank(base_url=asked.open_url, model=asked.model, top_n=3)
    found = ranker.postprocess_nodes(nodes, query_str=asked.query)
    asked.check_texts(((one.text, one.score) for one in found), kept=3)


def test_a_missing_key_is_told(asked, nodes):
    with pytest.raises(Exception, match=r"status code 401.*key"):
        XinferenceRerank(base_url=asked.url).postprocess_nodes(nodes, query_str=asked.query)


def test_an_unknown_model_is_told_where_models_are_strict(asked, nodes):
    ranker = XinferenceRerank(base_url=asked.open_url, model="bge-reranker-base")
    with pytest.raises(Exception, match=rf"status code 404.*{asked.model}"):
        ranker.postprocess_nodes(nodes, query_str=asked.query)
