"""The log: one line an event."""

from __future__ import annotations

import json
import logging
import logging.config
from typing import Any

import pytest

from jingpai.server.http.logs import log_config, log_request
from jingpai.server.settings import Settings

LINE: dict[str, Any] = {
    "method": "POST",
    "path": "/v1/rerank",
    "status": 200,
    "seconds": 0.01234,
    "documents": 20,
    "tokens": 2400,
    "problem": None,
    "request_id": "abc",
}


@pytest.fixture
def logged(capsys):
    """Configure logging as a server does, and return what has been written to stderr since."""
    loggers = [logging.getLogger(name) for name in (None, "jingpai", "uvicorn")]
    before = [(logger, logger.level, logger.handlers[:]) for logger in loggers]

    def configure(**settings):
        logging.config.dictConfig(log_config(Settings(**settings)))
        return lambda: capsys.readouterr().err

    yield configure
    for logger, level, handlers in before:
        logger.setLevel(level)
        logger.handlers[:] = handlers


def test_a_request_is_one_line_of_text(logged):
    read = logged()
    log_request(**LINE)
    line = read()
    assert "POST /v1/rerank 200 12.3 ms documents=20 tokens=2400 id=abc\n" in line
    assert line.count("\n") == 1


def test_a_request_is_one_json_object_with_its_numbers_as_numbers(logged):
    read = logged(log_format="json")
    log_request(**LINE)
    record = json.loads(read())
    assert {key: record[key] for key in ("method", "path", "status", "ms", "request_id")} == {
        "method": "POST",
        "path": "/v1/rerank",
        "status": 200,
        "ms": 12.3,
        "request_id": "abc",
    }
    assert (record["documents"], record["tokens"], record["level"]) == (20, 2400, "INFO")
    assert "problem" not in record


def test_a_request_without_a_result_says_why(logged):
    read = logged()
    log_request(**LINE | {"documents": None, "tokens": None, "problem": "too_large", "status": 413})
    assert "413 12.3 ms problem=too_large id=abc" in read()


@pytest.mark.parametrize("path", ["/health", "/health/ready", "/metrics"])
def test_probes_are_logged_for_finding_faults_alone(logged, path):
    read = logged()
    log_request(**LINE | {"path": path})
    assert read() == ""
    read = logged(log_level="debug")
    log_request(**LINE | {"path": path})
    assert path in read()


def test_chinese_stays_chinese_and_faults_stay_on_one_line_in_json(logged):
    read = logged(log_format="json")
    try:
        dict[str, str]()["竹子"]
    except KeyError:
        logging.getLogger("jingpai.server").exception("熊猫")
    (line,) = read().splitlines()
    assert "熊猫" in line
    assert "KeyError" in json.loads(line)["exc_info"]


def test_uvicorn_is_quiet_but_for_what_it_says_of_workers(logged):
    started = "Started server process"
    read = logged()
    logging.getLogger("uvicorn.error").info(started)
    assert read() == ""
    read = logged(workers=2)
    logging.getLogger("uvicorn.error").info(started)
    assert started in read()


def test_other_libraries_are_heard_from_warnings_on(logged):
    read = logged(log_level="debug")
    logging.getLogger("asyncio").info("using selector")
    assert read() == ""
    logging.getLogger("asyncio").warning("slow callback")
    assert "slow callback" in read()
