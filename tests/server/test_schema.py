"""The OpenAPI document is kept: what fits it is answered, what does not is refused as it says.

Schemathesis makes the requests from the document: bodies that fit it, bodies that fail it in one
place, other methods and media types. It checks statuses, the shapes of replies, and that none is a
5xx.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from support.tiny_models import write_tiny_xlm_roberta

from jingpai.server.http.app import create_app
from jingpai.server.registry import load_models
from jingpai.server.service import Service
from jingpai.server.settings import ServerSettings

schemathesis = pytest.importorskip("schemathesis")  # needs Python 3.11

SERVICE = Service(ServerSettings())
APP = create_app(SERVICE.settings, SERVICE)

# One path of each dialect; the others are the same code under another name.
DIALECTS = [
    "/v1/rerank",
    "/v2/rerank",
    "/score",
    "/predict",
    "/vertex",
    "/voyage/v1/rerank",
    "/api/v1/services/rerank/text-rerank/text-rerank",
    "/infinity/rerank",
    "/weaviate/rerank",
]


async def answer(scope, receive, send):
    """The app without its start and end: Schemathesis would end it after the first operation."""
    assert scope["type"] == "http"
    await APP(scope, receive, send)


def document(*, is_thorough: bool):
    found = schemathesis.openapi.from_dict(APP.openapi())
    found.app = answer
    # A hundred bodies and more for each operation: every kind of value that a key may have or not.
    found.config.phases.coverage.enabled = is_thorough
    return found


dialects = document(is_thorough=False).include(path=DIALECTS)
whole = document(is_thorough=True)


@pytest.fixture(scope="module", autouse=True)
def tiny_model(tmp_path_factory):
    # It reads a character a token, and JSON Schema cannot count tokens: no query is too long.
    folder = write_tiny_xlm_roberta(tmp_path_factory.mktemp("far"), max_position_embeddings=8194)
    SERVICE.host(load_models(ServerSettings(models=(f"tiny={folder}",))))
    yield
    SERVICE.close()


def requests(examples: int, *, is_same_each_time: bool) -> settings:
    # How long they take says nothing on a machine that does other things too.
    return settings(
        max_examples=examples,
        derandomize=is_same_each_time,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )


@dialects.parametrize()
@requests(20, is_same_each_time=True)
def test_each_dialect_keeps_what_the_document_says(case):
    call_and_check(case)


@pytest.mark.slow
@whole.parametrize()
@requests(200, is_same_each_time=False)
def test_each_path_keeps_all_that_the_document_says(case):
    call_and_check(case)


def call_and_check(case) -> None:
    excluded = []
    if is_uneven(case.body):
        # JSON Schema cannot say that two lists are as long as each other.
        excluded.append(schemathesis.checks.positive_data_acceptance)
    if case.path == "/":
        # GET there is the page for people, which is no part of the document.
        excluded.append(schemathesis.checks.unsupported_method)
    case.call_and_validate(excluded_checks=excluded)


def is_uneven(body) -> bool:
    """Whether these are pairs for /score with several queries, and another number of documents."""
    if not isinstance(body, dict):
        return False
    sides = [("queries", "documents"), ("queries", "items"), ("text_1", "text_2")]
    sides.append(("data_1", "data_2"))
    return any(
        isinstance(queries := body.get(first), list)
        and len(queries) > 1
        and len(queries) != (len(body[second]) if isinstance(body.get(second), list) else 1)
        for first, second in sides
    )
