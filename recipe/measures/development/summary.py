"""From the measures of single queries to a row of the tables: means, gains and their intervals.

Intervals are 95 % of a paired bootstrap over questions. MLQA asks one question in many languages,
so within a family a question is drawn with all its translations; taken one by one they would make
the interval too narrow.
"""

from collections.abc import Sequence

import numpy as np

from recipe.measures.sets import MEASURES, ORDERS

RESAMPLES, SEED = 2000, 0


def values(scored: dict, *, order: str, measure: str) -> dict[str, float]:
    """One number a query of a set; 0 where no order could find anything."""
    found = {}
    for query in scored["queries"]:
        if "measures" not in query:
            found[query["id"]] = 0.0
        elif order in query["measures"]:
            found[query["id"]] = query["measures"][order][measure]
    return found


def interval(sets: Sequence[tuple[dict[str, float], dict[str, float]]]) -> dict[str, float]:
    """Mean over sets of the mean difference (first - second), and where it lies in 95 %."""
    names = sorted({name for first, _ in sets for name in first})
    questions = {name: place for place, name in enumerate(names)}
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
    found = {"mean": mean, "low": low, "high": high}
    return {name: round(float(number), 4) for name, number in found.items()}


def summarize(sets: dict[str, dict]) -> dict:
    """A row of the tables, for one set or for a family; every set weighs the same."""
    row: dict = {
        "sets": len(sets),
        "queries": sum(len(scored["queries"]) for scored in sets.values()),
        "reachable": sum(
            "measures" in query for scored in sets.values() for query in scored["queries"]
        ),
    }
    found = {
        (order, measure): [values(scored, order=order, measure=measure) for scored in sets.values()]
        for order in ORDERS
        for measure in MEASURES
    }
    for order in ORDERS:
        row[order] = {
            measure: round(
                sum(sum(queries.values()) / len(queries) for queries in found[order, measure])
                / len(sets),
                4,
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
        for scored in done.values():
            second = values(scored, order="against", measure=measure)
            ours = values(scored, order="ours", measure=measure)
            pairs.append(({name: ours[name] for name in second}, second))
        pairs = [(first, second) for first, second in pairs if second]
        if not pairs:
            return None
        result |= {"sets": len(pairs), "queries": sum(len(second) for _, second in pairs)}
        result[measure] = interval(pairs)
    return result
