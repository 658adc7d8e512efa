"""The whole of fine-tuning: read, split, mine, train, write, measure against the parent."""

from __future__ import annotations

import hashlib
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from jingpai.backends.loader import choose_device
from jingpai.engine.cache import identify
from jingpai.errors import InvalidInput, TrainingStopped
from jingpai.evaluation.data.pairs import Columns
from jingpai.evaluation.data.testset import TestSet
from jingpai.evaluation.evaluate import evaluate
from jingpai.evaluation.measures import require_measures
from jingpai.extras import needing
from jingpai.files.model_folder import ModelFolder
from jingpai.reranker import Reranker
from jingpai.settings import ModelSettings
from jingpai.training.card import write_card
from jingpai.training.examples import make_examples
from jingpai.training.groups import LEAST_QUERIES, read_training_data
from jingpai.training.mining import Miner
from jingpai.training.networks.rounding import round_like_parent
from jingpai.training.outcome import TrainingOutcome
from jingpai.training.parent import find_parent
from jingpai.training.settings import TrainSettings
from jingpai.training.split import split
from jingpai.training.workplace import Workplace
from jingpai.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jingpai.engine.batch_runner import Progress
    from jingpai.evaluation.report import Report
    from jingpai.training.checks import OnCheck
    from jingpai.training.fitting import Fitted
    from jingpai.training.groups import TrainingData
    from jingpai.training.parent import Parent
    from jingpai.training.split import Split

