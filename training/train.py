"""Train the cross-encoder: start as the parent, then open the wall.

    python training/train.py --data DATA --minutes 75
    python training/train.py --data DATA --minutes 75 --resume    # after an interruption

Reads `work/groups.jsonl` (prepare.py) and `work/base` (base.py); DATA is read for the quick check
on development sets. Every few minutes the state is saved, now and then it is checked, and the best
checked state is kept as `work/best.pt`.

The loss of a group has three parts: softmax cross-entropy of the answer among its negatives, which
makes the order; binary cross-entropy of each pair, which makes 0.5 mean something; and divergence
from the parent's own distribution over the answer and the candidates that the parent rightly puts
below it, which keeps the network from forgetting what the parent knows.
"""

import argparse
import json
import math
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch.nn import functional as F  # noqa: N812 (everyone's name for it)

from dev import QUICK, Candidates, candidates
from inference import Tokens, batches_by_length, logits, one_core_each
from model import START_SCALE, TwoSegmentEncoder, load, make_batch

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Settings:
    """Everything one might turn."""

    batch_tokens: int = 5000  # real tokens a step, some 8 groups of 5 pairs
    worker_tokens: int = 1300  # of them at a time on one core
    encoder_rate: float = 5e-5
    bias_rate: float = 2e-2  # the wall has far to move
    linear_rate: float = 3e-4
    scale_rate: float = 2e-2
    weight_decay: float = 0.01
    warmup: float = 0.04  # share of the time
    final_rate: float = 0.05  # of the peak
    pointwise: float = 0.25  # weight of the binary cross-entropy
    distil: float = 0.3  # weight of the divergence from the parent
    clip: float = 1.0
    smallest_spread: float = 0.3  # of logits within a group; below this the scores have collapsed
    save_minutes: float = 4
    check_minutes: float = 15
    seed: int = 11


@dataclass(frozen=True)
class Group:
    """A query with its passages, the answer first, and what the parent thinks of each."""

    query: list[int]
    passages: list[list[int]]
    cosines: list[float]

    @property
    def tokens(self) -> int:
        """Of all its rows together."""
        return sum(len(self.query) + len(passage) for passage in self.passages)


def read_groups(path: Path, tokens: Tokens, *, held_out: bool) -> list[Group]:
    with path.open(encoding="utf-8") as lines:
        raw = [group for group in map(json.loads, lines) if group["held_out"] == held_out]
    queries = tokens.queries([group["query"] for group in raw])
    passages = iter(tokens.passages([text for group in raw for text in group["passages"]]))
    return [
        Group(query, [next(passages) for _ in group["passages"]], group["cosines"])
        for group, query in zip(raw, queries, strict=True)
    ]


def endless_batches(groups: list[Group], settings: Settings) -> Iterator[list[Group]]:
    """Batches of about equally many tokens; in a stretch, groups of similar length go together."""
    rng = random.Random(settings.seed)
    while True:
        order = rng.sample(groups, len(groups))
        for start in range(0, len(order), 300):
            stretch = order[start : start + 300]
            longest = [
                max(len(group.query) + len(passage) for passage in group.passages)
                for group in stretch
            ]
            arranged = sorted(range(len(stretch)), key=lambda i: longest[i] + rng.uniform(0, 30))
            batches: list[list[Group]] = [[]]
            for group in (stretch[i] for i in arranged):
                if (
                    batches[-1]
                    and sum(g.tokens for g in batches[-1]) + group.tokens > settings.batch_tokens
                ):
                    batches.append([])
                batches[-1].append(group)
            yield from rng.sample(batches, len(batches))


