"""Options of the commands that work on one's own data."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from jingpai.first_stage.choice import FirstStageName
from jingpai.settings import setting

if TYPE_CHECKING:
    from jingpai.evaluation.data.pairs import Columns
    from jingpai.evaluation.data.source import Source

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


@dataclass(frozen=True, slots=True, kw_only=True)
class PairOptions:
    """How a file of labelled pairs is read."""

    query_column: str = setting(
        "query",
        metavar="NAME",
        help="Column or key of the queries in a file of pairs (query).",
    )
    document_column: str = setting(
        "document",
        metavar="NAME",
        help="Column or key of the documents in a file of pairs (document).",
    )
    label_column: str = setting(
        "label",
        metavar="NAME",
        help="Column or key of the labels in a file of pairs: whole numbers, 0 for not relevant"
        " (label).",
    )
    encoding: str | None = setting(
        None,
        metavar="NAME",
        help="Encoding of the files, such as gb18030; UTF-8 without it.",
    )

    @property
    def columns(self) -> "Columns":
        """What the columns are called."""
        from jingpai.evaluation.data.pairs import Columns

        return Columns(self.query_column, self.document_column, self.label_column)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOptions(PairOptions):
    """Where a test set comes from, but for the data: see `jingpai.evaluation.data.source`."""

    run: Path | None = setting(
        None,
        metavar="FILE",
        help="The order before, as TREC has it: query Q0 document rank score tag.",
    )
    depth: int | None = setting(
        None,
        metavar="N",
        help="Rerank the best N of each query; all of a run or a file of pairs without it, 20 of"
        " a first stage.",
    )
    queries: int | None = setting(
        None, metavar="N", help="Take a sample of N queries, always the same ones."
    )

    def source(self, data: Path) -> "Source":
        """Return the source that these options and the data make."""
        from jingpai.evaluation.data.source import Source

        return Source(data, **self._given())

    def _given(self) -> dict[str, Any]:
        """Return the options by the names that a `Source` has for them."""
        names = {field.name for field in fields(self)}
        given = {name: getattr(self, name) for name in names if not name.endswith("_column")}
        return {**given, "columns": self.columns}


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionOptions(SourceOptions):
    """The same, with what a collection in a folder may choose besides."""

    qrels: Path | None = setting(
        None,
        metavar="FILE",
        help="Judgements, as TREC or BEIR has them; those in the folder without it.",
    )
    split: str | None = setting(
        None,
        metavar="NAME",
        help="Which judgements of the folder: qrels/NAME.tsv; test without it.",
    )
    first_stage: FirstStageName = setting(
        "embedder",
        metavar="NAME",
        help="What looks for candidates in a folder without --run: embedder, the one in the"
        " package, or bm25.",
    )


KeepOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--keep",
        metavar="FOLDER",
        help="Keep scores and vectors there, so that an interrupted run goes on where it was.",
        show_default=False,
    ),
]
