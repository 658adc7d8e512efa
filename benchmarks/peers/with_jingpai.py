"""jingpai: `auto` is what a user gets who sets nothing (int8 on a CPU), `fp32` is exact."""

# ruff: noqa: PLC0415 - importing a peer is part of loading it, and is timed

from __future__ import annotations

from protocol import Job, Request, Score, run


def prepare(job: Job) -> None:
    load(job)  # converts the checkpoint and keeps the graph in $JINGPAI_CACHE


def load(job: Job) -> Score:
    from jingpai import Reranker

    reranker = Reranker(
        job.checkpoint, device="cpu", precision=job.variant, scale="logit", max_tokens=512
    )

    def score(requests: list[Request]) -> list[float]:
        lists = reranker.score(
            [request.query for request in requests], [request.documents for request in requests]
        )
        return [score for scores in lists for score in scores]

    return score


if __name__ == "__main__":
    run(load=load, prepare=prepare, packages=["jingpai", "onnxruntime", "tokenizers"])
