"""Train from a pack alone, for so many seconds and no longer.

    python -m recipe.network.gpu.train FOLDER --seconds 420 --output OUT
    python -m recipe.network.gpu.train FOLDER --seconds 420 --output OUT --set encoder_rate=1e-4

Leaves in OUT the weights in parts (parts.py) and `curve.json`: the losses second by second, and the
checks on held-out groups. Both are written at the start, each minute and at the end, and then the
rate has come down, too: the seconds hold everything but the start of Python. A first SIGTERM or
SIGINT ends the run after the step that it is in, and the weights are written. Should anything hang,
the process ends when the seconds are over, and the last weights stay.
"""

import argparse
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import torch

from recipe.network.gpu.contents import Pack, read_pack
from recipe.network.gpu.parts import write_parts
from recipe.network.groups import Mixture, endless_batches
from recipe.network.held_out import HeldOutCheck
from recipe.network.inference import workers_for
from recipe.network.progress import Progress
from recipe.network.settings import TrainingSettings, add_settings_option
from recipe.network.steps import Learner, LossNotFinite
from recipe.places import option_parser

LINE_SECONDS, CHECKPOINT_SECONDS = 1, 60
PART_BYTES = 15_000_000
# A large GPU is idle most of the time with batches that keep two cores busy.
ON_A_GPU = ("batch_tokens=64000", "worker_tokens=16000")
CHECKED_TOGETHER = {"cpu": 2048, "cuda": 65536}  # tokens
SPARE = 0.03  # of the seconds, besides what the last checkpoint should take


class Run:
    """Takes steps until its time is up, and writes down what comes of them.

    Args:
        pack: Network and groups.
        settings: As for recipe.network.train.
        device: Where the network computes.
        output: The folder for weights and curve.
        part_bytes: The most that a file of weights holds.
    """

    def __init__(
        self,
        pack: Pack,
        *,
        settings: TrainingSettings,
        device: torch.device,
        output: Path,
        part_bytes: int,
    ) -> None:
        self.model = pack.model.to(device)
        self.output, self.part_bytes = output, part_bytes
        self.held_out = HeldOutCheck(pack.held_out, budget=CHECKED_TOGETHER[device.type])
        mixture = Mixture(pack.groups, settings.shares, seed=settings.seed)
        self.batches = endless_batches(mixture, settings)
        self.learner = Learner(self.model, workers=workers_for(device), settings=settings)
        self.curve: dict[str, list] = {"lines": [], "checks": []}
        self.step, self.pairs = 0, 0
        self.is_told_to_stop = threading.Event()

    def go(self, began: float, *, seconds: float) -> None:
        """Train until shortly before `seconds` have passed since `began`, a time.monotonic()."""
        self.began = began
        started = time.monotonic()
        self.checkpoint()
        ready = time.monotonic()
        until = began + seconds * (1 - SPARE) - 2 * (ready - started)
        self.learn(ready, until=until)
        self.checkpoint(is_checked=not self.is_told_to_stop.is_set())

    def learn(self, ready: float, *, until: float) -> None:
        """Take steps at rates that follow the share of the time between both."""
        progress, told, saved = Progress(), ready, ready
        last_took, now = 0.0, ready
        while now + last_took < until and not self.is_told_to_stop.is_set():
            batch = next(self.batches)
            log = self.learner.learn(batch, done=(now - ready) / (until - ready))
            pairs = sum(len(group.passages) for group in batch)
            progress.add(log, pairs=pairs)
            self.step += 1
            self.pairs += pairs
            last_took, now = time.monotonic() - now, time.monotonic()
            if now - told >= LINE_SECONDS:
                self.tell(progress)
                progress, told = Progress(), now
            if now - saved >= CHECKPOINT_SECONDS:
                self.checkpoint()
                saved = now = progress.since = time.monotonic()
        if progress.steps:
            self.tell(progress)

    def tell(self, progress: Progress) -> None:
        """Print what the last second brought, and keep it."""
        print(f"step {self.step} {self.passed:.1f} s {progress.line(self.model)}", flush=True)
        means = {name: round(progress.mean(name), 4) for name in progress.sums}
        self.curve["lines"].append(self.place() | means)

    def checkpoint(self, *, is_checked: bool = True) -> None:
        """Write the weights; then check them, and write the curve."""
        write_parts(self.output, self.model, part_bytes=self.part_bytes)
        if is_checked:
            found = self.held_out.of(self.model)
            print(f"held out at step {self.step}, {self.passed:.1f} s: {found}", flush=True)
            self.curve["checks"].append(self.place() | {"held_out": found})
        self.write_curve()

    def write_curve(self) -> None:
        """Write the losses and checks so far."""
        path = self.output / "curve.json"
        path.with_suffix(".new").write_text(json.dumps(self.curve), encoding="utf-8")
        path.with_suffix(".new").replace(path)

    def place(self) -> dict[str, float]:
        """How far the run is."""
        return {"step": self.step, "pairs": self.pairs, "seconds": round(self.passed, 1)}

    @property
    def passed(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self.began


def end_after(seconds: float) -> None:
    """End the process, whatever it hangs in."""

    def end() -> None:
        print(f"{seconds:g} s are over; the last checkpoint stays", flush=True)
        os._exit(1)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()


def read_options() -> argparse.Namespace:
    parser = option_parser(__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="of recipe.network.gpu.pack")
    parser.add_argument("--seconds", type=float, default=420, help="for everything")
    parser.add_argument("--output", type=Path, required=True, metavar="OUT")
    parser.add_argument("--device", choices=sorted(CHECKED_TOGETHER), default="cuda")
    parser.add_argument("--part-bytes", type=int, default=PART_BYTES, help="the most of a file")
    add_settings_option(parser)
    options = parser.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        raise SystemExit("--device cuda: PyTorch finds no GPU; try --device cpu")
    return options


def main() -> None:
    began = time.monotonic()
    options = read_options()
    end_after(options.seconds)
    device = torch.device(options.device)
    given = [*(ON_A_GPU if device.type == "cuda" else ()), *options.changes]
    settings = TrainingSettings().changed(given)
    print(settings, flush=True)
    torch.manual_seed(settings.seed)
    options.output.mkdir(parents=True, exist_ok=True)
    pack = read_pack(options.folder)
    print(f"{len(pack.groups)} groups, {time.monotonic() - began:.1f} s", flush=True)
    run = Run(
        pack,
        settings=settings,
        device=device,
        output=options.output,
        part_bytes=options.part_bytes,
    )
    for kind in (signal.SIGTERM, signal.SIGINT):
        signal.signal(kind, lambda *_: run.is_told_to_stop.set())
    try:
        run.go(began, seconds=options.seconds)
    except LossNotFinite as error:
        run.write_curve()
        sys.exit(f"step {run.step}: {error}; the last checkpoint stays as it is")


if __name__ == "__main__":
    main()
