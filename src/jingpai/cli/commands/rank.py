"""`jingpai rank`: documents from files or a pipe, in order of relevance."""

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from rich.text import Text

from jingpai.cli.documents import InputDocument, read_documents
from jingpai.cli.fetching import fetch_if_missing
from jingpai.cli.options import (
    CalibrationOption,
    EncodingOption,
    FormatOption,
    JsonOption,
    ModelOption,
    ScaleOption,
)
from jingpai.cli.settings import takes_settings
from jingpai.cli.terminal.console import results, write_json
from jingpai.cli.terminal.progress import progress
from jingpai.cli.terminal.rank_table import rank_table
from jingpai.errors import InvalidInput
from jingpai.files.opening import STDIN
from jingpai.language.speech import say
from jingpai.settings import ModelSettings
from jingpai.types import RankedDocument, Ranking

if TYPE_CHECKING:
    from jingpai.reranker import Reranker


@takes_settings()
def rank(  # noqa: PLR0913 - every parameter is an option of the command
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="What is asked.", show_default=False)
    ],
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILES",
            help="One document a line; .jsonl and .json: strings or objects with text, and if you"
            " like id, title, metadata; .csv and .tsv with a column text: records. Without files,"
            " or for -, stdin is read.",
            show_default=False,
        ),
    ] = None,
    *,
    top_k: Annotated[
        int | None,
        typer.Option(
            "--top-k", "-k", metavar="N", help="Show at most so many.", show_default=False
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold",
            "-t",
            metavar="SCORE",
            help="Show only scores from this one on.",
            show_default=False,
        ),
    ] = None,
    model: ModelOption = None,
    settings: ModelSettings,
    scale: ScaleOption = None,
    calibration: CalibrationOption = None,
    input_format: FormatOption = "auto",
    encoding: EncodingOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put documents in order of how well they answer a query."""
    from jingpai.reranker import Reranker

    inputs = read_documents(_sources(files), form=input_format, encoding=encoding)
    fetch_if_missing(model)
    with progress(say("loading the model")):
        reranker = Reranker.of(model, settings, scale=scale, calibration=calibration)
    with reranker:
        run = _run(reranker, query, inputs=inputs, top_k=top_k, threshold=threshold)
    if as_json:
        write_json(_as_json(run.ranking, inputs))
    else:
        _show(run, inputs)


class _Run(NamedTuple):
    """A ranking, and what it took."""

    ranking: Ranking
    pairs: int
    seconds: float


def _sources(files: Sequence[str] | None) -> Sequence[str]:
    if files:
        return files
    # There is no stdin at all where the caller has closed it.
    if sys.stdin is None or sys.stdin.isatty():
        raise InvalidInput(
            say("no documents: name files, or pipe them in: jingpai rank QUERY < documents.txt")
        )
    return [STDIN]


def _run(
    reranker: "Reranker",
    query: str,
    *,
    inputs: Sequence[InputDocument],
    top_k: int | None,
    threshold: float | None,
) -> _Run:
    pairs = 0
    with progress(say("scoring")) as advance:

        def count(done: int, total: int) -> None:
            nonlocal pairs
            pairs = total
            advance(done, total)

        start = time.perf_counter()
        ranking = reranker.rank(
            query,
            [document.for_ranking() for document in inputs],
            top_k=top_k,
            threshold=threshold,
            progress=count,
        )
        return _Run(ranking, pairs, time.perf_counter() - start)


def _show(run: _Run, inputs: Sequence[InputDocument]) -> None:
    console = results()
    ranking = run.ranking
    if ranking:
        console.print(rank_table(ranking, inputs, console_width=console.width))
    else:
        console.print(say("No document reaches the threshold."))
    scales = {
        "sigmoid": say("sigmoid scores"),
        "logit": say("logits"),
        "calibrated": say("calibrated scores"),
    }
    summary = say(
        "{model} · {scale} · {shown} of {documents} documents · {pairs} pairs in {seconds:.2f} s"
    )
    line = summary.format(
        model=ranking.model,
        scale=scales[ranking.scale],
        shown=len(ranking),
        documents=len(inputs),
        pairs=run.pairs,
        seconds=run.seconds,
    )
    console.print(Text(line, style="dim"))


def _as_json(ranking: Ranking, inputs: Sequence[InputDocument]) -> dict[str, Any]:
    return {
        "query": ranking.query,
        "model": ranking.model,
        "scale": ranking.scale,
        "results": [_result(ranked, inputs[ranked.index]) for ranked in ranking],
    }


def _result(ranked: RankedDocument, given: InputDocument) -> dict[str, Any]:
    result: dict[str, Any] = {"index": ranked.index, "score": ranked.score, "text": given.text}
    optional = {
        "id": given.id,
        "title": given.title,
        "metadata": given.metadata,
        "file": None if given.source == STDIN else given.source,
        "line": given.line,
    }
    result.update((key, value) for key, value in optional.items() if value is not None)
    result["span"] = list(ranked.span)
    result["passages"] = ranked.passages
    result["truncated"] = ranked.truncated
    return result
