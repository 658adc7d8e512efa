"""The program `jingpai`: its commands and its exit codes.

0: done. 1: it could not be done (a model, a device, the network). 2: what was typed or handed in
cannot be used. 3: a batch job is done, but for bad rows. 130: interrupted.
"""

import warnings
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from jingpai.cli.commands.batch import batch
from jingpai.cli.commands.bench import bench
from jingpai.cli.commands.demo import demo
from jingpai.cli.commands.doctor import doctor
from jingpai.cli.commands.evaluation.calibrate import calibrate
from jingpai.cli.commands.evaluation.compare import compare
from jingpai.cli.commands.evaluation.eval import evaluate
from jingpai.cli.commands.explain import explain
from jingpai.cli.commands.models.models import models
from jingpai.cli.commands.models.optimize import optimize
from jingpai.cli.commands.models.pull import pull
from jingpai.cli.commands.models.verify import verify
from jingpai.cli.commands.rank import rank
from jingpai.cli.commands.serve.serve import serve
from jingpai.cli.commands.train import train
from jingpai.cli.terminal.console import accept_any_text, show_error, show_warning
from jingpai.cli.terminal.help import Command, CommandGroup
from jingpai.errors import InvalidInput, JingpaiError
from jingpai.language.speech import say
from jingpai.version import __version__

if TYPE_CHECKING:
    from typer._click.core import Context

FAILED, UNUSABLE, INTERRUPTED = 1, 2, 130


class Program(CommandGroup):
    """The commands, with every error told in one message."""

    def invoke(self, ctx: "Context") -> object:
        """Run a command; its warnings become messages, its errors messages and exit codes."""
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _show_warning
                return super().invoke(ctx)
        except KeyboardInterrupt:
            show_error(say("interrupted"))
            raise typer.Exit(INTERRUPTED) from None
        except InvalidInput as error:
            show_error(str(error))
            raise typer.Exit(UNUSABLE) from error
        except JingpaiError as error:
            show_error(str(error))
            raise typer.Exit(FAILED) from error
        except BrokenPipeError:
            raise  # the reader of a pipe has enough; typer ends the program without a word
        except OSError as error:
            show_error(str(error))
            raise typer.Exit(FAILED) from error


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    show_warning(str(message))


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"jingpai {__version__}")
        raise typer.Exit


def _program(
    version: Annotated[
        bool,
        typer.Option(
            "--version", metavar="", help="Show the version.", callback=_show_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Put the passages that answer first: a multilingual reranker, offline, on any CPU."""


app = typer.Typer(
    name="jingpai",
    cls=Program,
    no_args_is_help=True,
    add_completion=False,
    # Errors in plain lines, without the boxes of typer.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.callback()(_program)
for _command in (rank, explain, demo, serve, models, pull, optimize, verify, bench, doctor):
    app.command(cls=Command)(_command)
app.command("eval", cls=Command)(evaluate)  # a function cannot well be called so
app.command(cls=Command)(calibrate)
app.command(cls=Command)(compare)
app.command(cls=Command)(train)
app.command(cls=Command)(batch)


def main() -> None:
    """Run the program with the arguments it was called with."""
    accept_any_text()
    app(prog_name="jingpai")
