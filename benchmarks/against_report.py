"""From what the processes measured to a verdict on each peer, and to a table."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from peer_table import Peer
    from peers.protocol import Outcome

# fp32 sums in another order, no more. bf16 and int8 move logits, but have to keep their order. With
# random weights logits lie nearer to each other than with trained ones: int8 may swap neighbours.
MOST_DIFFERENCE = 1e-3
LEAST_RANK_CORRELATION = {"fp32": 0.99, "bf16": 0.99, "int8": 0.95}


@dataclass(frozen=True)
class Spread:
    """The median of some rounds, with the least and the most."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        """Return the spread of at least one value."""
        return cls(*(round(f(values), 3) for f in (statistics.median, min, max)))

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.least:.2f} to {self.most:.2f})"


@dataclass(frozen=True)
class Verdict:
    """What is known of one peer after all rounds.

    Attributes:
        peer: Its name.
        precision: Its number format.
        note: What a reader has to know.
        environment: Where it ran.
        problem: Why its time says nothing, if so: it did not run, or its scores are others.
        pairs_per_s: Speed.
        ratio: How many times as fast the first peer is, taken round by round, so that what else
            runs on the machine meets both alike.
        load_s: Import and loading.
        resident_mib: Memory when loaded and warm.
        peak_mib: The most memory.
        difference: Largest difference of a logit to the reference.
        rank_correlation: Spearman's, with the reference's scores.
        versions: Of its packages.
    """

    peer: str
    precision: str
    environment: str
    note: str = ""
    problem: str | None = None
    pairs_per_s: Spread | None = None
    ratio: Spread | None = None
    load_s: Spread | None = None
    resident_mib: Spread | None = None
    peak_mib: Spread | None = None
    difference: float | None = None
    rank_correlation: float | None = None
    versions: dict[str, str] | None = None


def judge(
    peers: list[Peer], outcomes: dict[str, list[Outcome]], failures: dict[str, str]
) -> list[Verdict]:
    """Return a verdict on every peer, in order.

    Args:
        peers: The first is what the others' times are divided by.
        outcomes: What each peer measured, one entry a round, by its name.
        failures: Why a peer did not run, by its name.
    """
    reference = next((outcomes.get(peer.name) for peer in peers if peer.reference), None)
    scores = np.array(reference[0].scores) if reference else None
    base = outcomes.get(peers[0].name, [])
    return [
        _verdict(peer, outcomes.get(peer.name, []), base=base, reference=scores)
        if peer.name not in failures
        else Verdict(
            peer=peer.name,
            precision=peer.precision,
            environment=peer.environment or "this",
            note=peer.note,
            problem=failures[peer.name],
        )
        for peer in peers
    ]


def _verdict(
    peer: Peer, outcomes: list[Outcome], *, base: list[Outcome], reference: np.ndarray | None
) -> Verdict:
    speeds = [_pairs_per_s(outcome) for outcome in outcomes]
    ratios = [_pairs_per_s(first) / speed for first, speed in zip(base, speeds, strict=False)]
    resident = [outcome.resident_mib for outcome in outcomes if outcome.resident_mib is not None]
    difference = correlation = None
    if reference is not None:
        scores = np.array(outcomes[0].scores)
        if scores.shape == reference.shape:
            difference = float(f"{np.abs(scores - reference).max():.1e}")
            correlation = round(rank_correlation(scores, reference), 4)
    return Verdict(
        peer=peer.name,
        precision=peer.precision,
        environment=peer.environment or "this",
        note=peer.note,
        problem=_disagreement(peer, difference, correlation),
        pairs_per_s=Spread.of(speeds),
        ratio=Spread.of(ratios) if ratios else None,
        load_s=Spread.of([outcome.load_s for outcome in outcomes]),
        resident_mib=Spread.of(resident) if resident else None,
        peak_mib=Spread.of([outcome.peak_mib for outcome in outcomes]),
        difference=difference,
        rank_correlation=correlation,
        versions=outcomes[0].versions,
    )


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Return Spearman's rank correlation; equal scores are ranked in input order."""
    ranks = [np.argsort(np.argsort(scores, kind="stable")) for scores in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1])


