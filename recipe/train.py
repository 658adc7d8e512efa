"""Train the cross-encoder: start as the parent, then open the wall.

    python recipe/train.py --data DATA --minutes 75
    python recipe/train.py --data DATA --minutes 75 --resume    # after an interruption
    python recipe/train.py --data DATA --minutes 75 --start work/first.pt    # a further run

Reads `work/groups.jsonl` (prepare.py) and `work/base` (base.py); DATA is read for the quick check
on development sets. Every few minutes the state is saved, now and then it is checked, and the best
checked state is kept as `work/best.pt`.

The loss of a group has four parts: softmax cross-entropy of the answer among its negatives, which
makes the order; binary cross-entropy of each pair, which makes 0.5 mean something; divergence from
the parent's own distribution over the answer and the candidates that the parent rightly puts below
it, which keeps the network from forgetting what the parent knows; and, where the same answer stands
there in two languages, the squared difference of their logits.
"""

import argparse
import json
import math
import random
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 (everyone's name for it)

from dev import QUICK, Candidates, candidates
from inference import Tokens, batches_by_length, logits, one_core_each
from model import START_SCALE, TwoSegmentEncoder, load, make_batch

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Settings:
    """Everything one might turn."""

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
    clip: float = 1.0
    smallest_spread: float = 0.3  # of logits within a group; below this the scores have collapsed
    largest_fall: float = 0.03  # of the mean quick check below its best
    save_minutes: float = 4
    check_minutes: float = 20
    seed: int = 11


@dataclass(frozen=True)
class Group:
    """A query with its passages, the answers first, and what the parent thinks of each.

    Two answers say the same in two languages. A written trap has an infinite cosine: there the
    parent's opinion is not to be kept.
    """

    query: list[int]
    passages: list[list[int]]
    cosines: list[float]
    answers: int = 1

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
        Group(
            query,
            [next(passages) for _ in group["passages"]],
            [math.inf if cosine is None else cosine for cosine in group["cosines"]],
            group["kinds"].count("answer"),
        )
        for group, query in zip(raw, queries, strict=True)
    ]


def endless_batches(groups: list[Group], settings: Settings) -> Iterator[list[Group]]:
    """Batches of about equally many tokens, all groups in a new order each time round."""
    rng = random.Random(settings.seed)
    while True:
        batch: list[Group] = []
        for group in rng.sample(groups, len(groups)):
            if batch and sum(g.tokens for g in batch) + group.tokens > settings.batch_tokens:
                yield batch
                batch = []
            batch.append(group)
        yield batch


def group_losses(
    scores: Tensor, groups: list[Group], settings: Settings
) -> tuple[Tensor, dict[str, float]]:
    """The mean loss of the groups, and its parts to log."""
    listwise, pointwise, distil, consistency = [], [], [], []
    spread, first = [], []
    for group, values in zip(
        groups, scores.split([len(group.passages) for group in groups]), strict=True
    ):
        answers, negatives = values[: group.answers], values[group.answers :]
        # Each answer against the negatives alone, not against the other answer.
        rivals = torch.cat([answers[:, None], negatives.expand(len(answers), -1)], dim=1)
        listwise.append(-F.log_softmax(rivals, dim=1)[:, 0].mean())
        # The answers weigh as much as all negatives together.
        pointwise.append(0.5 * (F.softplus(-answers).mean() + F.softplus(negatives).mean()))
        consistency.append((answers - answers.mean()).square().sum())
        cosines = torch.tensor(group.cosines)
        # The answer, and what the parent rightly puts below it.
        trusted = cosines.isfinite() & (cosines <= cosines[0])
        trusted[1 : group.answers] = False  # a translation should not score as the parent has it
        if trusted.sum() > 1:
            parent = F.softmax(START_SCALE * cosines[trusted], dim=0)
            distil.append(F.kl_div(F.log_softmax(values[trusted], dim=0), parent, reduction="sum"))
        spread.append(values.detach().std())
        first.append(float(values.argmax() < group.answers))
    parts = {
        "listwise": torch.stack(listwise).mean(),
        "pointwise": torch.stack(pointwise).mean(),
        "distil": torch.stack(distil).sum() / len(groups) if distil else torch.zeros(()),
        "consistency": torch.stack(consistency).mean(),
    }
    loss = (
        parts["listwise"]
        + settings.pointwise * parts["pointwise"]
        + settings.distil * parts["distil"]
        + settings.consistency * parts["consistency"]
    )
    log = {name: part.item() for name, part in parts.items()}
    return loss, log | {
        "spread": torch.stack(spread).mean().item(),
        "first": sum(first) / len(first),
    }


def accumulate_gradients(
    model: TwoSegmentEncoder, groups: list[Group], workers: Executor, settings: Settings
) -> dict[str, float]:
    """Add the gradient of a batch; returns its log.

    Rows of similar length go through the network together, whatever their groups: the loss needs
    all scores of a group, so each worker stops at its scores, and goes back when the loss is known.
    """
    pairs = [(group.query, passage) for group in groups for passage in group.passages]
    lengths = [len(query) + len(passage) for query, passage in pairs]
    pieces = batches_by_length(lengths, settings.worker_tokens)[::-1]  # long rows first

    def forward(piece: list[int]) -> Tensor:
        # Without the cache of casts: workers would share it and clear it under each other's hands.
        with torch.autocast("cpu", torch.bfloat16, cache_enabled=False):
            return model(make_batch([pairs[row] for row in piece]))

    outputs = list(workers.map(forward, pieces))
    scores = torch.zeros(len(pairs))
    for piece, output in zip(pieces, outputs, strict=True):
        scores[piece] = output.detach()
    loss, log = group_losses(scores.requires_grad_(), groups, settings)
    (gradient,) = torch.autograd.grad(loss, scores)
    list(
        workers.map(
            lambda piece, output: output.backward(gradient[piece]), pieces, outputs
        )  # a list, so that an error in a worker is raised
    )
    return log


def make_optimizer(model: TwoSegmentEncoder, settings: Settings) -> torch.optim.AdamW:
    own = {"cross_segment_bias": settings.bias_rate, "linear.weight": settings.linear_rate}
    own |= {"scale": settings.scale_rate, "offset": settings.scale_rate}
    encoder = {
        name: p for name, p in model.named_parameters() if name not in own and p.requires_grad
    }
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


def main() -> None:  # noqa: C901, PLR0912 (one loop, from top to bottom)
    sys.stdout.reconfigure(line_buffering=True)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=HERE / "work")
    parser.add_argument("--minutes", type=float, default=75)
    parser.add_argument("--queries", type=int, default=30, help="queries a cell in the quick check")
    parser.add_argument("--resume", action="store_true", help="go on from last.pt")
    parser.add_argument("--start", type=Path, help="weights of an earlier run to begin with")
    parser.add_argument("--rate", type=float, default=Settings.encoder_rate, help="of the encoder")
    options = parser.parse_args()
    settings = Settings(encoder_rate=options.rate)
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

    if options.start:
        model.load_state_dict(torch.load(options.start)["model"], strict=False)
    model.freeze(settings.frozen_layers)
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
        log = accumulate_gradients(model, batch, workers, settings)
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
            if found["mean"] < best - settings.largest_fall:
                raise SystemExit(
                    f"step {step}: the check fell from {best} to {found['mean']}; best.pt is the "
                    "best state. A lower encoder_rate or a higher distil holds it closer to the "
                    "parent."
                )
            since = time.monotonic()
        if spent - saved > settings.save_minutes * 60 or spent >= budget:
            saved = spent
            save(options.work / "last.pt")


if __name__ == "__main__":
    main()
