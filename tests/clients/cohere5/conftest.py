"""What LlamaIndex calls documents."""

import pytest
from llama_index.core.schema import NodeWithScore, TextNode


@pytest.fixture
def nodes(asked):
    return [NodeWithScore(node=TextNode(text=text), score=0.5) for text in asked.documents]
