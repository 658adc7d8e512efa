"""What can be set about a server, once: flags, variables and pages are made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from jingpai.errors import InvalidInput
from jingpai.guards import check_choice
from jingpai.server.origins import check_origins
from jingpai.settings import ModelSettings, setting

LogFormat: TypeAlias = Literal["text", "json"]
LogLevel: TypeAlias = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings(ModelSettings):
    """All settings of a server, and how its models are loaded.

    Times are in seconds, sizes in bytes. A single request may be larger than `max_queue_tokens`
    when nothing else waits. A server whose batch takes longer than `stall_timeout` ends, for its
    supervisor to start it anew.

    Raises:
        InvalidInput: A setting is out of its range.
    """

    models: tuple[str, ...] = setting(
        (),
        metavar="MODEL",
        flags=("--model", "-m"),
        help="What to load, or NAME=MODEL to call it NAME; several times for several, the default"
        " model first. The bundled model without it.",
    )
    strict_models: bool = setting(
        False,
        help="Refuse requests for models that are not loaded; without it the default model answers"
        " them.",
    )
    calibrations: tuple[str, ...] = setting(
        (),
        metavar="FILE",
        flags=("--calibration",),
        help="A file of jingpai calibrate for the default model, or NAME=FILE for the one called"
        " NAME; several times for several.",
    )
    max_memory: int | None = setting(
        None,
        metavar="SIZE",
        kind="size",
        help="Load no more models than fit into so much memory of the process.",
    )
    host: str = setting(
        "127.0.0.1",
        metavar="HOST",
        help="Address to listen on; 0.0.0.0 is all of this computer's, and needs a key.",
    )
    port: int = setting(
        8000, metavar="N", least=0, most=65535, help="Port to listen on; 0 takes a free one."
    )
    workers: int = setting(
        1, metavar="N", least=1, most=1024, help="Processes, each with models of its own."
    )
    root_path: str = setting(
        "",
        metavar="PATH",
        help="Prefix under which a proxy in front shows the server, such as /rerank-api.",
    )
    api_keys: tuple[str, ...] = setting(
        (),
        metavar="KEY",
        flags=("--api-key",),
        is_secret=True,
        help="A key of which requests must show one; several times for several. On the command"
        " line other users of this computer can read it; the variable and the file are safer.",
    )
    max_body: int = setting(
        16 * 2**20, metavar="SIZE", kind="size", help="Largest body of a request."
    )
    max_body_total: int = setting(
        256 * 2**20,
        metavar="SIZE",
        kind="size",
        help="Largest sum of the bodies that are in memory at once.",
    )
    body_timeout: float = setting(
        30.0, metavar="S", least=0.001, help="How long a body may take to arrive."
    )
    max_documents: int = setting(10_000, metavar="N", least=1, help="Most documents of a request.")
    max_characters: int = setting(
        2_000_000, metavar="N", least=1, help="Most characters of a document."
    )
    max_queue_tokens: int = setting(
        262_144,
        metavar="N",
        least=1,
        help="Tokens that may wait for a model; a request over it is told to come back later.",
    )
    max_requests: int = setting(
        1024, metavar="N", least=1, help="Requests that may be in work at once."
    )
    request_timeout: float = setting(
        60.0, metavar="S", least=0.001, help="How long a request may take."
    )
    stall_timeout: float = setting(
        120.0,
        metavar="S",
        least=0,
        help="How long a batch may take before the process counts as hung and ends; 0 waits for"
        " ever.",
    )
    drain_timeout: float = setting(
        30.0,
        metavar="S",
        least=0,
        help="How long to work on accepted requests when told to stop.",
    )
    cors_origins: tuple[str, ...] = setting(
        (),
        metavar="URL",
        flags=("--cors-origin",),
        help="Origin of web pages that may call, such as https://app.example.com; several times"
        " for several.",
    )
    log_format: LogFormat = setting("text", metavar="NAME", help="text, or json for machines.")
    log_level: LogLevel = setting("info", metavar="NAME", help="debug, info, warning or error.")
    log_requests: bool = setting(False, help="Log the texts of requests, to find faults.")
    metrics: bool = setting(
        True, flags=("--metrics/--no-metrics",), help="Serve metrics for Prometheus."
    )
    otlp_endpoint: str | None = setting(
        None,
        metavar="URL",
        help="Where OpenTelemetry traces go, such as http://localhost:4318/v1/traces.",
    )

    def __post_init__(self) -> None:
        ModelSettings.__post_init__(self)
        check_choice("log_format", self.log_format, get_args(LogFormat))
        check_choice("log_level", self.log_level, get_args(LogLevel))
        check_origins(self.cors_origins)
        endpoint = self.otlp_endpoint
        if endpoint is not None and not endpoint.lower().startswith(("http://", "https://")):
            raise InvalidInput(
                f"otlp_endpoint: got {endpoint!r}; allowed are addresses that begin with http://"
                " or https://, such as http://localhost:4318/v1/traces."
            )
