"""Arguments and options that several commands have."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from jingpai.cli.documents import Format
from jingpai.errors import InvalidInput
from jingpai.language.speech import say
from jingpai.types import Scale

# typer reads these when the program runs, so they are values, not strings.
ModelArgument: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A name from `jingpai models`, org/name, org/name@revision or modelscope:org/name.",
        show_default=False,
    ),
]

ModelOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="MODEL",
        help="A name from `jingpai models`, a folder, or org/name; the bundled model without it.",
        show_default=False,
    ),
]

DeviceOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--device",
        metavar="DEVICE",
        help="cpu, cuda, cuda:1 or mps; the best one that works without it.",
        show_default=False,
    ),
]

CalibrationOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="What `jingpai calibrate` has written for this model; scores are probabilities then.",
        show_default=False,
    ),
]

ScaleOption: TypeAlias = Annotated[
    Scale | None,
    typer.Option(
        metavar="NAME",
        help="What scores mean: sigmoid, from 0 to 1, logit, what the model says, or calibrated.",
        show_default=False,
    ),
]

JsonOption: TypeAlias = Annotated[
    bool, typer.Option("--json", metavar="", help="Write one JSON object instead of a table.")
]

FormatOption: TypeAlias = Annotated[
    Format,
    typer.Option(
        "--format",
        metavar="NAME",
        help="lines, jsonl, json, csv, tsv, or auto: by the ending, on stdin by the content.",
        show_default=False,
    ),
]

EncodingOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--encoding",
        metavar="NAME",
        help="Encoding of the files, such as gb18030; UTF-8 without it.",
        show_default=False,
    ),
]


def whole_numbers(text: str, *, option: str, example: str) -> tuple[int, ...]:
    """Read whole numbers from 1 with commas between them, each once.

    Raises:
        InvalidInput: They are something else.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and int(part) > 0 for part in parts):
        message = say(
            "{option}: got {text!r}; allowed are whole numbers from 1, with commas between them:"
            " {option} {example}"
        )
        raise InvalidInput(message.format(option=option, text=text, example=example))
    return tuple(dict.fromkeys(map(int, parts)))
