"""Where things lie, and the options that most scripts share."""

import argparse
from pathlib import Path

RECIPE = Path(__file__).parent
BUNDLED = RECIPE.parent / "src" / "jingpai" / "bundled"
WORK = RECIPE / "work"  # what the scripts hand each other; not in git
RESULTS = RECIPE / "results"

# Texts that were written for the recipe.
CASES = RECIPE / "cases.toml"
FACTS = RECIPE / "facts"
REALISTIC = RECIPE / "realistic"
TRAPS = RECIPE / "traps"
WRITTEN = RECIPE / "written"


def option_parser(
    description: str | None, *, data: bool = False, work: bool = False
) -> argparse.ArgumentParser:
    """A parser that shows the text of a script as it is written.

    Args:
        description: The script's docstring.
        data: Whether it reads DATA; README.md says what that holds.
        work: Whether it reads or writes what the scripts hand each other.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    if data:
        parser.add_argument("--data", type=Path, required=True, help="pairs and development sets")
    if work:
        parser.add_argument("--work", type=Path, default=WORK, help="files between the scripts")
    return parser
