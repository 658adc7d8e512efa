"""The postprocessor and the embeddings, with LlamaIndex's own nodes, index and events."""

from __future__ import annotations

import asyncio
import copy
import pickle

import pytest
from llama_index.core import VectorStoreIndex
from llama_index.core.callbacks import CallbackManager, CBEventType, LlamaDebugHandler
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.events.rerank import ReRankEndEvent, ReRankStartEvent
from llama_index.core.schema import NodeWithScore, TextNode
from pydantic import ValidationError
from texts import ANSWERS, QUESTION, TEXTS

from jingpai import Reranker
from jingpai.integrations.llama_index import JingpaiEmbedding, JingpaiRerank


@pytest.fixture(scope="module")
def postprocessor() -> JingpaiRerank:
    return JingpaiRerank(top_n=2)


@pytest.fixture
def nodes() -> list[NodeWithScore]:
    return [
        NodeWithScore(
            node=TextNode(
                text=text,
                id_=name,
                metadata={"name": name},
                excluded_embed_metadata_keys=["name"],
            ),
            score=0.1 * number,
        )
        for number, (name, text) in enumerate(TEXTS.items())
    ]


def test_the_answers_come_first_with_their_scores(postprocessor, nodes):
    found = postprocessor.postprocess_nodes(nodes, query_str=QUESTION)
    assert {node.id_ for node in found} == set(ANSWERS)
    assert [node.score for node in found] == [
        one.score for one in Reranker().rank(QUESTION, list(TEXTS.values()), top_k=2)
    ]


def test_what_an_index_finds_is_put_in_order(postprocessor):
    nodes = [TextNode(text=text, id_=name) for name, text in TEXTS.items()]
    index = VectorStoreIndex(nodes, embed_model=JingpaiEmbedding())
    retriever = index.as_retriever(similarity_top_k=5)
    found = postprocessor.postprocess_nodes(retriever.retrieve(QUESTION), query_str=QUESTION)
    assert {node.id_ for node in found} == set(ANSWERS)
    again = asyncio.run(retriever.aretrieve(QUESTION))
    assert postprocessor.postprocess_nodes(again, query_str=QUESTION) == found


def test_nodes_and_their_scores_are_not_changed(postprocessor, nodes):
    before = copy.deepcopy(nodes)
    found = postprocessor.postprocess_nodes(nodes, query_str=QUESTION)
    assert nodes == before
    assert {node.metadata["name"] for node in found} == set(ANSWERS)


def test_metadata_is_read_unless_it_is_hidden_from_embedding_models(postprocessor):
    note = {"note": "Cooked rice keeps in the fridge for four days."}
    nodes = [
        NodeWithScore(node=TextNode(text="See the note.", id_="no", metadata={})),
        NodeWithScore(
            node=TextNode(
                text="See the note.",
                id_="hidden",
                metadata=note,
                excluded_embed_metadata_keys=["note"],
            )
        ),
        NodeWithScore(node=TextNode(text="See the note.", id_="read", metadata=note)),
    ]
    found = postprocessor.postprocess_nodes(nodes, query_str=QUESTION)
    assert [node.id_ for node in found] == ["read", "no"]  # the hidden one equals the first


def test_no_nodes_give_none(postprocessor):
    assert postprocessor.postprocess_nodes([], query_str=QUESTION) == []


def test_a_query_is_needed(postprocessor, nodes):
    with pytest.raises(ValueError, match="query_bundle"):
        postprocessor.postprocess_nodes(nodes)


def test_the_asynchronous_call_gives_the_same(postprocessor, nodes):
    found = asyncio.run(postprocessor.apostprocess_nodes(nodes, query_str=QUESTION))
    assert found == postprocessor.postprocess_nodes(nodes, query_str=QUESTION)


def test_a_threshold_leaves_out_what_is_below(nodes):
    found = JingpaiRerank(top_n=None, threshold=0.5).postprocess_nodes(nodes, query_str=QUESTION)
    assert {node.id_ for node in found} == set(ANSWERS)


def test_events_tell_what_went_in_and_what_came_out(postprocessor, nodes):
    seen = []

    class Listener(BaseEventHandler):
        def handle(self, event, **_: object):
            seen.append(event)

    root = get_dispatcher("root")
    listener = Listener()
    root.add_event_handler(listener)
    try:
        found = postprocessor.postprocess_nodes(nodes, query_str=QUESTION)
    finally:
        root.event_handlers.remove(listener)
    start, end = (e for e in seen if isinstance(e, ReRankStartEvent | ReRankEndEvent))
    assert (start.query.query_str, start.top_n, start.model_name) == (QUESTION, 2, "jingpai-small")
    assert start.nodes == nodes
    assert end.nodes == found


def test_a_callback_is_told(nodes):
    debug = LlamaDebugHandler(print_trace_on_end=False)
    postprocessor = JingpaiRerank(callback_manager=CallbackManager([debug]))
    postprocessor.postprocess_nodes(nodes, query_str=QUESTION)
    ((start, end),) = debug.get_event_pairs(CBEventType.RERANKING)
    assert start.payload["query_str"] == QUESTION
    assert len(end.payload["nodes"]) == 5


def test_it_is_written_down_and_read_again_with_all_settings(nodes):
    given = JingpaiRerank(
        model="jingpai-small", top_n=3, threshold=-8.0, scale="logit", max_tokens=64, device="cpu"
    )
    found = given.postprocess_nodes(nodes, query_str=QUESTION)
    for again in (
        JingpaiRerank.from_dict(given.to_dict()),
        JingpaiRerank.from_json(given.to_json()),
        pickle.loads(pickle.dumps(given)),
        copy.deepcopy(given),
        given.model_copy(deep=True),
    ):
        assert again.to_dict() == given.to_dict()
        assert again.postprocess_nodes(nodes, query_str=QUESTION) == found


def test_settings_that_cannot_be_used_are_refused():
    with pytest.raises(ValidationError, match="top_n"):
        JingpaiRerank(top_n=0)
    with pytest.raises(ValidationError, match="scale"):
        JingpaiRerank(scale="percent")


def test_the_embedding_is_written_down_and_read_again():
    given = JingpaiEmbedding()
    again = JingpaiEmbedding.from_dict(given.to_dict())
    assert again.get_query_embedding(QUESTION) == given.get_query_embedding(QUESTION)
    for copied in (pickle.loads(pickle.dumps(given)), copy.deepcopy(given)):
        assert copied.get_query_embedding(QUESTION) == given.get_query_embedding(QUESTION)
    assert asyncio.run(again.aget_query_embedding(QUESTION)) == given.get_query_embedding(QUESTION)
    assert len(again.get_text_embedding_batch(list(TEXTS.values()))) == len(TEXTS)


def test_the_page_runs(run_page):
    first, second = run_page("LlamaIndex")
    assert first.startswith("大熊猫的食物几乎全是竹子。 0.")
    assert second.startswith("Giant pandas live in Sichuan. 0.")


def test_the_example_finds_the_answers(run_example):
    lines = run_example("llama_index_retriever.py")
    assert all(any(answer in line for answer in ANSWERS) for line in lines)
    assert len(lines) == 2
