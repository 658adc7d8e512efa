"""FlagEmbedding: FlagReranker with its defaults.

On a CPU it switches half precision off itself, so `use_fp16=False` would be the same job. It scores
the first batch twice, once to see whether it fits into memory.
"""

# ruff: noqa: PLC0415 - importing a peer is part of loading it, and is timed

from __future__ import annotations

from protocol import Job, Request, Score, pairs_of, run


def load(job: Job) -> Score:
    from FlagEmbedding import FlagReranker

    model = FlagReranker(str(job.checkpoint), devices="cpu")
    batch_size = 128 if job.batch_size is None else job.batch_size  # 128 is its default

    def score(requests: list[Request]) -> list[float]:
        pairs = [list(pair) for pair in pairs_of(requests)]
        return list(model.compute_score(pairs, batch_size=batch_size))

    return score


if __name__ == "__main__":
    run(load=load, packages=["FlagEmbedding", "transformers", "torch"])
