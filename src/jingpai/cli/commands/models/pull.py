"""`jingpai pull`: fetch a model before it is needed."""

from typing import Annotated

import typer
from rich.text import Text

from jingpai.cli.options import ModelArgument
from jingpai.cli.terminal.console import notices, results
from jingpai.cli.terminal.sizes import bytes_text
from jingpai.language.speech import say


def pull(
    model: ModelArgument,
    *,
    force: Annotated[
        bool, typer.Option("--force", metavar="", help="Fetch files again that are there already.")
    ] = False,
) -> None:
    """Fetch a model from the hub and check its files; prints the folder."""
    from jingpai.models.files import size_on_disk
    from jingpai.models.resolve import pull as pull_model

    pulled = pull_model(model, force=force)
    # The folder alone goes to stdout, so that a script can use it.
    text = say("{model} is complete: {size}").format(
        model=pulled.spec.name, size=bytes_text(size_on_disk(pulled.folder))
    )
    notices().print(Text(text, style="dim"))
    results().print(str(pulled.folder), soft_wrap=True)