def group_losses(
    scores: torch.Tensor, groups: list[Group], settings: Settings
) -> tuple[torch.Tensor, dict[str, float]]:
    """The loss of a batch, and its parts to log. The first passage of each group is its answer."""
    listwise, pointwise, distil, spread, first = [], [], [], [], []
    for group, values in zip(
        groups, scores.split([len(group.passages) for group in groups]), strict=True
    ):
        log_shares = F.log_softmax(values, dim=0)
        listwise.append(-log_shares[0])
        # The answer weighs as much as all its negatives together.
        pointwise.append(0.5 * (F.softplus(-values[0]) + F.softplus(values[1:]).mean()))
        cosines = torch.tensor(group.cosines)
        trusted = cosines <= cosines[0]  # the answer, and what the parent rightly puts below it
        if trusted.sum() > 1:
            parent = F.softmax(START_SCALE * cosines[trusted], dim=0)
            distil.append(F.kl_div(F.log_softmax(values[trusted], dim=0), parent, reduction="sum"))
        spread.append(values.detach().std())
        first.append(float(values.argmax() == 0))
    parts = {
        "listwise": torch.stack(listwise).mean(),
        "pointwise": torch.stack(pointwise).mean(),
        "distil": torch.stack(distil).sum() / len(groups) if distil else torch.zeros(()),
    }
    loss = (
        parts["listwise"]
        + settings.pointwise * parts["pointwise"]
        + settings.distil * parts["distil"]
    )
    log = {name: part.item() for name, part in parts.items()}
    return loss, log | {
        "spread": torch.stack(spread).mean().item(),
        "first": sum(first) / len(first),
    }


def slices(batch: list[Group], settings: Settings) -> list[list[Group]]:
    """A batch in pieces for the workers."""
    pieces = batches_by_length([group.tokens for group in batch], settings.worker_tokens)
    return [[batch[index] for index in piece] for piece in reversed(pieces)]  # long ones first


def backward(
    model: TwoSegmentEncoder, groups: list[Group], *, total: int, settings: Settings
) -> dict[str, float]:
    """Add the gradient of some groups of a batch of `total`; returns their share of the log."""
    # Without the cache of casts: workers would share it and clear it under each other's hands.
    with torch.autocast("cpu", torch.bfloat16, cache_enabled=False):
        scores = model(
            make_batch([(group.query, passage) for group in groups for passage in group.passages])
        )
    loss, log = group_losses(scores, groups, settings)
    share = len(groups) / total
    (loss * share).backward()
    return {name: value * share for name, value in log.items()}


def make_optimizer(model: TwoSegmentEncoder, settings: Settings) -> torch.optim.AdamW:
    own = {"cross_segment_bias": settings.bias_rate, "linear.weight": settings.linear_rate}
    own |= {"scale": settings.scale_rate, "offset": settings.scale_rate}
    encoder = {name: p for name, p in model.named_parameters() if name not in own}
    named = dict(model.named_parameters())
    return torch.optim.AdamW(
        [
            {"params": [p for p in encoder.values() if p.ndim > 1], "lr": settings.encoder_rate},
            {
                "params": [p for p in encoder.values() if p.ndim == 1],
                "lr": settings.encoder_rate,
                "weight_decay": 0.0,
            },
            *(
                {"params": [named[name]], "lr": rate, "weight_decay": 0.0}
                for name, rate in own.items()
            ),
        ],
        weight_decay=settings.weight_decay,
        betas=(0.9, 0.98),
        fused=True,
    )


def rate_factor(done: float, settings: Settings) -> float:
    """Warm-up, then a cosine down; `done` is the share of the time that has passed."""
    if done < settings.warmup:
        return max(done / settings.warmup, 0.01)
    share = min((done - settings.warmup) / (1 - settings.warmup), 1.0)
    return settings.final_rate + (1 - settings.final_rate) * 0.5 * (1 + math.cos(math.pi * share))


def reciprocal_rank(order: list[str], relevant: dict[str, int]) -> float:
    return next((1 / rank for rank, name in enumerate(order, 1) if relevant.get(name)), 0.0)


def quick_check(
    model: TwoSegmentEncoder | None, cells: dict[str, list[Candidates]], tokens: Tokens
) -> dict[str, float]:
    """MRR@10 of each cell over the parent's ten best; the parent's own without a model.

    For steering only; the reported numbers come from evaluate.py.
    """
    result = {}
    for name, asked in cells.items():
        open_cases = [
            c for c in asked if any(c.relevant.get(i) for i in c.ids)
        ]  # the rest scores 0 in any order
        if model is None:
            total = sum(reciprocal_rank(c.ids, c.relevant) for c in open_cases)
        else:
            queries = tokens.queries([c.query for c in open_cases])
            passages = tokens.passages([text for c in open_cases for text in c.texts], limit=256)
            pairs = [
                (query, passages[10 * n + k]) for n, query in enumerate(queries) for k in range(10)
            ]
            scores = logits(model, pairs).view(len(open_cases), 10).tolist()
            total = sum(
                reciprocal_rank(
                    [name for _, name in sorted(zip(row, c.ids, strict=True), reverse=True)],
                    c.relevant,
                )
                for row, c in zip(scores, open_cases, strict=True)
            )
        result[name] = round(total / len(asked), 3)
    return result | {"mean": round(sum(result.values()) / len(result), 4)}


