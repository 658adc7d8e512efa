"""LlamaIndex's postprocessor for Jina."""

import pytest
from llama_index.postprocessor.jinaai_rerank import JinaRerank


def ranker(asked, key=None):
    return JinaRerank(base_url=f"{asked.url}/v1", api_key=key or asked.key, top_n=3)


def test_nodes_are_ranked(asked, nodes):
    found = ranker(asked).postprocess_nodes(nodes, query_str=asked.query)
    asked.check_texts(((one.text, one.score) for one in found), kept=3)


def test_a_wrong_key_is_told(asked, nodes):
    with pytest.raises(RuntimeError, match="key"):
        ranker(asked, "wrong").postprocess_nodes(nodes, query_str=asked.query)
