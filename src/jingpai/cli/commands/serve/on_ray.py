"""`jingpai serve --engine ray`: what it is told beside the settings of the server."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from jingpai.cli.commands.serve.start import fetch_models, show_start
from jingpai.cli.terminal.console import notices
from jingpai.errors import InvalidInput
from jingpai.extras import needing
from jingpai.language.speech import say

if TYPE_CHECKING:
    from jingpai.server.settings import Settings


@dataclass(frozen=True, slots=True)
class OnRay:
    """What was said of Ray; None where nothing was.

    Attributes:
        replicas: Replicas that are there at all times.
        max_replicas: Replicas that may be there while many tokens wait.
        address: A cluster to join.
    """

    replicas: int | None
    max_replicas: int | None
    address: str | None


def check_without_ray(given: OnRay) -> None:
    """Make sure that nothing was said of Ray that would be of no effect.

    Raises:
        InvalidInput: Something was.
    """
    for field in fields(given):
        if getattr(given, field.name) is not None:
            option = "--" + field.name.replace("_", "-")
            text = say("{option} is for Ray; add --engine ray")
            raise InvalidInput(text.format(option=option))


def start_on_ray(settings: Settings, given: OnRay, *, is_open: bool) -> None:
    """Serve from replicas on Ray until told to stop.

    Args:
        settings: Those of each replica, and where to listen.
        given: What was said of Ray.
        is_open: Whether everyone may use the server without a key.
    """
    _require_ray(starts_ray=given.address is None)
    from jingpai.distributed.serve import Replicas, check
    from jingpai.distributed.server import run
    from jingpai.server.http.run import listen
    from jingpai.system.processor import physical_cores

    replicas = Replicas(given.replicas or 1, given.max_replicas)
    check(settings, replicas=replicas)
    if given.address is None:
        if settings.threads is None:
            settings = replace(settings, threads=max(physical_cores() // replicas.limit, 1))
        # Ray's proxy listens, not this process: here it is seen whether it can, and on which port.
        with listen(settings.host, settings.port) as listener:
            settings = replace(settings, port=listener.getsockname()[1])
        fetch_models(settings)
    notices().print(say("starting on Ray, which takes a while"))

    def ready(is_ours: bool) -> None:
        if is_ours:
            show_start(settings)
        else:
            notices().print(say("ready, where Ray Serve listens on this cluster"))

    run(settings, replicas=replicas, address=given.address, is_open=is_open, ready=ready)


def _require_ray(*, starts_ray: bool) -> None:
    """Make sure that Ray is there, and set it up before it is imported."""
    from jingpai.distributed.environment import prepare_environment

    prepare_environment(starts_ray=starts_ray)
    with needing("ray", what="serve --engine ray", packages="Ray"):
        import ray.serve  # noqa: F401
