"""The hubs that models come from: can they be reached from here?"""

from __future__ import annotations

import queue
import re
import threading
import time
from http.client import HTTPException
from typing import TYPE_CHECKING, NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, getproxies, urlopen

from jingpai.cli.checks.finding import Fact, Finding, Problem
from jingpai.language.speech import say
from jingpai.models.hub.environment import HubSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

_TIMEOUT_S = 5.0

# Looking up a name can take longer than any timeout of the request itself.
_PATIENCE_S = _TIMEOUT_S + 1.0

_MIRROR = "https://hf-mirror.com"


class _Answer(NamedTuple):
    is_reached: bool
    text: str


def check(*, is_offline: bool = False) -> Finding:
    """Ask every hub at once whether it is there.

    Args:
        is_offline: Whether the network is to be left alone.
    """
    settings = HubSettings.read()
    addresses = {
        "Hugging Face hub": settings.huggingface_endpoint,
        "ModelScope": settings.modelscope_endpoint,
    }
    facts: dict[str, Fact] = {"proxies": _proxies() or say("none")}
    if settings.offline:
        facts["HF_HUB_OFFLINE"] = say("set: models are never fetched")
    if is_offline:
        text = say("{address}: not asked")
        for name, address in addresses.items():
            facts[name] = text.format(address=without_password(address))
        return Finding(facts)
    answers = _ask_all(addresses)
    for name, address in addresses.items():
        facts[name] = f"{without_password(address)}: {answers[name].text}"
    if settings.offline or answers["Hugging Face hub"].is_reached:
        return Finding(facts)
    return Finding(facts, (_unreachable(settings.huggingface_endpoint, answers),))


def without_password(address: str) -> str:
    """Return an address without what stands before its `@`, also where it is no address."""
    return re.sub(r"^([a-zA-Z0-9+.-]+://)?.*@", r"\1***@", address)


def _proxies() -> list[str]:
    # The environment's variables, and on macOS and Windows the system's settings.
    return [
        f"{kind}: {without_password(address)}" for kind, address in sorted(getproxies().items())
    ]


def _unreachable(address: str, answers: Mapping[str, _Answer]) -> Problem:
    text = say(
        "{address} cannot be reached, so no model can be fetched from it. The bundled model needs"
        " no network."
    )
    mend = [say("use a mirror: {command}").format(command=f"export HF_ENDPOINT={_MIRROR}")]
    if answers["ModelScope"].is_reached:
        modelscope = say("or fetch from ModelScope: {command}")
        mend.append(modelscope.format(command="export JINGPAI_HUB=modelscope"))
    else:
        mend.append(say("or, if a proxy leads to the network, set HTTPS_PROXY"))
    return Problem(text.format(address=without_password(address)), "\n".join(mend))


def _ask_all(addresses: Mapping[str, str]) -> dict[str, _Answer]:
    answers: queue.Queue[tuple[str, _Answer]] = queue.Queue()
    for name, address in addresses.items():
        # Daemons: a look-up that hangs must not keep the program from ending.
        threading.Thread(
            target=lambda name=name, address=address: answers.put((name, _ask(address))),
            daemon=True,
        ).start()
    deadline = time.monotonic() + _PATIENCE_S
    late = _Answer(
        is_reached=False, text=say("no answer within {seconds:.0f} s").format(seconds=_PATIENCE_S)
    )
    known = dict.fromkeys(addresses, late)
    for _ in addresses:
        try:
            name, answer = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        known[name] = answer
    return known


def _ask(address: str) -> _Answer:
    start = time.monotonic()
    if not address.startswith(("https://", "http://")):
        return _Answer(is_reached=False, text=say("not an address of the web"))
    try:
        request = Request(address, method="HEAD", headers={"User-Agent": "jingpai"})  # noqa: S310
        with urlopen(request, timeout=_TIMEOUT_S) as response:  # noqa: S310
            status = response.status
    except HTTPError as error:
        status = error.code
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        return _Answer(is_reached=False, text=say("not reached ({reason})").format(reason=reason))
    milliseconds = 1000 * (time.monotonic() - start)
    text = say("reached in {milliseconds:.0f} ms (HTTP {status})")
    return _Answer(
        # A proxy that wants a password, or a gateway without an upstream, is not the hub.
        is_reached=status not in (407, 502, 503, 504),
        text=text.format(milliseconds=milliseconds, status=status),
    )
