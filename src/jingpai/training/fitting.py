"""The training itself: from examples to the best state of a network."""

from __future__ import annotations

import math
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datasets import Dataset
from safetensors import SafetensorError
from transformers import EarlyStoppingCallback, PrinterCallback
from transformers.trainer import TRAINER_STATE_NAME
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR, get_last_checkpoint

from jingpai.backends.pytorch.runtime import is_out_of_memory, keep_to_quota
from jingpai.errors import BackendFailed, OutOfMemory, TrainingStopped
from jingpai.training.checks import ADVICE, MEASURE, Check, Guard, HeldOut, OnCheck, best_of
from jingpai.training.loss import GroupLoss
from jingpai.training.networks.network import RerankerNetwork
from jingpai.training.trainer import QuietTrainer, Steps, Trainee, arguments, silence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from jingpai.engine.batch_runner import Progress
    from jingpai.training.examples import Example
    from jingpai.training.settings import TrainSettings

# Checks in a row without a better one, after which training stops.
_PATIENCE = 4


@dataclass(frozen=True, slots=True)
class Fitted:
    """A trained network.

    Attributes:
        network: In its best state.
        parent: The check of the parent.
        checks: Of the states on the way, in their order.
        steps: How many were taken.
        stopped_early: Whether training ended before its last step, for want of progress.
    """

    network: RerankerNetwork
    parent: Check
    checks: tuple[Check, ...]
    steps: int
    stopped_early: bool

    @property
    def best(self) -> Check:
        """The check of the state that was kept."""
        return best_of(self.checks)


def fit(
    checkpoint: Path,
    work: Path,
    *,
    train: Sequence[Example],
    check: Sequence[Example],
    settings: TrainSettings,
    device: str,
    on_check: OnCheck,
    progress: Progress | None = None,
) -> Fitted:
    """Train the network in a folder; its state is kept now and then, and the best one is returned.

    Args:
        checkpoint: Of the parent.
        work: Where states are kept; training goes on from the last one that is there.
        train: What is learnt from.
        check: What decides when to stop and which state is best.
        settings: What the user chose.
        device: Where training runs.
        on_check: Called with each check, the parent's first.
        progress: Called with (steps done, steps in all).

    Raises:
        TrainingStopped: Scores collapsed, or no state was as good as the parent.
        ModelFilesInvalid: The parent cannot be opened.
    """
    if device == "cpu":
        keep_to_quota()
    network = RerankerNetwork.load(str(checkpoint))
    model = Trainee(modules=[network], device=device)
    held_out = HeldOut(check)
    parent = held_out.check(model, step=0)
    on_check(parent)
    trainer = QuietTrainer(
        model=model,
        args=arguments(work, network, groups=len(train), settings=settings, device=device),
        train_dataset=_dataset(train),
        loss=GroupLoss(model),
        evaluator=held_out,
        callbacks=[
            Guard(held_out, parent, on_check=on_check),
            EarlyStoppingCallback(early_stopping_patience=_PATIENCE),
            Steps(progress),
        ],
    )
    trainer.remove_callback(PrinterCallback)
    with silence(), _translated(work):
        trainer.train(resume_from_checkpoint=_last_state(work))
    fitted = Fitted(
        network=network,
        parent=parent,
        checks=_checks(trainer.state.log_history),
        steps=trainer.state.global_step,
        stopped_early=trainer.state.global_step < trainer.state.max_steps,
    )
    _refuse_if_no_better(fitted, held_out.check(model, step=fitted.best.step))
    network.hold_evidence(checkpoint, [row for example in train for row in example.rows])
    return fitted


@contextmanager
def _translated(work: Path) -> Iterator[None]:
    """Turn what PyTorch and safetensors raise into errors that say what to do.

    Raises:
        OutOfMemory: A step does not fit.
        BackendFailed: A state cannot be written, or the network cannot be run.
    """
    try:
        yield
    except (RuntimeError, SafetensorError) as error:
        if is_out_of_memory(error):
            raise OutOfMemory(
                f"training: a step does not fit into memory ({error}). Lower --max-tokens or"
                " --negatives, or close what else uses the memory."
            ) from error
        raise BackendFailed(
            f"training: {error}. Look whether the disk is full; the states so far are kept in"
            f" {work}, and --resume goes on from the last whole one."
        ) from error


def _last_state(work: Path) -> str | None:
    """Return the folder of the last state that was written to its end; remove what was not."""
    for folder in work.glob(f"{PREFIX_CHECKPOINT_DIR}-*"):
        if not (folder / TRAINER_STATE_NAME).is_file():  # the trainer writes it last
            shutil.rmtree(folder)
    last: str | None = get_last_checkpoint(work)
    return last


def _dataset(examples: Sequence[Example]) -> Dataset:
    return Dataset.from_dict(
        {
            "ids": [[list(row.ids) for row in example.rows] for example in examples],
            "query_lengths": [[row.query_length for row in example.rows] for example in examples],
            "teacher": [example.teacher for example in examples],
            "labels": [[float(grade) for grade in example.group.grades] for example in examples],
        }
    )


def _checks(history: Sequence[dict[str, float]]) -> tuple[Check, ...]:
    return tuple(
        Check(int(entry["step"]), entry["eval_quality"], entry["eval_spread"])
        for entry in history
        if "eval_quality" in entry
    )


def _refuse_if_no_better(fitted: Fitted, loaded: Check) -> None:
    """Raise where the state that was kept is not worth keeping, or is another one."""
    if not math.isclose(loaded.quality, fitted.best.quality, abs_tol=1e-6):
        raise TrainingStopped(
            f"the state of step {fitted.best.step} had {MEASURE} {fitted.best.quality:.4f}, and has"
            f" {loaded.quality:.4f} when it is read again. Look whether the disk is full."
        )
    if fitted.best.quality < fitted.parent.quality:
        raise TrainingStopped(
            f"no state was as good as the parent: {MEASURE} on the queries held out is at best"
            f" {fitted.best.quality:.3f}, the parent's {fitted.parent.quality:.3f}. {ADVICE}"
        )
