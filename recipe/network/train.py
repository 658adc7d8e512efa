"""Train the cross-encoder: start as the parent, then open the wall.

    python -m recipe.network.train --data DATA --minutes 75
    python -m recipe.network.train --data DATA --minutes 75 --resume    # after an interruption
    python -m recipe.network.train --data DATA --minutes 75 --start work/first.pt  # a further run

Reads `work/groups.jsonl` (mine.py), `work/teacher.jsonl` (teacher.py) and `work/base` (base.py);
DATA is read for the quick check on development sets (quick_check.py). What is made small is in
loss.py. `--start` takes a checkpoint, or the folder of a model. Every few minutes the state is
saved, now and then it is checked, and the best checked state is kept as `work/best.pt`.
"""

import sys
import time
from pathlib import Path

import torch

from jingpai.system.allocator import keep_freed_memory
from jingpai.training.networks.two_segment import TwoSegmentEncoder
from jingpai.training.networks.two_segment_files import load
from recipe.network.groups import Group, Mixture, endless_batches, read_groups
from recipe.network.held_out import HeldOutCheck
from recipe.network.inference import ParentTokenizer, one_core_each
from recipe.network.progress import Progress
from recipe.network.quick_check import QuickCheck
from recipe.network.settings import TrainingSettings, add_settings_option
from recipe.network.steps import Learner, LossNotFinite
from recipe.places import option_parser

STEPS_A_LINE = 20


class Training:
    """A run: the network, its optimizer, and how far it is."""

    def __init__(
        self,
        model: TwoSegmentEncoder,
        groups: list[Group],
        *,
        settings: TrainingSettings,
        seconds: float,
    ) -> None:
        self.model, self.settings, self.seconds = model, settings, seconds
        mixture = Mixture(groups, settings.shares, seed=settings.seed)
        self.batches = endless_batches(mixture, settings)
        self.learner = Learner(model, workers=one_core_each(), settings=settings)
        self.step, self.spent, self.best = 0, 0.0, 0.0

    def resume(self, path: Path) -> None:
        """Go on from a saved state, with the batches that it has not seen."""
        state = torch.load(path)
        self.model.load_state_dict(state["model"], strict=False)
        self.learner.optimizer.load_state_dict(state["optimizer"])  # rates are set anew each step
        self.step, self.spent, self.best = state["step"], state["spent"], state["best"]
        for _ in range(self.step):
            next(self.batches)

    def save(self, path: Path) -> None:
        """Write the state; an interruption never leaves half a file."""
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.learner.optimizer.state_dict(),
            "step": self.step,
            "spent": self.spent,
            "best": self.best,
        }
        torch.save(state, path.with_suffix(".new"))
        path.with_suffix(".new").replace(path)

    def run(self, check: QuickCheck, held_out: HeldOutCheck, work: Path) -> None:
        """Take steps until the time is up; last.pt and best.pt are left in `work`."""
        saved, checked = self.spent, self.spent
        progress = Progress()
        while self.spent < self.seconds:
            self.take_step(progress)
            if self.step % STEPS_A_LINE == 0:
                self.tell(progress)
                progress = Progress()
            is_over = self.spent >= self.seconds
            if self.spent - checked > self.settings.check_minutes * 60 or is_over:
                checked = self.spent
                self.check(check, held_out, work / "best.pt")
                progress.since = time.monotonic()
            if self.spent - saved > self.settings.save_minutes * 60 or is_over:
                saved = self.spent
                self.save(work / "last.pt")

    def take_step(self, progress: Progress) -> None:
        """Learn from the next batch."""
        began = time.monotonic()
        batch = next(self.batches)
        try:
            log = self.learner.learn(batch, done=self.spent / self.seconds)
        except LossNotFinite as error:
            raise SystemExit(f"step {self.step}: {error}; last.pt is the last good state") from None
        self.step += 1
        self.spent += time.monotonic() - began
        progress.add(log, pairs=sum(len(group.passages) for group in batch))

    def tell(self, progress: Progress) -> None:
        """Print a line; stop if the scores of a group no longer differ."""
        print(f"step {self.step} {self.spent / 60:.1f} min {progress.line(self.model)}")
        spread = progress.mean("spread")
        if spread < self.settings.smallest_spread:
            raise SystemExit(f"step {self.step}: the scores have collapsed, spread {spread:.3f}")

    def check(self, check: QuickCheck, held_out: HeldOutCheck, best: Path) -> None:
        """Keep the state if it is the best so far; stop if it is far below the best."""
        found, apart = check.of(self.model), held_out.of(self.model)
        print(f"check at step {self.step}: {found}")
        print(f"held out at step {self.step}: {apart}")
        value = round((found["mean"] + apart["written"]) / 2, 4)
        if value > self.best:
            self.best = value
            self.save(best)
        if value < self.best - self.settings.largest_fall:
            raise SystemExit(
                f"step {self.step}: the checks fell from {self.best} to {value}; best.pt is"
                " the best state. A lower encoder_rate or a higher distil holds it closer to the"
                " parent."
            )


def starting_network(base: Path, start: Path | None) -> TwoSegmentEncoder:
    """The network that a run begins with: of a checkpoint, of a model folder, or the parent."""
    model = load(start if start and start.is_dir() else base)
    if model.evidence is None:
        model.add_evidence()
    if start and start.is_file():
        model.load_state_dict(torch.load(start)["model"], strict=False)
    return model


def groups_to_learn(work: Path, tokenizer: ParentTokenizer) -> list[Group]:
    """All groups that are not held out."""
    return [
        group
        for name in ("groups.jsonl", "teacher.jsonl")
        for group in read_groups(work / name, tokenizer, held_out=False)
    ]


def groups_apart(work: Path, tokenizer: ParentTokenizer) -> list[Group]:
    """The groups of clusters that training never sees."""
    return read_groups(work / "teacher.jsonl", tokenizer, held_out=True)


def main() -> None:
    sys.stdout.reconfigure(line_buffering=True)
    parser = option_parser(__doc__, data=True, work=True)
    parser.add_argument("--minutes", type=float, default=75)
    parser.add_argument("--queries", type=int, default=30, help="queries a set in the quick check")
    parser.add_argument("--resume", action="store_true", help="go on from last.pt")
    parser.add_argument(
        "--start", type=Path, help="weights to begin with, of an earlier run or model"
    )
    add_settings_option(parser)
    options = parser.parse_args()
    settings = TrainingSettings().changed(options.changes)
    print(settings)
    torch.manual_seed(settings.seed)
    keep_freed_memory()

    tokenizer = ParentTokenizer(options.work / "base")
    groups = groups_to_learn(options.work, tokenizer)
    held_out = HeldOutCheck(groups_apart(options.work, tokenizer))
    check = QuickCheck.prepare(
        options.data,
        parent=load(options.work / "base"),
        tokenizer=tokenizer,
        queries=options.queries,
        cache=options.work / "cache",
    )
    print(f"{len(groups)} groups; parent {check.parent()}")

    model = starting_network(options.work / "base", options.start)
    training = Training(model, groups, settings=settings, seconds=options.minutes * 60)
    if options.resume:
        training.resume(options.work / "last.pt")
    training.run(check, held_out, options.work)


if __name__ == "__main__":
    main()
