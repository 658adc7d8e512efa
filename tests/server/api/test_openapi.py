"""The OpenAPI document names every path, every status and the shapes that are really sent."""

from __future__ import annotations

import re
import sys
import unicodedata
from typing import Any

import pytest

from jingpai.errors import InvalidInput
from jingpai.server.api.routes import TABLE
from jingpai.text.fields import read_query


@pytest.fixture(scope="module")
def document(client_here) -> dict[str, Any]:
    return client_here.app.openapi()


@pytest.mark.parametrize("route", TABLE, ids=lambda route: f"{route.method} {route.path}")
def test_an_operation_names_the_statuses_and_shapes_of_its_failures(document, route):
    operation = document["paths"][route.path.replace(":path", "")][route.method.lower()]
    statuses = {status for status in operation["responses"] if status != "4XX"}
    expected = {str(f.status(kind)) for f in route.failures for kind in ("invalid", "overloaded")}
    assert {str(route.status), *expected} <= statuses
    assert "HTTPValidationError" not in str(operation)


def test_operations_have_names_of_their_own(document):
    operations = [each for path in document["paths"].values() for each in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names)) == len(TABLE)


def test_a_body_on_a_shared_path_is_any_of_three(document):
    body = document["paths"]["/v1/rerank"]["post"]["requestBody"]["content"]["application/json"]
    names = [member["$ref"].rpartition("/")[2] for member in body["schema"]["anyOf"]]
    assert names == ["DocumentsBody", "TeiBody", "VoyageBody"]


def test_schemas_are_named_for_readers(document):
    assert not [name for name in document["components"]["schemas"] if "__" in name]


def test_a_reply_promises_no_nulls_to_readers_of_documents(document):
    for name in ("DocumentsReply", "DocumentsResult", "Usage", "Meta", "Tokens"):
        assert "null" not in str(document["components"]["schemas"][name])


def test_the_pattern_of_a_query_is_what_is_read_of_one(document):
    query = document["components"]["schemas"]["DocumentsBody"]["properties"]["query"]
    pattern = re.compile(query["pattern"])
    # What no release of Unicode has given a meaning yet may get one that Python knows or not;
    # halves of characters never arrive.
    assigned = [
        character
        for character in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(character) not in ("Cn", "Co", "Cs")
    ]
    assert [c for c in assigned if bool(pattern.search(c)) != is_readable(c)] == []


def is_readable(query: str) -> bool:
    try:
        read_query(query)
    except InvalidInput:
        return False
    return True
