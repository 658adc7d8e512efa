"""`jingpai eval`: what reranking does to one's own data."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from jingpai.cli.commands.evaluation.options import (
    DataArgument,
    DataEncodingOption,
    DepthOption,
    DocumentColumnOption,
    FirstStageOption,
    KeepOption,
    LabelColumnOption,
    QrelsOption,
    QueriesOption,
    QueryColumnOption,
    RunOption,
    SplitOption,
)
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


@takes_settings(ModelSettings)
def evaluate(  # noqa: PLR0913 - every parameter is an option of the command
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
    run: RunOption = None,
    qrels: QrelsOption = None,
    split: SplitOption = None,
    first_stage: FirstStageOption = "embedder",
    depth: DepthOption = None,
    queries: QueriesOption = None,
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
    query_column: QueryColumnOption = "query",
    document_column: DocumentColumnOption = "document",
    label_column: LabelColumnOption = "label",
    encoding: DataEncodingOption = None,
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
    from jingpai.evaluation.data.pairs import Columns
    from jingpai.evaluation.data.reading import read_test_set
    from jingpai.evaluation.data.source import Source
    from jingpai.evaluation.evaluate import evaluate as evaluate_models
    from jingpai.evaluation.kept import Kept
    from jingpai.evaluation.measures import require_measures
    from jingpai.pages.drawing import require_plots

    source = Source(
        data,
        run=run,
        qrels=qrels,
        split=split,
        first_stage=first_stage,
        depth=depth,
        queries=queries,
        columns=Columns(query_column, document_column, label_column),
        encoding=encoding,
    )
    cuts = whole_numbers(at, option="--at")
    require_measures()
    if html is not None:
        require_plots(extra="evaluation")
    folder = keep or (html and html.with_suffix(".kept"))
    kept = Kept(folder) if folder else None
    with progress(say("looking for candidates")) as advance:
        test_set = read_test_set(source, kept=kept, progress=advance)
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
