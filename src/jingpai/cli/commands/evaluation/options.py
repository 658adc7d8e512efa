"""Options of the commands that work on one's own data."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from jingpai.first_stage.choice import FirstStageName

# typer reads these when the program runs, so they are values, not strings.
DataArgument: TypeAlias = Annotated[
    Path,
    typer.Argument(
        metavar="DATA",
        help="A folder as BEIR has it (corpus.jsonl, queries.jsonl, qrels/test.tsv), or a .csv,"
        " .tsv or .jsonl file of pairs: query, document, label.",
        show_default=False,
    ),
]

RunOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--run",
        metavar="FILE",
        help="The order before, as TREC has it: query Q0 document rank score tag.",
        show_default=False,
    ),
]

QrelsOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--qrels",
        metavar="FILE",
        help="Judgements, as TREC or BEIR has them; those in the folder without it.",
        show_default=False,
    ),
]

SplitOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--split",
        metavar="NAME",
        help="Which judgements of the folder: qrels/NAME.tsv; test without it.",
        show_default=False,
    ),
]

FirstStageOption: TypeAlias = Annotated[
    FirstStageName,
    typer.Option(
        "--first-stage",
        metavar="NAME",
        help="What looks for candidates in a folder without --run: embedder, the one in the"
        " package, or bm25.",
        show_default=False,
    ),
]

DepthOption: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--depth",
        metavar="N",
        help="Rerank the best N of each query; all of a run or a file of pairs without it, 20 of"
        " a first stage.",
        show_default=False,
    ),
]

QueriesOption: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--queries",
        metavar="N",
        help="Take a sample of N queries, always the same ones.",
        show_default=False,
    ),
]

QueryColumnOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--query-column",
        metavar="NAME",
        help="Column or key of the queries in a file of pairs (query).",
        show_default=False,
    ),
]

DocumentColumnOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--document-column",
        metavar="NAME",
        help="Column or key of the documents in a file of pairs (document).",
        show_default=False,
    ),
]

LabelColumnOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--label-column",
        metavar="NAME",
        help="Column or key of the labels in a file of pairs: whole numbers, 0 for not relevant"
        " (label).",
        show_default=False,
    ),
]

DataEncodingOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--encoding",
        metavar="NAME",
        help="Encoding of the files, such as gb18030; UTF-8 without it.",
        show_default=False,
    ),
]

KeepOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--keep",
        metavar="FOLDER",
        help="Keep scores and vectors there, so that an interrupted run goes on where it was.",
        show_default=False,
    ),
]
