"""Arguments and options that several commands have."""

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

from jingpai.cli.documents import Format
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

PrecisionOption: TypeAlias = Annotated[
    Literal["auto", "fp32", "fp16", "bf16", "int8"],
    typer.Option(
        metavar="NAME",
        help="fp32, fp16, bf16, int8, or auto: int8 on a CPU, fp16 on a GPU.",
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

MaxTokensOption: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--max-tokens",
        metavar="N",
        help="Most tokens of query and passage together; the model's limit without it.",
        show_default=False,
    ),
]

InstructionOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        help="What a language model is told to look for; what its makers told it without it.",
        show_default=False,
    ),
]

TruncateOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--truncate",
        metavar="",
        help="Read only the beginning of long documents, not all their passages.",
    ),
]

NoCleanOption: TypeAlias = Annotated[
    bool, typer.Option("--no-clean", metavar="", help="Leave HTML and invisible characters in.")
]

JsonOption: TypeAlias = Annotated[
    bool, typer.Option("--json", metavar="", help="Write one JSON object instead of a table.")
]

FormatOption: TypeAlias = Annotated[
    Format,
    typer.Option(
        "--format",
        metavar="NAME",
        help="lines, jsonl, json, or auto: by the ending, on stdin by the content.",
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
