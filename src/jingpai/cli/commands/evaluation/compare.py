"""`jingpai compare`: where two models disagree most, with the texts."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from jingpai.cli.commands.evaluation.data import read_data
from jingpai.cli.commands.evaluation.options import DataArgument, KeepOption, SourceOptions
from jingpai.cli.fetching import fetch_if_missing
from jingpai.cli.options import JsonOption
from jingpai.cli.settings import takes_settings
from jingpai.cli.terminal.console import printable, results, write_json
from jingpai.cli.terminal.excerpt import lay_out
from jingpai.cli.terminal.progress import progress
from jingpai.cli.terminal.tables import new_table
from jingpai.errors import InvalidInput
from jingpai.language.speech import say
from jingpai.settings import ModelSettings

if TYPE_CHECKING:
    from rich.console import Console

    from jingpai.evaluation.compare import Comparison, Disagreement

_DOCUMENTS = 3
_LEAST_TEXT_CELLS = 24
_OTHER_CELLS = 20


@takes_settings()
def compare(
    first: Annotated[
        str,
        typer.Argument(
            metavar="A",
            help="A model, as for rank --model; `jingpai-small` is the bundled one.",
            show_default=False,
        ),
    ],
    second: Annotated[
        str, typer.Argument(metavar="B", help="The other model.", show_default=False)
    ],
    data: DataArgument,
    *,
    top_k: Annotated[
        int,
        typer.Option(
            "--top-k",
            "-k",
            metavar="N",
            min=1,
            help="Show the N queries with the greatest disagreement (5).",
            show_default=False,
        ),
    ] = 5,
    source: SourceOptions,
    settings: ModelSettings,
    keep: KeepOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show where two models disagree most on your own data, with the texts."""
    from jingpai.evaluation.compare import compare as compare_models
    from jingpai.evaluation.kept import Kept
    from jingpai.evaluation.measures import require_measures
    from jingpai.evaluation.rerank import rerank

    require_measures()
    kept = Kept(keep) if keep else None
    test_set = read_data(source.source(data), kept=kept)
    reranked = []
    for name in (first, second):
        fetch_if_missing(name)
        with progress(say("scoring")) as advance:
            reranked.append(rerank(name, test_set, settings=settings, kept=kept, progress=advance))
    comparison = compare_models(test_set, *reranked)
    if comparison is None:
        raise InvalidInput(say("{data}: no query has two documents").format(data=data))
    if as_json:
        write_json(comparison.as_json(most=top_k))
    else:
        _show(comparison, most=top_k)


def _show(comparison: "Comparison", *, most: int) -> None:
    console = results()
    for disagreement in comparison.disagreements[:most]:
        _show_query(disagreement, comparison, console)
    summary = say(
        "A: {first} · B: {second} · {queries} queries · the same document first in {same:.0f} %"
        " · agreement {agreement:.3f} on average (1: the same order, -1: the reverse)"
    )
    line = summary.format(
        first=comparison.models[0],
        second=comparison.models[1],
        queries=len(comparison.disagreements),
        same=100 * comparison.same_first,
        agreement=comparison.agreement,
    )
    console.print(Text(line, style="dim"))


def _show_query(found: "Disagreement", comparison: "Comparison", console: "Console") -> None:
    head = say("{id}: {query} (agreement {agreement:.3f})")
    text = head.format(
        id=found.query.id, query=printable(found.query.text), agreement=found.agreement
    )
    console.print(Text(text, style="bold"))
    width = max(_LEAST_TEXT_CELLS, console.width - _OTHER_CELLS)
    table = new_table()
    for heading in ("A", "B", say("label")):
        table.add_column(heading, justify="right")
    table.add_column(say("document"), width=width)
    for placed in found.placed[:_DOCUMENTS]:
        whole = " ".join(filter(None, (placed.document.title, placed.document.text)))
        lines = lay_out(printable(whole), query=found.query.text, width=width, most_lines=2)
        table.add_row(*map(str, placed.places), str(placed.grade), "\n".join(lines))
    console.print(table)
    console.print()
