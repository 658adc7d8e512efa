"""What clients send and what they get, recorded: one file a client, to be read beside its manual.

Scores are compared approximately; `<seconds>`, `<folder>` and `<version>` stand for anything.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

EXCHANGES = [
    pytest.param(exchange, id=f"{file.stem}: {exchange['exchange']}")
    for file in sorted((Path(__file__).parent / "wire").glob("*.json"))
    for exchange in json.loads(file.read_text(encoding="utf-8"))
]


def like(recorded: Any) -> Any:
    """Return what equals everything that the recorded value stands for."""
    if isinstance(recorded, dict):
        return {key: like(value) for key, value in recorded.items()}
    if isinstance(recorded, list):
        return [like(value) for value in recorded]
    if isinstance(recorded, float):
        return pytest.approx(recorded, abs=2e-4)
    return ANY if isinstance(recorded, str) and recorded.startswith("<") else recorded


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_a_client_gets_the_reply_that_is_recorded_for_it(client, exchange):
    asked, recorded = exchange["request"], exchange["reply"]
    headers = {"x-request-id": "recorded"}
    if "content_type" in asked:
        headers["content-type"] = asked["content_type"]
    body = {key: asked[key] for key in ("json", "content") if key in asked}
    reply = client.request(asked["method"], asked["path"], headers=headers, **body)
    assert reply.status_code == recorded["status"]
    if "json" in recorded:
        assert reply.headers["content-type"] == "application/json"
        assert reply.json() == like(recorded["json"])
    else:
        assert reply.content == b""
    assert set(recorded.get("headers", ())) <= set(reply.headers)
