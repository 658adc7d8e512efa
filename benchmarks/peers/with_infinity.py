"""infinity_emb: its engine in this process, as its documentation shows, on PyTorch or Optimum.

With Optimum it searches the folder for a graph, takes one whose name says `quantize` where there is
one, and keeps what it optimised in the hub's cache; so each number format has a folder and a cache
of its own. It finds graphs in the current folder, and stumbles over the path of any other. Its own
warm-up with a full batch is left out: a few pairs are scored before the clock starts.
"""

# ruff: noqa: PLC0415 - importing a peer is part of loading it, and is timed

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from protocol import Job, Request, Score, copy_checkpoint, link_graph, run

GRAPHS = {
    "optimum": ("model.onnx", "model.onnx"),
    "optimum-int8": ("model_qint8_avx512_vnni.onnx", "model_quantized.onnx"),
}


def prepare(job: Job) -> None:
    finished = folder_of(job) / "prepared"
    if finished.is_file():
        return
    target = copy_checkpoint(job, folder_of(job))
    if job.variant == "torch":
        (target / "model.safetensors").hardlink_to(job.checkpoint / "model.safetensors")
    else:
        exported, name = GRAPHS[job.variant]
        link_graph(job.folder / "onnx" / "onnx" / exported, target / name)
        load(job)  # optimises the graph
    finished.touch()


def load(job: Job) -> Score:
    os.environ["HF_HUB_CACHE"] = str(folder_of(job) / "cache")
    os.chdir(folder_of(job))
    from infinity_emb import AsyncEmbeddingEngine, EngineArgs

    arguments = EngineArgs(
        model_name_or_path=".",
        engine=job.variant.removesuffix("-int8"),
        device="cpu",
        model_warmup=False,
    )
    engine = AsyncEmbeddingEngine.from_args(arguments)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(engine.astart())

    async def rerank(requests: list[Request]) -> list[float]:
        answers = await asyncio.gather(
            *(
                engine.rerank(query=request.query, docs=request.documents, raw_scores=True)
                for request in requests
            )
        )
        return [
            ranked.relevance_score
            for answer, _ in answers
            for ranked in sorted(answer, key=lambda ranked: ranked.index)
        ]

    return lambda requests: loop.run_until_complete(rerank(requests))


def folder_of(job: Job) -> Path:
    return job.folder / f"infinity-{job.variant}"


if __name__ == "__main__":
    run(
        load=load,
        prepare=prepare,
        packages=["infinity-emb", "transformers", "torch", "optimum", "onnxruntime"],
    )
    os._exit(0)  # the engine's threads would keep the process alive
