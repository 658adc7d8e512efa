"""The cases written by hand, as groups. Used by mine.py.

A folder holds a kind of cases and has a file for each language: `traps/`, then `more-traps/`, which
were written later, and `plain/`, where the answer has the question's own words.
"""

import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def case_files(folder: Path) -> list[Path]:
    """The files of cases, in the order in which training has always read them."""
    return sorted(folder.glob("*/*.toml"), key=lambda path: (path.stem, path.parent.name))


def case_groups(folder: Path) -> list[dict]:
    """A group for each case, as mine.py writes them."""
    return [
        group_of(case, language=path.stem)
        for path in case_files(folder)
        for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]
    ]


def group_of(case: dict, *, language: str) -> dict:
    passages = [*case["right"], *case["wrong"]]
    kinds = ["answer"] * len(case["right"])
    kinds += [f"written: {case['kind']}"] * len(case["wrong"])
    return {
        "query": case["query"],
        "lang_query": language,
        "lang_passage": language,
        "source": "written",
        "held_out": False,
        "passages": passages,
        "kinds": kinds,
        "cosines": [None] * len(passages),
    }
