"""The code on docs/integrations.md, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("integrations.md", "integrations.zh-CN.md")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)


def sections(name: str) -> dict[str, str]:
    """Return what stands under each heading of a page."""
    _, *parts = _HEADING.split((ROOT / "docs" / name).read_text("utf-8"))
    return dict(zip(parts[::2], parts[1::2], strict=True))


def blocks(text: str) -> list[tuple[str, str]]:
    """Return the language and the content of each block of code."""
    return _BLOCK.findall(text)


def code_of(heading: str) -> str:
    """Return the Python under a heading of the English page, in one piece."""
    found = blocks(sections(PAGES[0])[heading])
    return "\n".join(code for kind, code in found if kind == "python")
