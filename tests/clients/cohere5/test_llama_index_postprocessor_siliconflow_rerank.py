"""LlamaIndex's postprocessor for SiliconFlow."""

import pytest
from llama_index.postprocessor.siliconflow_rerank import SiliconFlowRerank


def ranker(asked, key=None):
    url = f"{asked.url}/v1/rerank"
    return SiliconFlowRerank(base_url=url, api_key=key or asked.key, top_n=3)


def test_nodes_are_ranked(asked, nodes):
    found = ranker(asked).postprocess_nodes(nodes, query_str=asked.query)
    asked.check_texts(((one.text, one.score) for one in found), kept=3)


def test_a_wrong_key_is_told(asked, nodes):
    with pytest.raises(RuntimeError, match="key"):
        ranker(asked, "wrong").postprocess_nodes(nodes, query_str=asked.query)
