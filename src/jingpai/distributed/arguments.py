"""The settings of the server as a configuration file of Ray Serve names them."""

from __future__ import annotations

import difflib
import os
import typing
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter, ValidationError

from jingpai.errors import InvalidInput
from jingpai.guards import shown
from jingpai.server.settings import ServerSettings

if typing.TYPE_CHECKING:
    from collections.abc import Mapping

_KEYS = "JINGPAI_API_KEYS"

# Ray has a place of its own for these.
_ELSEWHERE = {
    "host": "http_options",
    "port": "http_options",
    "root_path": "http_options",
    "workers": "deployments, as num_replicas",
}


def read_settings(args: Mapping[str, Any]) -> ServerSettings:
    """Return the settings that the arguments of an application say.

    Args:
        args: ServerSettings by their names, and `no_auth`. Without `api_keys` those of the variable
            JINGPAI_API_KEYS count.

    Raises:
        InvalidInput: A setting is unknown or cannot be used, or no key is set.
    """
    kinds = typing.get_type_hints(ServerSettings)
    given = dict(args)
    no_auth = _read("no_auth", given.pop("no_auth", False), kind=bool)
    known = {field.name for field in fields(ServerSettings)} - set(_ELSEWHERE)
    for name in given:
        if name not in known:
            raise InvalidInput(_unknown(name, known=known))
    values = {name: _read(name, value, kind=kinds[name]) for name, value in given.items()}
    settings = ServerSettings(**{"api_keys": _keys_of_the_variable(), **values})
    if not settings.api_keys and not no_auth:
        raise InvalidInput(
            f"args: no API key is set. Set the variable {_KEYS} on every machine of the cluster"
            " (a Secret of Kubernetes), or, if everyone who reaches the server may use it, write"
            " no_auth: true."
        )
    return settings


def _unknown(name: str, *, known: set[str]) -> str:
    if name in _ELSEWHERE:
        return f"args: {name} is set under {_ELSEWHERE[name]} in the configuration file."
    close = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    return f"args: there is no setting {name}.{hint} `jingpai serve --help` lists them."


def _read(name: str, value: object, *, kind: Any) -> Any:  # noqa: ANN401 - of that kind
    """Return the value of a setting."""
    if typing.get_origin(kind) is typing.Literal and value not in typing.get_args(kind):
        allowed = ", ".join(typing.get_args(kind))
        raise InvalidInput(f"args: {name}: got {shown(value)}; allowed are {allowed}.")
    try:
        read = TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        why = error.errors()[0]["msg"]
        raise InvalidInput(f"args: {name}: got {shown(value)}; {_lower(why)}.") from error
    if isinstance(read, (int, float)) and not isinstance(read, bool) and read < 0:
        raise InvalidInput(f"args: {name}: got {shown(value)}; it cannot be less than 0.")
    return read


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _keys_of_the_variable() -> tuple[str, ...]:
    keys = os.environ.get(_KEYS, "").split(",")
    return tuple(key.strip() for key in keys if key.strip())
