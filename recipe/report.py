"""From the scores of single queries to the tables and the verdicts: numbers in, text out.

evaluate.py calls it after every set. Intervals are 95 % of a paired bootstrap over questions. MLQA
asks one question in many languages, so within a family a question is drawn with all its
translations; taken one by one they would make the interval too narrow.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

ORDERS = ("parent", "bm25", "ours")
MEASURES = {"ndcg": "nDCG@10", "mrr": "MRR@10"}
SINGLE = {
    "cmrc2018_dev": "zh",
    "drcd_dev": "zh",
    "jsquad_valid": "ja",
    "jaquad_dev": "ja",
    "scifact": "en",
}
# Family: the sets that it has.
MLQA_SAME, MLQA_ACROSS = "MLQA, one language", "MLQA, across languages"
TYDI, SINGLES, SCIFACT = "TyDi QA", "CMRC, DRCD, JSQuAD, JaQuAD", "SciFact"
FAMILIES = {MLQA_SAME: 7, MLQA_ACROSS: 42, TYDI: 9, SINGLES: 4, SCIFACT: 1}
RESAMPLES, SEED = 2000, 0
GAIN_ACROSS, GAIN_CHINESE_ENGLISH, LARGEST_LOSS = 0.05, 0.06, 0.005


def languages(name: str) -> tuple[str, str]:
    """Languages of a set's queries and passages."""
    if name in SINGLE:
        return SINGLE[name], SINGLE[name]
    family, *found = name.split("-")
    return (found[0], found[1]) if family == "mlqa" else (found[0], found[0])


def family(name: str) -> str:
    if name.startswith("mlqa"):
        return MLQA_SAME if len(set(languages(name))) == 1 else MLQA_ACROSS
    if name.startswith("tydiqa"):
        return TYDI
    return SCIFACT if name == "scifact" else SINGLES


def fingerprint(weights: Path) -> str:
    """Tells one training from another, so that no result is taken for another model's."""
    return hashlib.sha256(weights.read_bytes()).hexdigest()[:16]


def read_scores(folder: Path, settings: dict) -> dict[str, dict]:
    """The sets of scores/ that were scored with these settings."""
    found = {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.json"))
    }
    return {name: one for name, one in found.items() if one["settings"] == settings}


def values(one: dict, order: str, measure: str) -> dict[str, float]:
    """One number a query; 0 where no order could find anything."""
    found = {}
    for query in one["queries"]:
        if "measures" not in query:
            found[query["id"]] = 0.0
        elif order in query["measures"]:
            found[query["id"]] = query["measures"][order][measure]
    return found


def interval(sets: Sequence[tuple[dict[str, float], dict[str, float]]]) -> dict[str, float]:
    """Mean over sets of the mean difference (first - second), and where it lies in 95 %."""
    questions = {name: place for place, name in enumerate(sorted({q for a, _ in sets for q in a}))}
    difference = np.zeros((len(questions), len(sets)))
    is_asked = np.zeros_like(difference)
    for column, (first, second) in enumerate(sets):
        for name, value in first.items():
            difference[questions[name], column] = value - second[name]
            is_asked[questions[name], column] = 1
    rng = np.random.default_rng(SEED)
    draws = rng.multinomial(
        len(questions), np.full(len(questions), 1 / len(questions)), size=RESAMPLES
    ).astype(float)
    counts = draws @ is_asked
    # A set none of whose questions was drawn sits the draw out.
    means = np.divide(
        draws @ difference, counts, out=np.full_like(counts, np.nan), where=counts > 0
    )
    low, high = np.percentile(np.nanmean(means, axis=1), [2.5, 97.5])
    mean = (difference.sum(0) / is_asked.sum(0)).mean()
    return {name: round(float(x), 4) for name, x in (("mean", mean), ("low", low), ("high", high))}


def summarize(sets: dict[str, dict]) -> dict:
    """A row of the tables, for one set or for a family; every set weighs the same."""
    row: dict = {
        "sets": len(sets),
        "queries": sum(len(one["queries"]) for one in sets.values()),
        "reachable": sum("measures" in query for one in sets.values() for query in one["queries"]),
    }
    found = {
        (order, measure): [values(one, order, measure) for one in sets.values()]
        for order in ORDERS
        for measure in MEASURES
    }
    for order in ORDERS:
        row[order] = {
            measure: round(
                sum(sum(x.values()) / len(x) for x in found[order, measure]) / len(sets), 4
            )
            for measure in MEASURES
        }
    for order in ("parent", "bm25"):
        row[f"over_{order}"] = {
            measure: interval(list(zip(found["ours", measure], found[order, measure], strict=True)))
            for measure in MEASURES
        }
    return row


