"""The measures of an order, by ir-measures; needs the extra `evaluation`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from jingpai.evaluation.data.testset import Run, best_first
from jingpai.extras import needing
from jingpai.guards import check_all_whole

if TYPE_CHECKING:
    from ir_measures import Measure
    from numpy.typing import NDArray

Values: TypeAlias = Mapping[str, "NDArray[np.float64]"]
"""By the name of a measure, one value a query."""


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
        judgements: Of each query, grades by document.
        runs: Of each query, scores by document.
        at: The first so many documents count.

    Raises:
        InvalidInput: A cut is below 1.
    """
    check_all_whole("at", at)
    import ir_measures

    wanted = _measures(at)
    # The libraries behind ir-measures order equal scores in different ways, so none are left.
    orders = [best_first(run) for run in runs]
    ranked = {
        str(place): {name: -float(rank) for rank, name in enumerate(order)}
        for place, order in enumerate(orders)
    }
    relevant = {str(place): dict(grades) for place, grades in enumerate(judgements)}
    values = {name: np.zeros(len(runs)) for name in wanted}
    names = {one: name for name, one in wanted.items()}
    for found in ir_measures.iter_calc(list(names), relevant, ranked):
        values[names[found.measure]][int(found.query_id)] = found.value
    return values


def _measures(at: Sequence[int]) -> dict[str, Measure]:
    from ir_measures import AP, RR, P, R, nDCG

    found: dict[str, Measure] = {}
    for cut in at:
        found |= {f"nDCG@{cut}": nDCG @ cut, f"MRR@{cut}": RR @ cut}
    found["MAP"] = AP
    for cut in at:
        found |= {f"recall@{cut}": R @ cut, f"precision@{cut}": P @ cut}
    return found
