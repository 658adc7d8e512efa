"""Results as the measures write them, with made-up numbers, to make model cards of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from recipe.card.results import read_toml
from recipe.measures.development import report
from recipe.measures.sets import FAMILIES, ORDERS, SINGLE
from recipe.measures.weights import GRAPH_WEIGHTS, fingerprint
from recipe.places import BUNDLED, RECIPE, RESULTS

if TYPE_CHECKING:
    from pathlib import Path

MLQA = ("ar", "de", "en", "es", "hi", "vi", "zh")
TYDI = ("ar", "bn", "en", "fi", "id", "ko", "ru", "sw", "te")
SETS = (
    *(f"mlqa-{asks}-{answers}" for asks in MLQA for answers in MLQA),
    *(f"tydiqa_dev-{language}" for language in TYDI),
    *SINGLE,
)
MEASURED = dict(zip(ORDERS, (0.5, 0.4, 0.7), strict=True))
Shares = dict[str, float]


def development(
    *, changed: dict[str, Shares] | None = None, against: float | None = None
) -> dict[str, dict[str, Any]]:
    """The scores of all sets: MEASURED but where changed, with float32 measuring `against`."""
    settings = {
        "model": "packaged",
        "weights": fingerprint(BUNDLED / GRAPH_WEIGHTS),
        "depth": 20,
        "queries": 2,
        "across": 2,
    }
    if against is not None:
        settings |= {"against": "fp32", "against_weights": "0" * 16, "against_queries": 2}
    scored = {}
    for name in SETS:
        orders = MEASURED | (changed or {}).get(name, {})
        orders |= {} if against is None else {"against": against}
        measures = {order: {"ndcg": value, "mrr": value} for order, value in orders.items()}
        queries = [{"id": str(number), "measures": measures} for number in range(2)]
        scored[name] = {"settings": settings, "queries": queries}
    return scored


def traps(**won: int) -> dict[str, dict[str, int]]:
    """A row of the traps: nine of ten of each kind, but for those given."""
    kinds = dict.fromkeys(("entity", "number", "date", "negation", "topic", "echo"), 9) | won
    every = {"won": sum(kinds.values()), "cases": 10 * len(kinds)}
    return {"all": every} | {name: {"won": count, "cases": 10} for name, count in kinds.items()}


def realistic(*, every: float = 0.8, plain: float = 0.9) -> dict[str, dict[str, float]]:
    """The rows of the realistic cases."""
    names = {"all": every, "plain": plain, "all others": 0.7, "en": every, "zh": every}
    row = {"cases": 10, "blind": 0.18, "bm25": 0.3}
    return {name: row | {"ours": share} for name, share in names.items()}


def evidence(
    *, every: float = 0.9, chinese: float = 0.8, text: float = 0.4
) -> dict[str, dict[str, Any]]:
    """Evidence of two languages; 90 % of the answers are kept with a share of the text."""
    first = {"all": every, "one language": every, "across languages": every}
    first |= {"en": every, "zh": chinese}
    curve = {
        "0.02": {"answers": 0.99, "text": 0.8},
        "0.04": {"answers": 0.9, "text": text},
        "0.06": {"answers": 0.5, "text": 0.2},
    }
    return {
        "groups": {
            name: {"sets": 2, "evidence": share, "alone": 0.85, "words": 0.7}
            for name, share in first.items()
        },
        "sets": {},
        "long": {"passages": 30, "sentences": 5, "curve": curve},
    }


def refusal() -> dict[str, Any]:
    """Refusals at a few thresholds."""
    shares = {"kept": 0.9, "refused": 0.6}
    return {
        "advised": 0.35,
        "queries": 100,
        "curve": dict.fromkeys(("0.05", "0.3", "0.35", "0.4"), shares),
        "families": dict.fromkeys(FAMILIES, shares),
    }


def write_results(folder: Path) -> None:
    """All that a card is made of, as if measured with the weights in the package."""
    folder.mkdir(parents=True, exist_ok=True)
    report.write(folder, development())
    calibration = json.loads((RESULTS / "calibration.json").read_text("utf-8"))
    weights = {"weights": fingerprint(BUNDLED / GRAPH_WEIGHTS)}
    found = {
        "calibration": calibration | weights,
        "traps": {"results": {"en": traps(), "all": traps()}},
        "realistic": {"results": realistic()} | weights,
        "evidence": evidence() | weights,
        "refusal": refusal() | weights,
    }
    for name, result in found.items():
        text = json.dumps({"command": f"python -m recipe.measures.{name}"} | result)
        (folder / f"{name}.json").write_text(text, encoding="utf-8")


def write_run(path: Path) -> None:
    """The facts of the runs, those that are still to be filled in made up."""
    run = read_toml(RECIPE / "card" / "run.toml")
    filled = {key: value or 7 for key, value in run.items() if not isinstance(value, dict)}
    lines = [f"{key} = {json.dumps(value)}" for key, value in filled.items()]
    for name, section in run.items():
        if isinstance(section, dict):
            lines.append(f'["{name}"]')
            lines += [
                f"{key} = {json.dumps(value or 'seven minutes', ensure_ascii=False)}"
                for key, value in section.items()
            ]
    path.write_text("\n".join(lines), encoding="utf-8")
