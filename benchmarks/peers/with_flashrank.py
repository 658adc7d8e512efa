"""FlashRank: its ranker on the ONNX graphs that sentence-transformers exported.

It opens none but its own models, by name, from a folder; so the graph is put there under the name
of its multilingual one. It takes one query at a time, and all documents of a query are one batch.
"""

# ruff: noqa: PLC0415 - importing a peer is part of loading it, and is timed

from __future__ import annotations

import math
from pathlib import Path

from protocol import Job, Request, Score, copy_checkpoint, link_graph, run

NAME, FILE = "ms-marco-MultiBERT-L-12", "flashrank-MultiBERT-L12_Q.onnx"
GRAPHS = {"fp32": "model.onnx", "int8": "model_qint8_avx512_vnni.onnx"}


def prepare(job: Job) -> None:
    target = copy_checkpoint(job, folder_of(job) / NAME)
    link_graph(job.folder / "onnx" / "onnx" / GRAPHS[job.variant], target / FILE)


def load(job: Job) -> Score:
    from flashrank import Ranker, RerankRequest

    ranker = Ranker(NAME, cache_dir=str(folder_of(job)), max_length=512)

    def score(requests: list[Request]) -> list[float]:
        scores = []
        for request in requests:
            passages = [{"id": i, "text": text} for i, text in enumerate(request.documents)]
            ranked = ranker.rerank(RerankRequest(query=request.query, passages=passages))
            ranked.sort(key=lambda passage: passage["id"])
            scores += [logit(float(passage["score"])) for passage in ranked]
        return scores

    return score


def logit(score: float) -> float:
    """Undo the logistic, so that all peers are compared on one scale."""
    return math.log(score / (1 - score)) if 0 < score < 1 else math.copysign(100, score - 0.5)


def folder_of(job: Job) -> Path:
    return job.folder / f"flashrank-{job.variant}"


if __name__ == "__main__":
    run(load=load, prepare=prepare, packages=["flashrank", "onnxruntime", "tokenizers"])
