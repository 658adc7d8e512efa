"""Everything one might turn in training."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable


@dataclass(frozen=True)
class TrainingSettings:
    """How a run goes; the defaults are those of the recipe."""

    shares: dict[str, float] = field(
        default_factory=lambda: {"written": 1.0, "cases": 0.5, "passages": 0.4, "public": 0.4}
    )  # of the groups of each source that a round takes
    batch_tokens: int = 6000  # real tokens a step, some 9 groups of 5 pairs
    worker_tokens: int = 800  # of them at a time on one core
    # The lower layers line up the languages. Left as they are, they forget nothing, and a step
    # takes three quarters of the time.
    frozen_layers: int = 4
    encoder_rate: float = 5e-5
    bias_rate: float = 2e-2  # the wall has far to move
    linear_rate: float = 3e-4
    scale_rate: float = 2e-2
    weight_decay: float = 0.01
    warmup: float = 0.04  # share of the time
    final_rate: float = 0.05  # of the peak
    pointwise: float = 0.25  # weight of the binary cross-entropy
    distil: float = 0.2  # weight of the divergence from the parent
    consistency: float = 0.02  # weight of the squared difference between translations
    evidence: float = 0.3  # weight of the cross-entropy of a token's evidence
    evidence_rate: float = 1e-3
    clip: float = 1.0
    smallest_spread: float = 0.3  # of logits within a group; below this the scores have collapsed
    largest_fall: float = 0.03  # of the mean quick check below its best
    save_minutes: float = 4
    check_minutes: float = 20
    seed: int = 11

    def changed(self, changes: Iterable[str]) -> TrainingSettings:
        """These settings with some numbers exchanged, given as NAME=NUMBER.

        `share.NAME` is the share of a source of groups.
        """
        settings = self
        kinds = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        for change in changes:
            name, _, value = change.partition("=")
            if name.startswith("share."):
                shares = settings.shares | {name.removeprefix("share."): float(value)}
                settings = replace(settings, shares=shares)
            elif kinds.get(name) in (int, float):
                settings = replace(settings, **{name: kinds[name](float(value))})
            else:
                raise SystemExit(f"--set {change}: the settings are {', '.join(kinds)}")
        return settings


def add_settings_option(parser: argparse.ArgumentParser) -> None:
    """Let a command line change settings: `--set NAME=NUMBER ...`, as `changes`."""
    parser.add_argument(
        "--set",
        dest="changes",
        nargs="*",
        default=[],
        metavar="NAME=NUMBER",
        help="other settings than those of settings.py, such as encoder_rate=3e-5 share.public=1",
    )
