"""`jingpai verify`: a model here against the scores that others have published for it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from jingpai.cli.fetching import fetch_if_missing
from jingpai.cli.options import DeviceOption, JsonOption
from jingpai.cli.terminal.console import results, write_json
from jingpai.cli.terminal.progress import progress
from jingpai.cli.terminal.tables import (
    GAP_CELLS,
    LEAST_TEXT_CELLS,
    Excerpt,
    Excerpts,
    new_table,
)
from jingpai.language.speech import say
from jingpai.types import Precision

if TYPE_CHECKING:
    from jingpai.verification.verify import Comparison, Verification

_NUMBER_CELLS = (8, 8, 10, 7, 6)
_OTHER_CELLS = sum(_NUMBER_CELLS) + (len(_NUMBER_CELLS) + 1) * GAP_CELLS


def verify(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="A name from `jingpai models`, or a folder that holds one of them.",
            show_default=False,
        ),
    ],
    *,
    known_as: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="NAME",
            help="Which model a folder holds, where its own name does not say.",
            show_default=False,
        ),
    ] = None,
    precision: Annotated[
        Precision,
        typer.Option(
            metavar="NAME",
            help="fp32 (the default) is exact; for fp16, bf16 and int8 more is allowed.",
            show_default=False,
        ),
    ] = "fp32",
    device: DeviceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare a model's scores with published ones; the exit code is 0 if all agree."""
    from jingpai.verification.verify import find_goldens
    from jingpai.verification.verify import verify as verify_model

    goldens = find_goldens(model, known_as=known_as)
    fetch_if_missing(model)
    with progress(say("scoring")):
        verification = verify_model(model, goldens=goldens, precision=precision, device=device)
    if as_json:
        write_json(_as_json(verification))
    else:
        _show(verification, results())
    raise typer.Exit(1 if verification.failed else 0)


def _show(verification: "Verification", console: Console) -> None:
    # A number stands for each source, because their names are long and repeat themselves.
    sources = list(dict.fromkeys(map(_source, verification.comparisons)))
    width = max(LEAST_TEXT_CELLS, console.width - _OTHER_CELLS)
    console.print(_table(verification, sources=sources, width=width))
    for number, source in enumerate(sources, start=1):
        console.print(Text(f"{number}  {source}", style="dim"))
    if verification.precision != "fp32":
        note = say(
            "The sources ran in fp32 or fp16 and this run is {precision}, so more is allowed than"
            " their own tolerance. The exact comparison is --precision fp32."
        )
        console.print(Text(note.format(precision=verification.precision), style="dim"))
    if verification.failed:
        verdict = say("✗ {failed} of {count} published scores are missed.")
    else:
        verdict = say("✓ All {count} published scores are met.")
    counts = {"failed": verification.failed, "count": len(verification.comparisons)}
    style = "red" if verification.failed else "green"
    console.print(Text(verdict.format(**counts), style=style))
    where = f"{verification.model} · {verification.precision} · {verification.device}"
    console.print(Text(where, style="dim"))


def _source(comparison: "Comparison") -> str:
    golden = comparison.golden
    return f"{golden.source.title} ({golden.source.precision}, {golden.scale})"


def _table(verification: "Verification", *, sources: list[str], width: int) -> Table:
    table = new_table()
    table.add_column(say("pair"), max_width=width)
    numbers = (say("expected"), say("got"), say("difference"), say("allowed"), say("source"))
    for heading, cells in zip(numbers, _NUMBER_CELLS, strict=True):
        table.add_column(heading, justify="right", no_wrap=True, min_width=cells)
    for comparison in verification.comparisons:
        table.add_row(
            _pair(comparison),
            f"{comparison.golden.score:.4f}",
            f"{comparison.got:.4f}",
            Text(f"{comparison.difference:+.4f}", style="" if comparison.is_within else "red"),
            f"{comparison.allowed:.4f}",
            str(sources.index(_source(comparison)) + 1),
        )
    return table


def _pair(comparison: "Comparison") -> Excerpts:
    golden = comparison.golden
    return Excerpts(Excerpt(golden.query, most_lines=1, style="bold"), Excerpt(golden.document))


def _as_json(verification: "Verification") -> dict[str, Any]:
    return {
        "model": verification.model,
        "precision": verification.precision,
        "device": verification.device,
        "verified": verification.failed == 0,
        "pairs": [_pair_as_json(comparison) for comparison in verification.comparisons],
    }


def _pair_as_json(comparison: "Comparison") -> dict[str, Any]:
    golden = comparison.golden
    return {
        "query": golden.query,
        "document": golden.document,
        "scale": golden.scale,
        "expected": golden.score,
        "got": comparison.got,
        "difference": comparison.difference,
        "allowed": comparison.allowed,
        "within": comparison.is_within,
        "source": golden.source.title,
        "url": golden.source.url,
        "source_precision": golden.source.precision,
    }
