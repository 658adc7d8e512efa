"""How this program was installed, and so how its own files are brought back."""

from __future__ import annotations

import sys


def repair_command(*others: str) -> str:
    """Return the command that brings back what belongs into the package, and into others.

    A program that PyInstaller has made cannot be mended by pip: what is missing was left behind
    when it was made.
    """
    names = ("jingpai", *others)
    if hasattr(sys, "_MEIPASS"):
        return f"pyinstaller {' '.join(f'--collect-all {name}' for name in names)} YOUR_PROGRAM.py"
    return f"pip install --force-reinstall --no-deps {' '.join(names)}"
