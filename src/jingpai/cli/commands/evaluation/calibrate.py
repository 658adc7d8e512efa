"""`jingpai calibrate`: scores that mean a share, learnt from labelled pairs."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.text import Text

from jingpai.cli.commands.evaluation.data import read_data
from jingpai.cli.commands.evaluation.options import DataArgument, KeepOption, SourceOptions
from jingpai.cli.fetching import fetch_if_missing
from jingpai.cli.options import JsonOption, ModelOption
from jingpai.cli.settings import takes_settings
from jingpai.cli.terminal.console import results, write_json
from jingpai.cli.terminal.progress import progress
from jingpai.cli.terminal.tables import new_table
from jingpai.errors import InvalidInput
from jingpai.language.speech import say
from jingpai.pages.tables import bins_table
from jingpai.pages.wording import error_line, threshold_line
from jingpai.settings import ModelSettings

if TYPE_CHECKING:
    from jingpai.evaluation.calibration.calibrate import Calibrated
    from jingpai.evaluation.calibration.threshold import Goal


@takes_settings()
def calibrate(  # noqa: PLR0913 - every parameter is an option of the command
    data: DataArgument,
    *,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The file to write, for rank --calibration and Reranker(calibration=...).",
            show_default=False,
        ),
    ],
    model: ModelOption = None,
    method: Annotated[
        Literal["logistic", "isotonic"],
        typer.Option(
            "--method",
            metavar="NAME",
            help="logistic (the default): a smooth curve, for 30 labels of each kind and more;"
            " isotonic: any rising curve, for 200 and more.",
            show_default=False,
        ),
    ] = "logistic",
    for_precision: Annotated[
        list[float] | None,
        typer.Option(
            "--for-precision",
            metavar="SHARE",
            help="Also find the threshold from which on this share is relevant, such as 0.9.",
            show_default=False,
        ),
    ] = None,
    for_recall: Annotated[
        list[float] | None,
        typer.Option(
            "--for-recall",
            metavar="SHARE",
            help="Also find the threshold that keeps this share of what is relevant.",
            show_default=False,
        ),
    ] = None,
    source: SourceOptions,
    settings: ModelSettings,
    keep: KeepOption = None,
    as_json: JsonOption = False,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html",
            metavar="FILE",
            help="Also write a page with the reliability plots.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Learn from labelled pairs what scores mean, and find thresholds; writes a small file."""
    from jingpai.evaluation.calibration.calibrate import calibrate as calibrate_pairs
    from jingpai.evaluation.calibration.calibrate import require_scikit_learn
    from jingpai.evaluation.calibration.scored_pairs import ScoredPairs
    from jingpai.evaluation.kept import Kept
    from jingpai.evaluation.rerank import rerank
    from jingpai.pages.drawing import require_plots

    goals = _goals(for_precision, for_recall)
    require_scikit_learn()
    if html is not None:
        require_plots(extra="evaluation")
    kept = Kept(keep) if keep else None
    test_set = read_data(source.source(data), kept=kept)
    fetch_if_missing(model)
    with progress(say("scoring")) as advance:
        reranked = rerank(
            model,
            test_set,
            settings=settings,
            kept=kept,
            progress=advance,
        )
    calibrated = calibrate_pairs(
        ScoredPairs.of(test_set, reranked),
        model=reranked.model,
        fingerprint=reranked.fingerprint,
        method=method,
        goals=goals,
        facts={"data": test_set.name, "precision": reranked.precision},
    )
    _write(calibrated, output, html=html)
    if as_json:
        write_json(calibrated.calibration.as_json())
    else:
        _show(calibrated, output)


def _goals(for_precision: list[float] | None, for_recall: list[float] | None) -> "list[Goal]":
    from jingpai.evaluation.calibration.threshold import Goal

    goals = [Goal("precision", value) for value in for_precision or []]
    goals += [Goal("recall", value) for value in for_recall or []]
    for goal in goals:
        if not 0 < goal.value <= 1:
            message = say("--for-{measure}: got {value}; allowed are shares above 0 and up to 1")
            raise InvalidInput(message.format(measure=goal.measure, value=goal.value))
    return goals


def _write(calibrated: "Calibrated", output: Path, *, html: Path | None) -> None:
    from jingpai.files.whole import write_text

    if html is not None:
        from jingpai.pages.calibration import calibration_page
        from jingpai.pages.rendering import write_page

        write_page(calibration_page(calibrated), html)
    text = json.dumps(calibrated.calibration.as_json(), ensure_ascii=False, indent=1)
    write_text(output, f"{text}\n")


def _show(calibrated: "Calibrated", output: Path) -> None:
    console = results()
    table, bins = new_table(), bins_table(calibrated.after)
    for heading in bins.head:
        table.add_column(heading, justify="right")
    for row in bins.rows:
        table.add_row(*row)
    console.print(table)
    lines = [error_line(calibrated)]
    lines += map(threshold_line, calibrated.thresholds)
    written = say("{file}: for {model}, from {pairs} pairs, {relevant} of them relevant")
    facts = calibrated.calibration.facts
    lines.append(
        written.format(
            file=output,
            model=calibrated.calibration.model,
            pairs=facts["pairs"],
            relevant=facts["relevant"],
        )
    )
    for line in lines:
        console.print(Text(line))
