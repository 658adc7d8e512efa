"""A server of a tiny model that fails on purpose, as a process of its own.

    python faulty_server.py FOLDER PORT FAULT SETTINGS

Long texts meet the fault, short ones do not. A line on stdin lets what hangs go on.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import uvicorn

from jingpai.server.hosted import HostedModel
from jingpai.server.http.app import create_app
from jingpai.server.http.logs import log_config
from jingpai.server.http.metrics import Metrics
from jingpai.server.http.run import PatientProtocol
from jingpai.server.http.watch import Watch
from jingpai.server.requests import ModelFacts
from jingpai.server.service import Service
from jingpai.server.settings import ServerSettings
from support.tiny_engine import tiny_engine_of

if TYPE_CHECKING:
    from jingpai.testing import Fault

LONG = 50
"""Tokens of a row, from which on it meets the fault; the tiny model reads a character a token."""


def main() -> None:
    folder, port, fault, given = sys.argv[1:]
    settings = ServerSettings(**json.loads(given))
    engine = tiny_engine_of(
        Path(folder), lambda batch: cast("Fault", fault) if batch.lengths.max() >= LONG else None
    )
    watch = Watch(metrics=Metrics())
    service = Service(settings, observer=watch)
    facts = ModelFacts("tiny", "tiny", None, engine.spec.max_tokens, "cpu", "fp32", 0)
    service.host({"tiny": HostedModel(engine, facts=facts, observer=watch)})
    threading.Thread(target=release_when_told, args=(engine.backend,), daemon=True).start()
    with socket.create_server(("127.0.0.1", int(port))) as listener:
        config = uvicorn.Config(
            create_app(settings, service, watch=watch),
            http=PatientProtocol,
            ws="none",
            log_config=log_config(settings),
            access_log=False,
            timeout_graceful_shutdown=int(settings.drain_timeout),
        )
        uvicorn.Server(config).run([listener])


def release_when_told(backend: Any) -> None:
    sys.stdin.readline()
    backend.release()


if __name__ == "__main__":
    main()
