"""What can be set about a server, with its defaults: the flags of `jingpai serve`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jingpai.types import LongDocuments


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of a server. Times are in seconds, sizes in bytes.

    Attributes:
        models: What to load, the default model first: `name=model` or a model as `Reranker` takes
            it. Without any, the bundled model.
        strict_models: Whether a request for a model that is not loaded is an error; otherwise the
            default model answers it, and the reply names it.
        device: As `Reranker` takes it.
        precision: As `Reranker` takes it.
        threads: CPU threads of a model.
        max_tokens: As `Reranker` takes it.
        long_documents: As `Reranker` takes it.
        instruction: As `Reranker` takes it.
        calibrations: Files of `jingpai calibrate`, one a model: `name=file`, or a file for the
            default model. Scores of a model that has one are calibrated.
        max_memory: Most memory of the process once all models are loaded; None sets no limit.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        workers: Processes that serve, each with models of its own.
        root_path: Prefix that a proxy in front strips from the path.
        api_keys: Keys of which a request must show one; without any, no key is asked for.
        max_body: Largest body of a request.
        max_body_total: Largest sum of the bodies that are in memory at once.
        body_timeout: How long a body may take to arrive.
        max_documents: Most documents of a request.
        max_characters: Most characters of a document.
        max_queue_tokens: Tokens that may wait; a request over it is told to come back later. A
            single request may be larger than this when nothing else waits.
        max_requests: Requests that may be in work at once.
        request_timeout: How long a request may take.
        stall_timeout: How long one batch may take before the model counts as hung and the process
            ends, for its supervisor to start it anew; 0 waits for ever.
        drain_timeout: How long a server that was told to stop may work on what it accepted.
        cors_origins: Origins of web pages that may call; none by default.
        log_format: `text` or `json`.
        log_level: `debug`, `info`, `warning` or `error`.
        log_requests: Whether the texts of requests are logged; for finding faults only.
        metrics: Whether `/metrics` is there.
        otlp_endpoint: Where OpenTelemetry traces go; None sends none.
    """

    models: tuple[str, ...] = ()
    strict_models: bool = False
    device: str | None = None
    precision: str = "auto"
    threads: int | None = None
    max_tokens: int | None = None
    long_documents: LongDocuments = "passages"
    instruction: str | None = None
    calibrations: tuple[str, ...] = ()
    max_memory: int | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    root_path: str = ""
    api_keys: tuple[str, ...] = field(default=(), repr=False)
    max_body: int = 16 * 1024 * 1024
    max_body_total: int = 256 * 1024 * 1024
    body_timeout: float = 30.0
    max_documents: int = 10_000
    max_characters: int = 2_000_000
    max_queue_tokens: int = 262_144
    max_requests: int = 1024
    request_timeout: float = 60.0
    stall_timeout: float = 120.0
    drain_timeout: float = 30.0
    cors_origins: tuple[str, ...] = ()
    log_format: str = "text"
    log_level: str = "info"
    log_requests: bool = False
    metrics: bool = True
    otlp_endpoint: str | None = None
