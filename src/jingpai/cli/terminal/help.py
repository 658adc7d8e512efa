"""The help pages, in the user's language.

typer's own pages break lines at spaces only and cut Chinese text off, so these are written here.
Texts go through `say` when a page is written, not when the commands are declared: the environment
is not read at import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.cells import cell_len
from typer.core import TyperArgument, TyperCommand, TyperGroup

from jingpai.cli.terminal.excerpt import break_lines
from jingpai.language.speech import say

if TYPE_CHECKING:
    # typer carries its own copy of click, whose types have no public name.
    from collections.abc import Sequence

    from typer._click.core import Context
    from typer._click.formatting import HelpFormatter

_MARGIN = "  "


class Command(TyperCommand):
    """A command whose help is in the user's language."""

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the help page."""
        _write_page(self, ctx, formatter)

    def format_usage(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the line that shows how to call the command."""
        _write_usage(self, ctx, formatter)


class CommandGroup(TyperGroup):
    """Commands whose help is in the user's language."""

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the help page."""
        _write_page(self, ctx, formatter)
        rows = [(name, say(command.help or "")) for name, command in self.commands.items()]
        _write_section(say("Commands"), rows, formatter)

    def format_usage(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the line that shows how to call the program."""
        _write_usage(self, ctx, formatter)


def _write_page(command: TyperCommand | TyperGroup, ctx: Context, formatter: HelpFormatter) -> None:
    formatter.write(f"{command.get_usage(ctx)}\n\n")
    for line in break_lines(say(command.help or ""), width=formatter.width):
        formatter.write(f"{line}\n")
    arguments: list[tuple[str, str]] = []
    options: list[tuple[str, str]] = []
    for parameter in command.get_params(ctx):
        if isinstance(parameter, TyperArgument):
            arguments.append((parameter.metavar or "", say(parameter.help or "")))
        elif record := parameter.get_help_record(ctx):
            # In some versions of typer, --help is an option of another class than the others.
            meaning = getattr(parameter, "help", None) or ""
            options.append((record[0].strip(), say(meaning)))
    _write_section(say("Arguments"), arguments, formatter)
    _write_section(say("Options"), options, formatter)


def _write_section(title: str, rows: Sequence[tuple[str, str]], formatter: HelpFormatter) -> None:
    """Write names and what they mean in two columns; nothing without rows."""
    if not rows:
        return
    formatter.write(f"\n{typer.style(title, bold=True)}\n")
    name_width = max(cell_len(name) for name, _ in rows)
    for name, meaning in rows:
        room = formatter.width - name_width - 2 * len(_MARGIN)
        first, *rest = break_lines(meaning, width=max(room, 20))
        formatter.write(f"{_MARGIN}{name:<{name_width}}{_MARGIN}{first}\n")
        for line in rest:
            formatter.write(f"{_MARGIN}{'':<{name_width}}{_MARGIN}{line}\n")


def _write_usage(
    command: TyperCommand | TyperGroup, ctx: Context, formatter: HelpFormatter
) -> None:
    if isinstance(command, TyperGroup):
        pieces = command.collect_usage_pieces(ctx)
    else:
        # Written here because versions of typer differ in their brackets.
        arguments = [
            parameter for parameter in command.params if isinstance(parameter, TyperArgument)
        ]
        pieces = ["[OPTIONS]", *(_argument_usage(parameter) for parameter in arguments)]
    formatter.write_usage(ctx.command_path, " ".join(pieces), prefix=say("Usage: "))


def _argument_usage(argument: TyperArgument) -> str:
    name = argument.metavar or ""
    many = "" if argument.nargs == 1 else "..."
    return f"{name}{many}" if argument.required else f"[{name}]{many}"
