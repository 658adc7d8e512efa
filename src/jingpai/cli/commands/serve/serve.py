"""`jingpai serve`: an HTTP server, with a flag for each of its settings."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from jingpai.cli.commands.serve.on_ray import OnRay, check_without_ray, start_on_ray
from jingpai.cli.commands.serve.start import require_server, start
from jingpai.cli.commands.serve.values import bytes_of, check_reach, keys_in, listed, setting


def serve(  # noqa: PLR0913 - one a setting
    *,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            "-m",
            metavar="MODEL",
            help="What to load, or NAME=MODEL to call it NAME; several times for several, the"
            " default model first. The bundled model without it.",
            show_default=False,
        ),
    ] = None,
    strict_models: Annotated[
        bool | None,
        setting(
            "strict_models",
            "--strict-models",
            help="Refuse requests for models that are not loaded; without it the default model"
            " answers them.",
        ),
    ] = None,
    device: Annotated[
        str | None,
        setting(
            "device",
            metavar="DEVICE",
            help="cpu, cuda, cuda:1 or mps; the best one that works without it.",
        ),
    ] = None,
    precision: Annotated[
        Literal["auto", "fp32", "fp16", "bf16", "int8"] | None,
        setting(
            "precision",
            metavar="NAME",
            help="fp32, fp16, bf16, int8, or auto: int8 on a CPU, fp16 on a GPU.",
        ),
    ] = None,
    threads: Annotated[
        int | None,
        setting(
            "threads", metavar="N", least=1, help="CPU threads of a model; one a core without it."
        ),
    ] = None,
    max_tokens: Annotated[
        int | None,
        setting(
            "max_tokens",
            metavar="N",
            least=1,
            help="Most tokens of query and passage together; the model's limit without it.",
        ),
    ] = None,
    long_documents: Annotated[
        Literal["passages", "truncate"] | None,
        setting(
            "long_documents",
            metavar="NAME",
            help="passages scores long documents in passages; truncate, their beginning alone.",
        ),
    ] = None,
    instruction: Annotated[
        str | None,
        setting(
            "instruction",
            metavar="TEXT",
            help="What a language model is told to look for; what its makers told it without it.",
        ),
    ] = None,
    calibration: Annotated[
        list[str] | None,
        typer.Option(
            "--calibration",
            metavar="FILE",
            help="A file of jingpai calibrate for the default model, or NAME=FILE for the one"
            " called NAME; several times for several.",
            show_default=False,
        ),
    ] = None,
    max_memory: Annotated[
        str | None,
        setting(
            "max_memory",
            metavar="SIZE",
            help="Load no more models than fit into so much memory of the process.",
        ),
    ] = None,
    host: Annotated[
        str | None,
        setting(
            "host",
            metavar="HOST",
            help="Address to listen on; 0.0.0.0 is all of this computer's, and needs a key.",
        ),
    ] = None,
    port: Annotated[
        int | None,
        setting(
            "port",
            metavar="N",
            least=0,
            most=65535,
            help="Port to listen on; 0 takes a free one.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        setting("workers", metavar="N", least=1, help="Processes, each with models of its own."),
    ] = None,
    engine: Annotated[
        Literal["local", "ray"] | None,
        setting(
            "engine",
            metavar="NAME",
            help="local serves from this process; ray, from replicas on Ray.",
        ),
    ] = None,
    replicas: Annotated[
        int | None,
        setting(
            "replicas",
            metavar="N",
            least=1,
            help="On Ray: replicas, each with models of its own; one without it.",
        ),
    ] = None,
    max_replicas: Annotated[
        int | None,
        setting(
            "max_replicas",
            metavar="N",
            least=1,
            help="On Ray: replicas there may be while many tokens wait.",
        ),
    ] = None,
    address: Annotated[
        str | None,
        setting(
            "address",
            metavar="ADDRESS",
            help="On Ray: a cluster to join, such as auto or 10.0.0.1:6379; without it Ray is"
            " started on this computer.",
        ),
    ] = None,
    root_path: Annotated[
        str | None,
        setting(
            "root_path",
            metavar="PATH",
            help="Prefix under which a proxy in front shows the server, such as /rerank-api.",
        ),
    ] = None,
    api_key: Annotated[
        list[str] | None,
        typer.Option(
            "--api-key",
            metavar="KEY",
            help="A key of which requests must show one; several times for several. On the"
            " command line other users of this computer can read it; the variable and the file"
            " are safer.",
            show_default=False,
        ),
    ] = None,
    api_key_file: Annotated[
        Path | None,
        setting("api_key_file", metavar="FILE", help="A file with keys, one a line."),
    ] = None,
    no_auth: Annotated[
        bool | None,
        setting(
            "no_auth",
            "--no-auth",
            help="Let other computers in without a key.",
        ),
    ] = None,
    max_body: Annotated[
        str | None, setting("max_body", metavar="SIZE", help="Largest body of a request.")
    ] = None,
    max_body_total: Annotated[
        str | None,
        setting(
            "max_body_total",
            metavar="SIZE",
            help="Largest sum of the bodies that are in memory at once.",
        ),
    ] = None,
    body_timeout: Annotated[
        float | None,
        setting(
            "body_timeout", metavar="S", least=0.001, help="How long a body may take to arrive."
        ),
    ] = None,
    max_documents: Annotated[
        int | None,
        setting("max_documents", metavar="N", least=1, help="Most documents of a request."),
    ] = None,
    max_characters: Annotated[
        int | None,
        setting("max_characters", metavar="N", least=1, help="Most characters of a document."),
    ] = None,
    max_queue_tokens: Annotated[
        int | None,
        setting(
            "max_queue_tokens",
            metavar="N",
            least=1,
            help="Tokens that may wait for a model; a request over it is told to come back later.",
        ),
    ] = None,
    max_requests: Annotated[
        int | None,
        setting("max_requests", metavar="N", least=1, help="Requests that may be in work at once."),
    ] = None,
    request_timeout: Annotated[
        float | None,
        setting("request_timeout", metavar="S", least=0.001, help="How long a request may take."),
    ] = None,
    stall_timeout: Annotated[
        float | None,
        setting(
            "stall_timeout",
            metavar="S",
            least=0,
            help="How long a batch may take before the process counts as hung and ends; 0 waits"
            " for ever.",
        ),
    ] = None,
    drain_timeout: Annotated[
        float | None,
        setting(
            "drain_timeout",
            metavar="S",
            least=0,
            help="How long to work on accepted requests when told to stop.",
        ),
    ] = None,
    cors_origin: Annotated[
        list[str] | None,
        typer.Option(
            "--cors-origin",
            metavar="URL",
            help="Origin of web pages that may call, such as https://app.example.com; several"
            " times for several.",
            show_default=False,
        ),
    ] = None,
    log_format: Annotated[
        Literal["text", "json"] | None,
        setting("log_format", metavar="NAME", help="text, or json for machines."),
    ] = None,
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"] | None,
        setting("log_level", metavar="NAME", help="debug, info, warning or error."),
    ] = None,
    log_requests: Annotated[
        bool | None,
        setting(
            "log_requests",
            "--log-requests",
            help="Log the texts of requests, to find faults.",
        ),
    ] = None,
    metrics: Annotated[
        bool | None,
        setting("metrics", "--metrics/--no-metrics", help="Serve metrics for Prometheus."),
    ] = None,
    otlp_endpoint: Annotated[
        str | None,
        setting(
            "otlp_endpoint",
            metavar="URL",
            help="Where OpenTelemetry traces go, such as http://localhost:4318/v1/traces.",
        ),
    ] = None,
) -> None:
    """Serve a rerank endpoint over HTTP; each flag is a variable too: --port JINGPAI_PORT."""
    from jingpai.server.settings import Settings

    require_server()
    given = {
        "models": listed("models", model),
        "strict_models": strict_models,
        "device": device,
        "precision": precision,
        "threads": threads,
        "max_tokens": max_tokens,
        "long_documents": long_documents,
        "instruction": instruction,
        "calibrations": listed("calibrations", calibration),
        "max_memory": bytes_of("max_memory", max_memory),
        "host": host,
        "port": port,
        "workers": workers,
        "root_path": root_path,
        "api_keys": (*(listed("api_keys", api_key) or ()), *keys_in(api_key_file)),
        "max_body": bytes_of("max_body", max_body),
        "max_body_total": bytes_of("max_body_total", max_body_total),
        "body_timeout": body_timeout,
        "max_documents": max_documents,
        "max_characters": max_characters,
        "max_queue_tokens": max_queue_tokens,
        "max_requests": max_requests,
        "request_timeout": request_timeout,
        "stall_timeout": stall_timeout,
        "drain_timeout": drain_timeout,
        "cors_origins": listed("cors_origins", cors_origin),
        "log_format": log_format,
        "log_level": log_level,
        "log_requests": log_requests,
        "metrics": metrics,
        "otlp_endpoint": otlp_endpoint,
    }
    # What is not given has its default there, and there alone.
    settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    check_reach(settings, no_auth=bool(no_auth))
    on_ray = OnRay(replicas, max_replicas, address)
    if engine == "ray":
        start_on_ray(settings, on_ray, is_open=bool(no_auth))
    else:
        check_without_ray(on_ray)
        start(settings)
