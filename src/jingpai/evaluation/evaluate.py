"""The whole evaluation: read the data, rerank with each model, measure before and after."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING

from jingpai.evaluation.measures import measure, require_measures
from jingpai.evaluation.report import ModelOrder, Order, Report
from jingpai.evaluation.rerank import order_after, rerank
from jingpai.settings import ModelSettings
from jingpai.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jingpai.engine.batch_runner import Progress
    from jingpai.evaluation.data.testset import TestSet
    from jingpai.evaluation.kept import Kept


def evaluate(
    test_set: TestSet,
    models: Sequence[str | None],
    *,
    at: Sequence[int] = (10,),
    settings: ModelSettings = ModelSettings(),
    kept: Kept | None = None,
    progress: Progress | None = None,
) -> Report:
    """Rerank a test set with one model or several, and measure what that changes.

    Models are loaded one after another, so memory need not hold them all.

    Args:
        test_set: What is asked.
        models: As for `Reranker`; None is the bundled one.
        at: Where nDCG, MRR, recall and precision are cut; the first is the main one.
        settings: How the models are run.
        kept: Where scores are kept; what is there already is not scored again.
        progress: Called with (documents done, documents in all), over all models.

    Raises:
        InvalidInput: A setting is out of its range.
        MissingExtra: The packages of the extra `evaluation` are not there.
        JingpaiError: As `Reranker` says.
    """
    require_measures()
    date = datetime.now(timezone.utc).isoformat(timespec="seconds")
    judgements = [query.judgements for query in test_set.queries]
    runs = [query.before for query in test_set.queries]
    before = Order(test_set.first_stage, runs, measure(judgements, runs, at=at))
    found = []
    for number, model in enumerate(models):
        tell = progress and partial(_tell, progress, number, len(models))
        result = rerank(model, test_set, settings=settings, kept=kept, progress=tell)
        after = [order_after(*pair) for pair in zip(runs, result.logits, strict=True)]
        values = measure(judgements, after, at=at)
        found.append(ModelOrder(result.model, after, values, result))
    return Report(date, __version__, test_set, tuple(before.values), before, tuple(found))


def _tell(progress: Progress, number: int, models: int, done: int, total: int) -> None:
    progress(number * total + done, models * total)
