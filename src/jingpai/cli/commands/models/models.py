"""`jingpai models`: which rerankers are known, and which of them are on this disk."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from jingpai.cli.options import JsonOption
from jingpai.cli.terminal.console import results, write_json
from jingpai.cli.terminal.sizes import bytes_text, count_text
from jingpai.cli.terminal.tables import new_table
from jingpai.language.speech import language, say
from jingpai.models.known.catalog import BUNDLED, CATALOG

if TYPE_CHECKING:
    from jingpai.models.spec import ModelSpec


def models(*, as_json: JsonOption = False) -> None:
    """List the known models and say which of them are on this disk."""
    from jingpai.models.resolve import locate

    folders = {spec.name: locate(spec.name) for spec in CATALOG}
    if as_json:
        write_json({"models": [_as_json(spec, folders[spec.name]) for spec in CATALOG]})
        return
    console = results()
    console.print(_table(folders))
    hint = say(
        "Any other cross-encoder works as well: as a folder, or as org/name from the hub."
        " Fetch one beforehand with `jingpai pull MODEL`."
    )
    console.print(Text(hint, style="dim"))


def _table(folders: dict[str, Path | None]) -> Table:
    table = new_table()
    table.add_column(say("model"), overflow="fold")
    table.add_column(say("weights"), justify="right", no_wrap=True)
    table.add_column(say("tokens"), justify="right", no_wrap=True)
    table.add_column(say("on disk"), no_wrap=True)
    for spec in CATALOG:
        summary = spec.summary_zh if language() == "zh" else spec.summary
        facts = f"{say(spec.languages)} · {spec.license}\n"
        table.add_row(
            Group(
                Text(spec.name, style="bold"),
                Padding(Text.assemble(facts, (summary, "dim")), (0, 0, 0, 2)),
            ),
            count_text(spec.parameters) if spec.parameters else "?",
            str(spec.max_tokens),
            _place(spec, folders[spec.name]),
        )
    return table


def _place(spec: "ModelSpec", folder: Path | None) -> Text:
    if folder is None:
        missing = spec.name == BUNDLED
        return Text(say("missing"), style="red") if missing else Text(say("no"), style="dim")
    from jingpai.models.files import size_on_disk

    if spec.name == BUNDLED:
        return Text(say("bundled"), style="green")
    return Text(bytes_text(size_on_disk(folder)), style="green")


def _as_json(spec: "ModelSpec", folder: Path | None) -> dict[str, Any]:
    from jingpai.models.files import size_on_disk

    return {
        "name": spec.name,
        "parameters": spec.parameters,
        "languages": spec.languages,
        "max_tokens": spec.max_tokens,
        "license": spec.license,
        "summary": spec.summary,
        "bundled": spec.name == BUNDLED,
        "folder": None if folder is None else str(folder),
        "bytes": None if folder is None else size_on_disk(folder),
    }
