"""How a model is loaded, checked once; and how a setting is described, once for flags and pages."""

from __future__ import annotations

import dataclasses
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from jingpai.errors import InvalidInput
from jingpai.guards import check_choice, check_whole, shown
from jingpai.system.processor import MOST_THREADS
from jingpai.types import LongDocuments, PrecisionChoice

if typing.TYPE_CHECKING:
    from collections.abc import Iterator

ModelName: TypeAlias = str | Path
"""How users name a model; see `Reranker`."""

Kind: TypeAlias = Literal["value", "size"]
"""How a setting is written: as what it is, or as bytes with a unit, such as 16MB."""

_KEY = "option"

_A_YEAR_S = 365 * 24 * 3600
"""What may take longer may as well take for ever, which clocks of the system cannot count."""


@dataclass(frozen=True, slots=True)
class Option:
    """What is said of a setting wherever it is set: on a command line, in a variable, in a page.

    Attributes:
        help: What it does, in a sentence without its default where that is none.
        metavar: What stands for its value; empty for a switch.
        flags: How it is written on a command line; its name with dashes unless given.
        least: The smallest number allowed.
        most: The largest number allowed.
        kind: How it is written.
    """

    help: str
    metavar: str = ""
    flags: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    kind: Kind = "value"


def setting(
    default: Any,  # noqa: ANN401 - of the type that the field says
    *,
    help: str,  # noqa: A002 - as command lines call it
    metavar: str = "",
    flags: tuple[str, ...] = (),
    least: float | None = None,
    most: float | None = None,
    kind: Kind = "value",
    is_secret: bool = False,
) -> Any:  # noqa: ANN401 - what `dataclasses.field` says it returns
    """Return the field of a setting; `is_secret` keeps its value out of `repr`."""
    option = Option(help, metavar, flags, least, most, kind)
    return field(default=default, repr=not is_secret, metadata={_KEY: option})


def options_of(kind: type) -> Iterator[tuple[dataclasses.Field[Any], Option]]:
    """Yield the fields of a dataclass of settings that are described: its own, then inherited."""
    own = vars(kind)["__annotations__"]
    for each in sorted(dataclasses.fields(kind), key=lambda each: each.name not in own):
        if _KEY in each.metadata:
            yield each, each.metadata[_KEY]


_KINDS: dict[str, tuple[type, str]] = {
    "bool": (bool, "True and False"),
    "str": (str, "texts"),
    "tuple[str, ...]": (tuple, "tuples of texts"),
}
"""What a setting of a kind is, and how an error says it; numbers are looked at more closely."""


def _check_values(settings: object) -> None:
    """Check that settings are of the kinds that they say, and the numbers within their ranges.

    Raises:
        InvalidInput: One is of another kind, or out of its range.
    """
    for each, option in options_of(type(settings)):
        value = getattr(settings, each.name)
        kind, _, optional = str(each.type).partition(" | ")
        if kind == "int":
            least = 1 if option.least is None else int(option.least)
            most = None if option.most is None else int(option.most)
            check_whole(each.name, value, least=least, most=most, optional=bool(optional))
        elif kind == "float" and option.least is not None:
            most_seconds = _A_YEAR_S if option.most is None else option.most
            # What is no number compares as False.
            if not isinstance(value, int | float) or not option.least <= value <= most_seconds:
                raise InvalidInput(
                    f"{each.name}: got {shown(value)}; allowed are numbers from {option.least:g} to"
                    f" {most_seconds:,}."
                )
        elif kind in _KINDS and not (optional and value is None):
            _check_kind(each.name, value, kind=kind, optional=optional)


def _check_kind(name: str, value: object, *, kind: str, optional: str) -> None:
    of_kind, allowed = _KINDS[kind]
    is_of_kind = isinstance(value, of_kind)
    if isinstance(value, tuple):
        is_of_kind = is_of_kind and all(isinstance(item, str) for item in value)
    if not is_of_kind:
        none = f"{optional} and " if optional else ""
        raise InvalidInput(f"{name}: got {shown(value)}; allowed are {none}{allowed}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """How a model is loaded; `Reranker` says what each setting means.

    Raises:
        InvalidInput: A setting is out of its range.
    """

    device: str | None = setting(
        None,
        metavar="DEVICE",
        help="cpu, cuda, cuda:1 or mps; the best one that works without it.",
    )
    precision: PrecisionChoice = setting(
        "auto",
        metavar="NAME",
        help="fp32, fp16, bf16, int8, or auto: int8 on a CPU, fp16 on a GPU.",
    )
    threads: int | None = setting(
        None,
        metavar="N",
        least=1,
        most=MOST_THREADS,
        help="CPU threads of a model; one a core without it.",
    )
    batch_tokens: int | None = setting(
        None,
        metavar="N",
        least=1,
        help="Most tokens scored at once; what suits the device without it.",
    )
    max_tokens: int | None = setting(
        None,
        metavar="N",
        least=1,
        help="Most tokens of query and passage together; the model's limit without it.",
    )
    long_documents: LongDocuments = setting(
        "passages",
        metavar="NAME",
        help="passages scores long documents in passages; truncate, their beginning alone.",
    )
    clean: bool = setting(
        True,
        flags=("--clean/--no-clean",),
        help="Whether HTML and invisible characters are removed.",
    )
    instruction: str | None = setting(
        None,
        metavar="TEXT",
        help="What a language model is told to look for; what its makers told it without it.",
    )
    layer: int | None = setting(
        None,
        metavar="N",
        least=1,
        help="The last layer to run, for models that may stop before the end.",
    )

    def by_name(self) -> dict[str, Any]:
        """Return how a model is loaded, and nothing else of a larger set of settings, by name."""
        return {each.name: getattr(self, each.name) for each in dataclasses.fields(ModelSettings)}

    def __post_init__(self) -> None:
        check_choice("precision", self.precision, typing.get_args(PrecisionChoice))
        check_choice("long_documents", self.long_documents, typing.get_args(LongDocuments))
        for name, allowed in (("device", "cpu, cuda, cuda:1 and mps"), ("instruction", "a text")):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, str) or not value.strip()):
                raise InvalidInput(f"{name}: got {shown(value)}; allowed are None and {allowed}.")
        _check_values(self)
