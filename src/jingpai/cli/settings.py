"""Settings as options of a command: a flag for each field of a dataclass, from its description."""

import dataclasses
import functools
import inspect
import os
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import Field
from typing import Annotated, Any, TypeVar

import typer

from jingpai.errors import InvalidInput
from jingpai.guards import LARGEST
from jingpai.language.speech import say
from jingpai.settings import Option, options_of

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([kmg]i?)?b?", re.IGNORECASE)

_TRUNCATE = "truncate"

Command = TypeVar("Command", bound=Callable[..., None])


def takes_settings(*, variables: bool = False) -> Callable[[Command], Command]:
    """Give a command an option for each setting of the dataclasses among its parameters.

    The options stand in the place of such a parameter, and the command is called with an instance.
    What is not given has the default of the dataclass, and there alone.

    Args:
        variables: Whether each option is an environment variable too.

    Returns:
        A decorator for a function that typer makes a command of; its keyword parameters whose
        type is a dataclass described by `jingpai.settings.setting` are replaced.
    """

    def decorate(command: Command) -> Command:
        plain = inspect.signature(command, eval_str=True)
        kinds: dict[str, type] = {
            name: parameter.annotation
            for name, parameter in plain.parameters.items()
            if isinstance(parameter.annotation, type)
            and dataclasses.is_dataclass(parameter.annotation)
        }
        shown: list[inspect.Parameter] = []
        for name, parameter in plain.parameters.items():
            kind = kinds.get(name)
            shown += _parameters(kind, variables=variables) if kind else [parameter]

        @functools.wraps(command)
        def run(**given: Any) -> None:  # noqa: ANN401 - what the program was called with
            own = {name: value for name, value in given.items() if name in plain.parameters}
            for name, kind in kinds.items():
                own[name] = _read(kind, given, variables=variables)
            command(**own)

        run.__signature__ = plain.replace(parameters=shown)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in shown}
        return typing.cast("Command", run)

    return decorate


def variable(field: str) -> str:
    """Return the environment variable of a setting."""
    return f"JINGPAI_{field.upper()}"


def listed(field: str, given: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return what a flag was given, else what its variable has between commas, else None."""
    values = given or os.environ.get(variable(field), "").split(",")
    return tuple(value.strip() for value in values if value.strip()) or None


def bytes_of(field: str, text: str | None) -> int | None:
    """Return a size in bytes.

    Raises:
        InvalidInput: It is none.
    """
    if text is None:
        return None
    match = _SIZE.fullmatch(text.strip())
    number = float(match[1]) * _UNITS[(match[2] or "").lower()] if match else 0
    size = int(number) if number <= LARGEST else 0
    if size < 1:
        message = say("--{flag}: got {text!r}; allowed are sizes such as 16MB, 16MiB or 16000000")
        raise InvalidInput(message.format(flag=field.replace("_", "-"), text=text))
    return size


def _parameters(kind: type, *, variables: bool) -> Iterator[inspect.Parameter]:
    hints = typing.get_type_hints(kind)
    for field, option in options_of(kind):
        of_field = hints[field.name]
        is_list = typing.get_origin(of_field) is tuple
        switch = typer.Option(
            *_flags(field, option),
            envvar=variable(field.name) if variables and not is_list else None,
            metavar=option.metavar,
            help=option.help,
            min=option.least,
            max=option.most,
            show_default=False,
        )
        yield _parameter(field.name, Annotated[_typed(of_field, option), switch])
        if field.name == "long_documents":
            short = typer.Option(
                f"--{_TRUNCATE}",
                metavar="",
                help="Read only the beginning of long documents, not all their passages.",
            )
            yield _parameter(_TRUNCATE, Annotated[bool, short], default=False)


def _parameter(name: str, annotation: object, *, default: object = None) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def _flags(field: Field[Any], option: Option) -> tuple[str, ...]:
    return option.flags or (f"--{field.name.replace('_', '-')}",)


def _typed(of_field: Any, option: Option) -> Any:  # noqa: ANN401 - types as values
    """Return the type that typer reads: that of the field, or nothing."""
    if option.kind == "size":
        return str | None
    if typing.get_origin(of_field) is tuple:
        return list[str] | None
    if typing.get_origin(of_field) in (typing.Union, types.UnionType):
        return of_field
    return typing.Optional[of_field]  # noqa: UP045 - a Literal has no |


def _read(kind: type, given: Mapping[str, Any], *, variables: bool) -> object:
    """Return the settings, out of what the options were given."""
    values: dict[str, Any] = {}
    hints = typing.get_type_hints(kind)
    for field, option in options_of(kind):
        value = given[field.name]
        if option.kind == "size":
            value = bytes_of(field.name, value)
        elif typing.get_origin(hints[field.name]) is tuple:
            value = listed(field.name, value) if variables else tuple(value or ()) or None
        if value is not None:
            values[field.name] = value
    if "long_documents" in hints and given.get(_TRUNCATE):
        if values.get("long_documents", _TRUNCATE) != _TRUNCATE:
            raise InvalidInput(
                say("--truncate and --long-documents passages say two things; give one of the two")
            )
        values["long_documents"] = _TRUNCATE
    return kind(**values)
