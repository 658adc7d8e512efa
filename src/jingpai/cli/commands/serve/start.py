"""Starting the server that `jingpai serve` describes: what is made sure of, fetched and said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from jingpai.cli.commands.serve.values import is_loopback
from jingpai.cli.fetching import fetch_if_missing
from jingpai.cli.terminal.console import notices
from jingpai.extras import needing
from jingpai.language.speech import say
from jingpai.version import __version__

if TYPE_CHECKING:
    from jingpai.server.settings import ServerSettings

_EXTRA = {"fastapi", "starlette", "uvicorn", "pydantic", "prometheus_client", "pythonjsonlogger"}


def start(settings: ServerSettings) -> None:
    """Serve from this process and its workers until told to stop."""
    from jingpai.server.http.run import listen, run

    fetch_models(settings)
    with listen(settings.host, settings.port) as listener:
        settings = replace(settings, port=listener.getsockname()[1])
        if settings.log_format == "text":
            show_start(settings)
        code = run(settings, listener)
    raise typer.Exit(code)


def fetch_models(settings: ServerSettings) -> None:
    """Fetch what is not on this disk, before several processes would do it at once."""
    from jingpai.server.registry import wanted

    for _, model in wanted(settings.models):
        fetch_if_missing(model)


def show_start(settings: ServerSettings) -> None:
    """Say where the server is, and how to try it."""
    host = settings.host if settings.host not in ("0.0.0.0", "::") else "127.0.0.1"  # noqa: S104
    address = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
    if is_loopback(settings.host):
        reach = say("this computer only; --host 0.0.0.0 opens it to others")
    else:
        reach = say("open to other computers")
    needs_key = bool(settings.api_keys)
    key = "-H 'Authorization: Bearer KEY' " if needs_key else ""
    documents = '["Pandas live on bamboo.", "It rains in May."]'
    body = f'{{"query": "What do pandas eat?", "documents": {documents}}}'
    models = ", ".join(settings.models) or "jingpai-small"
    console = notices()
    for line in (
        f"jingpai {__version__} · {address} ({reach})",
        say("models: {models}").format(models=models),
        say("API key: needed") if needs_key else say("API key: none needed"),
        say("try it:"),
        f"  curl {address}/v1/rerank {key}-H 'Content-Type: application/json' -d '{body}'",
    ):
        console.print(line, soft_wrap=True)


def require_server() -> None:
    """Make sure that the packages of the server are there, before anything is done for it."""
    with needing("server", what="serve", packages="FastAPI and uvicorn", only=_EXTRA):
        import jingpai.server.http.run  # noqa: F401
