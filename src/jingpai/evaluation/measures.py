"""The measures of an order, by ir-measures; needs the extra `evaluation`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from jingpai.errors import InvalidInput
from jingpai.evaluation.data.grades import MOST_GRADE
from jingpai.evaluation.data.testset import Run, best_first
from jingpai.extras import needing
from jingpai.guards import check_all_whole, shown

if TYPE_CHECKING:
    from ir_measures import Measure
    from numpy.typing import NDArray

Values: TypeAlias = Mapping[str, "NDArray[np.float64]"]
"""By the name of a measure, one value a query."""

_MOST_CUT = 2**31 - 1
"""What C holds as `long` everywhere."""


def require_measures() -> None:
    """Make sure that measures can be had, before long work is done for them.

    Raises:
        MissingExtra: ir-measures or scipy is not installed.
    """
    with needing("evaluation", what="evaluation", packages="ir-measures and scipy"):
        import ir_measures  # noqa: F401 - an extra
        import scipy.stats  # noqa: F401 - an extra


def measure(
    judgements: Sequence[Mapping[str, int]], runs: Sequence[Run], *, at: Sequence[int] = (10,)
) -> Values:
    """Return nDCG, MRR, recall and precision at each cut, and MAP, as trec_eval has them.

    A query without a relevant document, or without any document found, is 0 in all of them.

    Args:
        judgements: Of each query, grades by document; those below 0 count as 0.
        runs: Of each query, scores by document.
        at: The first so many documents count.

    Raises:
        InvalidInput: A cut is below 1, a grade is no whole number or too large, or a score is none.
    """
    check_all_whole("at", at, most=_MOST_CUT)
    import ir_measures

    wanted = _measures(at)
    relevant: dict[str, dict[str, int]] = {}
    ranked: dict[str, dict[str, float]] = {}
    for place, (grades, run) in enumerate(zip(judgements, runs, strict=True)):
        # Numbers in the place of ids: the C code behind ir-measures dies of some strings, and cuts
        # others. And ranks in the place of scores: it orders equal ones in ways of its own.
        ids = {name: str(number) for number, name in enumerate({**grades, **run})}
        relevant[str(place)] = {ids[name]: _gain(grade) for name, grade in grades.items()}
        ranked[str(place)] = {
            ids[name]: -float(rank) for rank, name in enumerate(best_first(_checked(run)))
        }
    values = {name: np.zeros(len(runs)) for name in wanted}
    names = {one: name for name, one in wanted.items()}
    for found in ir_measures.iter_calc(list(names), relevant, ranked):
        values[names[found.measure]][int(found.query_id)] = found.value
    return values


def _gain(grade: object) -> int:
    """Return a grade as the C code is given it: that dies of many below 0."""
    if not isinstance(grade, Integral):
        raise InvalidInput(f"judgements: got {shown(grade)}; a grade is a whole number.")
    found = int(grade)
    if found > MOST_GRADE:
        raise InvalidInput(
            f"judgements: got {shown(found)}; allowed are grades up to {MOST_GRADE:,}."
        )
    return max(0, found)


def _checked(run: Run) -> Run:
    for name, score in run.items():
        try:
            is_number = not math.isnan(score)
        except (TypeError, OverflowError):
            is_number = False
        if not is_number:
            raise InvalidInput(
                f"runs: document {name!r} has the score {shown(score)}; give a number."
            )
    return run


def _measures(at: Sequence[int]) -> dict[str, Measure]:
    from ir_measures import AP, RR, P, R, nDCG

    found: dict[str, Measure] = {}
    for cut in at:
        found |= {f"nDCG@{cut}": nDCG @ cut, f"MRR@{cut}": RR @ cut}
    found["MAP"] = AP
    for cut in at:
        found |= {f"recall@{cut}": R @ cut, f"precision@{cut}": P @ cut}
    return found
