"""Clients write one request in many ways; however they write it, the ranking is the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

QUERY = "what do pandas eat?"
TEXTS = ["hi", "Bamboo is nearly all it eats.", "", "The train leaves at noon."]
PATHS = ["/rerank", "/v1/rerank", "/reranking", "/v1/reranking", "/", "/invocations", "/v2/rerank"]

# Keys of other products, with whatever they hold.
FOREIGN = st.dictionaries(
    st.sampled_from(
        "kwargs overlap_tokens max_chunks_per_doc max_tokens_per_doc priority relevant_spans user"
        " encoding_format property truncate truncate_prompt_tokens return_len".split()
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
        max_leaves=4,
    ),
)
OPTIONAL = st.sampled_from(
    "model top_n return_documents rank_fields threshold raw_scores use_activation activation top_k"
    " truncation texts instruction".split()
)
NULLS = st.sets(OPTIONAL).map(dict.fromkeys)
YES = st.sampled_from([True, "true", "True"])
NO = st.sampled_from([False, "false", "False"])
ALL = st.sampled_from([0, 0.0, len(TEXTS), float(len(TEXTS)), 10**6, 10**300])
SET = st.fixed_dictionaries(
    {},
    optional={
        "model": st.text(max_size=10),
        "instruction": st.text(max_size=10),
        "top_n": ALL,
        "return_documents": YES | NO,
        "raw_scores": NO,
        "use_activation": YES,
        "activation": YES,
        "rank_fields": st.just(["text", "title"]),
    },
)


def as_document(text: str) -> st.SearchStrategy[Any]:
    """A text as clients write documents."""
    parts = {"content": [{"type": "text", "text": text}]}
    return st.sampled_from([text, {"text": text}, {"text": text, "id": 7, "tags": ["a"]}, parts])


def body_of(
    parts: tuple[dict[str, Any], dict[str, Any], dict[str, Any], list[Any]],
) -> dict[str, Any]:
    foreign, nulls, given_keys, documents = parts
    body = {**foreign, **nulls, **given_keys, "query": QUERY, "documents": documents}
    if body.get("rank_fields"):
        # They name fields of objects, so all objects need one of them.
        body["documents"] = [
            d if isinstance(d, str) else {"text": text}
            for d, text in zip(documents, TEXTS, strict=True)
        ]
    return body


BODIES = st.tuples(FOREIGN, NULLS, SET, st.tuples(*map(as_document, TEXTS)).map(list)).map(body_of)


def scores_of(reply: Any) -> list[tuple[int, float]]:
    assert reply.status_code == 200, reply.text
    return [(found["index"], found["relevance_score"]) for found in reply.json()["results"]]


@pytest.fixture(scope="module")
def plain(client) -> list[tuple[int, float]]:
    return scores_of(client.post("/v2/rerank", json={"query": QUERY, "documents": TEXTS}))


@given(body=BODIES, path=st.sampled_from(PATHS))
@settings(max_examples=150, deadline=None)
def test_any_way_of_writing_a_request_gives_the_ranking_of_the_plain_one(client, plain, body, path):
    assert scores_of(client.post(path, json=body)) == plain


@given(
    flags=st.fixed_dictionaries(
        {},
        optional={
            "raw_scores": NO | st.none(),
            "return_text": YES | NO | st.none(),
            "truncate": YES | NO | st.none(),
            "top_n": ALL | st.none(),
            "model": st.text(max_size=5) | st.none(),
            "documents": st.none(),
        },
    ),
    foreign=FOREIGN.map(lambda keys: {k: v for k, v in keys.items() if k != "truncate"}),
)
@settings(max_examples=50, deadline=None)
def test_any_way_of_writing_a_request_of_tei_gives_the_ranking_of_the_plain_one(
    client, plain, flags, foreign
):
    reply = client.post("/rerank", json={**foreign, **flags, "query": QUERY, "texts": TEXTS})
    assert reply.status_code == 200, reply.text
    assert [(found["index"], found["score"]) for found in reply.json()] == plain


def test_texts_decide_for_tei_even_where_documents_are_given_too(client):
    body = {"query": QUERY, "texts": TEXTS[:2], "documents": ["x"]}
    assert len(client.post("/v1/rerank", json=body).json()) == 2


@pytest.mark.parametrize("keys", [{"top_k": 1}, {"truncation": True}, {"truncation": "false"}])
def test_keys_of_voyage_decide_for_its_reply_only_without_top_n(client, keys):
    body = {"query": QUERY, "documents": TEXTS, **keys}
    assert "data" in client.post("/v1/rerank", json=body).json()
    assert "results" in client.post("/v1/rerank", json={**body, "top_n": 2}).json()


def test_a_half_of_a_character_as_javascript_leaves_it_is_read_as_one_that_is_unknown(client):
    body = rb'{"query": "panda\ud83d", "documents": [{"text": "bamboo\ude00", "\ud83d": "\ud83d"}]}'
    reply = client.post("/rerank", content=body, headers={"content-type": "application/json"})
    assert reply.json()["results"][0]["document"] == {"text": "bamboo�", "�": "�"}


def test_a_title_is_read_with_its_text_and_comes_back(client):
    titled = {"text": TEXTS[1], "title": "Food", "year": 2020}
    found = client.post("/rerank", json={"query": QUERY, "documents": [TEXTS[1], titled]}).json()
    scores = {result["index"]: result for result in found["results"]}
    assert scores[1]["document"] == titled
    assert scores[0]["relevance_score"] != scores[1]["relevance_score"]


def test_rank_fields_are_read_in_their_order_and_nothing_else_is(client):
    document = {"title": "Food", "body": TEXTS[1], "note": "unread"}
    body = {"query": QUERY, "documents": [document], "rank_fields": ["body", "title"]}
    chosen = client.post("/v1/rerank", json=body).json()["results"][0]
    plain = client.post("/v1/rerank", json={**body, "documents": [f"{TEXTS[1]}\nFood"]}).json()
    assert chosen["relevance_score"] == plain["results"][0]["relevance_score"]
    assert chosen["document"] == {**document, "text": f"{TEXTS[1]}\nFood"}


def test_a_document_without_any_of_the_rank_fields_is_read_by_its_text(client):
    documents = [{"title": "bamboo"}, {"text": "bamboo", "tag": "plant"}, "bamboo"]
    body = {"query": QUERY, "documents": documents, "rank_fields": ["title"]}
    scores = [
        found["relevance_score"] for found in client.post("/v2/rerank", json=body).json()["results"]
    ]
    assert len(scores) == 3
    assert len(set(scores)) == 1
