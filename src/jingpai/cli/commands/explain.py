"""`jingpai explain`: the order before and after, and the sentence that made each place."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from jingpai.cli.documents import InputDocument, read_documents
from jingpai.cli.fetching import fetch_if_missing
from jingpai.cli.options import EncodingOption, FormatOption, ModelOption
from jingpai.cli.settings import takes_settings
from jingpai.cli.terminal.bars import SCORE_CELLS, score_text
from jingpai.cli.terminal.console import notices, printable, results
from jingpai.cli.terminal.excerpt import lay_out
from jingpai.cli.terminal.progress import progress
from jingpai.cli.terminal.tables import GAP_CELLS, new_table
from jingpai.first_stage.choice import FirstStage
from jingpai.language.speech import say
from jingpai.pages.wording import first_stage_name, moved_text
from jingpai.settings import ModelSettings

if TYPE_CHECKING:
    from jingpai.explain.explanation import ExplainedDocument, Explanation

_ORDER_CELLS, _BEFORE_CELLS = 12, 6
_OTHER_CELLS = _ORDER_CELLS + _BEFORE_CELLS + SCORE_CELLS + 4 * GAP_CELLS
_LEAST_TEXT_CELLS = 24
_MOST_LINES = 3
# From here on a sentence is shown as evidence, below it as the best there is.
_EVIDENCE = 0.5


@takes_settings()
def explain(
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="What is asked.", show_default=False)
    ],
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILES",
            help="One document a line; .jsonl and .json: strings or objects with text. For -,"
            " stdin is read.",
            show_default=False,
        ),
    ],
    *,
    by: Annotated[
        FirstStage,
        typer.Option(
            metavar="NAME",
            help="The order before: similarity, of vectors, or bm25, by shared words.",
            show_default=False,
        ),
    ] = "similarity",
    top_k: Annotated[
        int | None,
        typer.Option(
            "--top-k",
            "-k",
            metavar="N",
            help="Show at most so many.",
            show_default=False,
            min=1,
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Also write a page that shows it, in one file without scripts.",
            show_default=False,
        ),
    ] = None,
    model: ModelOption = None,
    settings: ModelSettings,
    input_format: FormatOption = "auto",
    encoding: EncodingOption = None,
) -> None:
    """Rank documents, and show what moved, and the sentence that moved it."""
    from jingpai.embedder import Embedder
    from jingpai.explain.explanation import explain as explained
    from jingpai.reranker import Reranker

    inputs = read_documents(files, form=input_format, encoding=encoding)
    fetch_if_missing(model)
    with progress(say("loading the model")):
        reranker = Reranker.of(model, settings)
        embedder = Embedder() if by == "similarity" else None
    with reranker, embedder or nullcontext(), progress(say("scoring")) as advance:
        explanation = explained(
            reranker,
            query,
            [document.for_ranking() for document in inputs],
            embedder=embedder,
            progress=advance,
        )
    _show(explanation, inputs, most=top_k)
    if html is not None:
        from jingpai.pages.explanation import explanation_page
        from jingpai.pages.rendering import write_page

        write_page(explanation_page(explanation), html)
        notices().print(say("{file} has the whole of it.").format(file=html), soft_wrap=True)


def _show(explanation: "Explanation", inputs: list[InputDocument], *, most: int | None) -> None:
    console = results()
    console.print(_table(explanation, inputs, most=most, console_width=console.width))
    summary = say("{model} · order: by {by} → reranked · in the text: its best sentence")
    line = summary.format(model=explanation.model, by=first_stage_name(explanation.by))
    console.print(Text(line, style="dim"))


def _table(
    explanation: "Explanation",
    inputs: list[InputDocument],
    *,
    most: int | None,
    console_width: int,
) -> Table:
    width = max(_LEAST_TEXT_CELLS, console_width - _OTHER_CELLS)
    table = new_table()
    table.add_column(say("order"), no_wrap=True, justify="right", min_width=_ORDER_CELLS)
    before = {"similarity": say("vector"), "bm25": "BM25"}[explanation.by]
    table.add_column(before, justify="right", no_wrap=True)
    table.add_column(say("score"), no_wrap=True)
    table.add_column(say("document"), width=width)
    for place, document in enumerate(explanation.documents[:most]):
        table.add_row(
            _order(document.before, place),
            f"{document.first_stage:.3f}",
            score_text(document.ranked.score, scale=explanation.scale),
            _evidence(document, inputs[document.ranked.index], explanation.query, width=width),
        )
    return table


def _order(before: int, after: int) -> Text:
    style = "green" if before > after else "red" if before < after else "dim"
    return Text(f"{before + 1} → {after + 1} {moved_text(before, after):>4}", style=style)


def _evidence(
    document: "ExplainedDocument", given: InputDocument, query: str, *, width: int
) -> Text:
    """Return the best sentence of a document, and which of how many it is."""
    lines = []
    if given.title:
        title = lay_out(printable(given.title), query="", width=width, most_lines=1)
        lines.append(Text(title[0], style="italic"))
    best = document.best
    if best is None:
        return Text("\n").join(lines)
    sentence = printable(given.text[best.span.start : best.span.end])
    style = "bold" if best.score >= _EVIDENCE else ""
    lines += [
        Text(line, style=style)
        for line in lay_out(sentence, query=query, width=width, most_lines=_MOST_LINES)
    ]
    if len(document.sentences) > 1:
        note = say("sentence {number} of {sentences}, alone {score:.3f}").format(
            number=document.sentences.index(best) + 1,
            sentences=len(document.sentences),
            score=best.score,
        )
        lines.append(Text(note, style="dim"))
    return Text("\n").join(lines)
