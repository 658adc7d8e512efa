"""sentence-transformers: CrossEncoder on PyTorch, ONNX Runtime and OpenVINO.

Quantised as its documentation tells: ONNX dynamically for AVX-512 with VNNI, OpenVINO statically
with a calibration set, which here is made of the pairs' own texts, since none can be downloaded.
"""

# ruff: noqa: PLC0415 - importing a peer is part of loading it, and is timed

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal, cast

from protocol import Job, Request, Score, pairs_of, run

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

# Texts that OpenVINO's ranges are taken from; they are padded to 384 tokens each.
CALIBRATION_TEXTS = 16

FILES = {
    "onnx": "onnx/model.onnx",
    "onnx-int8": "onnx/model_qint8_avx512_vnni.onnx",
    "openvino": "openvino/openvino_model.xml",
    "openvino-int8": "openvino/openvino_model_qint8_quantized.xml",
}
PACKAGES = {
    "torch": ["sentence-transformers", "transformers", "torch"],
    "onnx": ["sentence-transformers", "optimum-onnx", "onnxruntime"],
    "openvino": ["sentence-transformers", "optimum-intel", "openvino"],
}


def prepare(job: Job) -> None:
    backend = backend_of(job)
    target = job.folder / backend
    if backend == "torch" or (target / FILES[job.variant]).is_file():
        return
    from sentence_transformers import CrossEncoder

    if not (target / FILES[backend]).is_file():
        model = CrossEncoder(str(job.checkpoint), backend=backend, device="cpu")
        model.save_pretrained(str(target))
    if job.variant.endswith("-int8"):
        model = CrossEncoder(
            str(target), backend=backend, device="cpu", model_kwargs={"file_name": FILES[backend]}
        )
        quantise(model, job)


def quantise(model: CrossEncoder, job: Job) -> None:
    from sentence_transformers.backend import (
        export_dynamic_quantized_onnx_model,
        export_static_quantized_openvino_model,
    )

    backend = backend_of(job)
    target = job.folder / backend
    if backend == "onnx":
        export_dynamic_quantized_onnx_model(model, "avx512_vnni", str(target))
        return
    from optimum.intel import OVQuantizationConfig

    texts = [" ".join(pair) for pair in pairs_of(job.requests)]
    texts = (texts * CALIBRATION_TEXTS)[:CALIBRATION_TEXTS]
    calibration = job.folder / "calibration"
    calibration.mkdir(exist_ok=True)
    lines = [json.dumps({"text": text}, ensure_ascii=False) for text in texts]
    (calibration / "train.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    export_static_quantized_openvino_model(
        model,
        OVQuantizationConfig(num_samples=CALIBRATION_TEXTS),
        str(target),
        dataset_name=str(calibration),
        dataset_config_name="default",
        dataset_split="train",
        column_name="text",
    )


def load(job: Job) -> Score:
    import torch
    from sentence_transformers import CrossEncoder

    backend = backend_of(job)
    if backend == "torch":
        model = CrossEncoder(str(job.checkpoint), device="cpu")
    else:
        model = CrossEncoder(
            str(job.folder / backend),
            backend=backend,
            device="cpu",
            model_kwargs={"file_name": FILES[job.variant]},
        )
    batch_size = 32 if job.batch_size is None else job.batch_size  # 32 is its default

    def score(requests: list[Request]) -> list[float]:
        scores = model.predict(
            pairs_of(requests),
            batch_size=batch_size,
            activation_fn=torch.nn.Identity(),
            show_progress_bar=False,
        )
        return [float(score) for score in scores]

    return score


def backend_of(job: Job) -> Literal["torch", "onnx", "openvino"]:
    return cast("Literal['torch', 'onnx', 'openvino']", job.variant.removesuffix("-int8"))


if __name__ == "__main__":
    import sys
    from pathlib import Path

    from protocol import read_job

    run(load=load, prepare=prepare, packages=PACKAGES[backend_of(read_job(Path(sys.argv[1])))])
