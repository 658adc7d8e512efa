"""One step of training: the gradient of a batch, and the rates that it is followed at.

On a CPU each worker computes on one core; on a GPU a single worker hands it one piece after
another. The losses of groups, many small sums, are computed on the CPU in both cases.
"""

import math
from concurrent.futures import Executor

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 (everyone's name for it)

from jingpai.training.networks.two_segment import TwoSegmentEncoder
from recipe.network.batches import batches_by_length, make_batch
from recipe.network.groups import Group
from recipe.network.loss import group_losses
from recipe.network.settings import TrainingSettings


class LossNotFinite(ArithmeticError):
    """The loss of a batch is no number; the weights are as they were before it."""


class Learner:
    """A network and its optimizer.

    Args:
        model: The network, on its device.
        workers: What takes the pieces of a batch (workers_for of inference.py).
        settings: Rates, sizes and weights of the losses.
    """

    def __init__(
        self, model: TwoSegmentEncoder, *, workers: Executor, settings: TrainingSettings
    ) -> None:
        self.model, self.workers, self.settings = model, workers, settings
        model.freeze(settings.frozen_layers)
        self.optimizer = make_optimizer(model, settings)
        self.peaks = [part["lr"] for part in self.optimizer.param_groups]

    def learn(self, groups: list[Group], *, done: float) -> dict[str, float]:
        """Follow the gradient of a batch; returns its log.

        Args:
            groups: The batch.
            done: The share of the time that has passed.

        Raises:
            LossNotFinite: No step was taken.
        """
        for part, peak in zip(self.optimizer.param_groups, self.peaks, strict=True):
            part["lr"] = peak * rate_factor(done, self.settings)
        self.optimizer.zero_grad()
        log = accumulate_gradients(self.model, groups, workers=self.workers, settings=self.settings)
        if not math.isfinite(log["listwise"]):
            raise LossNotFinite("the loss is not finite")
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip)
        self.optimizer.step()
        return log | {"norm": norm.item()}


def accumulate_gradients(
    model: TwoSegmentEncoder, groups: list[Group], *, workers: Executor, settings: TrainingSettings
) -> dict[str, float]:
    """Add the gradient of a batch; returns its log.

    Rows of similar length go through the network together, whatever their groups: the loss needs
    all scores of a group, so each worker stops at its scores, and goes back when the loss is known.
    """
    device = model.scale.device
    pairs = [(group.query, passage) for group in groups for passage in group.passages]
    lengths = [len(query) + len(passage) for query, passage in pairs]
    pieces = batches_by_length(lengths, settings.worker_tokens)[::-1]  # long rows first

    labels = [evidence for group in groups for evidence in group.evidence]
    weights = [weight for group in groups for weight in evidence_weights(group)]

    def forward(piece: list[int]) -> tuple[Tensor, Tensor]:
        # Without the cache of casts: workers would share it and clear it under each other's hands.
        with torch.autocast(device.type, torch.bfloat16, cache_enabled=False):
            tokens = make_batch([pairs[row] for row in piece], device)
            x = model.encode(tokens)
            scores, evidence = model.score(x, tokens), model.evidence_logits(x)
        target, weight = [], []
        for row in piece:
            query, passage = pairs[row]
            marks = labels[row] or [0] * len(passage)
            target += [0] * len(query) + marks
            weight += [0.0] * len(query) + [weights[row]] * len(passage)
        loss = F.binary_cross_entropy_with_logits(
            evidence,
            torch.tensor(target, dtype=torch.float32, device=device),
            weight=torch.tensor(weight, device=device),
            reduction="sum",
        )
        return scores, loss / len(groups)

    outputs = list(workers.map(forward, pieces))
    scores = torch.zeros(len(pairs))
    for piece, (output, _) in zip(pieces, outputs, strict=True):
        scores[piece] = output.detach().cpu()
    loss, log = group_losses(scores.requires_grad_(), groups, settings=settings)
    (gradient,) = torch.autograd.grad(loss, scores)

    def backward(piece: list[int], output: tuple[Tensor, Tensor]) -> None:
        torch.autograd.backward(
            [output[0], settings.evidence * output[1]],
            [gradient[piece].to(device), torch.ones((), device=device)],
        )

    list(workers.map(backward, pieces, outputs))  # a list, so that an error in a worker is raised
    return log | {"evidence": sum(output.item() for _, output in outputs)}


def evidence_weights(group: Group) -> list[float]:
    """What a token of each passage weighs: answers half, all others together half."""
    marked = sum(len(labels) for labels in group.evidence[: group.answers] if labels is not None)
    others = sum(len(passage) for passage in group.passages[group.answers :])
    return [
        0.0 if labels is None else 0.5 / (marked if place < group.answers else others)
        for place, labels in enumerate(group.evidence)
    ]


def make_optimizer(model: TwoSegmentEncoder, settings: TrainingSettings) -> torch.optim.AdamW:
    own = {"cross_segment_bias": settings.bias_rate, "linear.weight": settings.linear_rate}
    own |= {"scale": settings.scale_rate, "offset": settings.scale_rate}
    for name in ("compare.weight", "compare.bias", "verdict.weight", "shared"):
        own[name] = settings.linear_rate
    own |= {"evidence.weight": settings.evidence_rate, "evidence.bias": settings.evidence_rate}
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


def rate_factor(done: float, settings: TrainingSettings) -> float:
    """Warm-up, then a cosine down; `done` is the share of the time that has passed."""
    if done < settings.warmup:
        return max(done / settings.warmup, 0.01)
    share = min((done - settings.warmup) / (1 - settings.warmup), 1.0)
    return settings.final_rate + (1 - settings.final_rate) * 0.5 * (1 + math.cos(math.pi * share))
