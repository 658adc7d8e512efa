"""The log: one line an event, as text for people or as JSON for machines, on stderr."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from pythonjsonlogger.core import RESERVED_ATTRS

from jingpai.server.http.probes import POLLED

if TYPE_CHECKING:
    from jingpai.server.settings import Settings

_TEXT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_JSON = "%(asctime)s %(levelname)s %(name)s %(process)d %(message)s"

_requests = logging.getLogger("jingpai.requests")


def log_config(settings: Settings) -> dict[str, Any]:
    """Return the settings of `logging` for jingpai, uvicorn and all other libraries."""
    level = settings.log_level.upper()
    # Of one process, uvicorn says at `info` what jingpai says itself; of several, which one died.
    is_alone = settings.workers == 1 and level == "INFO"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "text": {"format": _TEXT},
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "format": _JSON,
                "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
                "json_ensure_ascii": False,
                "reserved_attrs": [*RESERVED_ATTRS, "color_message"],
            },
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stderr",
                "formatter": settings.log_format,
            }
        },
        # What other libraries log at `info` is of no use to who runs a server.
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "jingpai": {"level": level},
            "uvicorn": {"level": "WARNING" if is_alone else level},
        },
    }


def log_request(
    *,
    method: str,
    path: str,
    status: int,
    seconds: float,
    documents: int | None,
    tokens: int | None,
    problem: str | None,
    request_id: str,
) -> None:
    """Write the line of a request: its route and its numbers, none of its texts.

    Args:
        method: Of HTTP.
        path: Of the route, not what the client typed.
        status: What was answered; 499 where the client did not wait for it.
        seconds: From the first byte to the last.
        documents: How many were scored; None where none were.
        tokens: How many the model read.
        problem: The kind of what went wrong, if something did.
        request_id: As the reply says it.
    """
    milliseconds = round(seconds * 1000, 1)
    found = {"documents": documents, "tokens": tokens, "problem": problem}
    known = {name: value for name, value in found.items() if value is not None}
    _requests.log(
        logging.DEBUG if path in POLLED else logging.INFO,
        "%s %s %d %.1f ms%s id=%s",
        *(method, path, status, milliseconds),
        *("".join(f" {name}={value}" for name, value in known.items()), request_id),
        extra={
            "method": method,
            "path": path,
            "status": status,
            "ms": milliseconds,
            "request_id": request_id,
            **known,
        },
    )
