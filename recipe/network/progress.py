"""What a run tells of its steps: means since the last line, where the network stands, the pace."""

import time

from jingpai.training.networks.two_segment import TwoSegmentEncoder


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


def describe(model: TwoSegmentEncoder) -> str:
    """Where the wall and the head stand."""
    bias = model.cross_segment_bias.detach()
    there, back = bias.mean(dim=(0, 2)).tolist()
    wall = f"bias {there:.2f} {back:.2f} +-{bias.std(dim=(0, 2)).mean().item():.2f}"
    return f"{wall} scale {model.scale.item():.1f} offset {model.offset.item():.1f}"
