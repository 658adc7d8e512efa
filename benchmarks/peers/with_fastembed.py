"""fastembed: its cross-encoder on the ONNX graphs that sentence-transformers exported."""

# ruff: noqa: PLC0415 - importing a peer is part of loading it, and is timed

from __future__ import annotations

from protocol import Job, Request, Score, pairs_of, run

NAME = "benchmark/random"
GRAPHS = {"fp32": "onnx/model.onnx", "int8": "onnx/model_qint8_avx512_vnni.onnx"}


def load(job: Job) -> Score:
    from fastembed.common.model_description import ModelSource
    from fastembed.rerank.cross_encoder import TextCrossEncoder

    TextCrossEncoder.add_custom_model(
        NAME, sources=ModelSource(hf=NAME), model_file=GRAPHS[job.variant]
    )
    model = TextCrossEncoder(NAME, specific_model_path=str(job.folder / "onnx"))
    batch_size = 64 if job.batch_size is None else job.batch_size  # 64 is its default

    def score(requests: list[Request]) -> list[float]:
        return list(model.rerank_pairs(pairs_of(requests), batch_size=batch_size))

    return score


if __name__ == "__main__":
    run(load=load, packages=["fastembed", "onnxruntime", "tokenizers"])