def to_markdown(verdicts: list[Verdict], facts: dict[str, object]) -> str:
    """Return the page of results."""
    first = verdicts[0].peer
    lines = [
        f"# {first} and its peers: {facts['model']}",
        "",
        (
            f"{facts['pairs']}. Rounds: {facts['rounds']}; in each, every row of the table is a"
            " process of its own, in the order of the table. Weights and pairs are the same for"
            " all. Numbers are the median of the rounds and, in brackets, the least and the most."
        ),
        "",
        f"    {facts['command']}",
        "",
        f"Machine: {facts['machine']}. {facts['date']}.",
        "",
        (
            f"| | format | pairs/s | times as fast: {first} | load s | loaded MiB | peak MiB"
            " | largest difference | rank correlation |"
        ),
        "|-|-|-|-|-|-|-|-|-|",
    ]
    timed = [verdict for verdict in verdicts if verdict.problem is None]
    lines += [_row(verdict) for verdict in timed]
    best = max((v for v in timed if not v.peer.startswith(first)), default=None, key=_speed)
    if best is not None and verdicts[0].problem is None:
        lines += ["", f"The fastest peer is {best.peer}; {first} is {best.ratio} times as fast."]
    others = [verdict for verdict in verdicts if verdict.problem is not None]
    if others:
        lines += ["", "## Not compared", ""]
        lines += [
            f"- {v.peer}: {v.problem}" + (f" ({v.pairs_per_s} pairs/s)" if v.pairs_per_s else "")
            for v in others
        ]
    lines += [
        "",
        (
            f"Compared is a peer whose logits are within {MOST_DIFFERENCE} of the reference's"
            " (fp32) and whose scores are in the same order, with Spearman's rank correlation at"
            " least "
            + ", ".join(f"{least} ({name})" for name, least in LEAST_RANK_CORRELATION.items())
            + "."
        ),
        "",
        "## Notes",
        "",
        *(f"- {verdict.peer}: {verdict.note}." for verdict in verdicts if verdict.note),
        "",
        "## Versions",
        "",
    ]
    versions = {v.environment: v.versions for v in verdicts if v.versions}
    lines += [
        f"- {environment}: " + ", ".join(f"{name} {number}" for name, number in found.items())
        for environment, found in versions.items()
    ]
    return "\n".join(lines) + "\n"


def _disagreement(peer: Peer, difference: float | None, correlation: float | None) -> str | None:
    if difference is None or correlation is None:
        return "not comparable: it and the reference have not both scored every pair"
    # Written so that a NaN fails.
    if peer.precision == "fp32" and not difference <= MOST_DIFFERENCE:
        return (
            f"not comparable: its logits differ by up to {difference} from the reference's, and"
            f" {MOST_DIFFERENCE} is what float32 explains"
        )
    least = LEAST_RANK_CORRELATION[peer.precision]
    if not correlation >= least:
        return (
            f"not comparable: it ranks otherwise, with a correlation of {correlation} to the"
            f" reference, and {least} is asked"
        )
    return None


def _pairs_per_s(outcome: Outcome) -> float:
    return len(outcome.scores) / statistics.median(outcome.seconds)


def _speed(verdict: Verdict) -> float:
    return verdict.pairs_per_s.median if verdict.pairs_per_s else 0.0


def _row(verdict: Verdict) -> str:
    whole = (verdict.resident_mib, verdict.peak_mib)
    memory = ["" if spread is None else f"{spread.median:,.0f}" for spread in whole]
    cells = [
        verdict.peer,
        verdict.precision,
        str(verdict.pairs_per_s),
        "" if verdict.ratio is None else str(verdict.ratio),
        "" if verdict.load_s is None else f"{verdict.load_s.median:.1f}",
        *memory,
        f"{verdict.difference:.0e}",
        f"{verdict.rank_correlation:.4f}",
    ]
    return f"| {' | '.join(cells)} |"
