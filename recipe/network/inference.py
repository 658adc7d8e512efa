"""Run the network over many texts: ids, batches of similar length, one core to a batch."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor

from jingpai.system.threads import threads_for
from jingpai.training.networks.two_segment import TwoSegmentEncoder
from recipe.network.batches import batches_by_length, make_batch


class ParentTokenizer:
    """Texts to ids, each as the parent reads it."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()

    def queries(self, texts: Sequence[str], limit: int = 64) -> list[list[int]]:
        """Ids of each query, special tokens included."""
        return self._encode([f"query: {text}" for text in texts], limit)

    def passages(self, texts: Sequence[str], limit: int = 400) -> list[list[int]]:
        """Ids of each passage, special tokens included."""
        return self._encode([f"passage: {text}" for text in texts], limit)

    def marked_passages(
        self, texts: Sequence[str], marks: Sequence[Sequence[str] | None], limit: int = 400
    ) -> tuple[list[list[int]], list[list[int] | None]]:
        """Ids of each passage, and which of its tokens lie in a marked stretch of its text.

        Args:
            texts: The passages.
            marks: Stretches of each to the letter; None where nobody looked for any.
            limit: Tokens of a passage.
        """
        prefix = "passage: "
        encodings = self.tokenizer.encode_batch([prefix + text for text in texts])
        rows, labels = [], []
        for text, stretches, encoding in zip(texts, marks, encodings, strict=True):
            ids, offsets = encoding.ids, encoding.offsets
            if len(ids) > limit:
                ids, offsets = [*ids[: limit - 1], ids[-1]], [*offsets[: limit - 1], offsets[-1]]
            rows.append(ids)
            found = None if stretches is None else bounds_of(stretches, text, before=len(prefix))
            labels.append(found if found is None else labels_of(offsets, found))
        return rows, labels

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text alone, without special ones."""
        encodings = self.tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [len(encoding.ids) for encoding in encodings]

    def _encode(self, texts: list[str], limit: int) -> list[list[int]]:
        rows = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        return [row if len(row) <= limit else row[: limit - 1] + row[-1:] for row in rows]


def bounds_of(stretches: Sequence[str], text: str, *, before: int) -> list[tuple[int, int]] | None:
    """Where stretches stand in a text that follows `before` characters; None if one does not."""
    found = []
    for stretch in stretches:
        start = text.find(stretch)
        if start < 0:
            return None
        found.append((before + start, before + start + len(stretch)))
    return found


def labels_of(offsets: Sequence[tuple[int, int]], marked: Sequence[tuple[int, int]]) -> list[int]:
    """1 for each token that lies in a marked stretch, if only in part."""
    return [
        int(any(max(start, first) < min(end, last) for first, last in marked))
        for start, end in offsets
    ]


def one_core_each() -> ThreadPoolExecutor:
    """Workers that each compute on one core.

    Two cores on two batches do more than two cores on one, above all when other programs take their
    share: a matrix product split over both cores waits for the slower one each time.
    """
    torch.set_num_threads(1)
    workers = threads_for(os.cpu_count()).count  # no more than the container's quota
    return ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,))


def workers_for(device: torch.device) -> ThreadPoolExecutor:
    """One core each on a CPU; a single thread for a GPU, which runs in the order it is told."""
    return one_core_each() if device.type == "cpu" else ThreadPoolExecutor(max_workers=1)


def embed(model: TwoSegmentEncoder, rows: Sequence[Sequence[int]], budget: int = 2048) -> Tensor:
    """The parent's unit-length embedding of each row of ids (give it the untrained base)."""

    def mean(chosen: list[int]) -> Tensor:
        batch = make_batch([(rows[index], ()) for index in chosen])
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, cache_enabled=False):
            return model.means(model.encode(batch), batch)[:, 0]

    out = torch.zeros(len(rows), model.config["hidden_size"])
    batches = batches_by_length([len(row) for row in rows], budget)
    with one_core_each() as workers:
        for chosen, vectors in zip(batches, workers.map(mean, batches), strict=True):
            out[chosen] = vectors
    return out


def outputs(
    model: TwoSegmentEncoder,
    pairs: Sequence[tuple[Sequence[int], Sequence[int]]],
    *,
    budget: int = 2048,
    exact: bool = False,
) -> tuple[Tensor, list[Tensor]]:
    """One logit a pair of id rows, and one a token of each; `exact` computes in float32."""
    device = model.scale.device

    def score(chosen: list[int]) -> tuple[Tensor, Tensor]:
        with (
            torch.inference_mode(),
            torch.autocast(device.type, torch.bfloat16, enabled=not exact, cache_enabled=False),
        ):
            tokens = make_batch([pairs[index] for index in chosen], device)
            x = model.encode(tokens)
            evidence = model.evidence_logits(x) if model.evidence else x.new_zeros(len(x))
            return model.score(x, tokens).cpu(), evidence.cpu()

    lengths = [len(first) + len(second) for first, second in pairs]
    scores, evidence = torch.zeros(len(pairs)), [torch.zeros(0)] * len(pairs)
    batches = batches_by_length(lengths, budget)
    with workers_for(device) as workers:
        for chosen, (values, tokens) in zip(batches, workers.map(score, batches), strict=True):
            scores[chosen] = values
            parts = tokens.split([lengths[index] for index in chosen])
            for index, part in zip(chosen, parts, strict=True):
                evidence[index] = part
    return scores, evidence


def logits(
    model: TwoSegmentEncoder,
    pairs: Sequence[tuple[Sequence[int], Sequence[int]]],
    *,
    budget: int = 2048,
    exact: bool = False,
) -> Tensor:
    """One logit a pair of id rows; `exact` computes in float32 throughout."""
    return outputs(model, pairs, budget=budget, exact=exact)[0]
