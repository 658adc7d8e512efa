"""`jingpai eval`: what reranking does to one's own data."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from jingpai.cli.commands.evaluation.data import read_data
from jingpai.cli.commands.evaluation.options import CollectionOptions, DataArgument, KeepOption
from jingpai.cli.commands.evaluation.tables import language_table, measure_table, model_lines
from jingpai.cli.fetching import fetch_if_missing
from jingpai.cli.options import JsonOption, whole_numbers
from jingpai.cli.settings import takes_settings
from jingpai.cli.terminal.console import results, write_json
from jingpai.cli.terminal.progress import progress
from jingpai.language.speech import say
from jingpai.settings import ModelSettings

if TYPE_CHECKING:
    from jingpai.evaluation.report import Report


@takes_settings()
def evaluate(
    data: DataArgument,
    *,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            "-m",
            metavar="MODEL",
            help="As for rank; give it again for several models side by side.",
            show_default=False,
        ),
    ] = None,
    at: Annotated[
        str,
        typer.Option(
            "--at",
            metavar="N,...",
            help="How many documents from the top count in nDCG, MRR, recall and precision (10);"
            " or several: 1,5,10.",
            show_default=False,
        ),
    ] = "10",
    source: CollectionOptions,
    settings: ModelSettings,
    keep: KeepOption = None,
    as_json: JsonOption = False,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html",
            metavar="FILE",
            help="Also write a page with plots and the worst losses; scores are kept beside it.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Measure an order before and after reranking, on your own queries and documents."""
    from jingpai.evaluation.evaluate import evaluate as evaluate_models
    from jingpai.evaluation.kept import Kept
    from jingpai.evaluation.measures import require_measures
    from jingpai.pages.drawing import require_plots

    cuts = whole_numbers(at, option="--at", example="5,10")
    require_measures()
    if html is not None:
        require_plots(extra="evaluation")
    folder = keep or (html and html.with_suffix(".kept"))
    kept = Kept(folder) if folder else None
    test_set = read_data(source.source(data), kept=kept)
    models = list(dict.fromkeys(model)) if model else [None]
    for name in models:
        fetch_if_missing(name)
    with progress(say("scoring")) as advance:
        report = evaluate_models(
            test_set,
            models,
            at=cuts,
            settings=settings,
            kept=kept,
            progress=advance,
        )
    if html is not None:
        from jingpai.pages.evaluation import evaluation_page
        from jingpai.pages.rendering import write_page

        write_page(evaluation_page(report), html)
    if as_json:
        write_json(report.as_json())
    else:
        _show(report)


def _show(report: "Report") -> None:
    console = results()
    for model in report.models:
        console.print(measure_table(report, model))
        for line in model_lines(report, model):
            console.print(Text(line, style="dim"))
        console.print()
    if len(report.languages) > 1:
        console.print(language_table(report))
