"""`jingpai serve`: an HTTP server, with a flag for each of its settings."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from jingpai.cli.commands.serve.on_ray import OnRay, check_without_ray, start_on_ray
from jingpai.cli.commands.serve.start import require_server, start
from jingpai.cli.commands.serve.values import check_reach, keys_in
from jingpai.cli.settings import takes_settings, variable
from jingpai.server.settings import ServerSettings


def _option(
    name: str,
    *,
    help: str,  # noqa: A002 - as typer calls it, and as the test of the translations reads it
    metavar: str = "",
    least: int | None = None,
) -> Any:  # noqa: ANN401 - what typer.Option says it returns
    """Return the option of what is no setting of the server itself."""
    return typer.Option(
        f"--{name.replace('_', '-')}",
        envvar=variable(name),
        metavar=metavar,
        help=help,
        min=least,
        show_default=False,
    )


@takes_settings(variables=True)
def serve(
    *,
    settings: ServerSettings,
    engine: Annotated[
        Literal["local", "ray"] | None,
        _option(
            "engine",
            metavar="NAME",
            help="local serves from this process; ray, from replicas on Ray.",
        ),
    ] = None,
    replicas: Annotated[
        int | None,
        _option(
            "replicas",
            metavar="N",
            least=1,
            help="On Ray: replicas, each with models of its own; one without it.",
        ),
    ] = None,
    max_replicas: Annotated[
        int | None,
        _option(
            "max_replicas",
            metavar="N",
            least=1,
            help="On Ray: replicas there may be while many tokens wait.",
        ),
    ] = None,
    address: Annotated[
        str | None,
        _option(
            "address",
            metavar="ADDRESS",
            help="On Ray: a cluster to join, such as auto or 10.0.0.1:6379; without it Ray is"
            " started on this computer.",
        ),
    ] = None,
    api_key_file: Annotated[
        Path | None, _option("api_key_file", metavar="FILE", help="A file with keys, one a line.")
    ] = None,
    no_auth: Annotated[
        bool | None, _option("no_auth", help="Let other computers in without a key.")
    ] = None,
) -> None:
    """Serve a rerank endpoint over HTTP; each flag is a variable too: --port JINGPAI_PORT."""
    require_server()
    settings = replace(settings, api_keys=(*settings.api_keys, *keys_in(api_key_file)))
    check_reach(settings, no_auth=bool(no_auth))
    on_ray = OnRay(replicas, max_replicas, address)
    if engine == "ray":
        start_on_ray(settings, on_ray, is_open=bool(no_auth))
    else:
        check_without_ray(on_ray)
        start(settings)
