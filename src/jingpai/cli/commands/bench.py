"""`jingpai bench`: how fast a model is on this machine."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from jingpai.cli.fetching import fetch_if_missing
from jingpai.cli.options import JsonOption, ModelOption, whole_numbers
from jingpai.cli.settings import takes_settings
from jingpai.cli.terminal.bench_report import report_lines, report_markdown, report_table
from jingpai.cli.terminal.console import results, write_json
from jingpai.cli.terminal.progress import progress
from jingpai.errors import InvalidInput
from jingpai.language.speech import say
from jingpai.settings import ModelSettings

if TYPE_CHECKING:
    from jingpai.bench.report import Report


@takes_settings()
def bench(
    *,
    model: ModelOption = None,
    documents: Annotated[
        str, typer.Option(metavar="N,...", help="Documents of a request (20).", show_default=False)
    ] = "20",
    tokens: Annotated[
        str,
        typer.Option(
            metavar="N,...",
            help="Tokens of a pair, query and document together (128); or several: 32,128,512.",
            show_default=False,
        ),
    ] = "128",
    concurrency: Annotated[
        str,
        typer.Option(
            metavar="N,...", help="Threads that send requests at once (1).", show_default=False
        ),
    ] = "1",
    seconds: Annotated[
        float,
        typer.Option(
            metavar="S", help="How long each combination is measured (10).", show_default=False
        ),
    ] = 10.0,
    settings: ModelSettings,
    as_json: JsonOption = False,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Also write report.json, report.md and plot.svg to this folder.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Measure pairs a second, latency and memory, and the share of what the processor can do."""
    from jingpai.bench.report import Settings
    from jingpai.bench.run import run_benchmark

    asked = Settings(
        **settings.by_name(),
        model=model,
        documents=whole_numbers(documents, option="--documents", example="5,20"),
        tokens=whole_numbers(tokens, option="--tokens", example="32,128"),
        concurrency=whole_numbers(concurrency, option="--concurrency", example="1,4"),
        seconds=seconds,
    )
    if output is not None:
        _prepare(output)
    fetch_if_missing(model)
    with progress(say("measuring")) as advance:
        report = run_benchmark(asked, progress=advance)
    if output is not None:
        _write(report, output)
    if as_json:
        write_json(report.as_json())
    else:
        _show(report)
    if report.is_interrupted:
        raise KeyboardInterrupt  # the program says so, and ends with its exit code


def _prepare(folder: Path) -> None:
    """Find out before measuring whether the report can be written."""
    from jingpai.pages.drawing import require_plots

    require_plots(extra="bench")
    if folder.exists() and not folder.is_dir():
        raise InvalidInput(say("--output: {folder} is a file; name a folder").format(folder=folder))
    folder.mkdir(parents=True, exist_ok=True)


def _write(report: "Report", folder: Path) -> None:
    from jingpai.files.whole import write_text
    from jingpai.pages.speed import write_plot

    text = json.dumps(report.as_json(), ensure_ascii=False, indent=1)
    write_text(folder / "report.json", f"{text}\n")
    write_text(folder / "report.md", report_markdown(report))
    write_plot(report, folder / "plot.svg")


def _show(report: "Report") -> None:
    console = results()
    console.print(report_table(report))
    for line in report_lines(report):
        console.print(Text(line, style="dim"))
