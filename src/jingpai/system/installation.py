"""How this program was installed, and so how its own files are brought back."""

from __future__ import annotations

import sys


def repair_command() -> str:
    """Return the command that brings back what belongs into the package.

    A program that PyInstaller has made cannot be mended by pip: what is missing was left behind
    when it was made.
    """
    if hasattr(sys, "_MEIPASS"):
        return "pyinstaller --collect-all jingpai YOUR_PROGRAM.py"
    return "pip install --force-reinstall --no-deps jingpai"
