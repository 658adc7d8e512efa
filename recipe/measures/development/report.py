"""The tables of the development sets, out of the scores of single queries.

evaluate.py calls it after every set.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from jingpai.files.whole import write_text
from recipe.measures.development.goals import GOALS, required, verdict
from recipe.measures.development.summary import compare, summarize
from recipe.measures.sets import FAMILIES, MEASURES, ORDERS, family


def read_scores(folder: Path, settings: dict) -> dict[str, dict]:
    """The sets of scores/ that were scored with these settings."""
    found = {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.json"))
    }
    return {name: scored for name, scored in found.items() if scored["settings"] == settings}


def signed(found: dict[str, float]) -> str:
    return f"{found['mean']:+.3f} ({found['low']:+.3f} to {found['high']:+.3f})"


def table(rows: dict[str, dict], heading: str) -> list[str]:
    lines = [
        (
            f"| {heading} | queries | within reach | nDCG@10: parent | BM25 | ours "
            "| MRR@10: parent | BM25 | ours | gain in MRR over the parent | over BM25 |"
        ),
        "|---|" + "---:|" * 10,
    ]
    for name, row in rows.items():
        numbers = " | ".join(
            f"{row[order][measure]:.3f}" for measure in MEASURES for order in ORDERS
        )
        reach = row["reachable"] / row["queries"]
        gains = " | ".join(signed(row[f"over_{order}"]["mrr"]) for order in ("parent", "bm25"))
        lines.append(f"| {name} | {row['queries']} | {reach:.0%} | {numbers} | {gains} |")
    return lines


def text(result: dict) -> str:
    lines = [
        "# Development sets",
        "",
        f"Made by `{result['command']}`.",
        f"Weights {result['settings']['weights']} ({result['settings']['model']}).",
        "",
        f"The three orders rank the same {result['settings']['depth']} candidates, the best of the",
        "parent (multilingual-e5-small from 4-bit blocks). `within reach` are the queries with a",
        "relevant passage among them; of the others all three orders have 0. BM25 takes the rarity",
        "of words from the whole corpus of a set. Each set is a sample of its queries; behind a",
        "gain stands its 95 % interval (paired bootstrap over questions).",
        "",
        *table(result["families"], "family"),
        "",
        "## Required",
        "",
        "| goal | result |",
        "|---|---|",
        *(f"| {GOALS[goal['key']]} | {verdict(goal)} |" for goal in result["required"]),
        "",
    ]
    against = result["against"]
    if against:
        lines += [
            f"Against the form `{against['form']}`, on {against['queries']} queries within reach",
            f"(the first of each of {against['sets']} sets): nDCG@10 {signed(against['ndcg'])},",
            f"MRR@10 {signed(against['mrr'])}.",
            "",
        ]
    lines += [
        "## Every set",
        "",
        "MLQA: language of the query, then of the passages.",
        "",
        *table(result["sets"], "set"),
        "",
    ]
    return "\n".join(lines)


def command(settings: dict, names: Sequence[str]) -> str:
    """What makes the same numbers in one go."""
    names_of_settings = ("model", "queries", "across", "against", "against_queries")
    words = ["python -m recipe.measures.evaluate --data DATA"]
    words += [
        f"--{name.replace('_', '-')} {settings[name]}"
        for name in names_of_settings
        if name in settings
    ]
    if len(names) < sum(FAMILIES.values()):
        words.append(f"--sets {' '.join(names)}")
    return " ".join(words)


def write(out: Path, done: dict[str, dict]) -> dict:
    """Write dev.json and dev.md out of all that is in scores/."""
    done = dict(sorted(done.items()))
    settings = next(iter(done.values()))["settings"]
    groups: dict[str, dict] = {name: {} for name in FAMILIES}
    for name, scored in done.items():
        groups[family(name)][name] = scored
    result: dict = {
        "command": command(settings, list(done)),
        "settings": settings,
        "families": {name: summarize(sets) for name, sets in groups.items() if sets},
        "sets": {name: summarize({name: scored}) for name, scored in done.items()},
        "against": compare(done),
    }
    result["required"] = required(result)
    write_text(out / "dev.json", json.dumps(result, ensure_ascii=False, indent=1) + "\n")
    write_text(out / "dev.md", text(result))
    return result
