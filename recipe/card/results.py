"""What the card is made of: results, the facts of the runs, the sources of the pairs."""

import json
import sys
from pathlib import Path

from recipe.measures.development.goals import GOALS
from recipe.measures.weights import GRAPH_WEIGHTS, fingerprint
from recipe.places import RECIPE

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
DATA = RECIPE / "data"
FILES = {"en": "model-card.md", "zh-CN": "model-card.zh-CN.md"}
COMMANDS = {
    "dev": "evaluate --data DATA --against fp32",
    "traps": "traps",
    "realistic": "realistic",
    "evidence": "evidence --data DATA",
    "refusal": "refusal",
    "calibration": "calibrate --data DATA",
}


def command_of(name: str) -> str:
    """What makes a result."""
    return f"python -m recipe.measures.{COMMANDS[name]}"


def read_results(folder: Path) -> dict[str, dict]:
    """The results by name; stops with the command that makes what is missing."""
    found = {}
    for name in COMMANDS:
        path = folder / f"{name}.json"
        if not path.exists():
            raise SystemExit(f"{path} is not there; {command_of(name)} writes it")
        found[name] = json.loads(path.read_text(encoding="utf-8"))
        judged = [goal["key"] for goal in found[name].get("required", ())]
        if name == "dev" and judged != list(GOALS):
            raise SystemExit(
                f"{path} judges the goals of an earlier round; run {command_of(name)}"
                " (with --resume where results/scores is still there)"
            )
    return found


def read_run(path: Path) -> dict:
    run = read_toml(path)
    sections = [("", run), *((f"{name}.", run[name]) for name in FILES)]
    empty = [
        f"{front}{key}" for front, part in sections for key, value in part.items() if not value
    ]
    if empty:
        raise SystemExit(f"{path}: fill in {', '.join(empty)}")
    return run


def check_weights(found: dict[str, dict], package: Path) -> None:
    """The results must be those of the model that the package carries."""
    weights = fingerprint(package / GRAPH_WEIGHTS)
    measured = {"dev": found["dev"]["settings"]["weights"]}
    for name in ("realistic", "evidence", "refusal", "calibration"):
        measured[name] = found[name]["weights"]
    for name, theirs in measured.items():
        if theirs != weights:
            raise SystemExit(
                f"results/{name}.json measured the weights {theirs}, but {package} carries "
                f"{weights}; run {command_of(name)}"
            )


def read_toml(path: Path) -> dict:
    return tomllib.loads(path.read_text(encoding="utf-8"))
