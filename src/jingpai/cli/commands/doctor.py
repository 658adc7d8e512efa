"""`jingpai doctor`: what is here, what is wrong with it, and how to mend it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from jingpai.cli.options import JsonOption
from jingpai.cli.terminal.console import results, write_json
from jingpai.cli.terminal.progress import progress
from jingpai.language.speech import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from jingpai.cli.checks.finding import Fact, Finding


def doctor(
    *,
    as_json: JsonOption = False,
    offline: Annotated[bool, typer.Option("--offline", metavar="", help="Ask no hub.")] = False,
) -> None:
    """Examine this computer; the exit code is 0 if the bundled model works."""
    from jingpai.cli.checks import caches, gpu, machine, network, packages, scoring

    checks: dict[str, Callable[[], Finding]] = {
        "machine": machine.check,
        "packages": packages.check,
        "device": gpu.check,
        "caches": caches.check,
        "network": lambda: network.check(is_offline=offline),
        "bundled model": scoring.check,
    }
    console = results()
    findings = {}
    for name, check in checks.items():
        with progress(say("checking: {name}").format(name=say(name))):
            findings[name] = _run(check)
        if not as_json:
            _show(name, findings[name], console)
    scored = findings["bundled model"]
    is_working = bool(scored.facts) and not scored.problems
    if as_json:
        write_json(_as_json(findings, is_working=is_working))
    else:
        _show_verdict(findings, console, is_working=is_working)
    raise typer.Exit(0 if is_working else 1)


def _run(check: "Callable[[], Finding]") -> "Finding":
    from jingpai.cli.checks.finding import Finding, Problem

    try:
        return check()
    # What a check meets on a broken machine cannot be foreseen, and the others must still run.
    except Exception as error:  # noqa: BLE001
        text = say("This check could not be made ({reason}).")
        reason = f"{type(error).__name__}: {error}"
        return Finding(problems=(Problem(text.format(reason=reason), ""),))


def _show(name: str, finding: "Finding", console: Console) -> None:
    console.print(Text(say(name), style="bold"))
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim", min_width=15)
    table.add_column(overflow="fold")
    for label, fact in finding.facts.items():
        table.add_row(f"  {say(label)}", _fact_text(fact))
    if finding.problems:
        table.add_row("", Text(say("see the problems below"), style="yellow"))
    console.print(table)
    console.print()


def _fact_text(fact: "Fact") -> str:
    if isinstance(fact, list):
        # Sentences stand one a line, words in one.
        return ("\n" if any(" " in word for word in fact) else " ").join(fact)
    return str(fact)


def _show_verdict(findings: "dict[str, Finding]", console: Console, *, is_working: bool) -> None:
    problems = [problem for finding in findings.values() for problem in finding.problems]
    for number, problem in enumerate(problems, start=1):
        # Unwrapped, so that paths and commands can be copied.
        text = Text.assemble((f"{number}. ", "bold yellow"), _indented(problem.text))
        console.print(text, soft_wrap=True)
        if problem.mend:
            mend = Text.assemble(("   → ", "green"), _indented(problem.mend, by=5))
            console.print(mend, soft_wrap=True)
    if problems:
        console.print()
    if is_working:
        console.print(Text(f"✓ {say('The bundled model works.')}", style="green"))
    else:
        console.print(Text(f"✗ {say('The bundled model does not work.')}", style="red"))


def _indented(text: str, *, by: int = 3) -> str:
    return text.replace("\n", "\n" + " " * by)


def _as_json(findings: "dict[str, Finding]", *, is_working: bool) -> dict[str, Any]:
    return {
        "works": is_working,
        "checks": {name: dict(finding.facts) for name, finding in findings.items()},
        "problems": [
            {"check": name, "problem": problem.text, "mend": problem.mend}
            for name, finding in findings.items()
            for problem in finding.problems
        ],
    }
