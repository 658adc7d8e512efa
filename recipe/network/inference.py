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

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text alone, without special ones."""
        encodings = self.tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [len(encoding.ids) for encoding in encodings]

    def _encode(self, texts: list[str], limit: int) -> list[list[int]]:
        rows = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        return [row if len(row) <= limit else row[: limit - 1] + row[-1:] for row in rows]


def one_core_each() -> ThreadPoolExecutor:
    """Workers that each compute on one core.

    Two cores on two batches do more than two cores on one, above all when other programs take their
    share: a matrix product split over both cores waits for the slower one each time.
    """
    torch.set_num_threads(1)
    workers = threads_for(os.cpu_count()).count  # no more than the container's quota
    return ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,))


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


def logits(
    model: TwoSegmentEncoder,
    pairs: Sequence[tuple[Sequence[int], Sequence[int]]],
    *,
    budget: int = 2048,
    exact: bool = False,
) -> Tensor:
    """One logit a pair of id rows; `exact` computes in float32 throughout."""

    def score(chosen: list[int]) -> Tensor:
        with (
            torch.inference_mode(),
            torch.autocast("cpu", torch.bfloat16, enabled=not exact, cache_enabled=False),
        ):
            return model(make_batch([pairs[index] for index in chosen]))

    out = torch.zeros(len(pairs))
    batches = batches_by_length([len(first) + len(second) for first, second in pairs], budget)
    with one_core_each() as workers:
        for chosen, values in zip(batches, workers.map(score, batches), strict=True):
            out[chosen] = values
    return out
