"""`jingpai train`: a reranker that has learnt from one's own pairs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from jingpai.cli.commands.evaluation.options import PairOptions
from jingpai.cli.fetching import fetch_if_missing
from jingpai.cli.options import (
    DeviceOption,
    JsonOption,
    ModelOption,
)
from jingpai.cli.settings import takes_settings
from jingpai.cli.terminal.console import notices, results, show_warning, write_json
from jingpai.cli.terminal.progress import Advance, progress
from jingpai.cli.terminal.tables import new_table
from jingpai.language.speech import say
from jingpai.training.settings import TrainSettings

if TYPE_CHECKING:
    from jingpai.training.checks import Check
    from jingpai.training.outcome import TrainingOutcome
    from jingpai.training.run import Stage


@takes_settings()
def train(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="A .csv, .tsv or .jsonl file of pairs: query, document, label; or FlagEmbedding's"
            " .jsonl: query, pos, neg.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path,
        typer.Argument(
            metavar="OUTPUT",
            help="The folder of the new model; it must not exist yet.",
            show_default=False,
        ),
    ],
    *,
    model: ModelOption = None,
    test: Annotated[
        Path | None,
        typer.Option(
            "--test",
            metavar="FILE",
            help="Compare with the parent on the queries of this file; on some held out of DATA"
            " without it.",
            show_default=False,
        ),
    ] = None,
    settings: TrainSettings,
    resume: Annotated[
        bool,
        typer.Option("--resume", metavar="", help="Go on with a run that was interrupted."),
    ] = False,
    pairs: PairOptions,
    device: DeviceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fine-tune a model on your own pairs, and compare it with its parent."""
    from jingpai.system.allocator import keep_freed_memory
    from jingpai.training.run import Order, Watcher
    from jingpai.training.run import train as train_model

    order = Order(
        data,
        output,
        model=model,
        test=test,
        columns=pairs.columns,
        encoding=pairs.encoding,
        device=device,
        settings=settings,
    )
    fetch_if_missing(model)
    keep_freed_memory()
    try:
        outcome = train_model(order, resume=resume, watcher=Watcher(_stage, _show_check))
    except KeyboardInterrupt:
        show_warning(say("The same command with --resume goes on where it was."))
        raise
    if as_json:
        write_json(outcome.as_json())
    else:
        _show(outcome, output)


@contextmanager
def _stage(stage: "Stage") -> Iterator[Advance]:
    texts = {
        "mining": say("looking for hard negatives"),
        "reading": say("reading long documents"),
        "training": say("training"),
        "measuring": say("measuring quality"),
    }
    with progress(texts[stage]) as advance:
        yield advance


def _show_check(check: "Check") -> None:
    text = (
        say("step {step}: nDCG@10 of the queries held out {quality:.3f}")
        if check.step
        else say("parent: nDCG@10 of the queries held out {quality:.3f}")
    )
    notices().print(Text(text.format(step=check.step, quality=check.quality), style="dim"))


def _show(outcome: "TrainingOutcome", output: Path) -> None:
    from jingpai.pages.wording import chance_text, gain_text

    table = new_table()
    table.add_column(say("measure"), no_wrap=True)
    for heading in (say("parent"), say("trained"), say("gain"), "p"):
        table.add_column(heading, justify="right", no_wrap=True)
    for measure in outcome.report.measures:
        gain = outcome.gain(measure)
        means = (f"{mean.mean:.3f}" for mean in outcome.means(measure))
        table.add_row(measure, *means, gain_text(gain), chance_text(gain.p))
    console = results()
    console.print(table)
    measured = say(
        "{measured} queries that were not learnt from · trained on {train}, {check} to steer"
        " · {steps} steps, the state of step {best} kept"
    )
    written = say("{folder} holds the model and its card: Reranker({name!r})")
    for text in (measured, written):
        line = text.format(
            measured=len(outcome.parts.measured),
            train=len(outcome.parts.train),
            check=len(outcome.parts.check),
            steps=outcome.fitted.steps,
            best=outcome.fitted.best.step,
            folder=output,
            name=str(output),
        )
        console.print(Text(line, style="dim"))
