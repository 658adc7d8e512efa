"""The goals that were set before training, and whether they are reached.

Each function judges what one script measured; report.py prints the goals of the development sets
beside them, and the model card has all.
"""

from recipe.measures.sets import FAMILIES, MEASURES, MLQA_ACROSS, MLQA_SAME

GAIN_SAME, GAIN_ACROSS, LARGEST_LOSS = 0.12, 0.13, 0.005
TRAPS_WON, KIND_WON = 0.8, 0.65
CASES_WON, PLAIN_WON = 0.75, 0.85
FOUND_FIRST = 0.85
LEAST_KEPT, MOST_TEXT = 0.9, 0.45  # of the answers, of the text around them

# Those of the development sets, in the words of dev.md.
GOALS = {
    "over_parent": "Above the parent in every set (63 sets, both measures)",
    "over_bm25": "Above BM25 over the same candidates in every set (63 sets, both measures)",
    "across_gain": "MLQA across languages: at least .13 of MRR@10 above the parent on average",
    "same_gain": "MLQA within a language: at least .12 of MRR@10 above the parent on average",
    "int8": "The int8 graph loses less than .005 against float32 on the mean of all sets",
}


def judged(
    key: str, margins: dict[str, float], *, of: int, strict: bool = True, is_share: bool = False
) -> dict:
    """A verdict: each margin must be above 0 (or not below it), and all of them measured.

    Args:
        key: The goal.
        margins: How far each number is above what the goal asks.
        of: How many numbers it takes.
        strict: Whether a margin of 0 misses the goal.
        is_share: Whether the margins are told in points of a percentage.
    """
    margins = {name: round(by, 4) for name, by in margins.items()}
    missed = {name: by for name, by in margins.items() if not (by > 0 if strict else by >= 0)}
    least = min(margins, key=margins.__getitem__, default=None)
    outcome = "reached" if not missed else "missed"
    return {
        "key": key,
        "verdict": outcome if len(margins) == of or missed else "not measured",
        "measured": len(margins),
        "of": of,
        "missed": dict(sorted(missed.items(), key=lambda item: item[1])),
        "least": None if least is None else {"what": least, "by": margins[least]},
        "is_share": is_share,
    }


def required(result: dict) -> list[dict]:
    """The goals of the development sets."""
    rows, families, every = result["sets"], result["families"], sum(FAMILIES.values())

    def margins(over: str) -> dict[str, float]:
        return {
            f"{name} {MEASURES[measure]}": row[f"over_{over}"][measure]["mean"]
            for name, row in rows.items()
            for measure in MEASURES
        }

    def gain(name: str, least: float) -> dict[str, float]:
        if name not in families or families[name]["sets"] < FAMILIES[name]:
            return {}
        return {MEASURES["mrr"]: families[name]["over_parent"]["mrr"]["mean"] - least}

    loss = {}
    against = result["against"]
    forms = tuple(result["settings"].get(name) for name in ("model", "against"))
    if against and forms == ("packaged", "fp32") and against["sets"] == every:
        loss = {
            label: LARGEST_LOSS + against[measure]["mean"] for measure, label in MEASURES.items()
        }
    return [
        judged("over_parent", margins("parent"), of=2 * every),
        judged("over_bm25", margins("bm25"), of=2 * every),
        judged("across_gain", gain(MLQA_ACROSS, GAIN_ACROSS), of=1, strict=False),
        judged("same_gain", gain(MLQA_SAME, GAIN_SAME), of=1, strict=False),
        judged("int8", loss, of=2),
    ]


def of_traps(counts: dict[str, dict[str, int]]) -> list[dict]:
    """The goals of the traps, by the row of all of them."""
    shares = {name: count["won"] / count["cases"] for name, count in counts.items()}
    kinds = {name: share - KIND_WON for name, share in shares.items() if name != "all"}
    every = {"all": shares["all"] - TRAPS_WON}
    return [
        judged("traps", every, of=1, strict=False, is_share=True),
        judged("traps_kinds", kinds, of=len(kinds), strict=False, is_share=True),
    ]


def of_realistic(rows: dict[str, dict[str, float]]) -> list[dict]:
    """The goals of the realistic cases."""
    return [
        judged(key, {name: rows[name]["ours"] - least}, of=1, strict=False, is_share=True)
        for key, name, least in (
            ("realistic", "all", CASES_WON),
            ("realistic_plain", "plain", PLAIN_WON),
        )
    ]


def of_evidence(found: dict) -> list[dict]:
    """The goals of the evidence: the right sentence first, and what pruning by it keeps."""
    groups = found["groups"]
    first = {"all": groups["all"]["evidence"] - FOUND_FIRST}
    over_words = {
        name: row["evidence"] - row["words"]
        for name, row in groups.items()
        if name not in ("all", "one language", "across languages")
    }
    text = {"text": MOST_TEXT - least_text(found["long"]["curve"])}
    return [
        judged("evidence", first, of=1, strict=False, is_share=True),
        judged("evidence_over_words", over_words, of=len(over_words), is_share=True),
        judged("pruning", text, of=1, strict=False, is_share=True),
    ]


def least_text(curve: dict[str, dict[str, float]], kept: float = LEAST_KEPT) -> float:
    """The smallest share of the text that keeps so many answers; all of it where none does."""
    return min((row["text"] for row in curve.values() if row["answers"] >= kept), default=1.0)


def verdict(goal: dict) -> str:
    """How a goal of the development sets went, in a few words."""
    if goal["verdict"] == "not measured":
        return f"not in this run ({goal['measured']} of {goal['of']} numbers)"
    if goal["verdict"] == "reached":
        return f"reached, by {goal['least']['by']:.3f} at the least ({goal['least']['what']})"
    worst = ", ".join(f"{name} by {abs(by):.3f}" for name, by in list(goal["missed"].items())[:6])
    more = " and more" if len(goal["missed"]) > 6 else ""
    return f"missed in {len(goal['missed'])} of {goal['of']}: {worst}{more}"
