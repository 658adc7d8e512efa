"""Train the cross-encoder: start as the parent, then open the wall.

    python -m recipe.network.train --data DATA --minutes 75
    python -m recipe.network.train --data DATA --minutes 75 --resume    # after an interruption
    python -m recipe.network.train --data DATA --minutes 75 --start work/first.pt  # a further run

Reads `work/groups.jsonl` (mine.py), `work/teacher.jsonl` (teacher.py) and `work/base` (base.py);
DATA is read for the quick check on development sets (quick_check.py). What is made small is in
loss.py. `--start` takes a checkpoint, or the folder of a model. Every few minutes the state is
saved, now and then it is checked, and the best checked state is kept as `work/best.pt`.
"""

import math
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
from recipe.network.quick_check import QuickCheck
from recipe.network.settings import TrainingSettings
from recipe.network.steps import accumulate_gradients, make_optimizer, rate_factor
from recipe.places import option_parser

STEPS_A_LINE = 20


class Progress:
    """What is told of the steps since the last line."""

    def __init__(self) -> None:
        self.sums: dict[str, float] = {}
        self.steps, self.pairs = 0, 0
        self.since = time.monotonic()

    def add(self, log: dict[str, float], *, pairs: int) -> None:
        """Take in a step."""
        for name, value in log.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
        self.steps += 1
        self.pairs += pairs

    def mean(self, name: str) -> float:
        """Of something that is logged at each step."""
        return self.sums[name] / self.steps

    def line(self, model: TwoSegmentEncoder) -> str:
        """Means, where the network stands, and the pace."""
        means = " ".join(f"{name} {self.mean(name):.3f}" for name in self.sums)
        pace = self.pairs / (time.monotonic() - self.since)
        return f"{means} {describe(model)} {pace:.1f} pairs/s"


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
        self.workers = one_core_each()
        mixture = Mixture(groups, settings.shares, seed=settings.seed)
        self.batches = endless_batches(mixture, settings)
        model.freeze(settings.frozen_layers)
        self.optimizer = make_optimizer(model, settings)
        self.peaks = [part["lr"] for part in self.optimizer.param_groups]
        self.step, self.spent, self.best = 0, 0.0, 0.0

    def resume(self, path: Path) -> None:
        """Go on from a saved state, with the batches that it has not seen."""
        state = torch.load(path)
        self.model.load_state_dict(state["model"], strict=False)
        self.optimizer.load_state_dict(state["optimizer"])  # the rates are set anew each step
        self.step, self.spent, self.best = state["step"], state["spent"], state["best"]
        for _ in range(self.step):
            next(self.batches)

    def save(self, path: Path) -> None:
        """Write the state; an interruption never leaves half a file."""
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
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
        for part, peak in zip(self.optimizer.param_groups, self.peaks, strict=True):
            part["lr"] = peak * rate_factor(self.spent / self.seconds, self.settings)
        batch = next(self.batches)
        self.optimizer.zero_grad()
        log = accumulate_gradients(self.model, batch, workers=self.workers, settings=self.settings)
        if not math.isfinite(log["listwise"]):
            raise SystemExit(
                f"step {self.step}: the loss is not finite; last.pt is the last good state"
            )
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip)
        self.optimizer.step()
        self.step += 1
        self.spent += time.monotonic() - began
        progress.add(log | {"norm": norm.item()}, pairs=sum(len(group.passages) for group in batch))

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


def describe(model: TwoSegmentEncoder) -> str:
    """Where the wall and the head stand."""
    bias = model.cross_segment_bias.detach()
    there, back = bias.mean(dim=(0, 2)).tolist()
    wall = f"bias {there:.2f} {back:.2f} +-{bias.std(dim=(0, 2)).mean().item():.2f}"
    return f"{wall} scale {model.scale.item():.1f} offset {model.offset.item():.1f}"


def main() -> None:
    sys.stdout.reconfigure(line_buffering=True)
    parser = option_parser(__doc__, data=True, work=True)
    parser.add_argument("--minutes", type=float, default=75)
    parser.add_argument("--queries", type=int, default=30, help="queries a set in the quick check")
    parser.add_argument("--resume", action="store_true", help="go on from last.pt")
    parser.add_argument(
        "--start", type=Path, help="weights to begin with, of an earlier run or model"
    )
    parser.add_argument(
        "--set",
        dest="changes",
        nargs="*",
        default=[],
        metavar="NAME=NUMBER",
        help="other settings than those of settings.py, such as encoder_rate=3e-5 share.public=1",
    )
    options = parser.parse_args()
    settings = TrainingSettings().changed(options.changes)
    print(settings)
    torch.manual_seed(settings.seed)
    keep_freed_memory()

    tokenizer = ParentTokenizer(options.work / "base")
    model = load(options.work / "base")
    groups = [
        group
        for name in ("groups.jsonl", "teacher.jsonl")
        for group in read_groups(options.work / name, tokenizer, held_out=False)
    ]
    held_out = HeldOutCheck(read_groups(options.work / "teacher.jsonl", tokenizer, held_out=True))
    check = QuickCheck.prepare(
        options.data,
        parent=model,
        tokenizer=tokenizer,
        queries=options.queries,
        cache=options.work / "cache",
    )
    print(f"{len(groups)} groups; parent {check.parent()}")

    if options.start and options.start.is_dir():
        model = load(options.start)
    if model.evidence is None:
        model.add_evidence()
    if options.start and options.start.is_file():
        model.load_state_dict(torch.load(options.start)["model"], strict=False)
    training = Training(model, groups, settings=settings, seconds=options.minutes * 60)
    if options.resume:
        training.resume(options.work / "last.pt")
    training.run(check, held_out, options.work)


if __name__ == "__main__":
    main()
