"""`POST /v1/explain`: why documents rank where they do."""

from __future__ import annotations

import json

import pytest
from support.asgi import ask, chunk

from jingpai.embedder import Embedder
from jingpai.first_stage.bm25 import candidate_scores
from jingpai.server.http.app import create_app
from jingpai.server.settings import ServerSettings

QUERY = "what is a panda"
DOCUMENTS = ["a bear. hi 😀 bamboo. the giant", "<b>it eats</b> bamboo", "panda"]


def explained(service, *, headers=(), **body):
    app = create_app(service.settings, service)
    content = json.dumps({"query": QUERY, "documents": DOCUMENTS, **body}).encode()
    return ask(
        app,
        chunk(content),
        path="/v1/explain",
        headers=[("content-type", "application/json"), *headers],
    )


def test_everything_is_explained_in_the_order_of_the_request(serve):
    reply = explained(serve())
    assert reply.status == 200
    assert reply.json["model"] == "tiny"
    assert reply.json["embedder"] == "intfloat/multilingual-e5-small"
    assert reply.json["scale"] == "sigmoid"
    assert [result["index"] for result in reply.json["results"]] == [0, 1, 2]
    for result in reply.json["results"]:
        assert result.keys() == {
            *("index", "relevance_score", "span", "passages", "truncated"),
            *("similarity", "bm25", "sentences"),
        }
        assert all(type(result[key]) is float for key in ("relevance_score", "similarity", "bm25"))
    assert reply.json["usage"]["total_tokens"] > 0


def test_first_stage_scores_are_those_of_the_library(serve):
    results = explained(serve(), include=["similarity", "bm25"]).json["results"]
    assert results[0].keys() == {"index", "similarity", "bm25"}
    with Embedder() as embedder:
        query = embedder.embed_queries([QUERY])[0]
        expected = (embedder.embed_passages(DOCUMENTS) @ query).tolist()
    assert [result["similarity"] for result in results] == pytest.approx(expected, abs=1e-4)
    assert [result["bm25"] for result in results] == candidate_scores(QUERY, DOCUMENTS)


def test_sentences_have_places_in_characters_and_scores_of_their_own(serve):
    documents = ["😀 It is a panda. The bear eats.", "<b>It eats</b> bamboo.", "hi"]
    reply = explained(
        serve(), documents=documents, include=["sentences", "relevance"], raw_scores=True
    )
    assert reply.json["scale"] == "logit"
    results = reply.json["results"]
    sentences = [
        [text[part["start"] : part["end"]] for part in result["sentences"]]
        for text, result in zip(documents, results, strict=True)
    ]
    assert sentences == [["😀 It is a panda.", "The bear eats."], ["It eats</b> bamboo."], ["hi"]]
    # A document of one sentence scores what its sentence scores.
    for result in results[1:]:
        (sentence,) = result["sentences"]
        assert sentence["relevance_score"] == pytest.approx(result["relevance_score"], abs=1e-5)


def test_only_what_is_asked_for_is_computed(serve):
    service = serve()
    reply = explained(service, include=["bm25"])
    assert reply.json["usage"]["total_tokens"] == 0
    assert reply.json["results"][0].keys() == {"index", "bm25"}
    assert explained(service, include=["sentences"], documents=["", "\u200b"]).json["results"] == [
        {"index": 0, "sentences": []},
        {"index": 1, "sentences": []},
    ]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"documents": []}, 400, "documents"),
        ({"query": " "}, 400, "query"),
        ({"include": ["colour"]}, 400, "include[0]: got \"colour\"; allowed are 'relevance'"),
        ({"include": "bm25"}, 400, "include"),
        ({"documents": ["hi"] * 6}, 413, "at most 5"),
        ({"documents": ["x" * 51], "include": ["sentences"]}, 413, "at most 50"),
        ({"documents": ["Hi.\n" * 6], "include": ["sentences"]}, 413, "6 sentences"),
        ({"documents": ["Hi.\n" * 6], "include": ["bm25"]}, 200, ""),
    ],
)
def test_limits_are_those_of_the_server(serve, body, status, words):
    service = serve(ServerSettings(max_documents=5, max_characters=50))
    reply = explained(service, **body)
    assert reply.status == status
    assert status == 200 or words in reply.json["message"]


def test_a_key_is_needed_where_the_server_wants_one(serve):
    service = serve(ServerSettings(api_keys=("secret",)))
    assert explained(service).status == 401
    key = ("authorization", "Bearer secret")
    assert explained(service, headers=[key], include=["bm25"]).status == 200


def test_the_first_stage_has_a_place_in_the_queue(serve):
    service = serve(ServerSettings(max_requests=1))
    with service._admission.admit(1):  # another request is in work
        reply = explained(service, include=["bm25"])
    assert reply.status == 429
    assert int(reply.headers["retry-after"]) >= 1
