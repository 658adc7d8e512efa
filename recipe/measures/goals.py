"""The goals that were set before training, and whether they are reached."""

from recipe.measures.sets import (
    FAMILIES,
    MEASURES,
    MLQA_ACROSS,
    MLQA_SAME,
    SINGLES,
    TYDI,
    family,
)

GAIN_ACROSS, GAIN_CHINESE_ENGLISH, LARGEST_LOSS = 0.05, 0.06, 0.005
GOALS = {
    "same_over_parent": "Above the parent within every language (MLQA, TyDi QA, CMRC, DRCD, "
    "JSQuAD, JaQuAD; 20 sets, both measures)",
    "same_over_bm25": "Above BM25 in the same sets",
    "across_over_parent": "Above the parent in each of MLQA's 42 directions across languages",
    "across_mean": "By at least .05 of MRR@10 on their average",
    "chinese_english": "By at least .06 of MRR@10 from Chinese to English and back",
    "scifact": "Not below the parent on SciFact, a field that it never saw",
    "int8": "The int8 graph loses less than .005 against float32 on the mean of all sets",
}


def judged(key: str, margins: dict[str, float], *, of: int, strict: bool = True) -> dict:
    """A verdict: each margin must be above 0 (or not below it), and all of them measured."""
    missed = {
        name: round(by, 4) for name, by in margins.items() if not (by > 0 if strict else by >= 0)
    }
    least = min(margins, key=margins.__getitem__, default=None)
    outcome = "reached" if not missed else "missed"
    return {
        "key": key,
        "verdict": outcome if len(margins) == of or missed else "not measured",
        "measured": len(margins),
        "of": of,
        "missed": dict(sorted(missed.items(), key=lambda item: item[1])),
        "least": None if least is None else {"what": least, "by": round(margins[least], 4)},
    }


def required(result: dict) -> list[dict]:
    """The goals that were set before training, and whether they are reached."""
    rows = result["sets"]

    def margins(names: list[str], over: str, *, least: float = 0.0) -> dict[str, float]:
        return {
            f"{name} {MEASURES[measure]}": rows[name][f"over_{over}"][measure]["mean"] - least
            for name in names
            for measure in MEASURES
        }

    same = [name for name in rows if family(name) in (MLQA_SAME, TYDI, SINGLES)]
    across = [name for name in rows if family(name) == MLQA_ACROSS]
    pair = [name for name in ("mlqa-zh-en", "mlqa-en-zh") if name in rows]
    many = sum(FAMILIES[name] for name in (MLQA_SAME, TYDI, SINGLES))
    mean = {}
    if len(across) == FAMILIES[MLQA_ACROSS]:
        gain = result["families"][MLQA_ACROSS]["over_parent"]["mrr"]["mean"]
        mean = {"MRR@10": gain - GAIN_ACROSS}
    loss = {}
    against = result["against"]
    forms = tuple(result["settings"].get(name) for name in ("model", "against"))
    if against and forms == ("packaged", "fp32") and against["sets"] == sum(FAMILIES.values()):
        loss = {
            label: LARGEST_LOSS + against[measure]["mean"] for measure, label in MEASURES.items()
        }
    chinese_english = {
        name: by
        for name, by in margins(pair, "parent", least=GAIN_CHINESE_ENGLISH).items()
        if name.endswith("MRR@10")
    }
    return [
        judged("same_over_parent", margins(same, "parent"), of=2 * many),
        judged("same_over_bm25", margins(same, "bm25"), of=2 * many),
        judged("across_over_parent", margins(across, "parent"), of=2 * FAMILIES[MLQA_ACROSS]),
        judged("across_mean", mean, of=1, strict=False),
        judged("chinese_english", chinese_english, of=2, strict=False),
        judged(
            "scifact",
            margins(["scifact"] if "scifact" in rows else [], "parent"),
            of=2,
            strict=False,
        ),
        judged("int8", loss, of=2),
    ]


def verdict(goal: dict) -> str:
    """How a goal went, in a few words."""
    if goal["verdict"] == "not measured":
        return f"not in this run ({goal['measured']} of {goal['of']} numbers)"
    if goal["verdict"] == "reached":
        return f"reached, by {goal['least']['by']:.3f} at the least ({goal['least']['what']})"
    worst = ", ".join(f"{name} by {abs(by):.3f}" for name, by in list(goal["missed"].items())[:6])
    more = " and more" if len(goal["missed"]) > 6 else ""
    return f"missed in {len(goal['missed'])} of {goal['of']}: {worst}{more}"