Stage: TypeAlias = Literal["mining", "reading", "training", "measuring"]
"""What takes long: looking for negatives, making rows, steps, the comparison with the parent."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """Follows how far a run is.

    Attributes:
        stage: Called at the beginning of each stage; yields what is called with (done, in all).
        check: Called with each check of the held-out queries, the parent's first.
    """

    stage: Callable[[Stage], AbstractContextManager[Progress | None]] = lambda _: nullcontext()
    check: OnCheck = lambda _: None


@dataclass(frozen=True, slots=True)
class Order:
    """What a run is asked for.

    Attributes:
        data: A file of pairs, or of FlagEmbedding's training lines.
        output: The folder of the new model; it must not be there yet.
        model: Where training begins, as for `Reranker`; None is the bundled model.
        test: Another file of the same kinds, on which before and after are compared; without it,
            half of the queries held out are.
        columns: What those of a file of pairs are called.
        encoding: Of the files.
        device: Where to train; None for the best one here.
        settings: How to train.
    """

    data: Path
    output: Path
    model: str | None = None
    test: Path | None = None
    columns: Columns = field(default_factory=Columns)
    encoding: str | None = None
    device: str | None = None
    settings: TrainSettings = field(default_factory=TrainSettings)


def train(order: Order, *, resume: bool = False, watcher: Watcher | None = None) -> TrainingOutcome:
    """Fine-tune a model; its folder appears when all is done, measured and described.

    Args:
        order: What is asked for.
        resume: Go on with a run that was interrupted.
        watcher: Follows how far it is.

    Raises:
        InvalidInput: A file or a setting cannot be used; the message names the line.
        MissingExtra: The packages of the extra `train` are not there.
        TrainingStopped: It went wrong; nothing was written.
        JingpaiError: As `Reranker` says.
    """
    _require_packages()
    data = _read(order.data, order, least=LEAST_QUERIES)
    test = _read(order.test, order, least=1) if order.test else None
    parts = split(
        data.groups,
        test.groups if test else None,
        held_out=order.settings.held_out,
        seed=order.settings.seed,
    )
    parent = find_parent(order.model)
    place = Workplace.open(order.output, order=_facts(order, parent), resume=resume)
    run = _Run(order, parent, place, watcher or Watcher())
    try:
        parts = run.with_negatives(parts)
        checkpoint = parent.checkpoint(place.folder)
        fitted = run.fit(parts, checkpoint)
        folder = place.model()
        fitted.network.save(str(folder))
        if parent.is_two_segment:
            round_like_parent(folder, checkpoint, seed=order.settings.seed)
        report = run.compare(folder, parts, name=(test or data).name)
        outcome = TrainingOutcome(data, parts, parent.spec, order.settings, fitted, report)
        write_card(outcome, folder)
    except (TrainingStopped, InvalidInput):  # to go on would end in the same way
        place.remove()
        raise
    place.finish()
    return outcome


@dataclass(frozen=True, slots=True)
class _Run:
    """The long steps of a run."""

    order: Order
    parent: Parent
    place: Workplace
    watcher: Watcher

    def with_negatives(self, parts: Split) -> Split:
        """Fill up the groups that have too few documents that do not answer.

        Those that are learnt from get documents of their own part alone, so that no answer to a
        query held out is learnt to be none.
        """
        least = self.order.settings.negatives
        everything = (*parts.train, *parts.check, *parts.measured)
        if all(group.negatives >= least for group in everything):
            return parts
        with (
            self.watcher.stage("mining") as progress,
            Miner(everything, kept=self.place.kept(), progress=progress) as miner,
        ):
            return parts._replace(
                train=miner.fill(parts.train, negatives=least, among=parts.train),
                check=miner.fill(parts.check, negatives=least, among=everything),
                measured=miner.fill(parts.measured, negatives=least, among=everything),
            )

    def fit(self, parts: Split, checkpoint: Path) -> Fitted:
        """Train on one part, steered by another."""
        from jingpai.training.fitting import fit

        with (
            self.watcher.stage("reading") as progress,
            self.place.kept().scores() as cache,
            Reranker(
                self.parent.model,
                device=self.ranking_device,
                max_tokens=self.order.settings.max_tokens,
                cache=cache,
            ) as parent,
        ):
            train = make_examples(parts.train, parent.engine, progress=progress)
            check = make_examples(parts.check, parent.engine, progress=progress)
        train = [example for example in train if example.group.negatives]
        if not train:
            raise InvalidInput(
                f"{self.order.data}: no query has a document that does not answer it, and none can"
                " be found among the others. Add documents with label 0, or neg."
            )
        with self.watcher.stage("training") as progress:
            return fit(
                checkpoint,
                self.place.states(),
                train=train,
                check=check,
                settings=self.order.settings,
                device=choose_device(self.order.device),
                on_check=self.watcher.check,
                progress=progress,
            )

    def compare(self, folder: Path, parts: Split, *, name: str) -> Report:
        """Measure both models as users run them, on queries that decided nothing."""
        queries = tuple(group.judged for group in parts.measured)
        with self.watcher.stage("measuring") as progress:
            return evaluate(
                TestSet(name, queries, "input order"),
                [self.parent.model, str(folder)],
                settings=ModelSettings(device=self.ranking_device),
                kept=self.place.kept(),
                progress=progress,
            )

    @property
    def ranking_device(self) -> str | None:
        """Where the models rank; the bundled kind does on a CPU, wherever it is trained."""
        return None if self.parent.is_two_segment else self.order.device


def _require_packages() -> None:
    require_measures()
    with needing(
        "train", what="training", packages="sentence-transformers 6 with accelerate and datasets"
    ):
        import accelerate  # noqa: F401 - an extra
        import datasets  # noqa: F401 - an extra
        import sentence_transformers.base  # noqa: F401 - an extra


def _read(path: Path, order: Order, *, least: int) -> TrainingData:
    return read_training_data(path, columns=order.columns, encoding=order.encoding, least=least)


def _facts(order: Order, parent: Parent) -> dict[str, Any]:
    """What decides the result of a run."""
    content = ModelFolder.read(parent.folder).content
    return {
        "jingpai": __version__,
        "data": _digest(order.data),
        "test": order.test and _digest(order.test),
        "model": f"{parent.spec.name} {identify(content, settings='')}",
        "columns": asdict(order.columns),
        "settings": asdict(order.settings),
    }


def _digest(path: Path) -> str:
    return f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()[:16]}"