def compare(done: dict[str, dict]) -> dict | None:
    """What the form under test loses against the second one, over the queries that both scored."""
    settings = next(iter(done.values()))["settings"]
    if "against" not in settings:
        return None
    result: dict = {"form": settings["against"], "weights": settings["against_weights"]}
    for measure in MEASURES:
        pairs = []
        for one in done.values():
            second = values(one, "against", measure)
            ours = values(one, "ours", measure)
            pairs.append(({name: ours[name] for name in second}, second))
        pairs = [(first, second) for first, second in pairs if second]
        if not pairs:
            return None
        result |= {"sets": len(pairs), "queries": sum(len(second) for _, second in pairs)}
        result[measure] = interval(pairs)
    return result


def goal(key: str, margins: dict[str, float], *, of: int, strict: bool = True) -> dict:
    """A verdict: each margin must be above 0 (or not below it), and all of them measured."""
    missed = {
        name: round(by, 4) for name, by in margins.items() if not (by > 0 if strict else by >= 0)
    }
    least = min(margins, key=margins.__getitem__, default=None)
    verdict = "reached" if not missed else "missed"
    return {
        "key": key,
        "verdict": verdict if len(margins) == of or missed else "not measured",
        "measured": len(margins),
        "of": of,
        "missed": dict(sorted(missed.items(), key=lambda item: item[1])),
        "least": None if least is None else {"what": least, "by": round(margins[least], 4)},
    }


def required(result: dict) -> list[dict]:
    """The goals that were set before training, and whether they are reached."""
    rows = result["sets"]

    def margins(names: list[str], over: str, least: float = 0.0) -> dict[str, float]:
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
        for name, by in margins(pair, "parent", GAIN_CHINESE_ENGLISH).items()
        if name.endswith("MRR@10")
    }
    return [
        goal("same_over_parent", margins(same, "parent"), of=2 * many),
        goal("same_over_bm25", margins(same, "bm25"), of=2 * many),
        goal("across_over_parent", margins(across, "parent"), of=2 * FAMILIES[MLQA_ACROSS]),
        goal("across_mean", mean, of=1, strict=False),
        goal("chinese_english", chinese_english, of=2, strict=False),
        goal(
            "scifact",
            margins(["scifact"] if "scifact" in rows else [], "parent"),
            of=2,
            strict=False,
        ),
        goal("int8", loss, of=2),
    ]


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


def verdict(one: dict) -> str:
    """How a goal went, in a few words."""
    if one["verdict"] == "not measured":
        return f"not in this run ({one['measured']} of {one['of']} numbers)"
    if one["verdict"] == "reached":
        return f"reached, by {one['least']['by']:.3f} at the least ({one['least']['what']})"
    worst = ", ".join(f"{name} by {abs(by):.3f}" for name, by in list(one["missed"].items())[:6])
    more = " and more" if len(one["missed"]) > 6 else ""
    return f"missed in {len(one['missed'])} of {one['of']}: {worst}{more}"


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
        *(f"| {GOALS[one['key']]} | {verdict(one)} |" for one in result["required"]),
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
    words = ["python recipe/evaluate.py --data DATA"]
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
    for name, one in done.items():
        groups[family(name)][name] = one
    result: dict = {
        "command": command(settings, list(done)),
        "settings": settings,
        "families": {name: summarize(sets) for name, sets in groups.items() if sets},
        "sets": {name: summarize({name: one}) for name, one in done.items()},
        "against": compare(done),
    }
    result["required"] = required(result)
    write_whole(out / "dev.json", json.dumps(result, ensure_ascii=False, indent=1) + "\n")
    write_whole(out / "dev.md", text(result))
    return result


def write_whole(path: Path, content: str) -> None:
    """Write a file so that an interruption never leaves half of it."""
    new = path.with_name(path.name + ".new")
    new.write_text(content, encoding="utf-8")
    new.replace(path)
