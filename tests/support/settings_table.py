"""The table of the server's settings in the documentation, made from their definitions.

python tests/support/settings_table.py    # writes it into both pages
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from typer.main import get_command

from jingpai.cli.app import app
from jingpai.language.chinese import CHINESE
from jingpai.server.settings import ServerSettings

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {"server.md": False, "server.zh-CN.md": True}

# They say how the others are to be read or where the server runs, and are no settings of it. This
# is what holds without them.
BESIDE = {
    "api_key_file": "none",
    "no_auth": "off",
    "engine": "local",
    "replicas": "none",
    "max_replicas": "none",
    "address": "none",
}

OPTIONS = [
    option
    for option in get_command(app).commands["serve"].params  # type: ignore[attr-defined]
    if option.name not in ("help", "truncate")
]


def default_of(name: str) -> Any:
    for field in fields(ServerSettings):
        if field.name == name:
            return field.default if field.default is not MISSING else field.default_factory()  # type: ignore[operator]
    return None


def shown_default(name: str, *, none: str, on: str, off: str) -> str:
    """A default as the documentation writes it."""
    value = default_of(name)
    if value in (None, (), ""):
        return none
    if isinstance(value, bool):
        return on if value else off
    if isinstance(value, float):
        return f"{value:g}"
    if name.startswith("max_body"):
        return f"{value >> 20}MiB"
    return str(value)


def rows(*, chinese: bool) -> list[str]:
    """The table of the settings as it must stand in the documentation."""
    words = {"none": "无", "on": "开", "off": "关"} if chinese else {}
    words = words or {"none": "none", "on": "on", "off": "off"}
    found = []
    for option in OPTIONS:
        flags = " ".join(f"`{flag}`" for flag in [*option.opts, *option.secondary_opts])
        value = f" {option.metavar}" if option.metavar else ""
        name = option.name
        if name in BESIDE:
            default = words.get(BESIDE[name], BESIDE[name])
        else:
            default = shown_default(name, **words)
        meaning = CHINESE[option.help] if chinese else option.help
        found.append(f"| {flags}{value} | `JINGPAI_{name.upper()}` | {default} | {meaning} |")
    return found


def table_in(text: str) -> list[str]:
    """The lines of a page that are rows of the table."""
    return [line for line in text.splitlines() if "| `JINGPAI_" in line]


def main() -> None:
    for page, chinese in PAGES.items():
        text = (DOCS / page).read_text("utf-8")
        old = "\n".join(table_in(text))
        (DOCS / page).write_text(text.replace(old, "\n".join(rows(chinese=chinese))), "utf-8")


if __name__ == "__main__":
    main()
