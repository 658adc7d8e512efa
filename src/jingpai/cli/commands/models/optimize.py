"""`jingpai optimize`: write the graph of a model now, not when it is first loaded."""

import time
from typing import Annotated, Literal

import typer
from rich.text import Text

from jingpai.cli.fetching import fetch_if_missing
from jingpai.cli.options import ModelArgument
from jingpai.cli.terminal.console import notices, results
from jingpai.cli.terminal.progress import progress
from jingpai.cli.terminal.sizes import bytes_text
from jingpai.language.speech import say


def optimize(
    model: ModelArgument,
    *,
    precision: Annotated[
        Literal["int8", "fp32"],
        typer.Option(
            metavar="NAME",
            help="int8 (the default) is several times faster; fp32 is exact.",
            show_default=False,
        ),
    ] = "int8",
) -> None:
    """Turn a model into a fast graph for CPUs and keep it; prints the folder."""
    from jingpai.backends.graph.cache import optimized, own_cache
    from jingpai.files.model_folder import ModelFolder
    from jingpai.models.files import size_on_disk
    from jingpai.models.resolve import resolve

    fetch_if_missing(model)
    source = resolve(model)
    if ModelFolder.read(source.folder).holds_only_a_graph:
        text = say("{model} is a fast graph already.").format(model=source.spec.name)
        notices().print(Text(text, style="dim"))
        results().print(str(source.folder), soft_wrap=True)
        return
    start = time.perf_counter()
    description = say("converting {model} to {precision}")
    with progress(description.format(model=source.spec.name, precision=precision)) as advance:
        # Keeping it is what was asked for, so no other folder will do.
        folder = optimized(source.folder, precision=precision, cache=own_cache(), progress=advance)
    seconds = time.perf_counter() - start
    text = say("{model}: {before} became {after} in {seconds:.1f} s").format(
        model=source.spec.name,
        before=bytes_text(size_on_disk(source.folder)),
        after=bytes_text(size_on_disk(folder)),
        seconds=seconds,
    )
    notices().print(Text(text, style="dim"))
    results().print(str(folder), soft_wrap=True)
