"""Development sets: read them, and let the parent pick the candidates to rerank."""

import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from jingpai.training.networks.two_segment import TwoSegmentEncoder
from recipe.network.inference import ParentTokenizer, embed
from recipe.records import read_records

QUICK = (
    "mlqa-zh-en",
    "mlqa-en-zh",
    "mlqa-de-zh",
    "mlqa-ar-de",
    "mlqa-en-en",
    "mlqa-zh-zh",
    "tydiqa_dev-en",
    "tydiqa_dev-ko",
)


@dataclass(frozen=True)
class Candidates:
    """One query, its candidates in the parent's order, and which of them are relevant."""

    query_id: str
    query: str
    ids: list[str]
    texts: list[str]
    cosines: list[float]
    relevant: dict[str, int]


def open_cases(asked: Sequence[Candidates]) -> list[Candidates]:
    """Those with something to find; the others are 0 in any order."""
    return [case for case in asked if any(case.relevant.get(name) for name in case.ids)]


def read_corpus(folder: Path) -> dict[str, str]:
    """The passages of a set by their ids, titles in front."""
    return {
        entry["_id"]: f"{entry.get('title') or ''} {entry['text']}".lstrip()
        for entry in read_records(folder / "corpus.jsonl.gz")
    }


def passage_vectors(
    folder: Path,
    texts: list[str],
    *,
    parent: TwoSegmentEncoder,
    tokenizer: ParentTokenizer,
    cache: Path,
) -> torch.Tensor:
    """The parent's vectors of a set's passages; sets that share a corpus share the file."""
    # MLQA names its sets query language, passage language: the corpus depends on the latter.
    name = "mlqa-" + folder.name.split("-")[-1] if folder.name.startswith("mlqa") else folder.name
    path = cache / f"{name}.pt"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        torch.save(embed(parent, tokenizer.passages(texts)), path)
    return torch.load(path)


def candidates(
    folder: Path,
    *,
    parent: TwoSegmentEncoder,
    tokenizer: ParentTokenizer,
    queries: int,
    depth: int,
    cache: Path,
) -> list[Candidates]:
    """The parent's best `depth` passages for a fixed sample of a set's queries."""
    corpus = read_corpus(folder)
    names, texts = list(corpus), list(corpus.values())
    relevant: dict[str, dict[str, int]] = {}
    with (folder / "qrels.tsv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            relevant.setdefault(row["query-id"], {})[row["corpus-id"]] = int(row["score"])
    asked = [
        entry for entry in read_records(folder / "queries.jsonl.gz") if entry["_id"] in relevant
    ]
    asked = random.Random(0).sample(asked, min(queries, len(asked)))
    vectors = passage_vectors(folder, texts, parent=parent, tokenizer=tokenizer, cache=cache)
    similarity = embed(parent, tokenizer.queries([entry["text"] for entry in asked])) @ vectors.T
    best = similarity.topk(min(depth, len(corpus)), dim=1)
    return [
        Candidates(
            query_id=entry["_id"],
            query=entry["text"],
            ids=[names[i] for i in places],
            texts=[texts[i] for i in places],
            cosines=values,
            relevant=relevant[entry["_id"]],
        )
        for entry, places, values in zip(
            asked, best.indices.tolist(), best.values.tolist(), strict=True
        )
    ]