def describe(model: TwoSegmentEncoder) -> str:
    """Where the wall and the head stand."""
    bias = model.cross_segment_bias.detach()
    there, back = bias.mean(dim=(0, 2)).tolist()
    wall = f"bias {there:.2f} {back:.2f} +-{bias.std(dim=(0, 2)).mean().item():.2f}"
    return f"{wall} scale {model.scale.item():.1f} offset {model.offset.item():.1f}"


def main() -> None:  # noqa: C901 (one loop, from top to bottom)
    sys.stdout.reconfigure(line_buffering=True)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=HERE / "work")
    parser.add_argument("--minutes", type=float, default=75)
    parser.add_argument("--queries", type=int, default=40, help="queries a cell in the quick check")
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()
    settings = Settings()
    torch.manual_seed(settings.seed)
    workers = one_core_each()

    tokens = Tokens(options.work / "base")
    model = load(options.work / "base")
    groups = read_groups(options.work / "groups.jsonl", tokens, held_out=False)
    cells = {
        name: candidates(
            options.data / "dev" / name,
            model,
            tokens,
            queries=options.queries,
            depth=10,
            cache=options.work / "cache",
        )
        for name in QUICK
    }
    print(f"{len(groups)} groups; parent {quick_check(None, cells, tokens)}")

    optimizer = make_optimizer(model, settings)
    peaks = [part["lr"] for part in optimizer.param_groups]
    step, spent, best = 0, 0.0, 0.0
    if options.resume:
        state = torch.load(options.work / "last.pt")
        model.load_state_dict(state["model"], strict=False)
        optimizer.load_state_dict(state["optimizer"])  # the rates are set anew each step
        step, spent, best = state["step"], state["spent"], state["best"]

    def save(path: Path) -> None:
        state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step}
        torch.save(state | {"spent": spent, "best": best}, path.with_suffix(".new"))
        path.with_suffix(".new").replace(path)  # an interruption never leaves half a file

    batches = endless_batches(groups, settings)
    for _ in range(step):  # a resumed run goes on with the batches that it has not seen
        next(batches)
    budget = options.minutes * 60
    saved, checked = spent, spent
    sums: dict[str, float] = {}
    pairs, since = 0, time.monotonic()
    while spent < budget:
        began = time.monotonic()
        for part, peak in zip(optimizer.param_groups, peaks, strict=True):
            part["lr"] = peak * rate_factor(spent / budget, settings)
        batch = next(batches)
        optimizer.zero_grad()
        log: dict[str, float] = {}
        work = partial(backward, model, total=len(batch), settings=settings)
        for part in workers.map(work, slices(batch, settings)):
            log = {name: log.get(name, 0.0) + value for name, value in part.items()}
        if not math.isfinite(log["listwise"]):
            raise SystemExit(f"step {step}: the loss is not finite; last.pt is the last good state")
        log["norm"] = torch.nn.utils.clip_grad_norm_(model.parameters(), settings.clip).item()
        optimizer.step()

        step += 1
        pairs += sum(len(group.passages) for group in batch)
        spent += time.monotonic() - began
        for name, value in log.items():
            sums[name] = sums.get(name, 0.0) + value
        if step % 20 == 0:
            report = " ".join(f"{name} {value / 20:.3f}" for name, value in sums.items())
            pace = pairs / (time.monotonic() - since)
            print(f"step {step} {spent / 60:.1f} min {report} {describe(model)} {pace:.1f} pairs/s")
            if sums["spread"] / 20 < settings.smallest_spread:
                raise SystemExit(
                    f"step {step}: the scores have collapsed, spread {sums['spread'] / 20:.3f}"
                )
            sums, pairs, since = {}, 0, time.monotonic()
        if spent - checked > settings.check_minutes * 60 or spent >= budget:
            checked = spent
            found = quick_check(model, cells, tokens)
            print(f"check at step {step}: {found}")
            if found["mean"] > best:
                best = found["mean"]
                save(options.work / "best.pt")
            since = time.monotonic()
        if spent - saved > settings.save_minutes * 60 or spent >= budget:
            saved = spent
            save(options.work / "last.pt")


if __name__ == "__main__":
    main()
