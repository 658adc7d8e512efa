"""Which backend runs a model here: by the files in its folder, the device and the precision."""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from typing import TYPE_CHECKING

from jingpai.backends.keras_trap import MENDS, is_keras_trap
from jingpai.errors import (
    BackendFailed,
    DeviceUnavailable,
    InvalidInput,
)
from jingpai.extras import missing_extra
from jingpai.files.model_folder import ModelFolder
from jingpai.guards import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import ModuleType

    from jingpai.backends.base import Backend, EncoderBackend
    from jingpai.types import PrecisionChoice

KINDS = ("cuda", "mps", "cpu")

_MODULES = {
    "accelerators": "jingpai.backends.pytorch.accelerators",
    "causal": "jingpai.backends.pytorch.causal",
    "graph": "jingpai.backends.graph",
    "layerwise": "jingpai.backends.pytorch.layerwise",
    "onnx": "jingpai.backends.onnx",
    "torch": "jingpai.backends.pytorch.cross_encoder",
}
"""Imported when they are chosen: each brings a library that takes long to load."""


def choose_device(requested: str | None) -> str:
    """Return the device to run on: `cuda` (or `cuda:1`, ...), `mps` or `cpu`.

    Args:
        requested: A device, or None for the best that is here: CUDA, then MPS, then the CPU. A
            device that is there but does not work is passed over with one `RuntimeWarning`.

    Raises:
        InvalidInput: There is no such kind of device.
        DeviceUnavailable: The requested device does not exist here, or does not work.
        MissingExtra: The requested device needs PyTorch, which is not installed.
    """
    if requested is None:
        return _best_device()
    kind = requested.split(":")[0]
    if kind not in KINDS:
        raise InvalidInput(
            f"device={shown(requested)}: allowed are None, {', '.join(KINDS)}, cuda:1."
        )
    if kind == "cpu":
        return "cpu"
    accelerators = _imported("accelerators", needed_for=f"device={requested!r}")
    reason = accelerators.unusable_reason(requested)
    if reason is not None:
        here = ", ".join((*accelerators.present_kinds(), "cpu"))
        raise DeviceUnavailable(
            f"device={requested!r} cannot be used: {reason}. Here are: {here}. "
            "Leave the device out to take the best of them."
        )
    return requested


def open_backend(
    folder: Path,
    *,
    device: str | None = None,
    precision: PrecisionChoice = "auto",
    threads: int | None = None,
    answer_ids: Sequence[int] = (),
    layer: int | None = None,
    cache: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Backend:
    """Open the model in a folder: a checkpoint, or a graph that jingpai wrote.

    Args:
        folder: Holds config.json and safetensors files, or a `model.onnx` of jingpai.
        device: As for `choose_device`.
        precision: `auto` is int8 on the CPU, fp16 on CUDA and fp32 on MPS. `fp16` on the CPU asks
            for speed, and is answered with int8. For a language model `auto` is bf16 on CUDA and
            fp32 elsewhere, and there is no int8.
        threads: CPU threads of one batch; None for one per physical core. There are no more than
            the quota of the container keeps busy, whatever is said. PyTorch keeps its own number,
            within the quota.
        answer_ids: The tokens that a language model may answer with: its logits are theirs. Empty
            for a cross-encoder.
        layer: The last layer to run of a language model that has an output at each of them.
        cache: Where graphs are kept; None for the default cache folder.
        progress: Called while a checkpoint is turned into a graph, with the bytes read so far and
            in all; that happens once per checkpoint.

    Raises:
        InvalidInput: The precision does not exist on the device.
        ModelFilesInvalid: The files are missing, broken, or of a kind that is not supported.
        DeviceUnavailable: The requested device cannot be used.
        MissingExtra: The model or the device needs PyTorch, which is not installed.
        CacheUnusable: The graph cannot be stored.
        OutOfMemory: The weights do not fit on the device.
    """
    if answer_ids or layer is not None:
        return _open_language_model(
            folder, answer_ids=answer_ids, layer=layer, device=device, precision=precision
        )
    if ModelFolder.read(folder).holds_only_a_graph:
        return _open_graph(folder, device=device, precision=precision, threads=threads)
    if _imported("graph", needed_for="a graph").is_two_segment(folder):
        device = _require_cpu(folder, device=device, precision=precision)
    chosen = choose_device(device)
    if chosen == "cpu" and precision != "bf16":
        graph = _graph_of(folder, precision=precision, cache=cache, progress=progress)
        if graph is not None:
            return _open_graph(graph, device=chosen, precision=precision, threads=threads)
    return _open_torch(folder, device=chosen, precision=precision)


def open_encoder(folder: Path, *, threads: int | None = None) -> EncoderBackend:
    """Open the graph of a text encoder in a folder, on the CPU.

    Args:
        folder: Holds an `encoder.onnx` of jingpai.
        threads: CPU threads of one batch; None for one per physical core.

    Raises:
        ModelFilesInvalid: The graph is missing or broken.
        OutOfMemory: The weights do not fit into memory.
    """
    encoder: EncoderBackend = _imported("onnx", needed_for="a graph").OnnxEncoder(
        folder, threads=threads
    )
    return encoder


def _best_device() -> str:
    if importlib.util.find_spec("torch") is None:
        return "cpu"
    failures = []
    chosen = "cpu"
    try:
        accelerators = _imported("accelerators", needed_for="an accelerator")
    except BackendFailed as error:
        failures.append(str(error))
    else:
        for kind in accelerators.present_kinds():
            reason = accelerators.unusable_reason(kind)
            if reason is None:
                chosen = kind
                break
            failures.append(f"{kind} cannot be used: {reason}")
    if failures:
        message = f"{'; '.join(failures)}. Running on {chosen}."
        warnings.warn(message, RuntimeWarning, stacklevel=3)
    return chosen


def _open_graph(
    folder: Path, *, device: str | None, precision: PrecisionChoice, threads: int | None
) -> Backend:
    if device is not None and device.split(":")[0] != "cpu":
        raise DeviceUnavailable(
            f"device={device!r}: the graph in {folder} runs on the CPU only. Leave the device out."
        )
    backend: Backend = _imported("onnx", needed_for="a graph").OnnxBackend(folder, threads=threads)
    if precision not in ("auto", "fp16", backend.precision):
        backend.close()
        raise InvalidInput(
            f"precision={precision!r}: the graph in {folder} is {backend.precision}. "
            "Leave the precision out."
        )
    return backend


def _require_cpu(folder: Path, *, device: str | None, precision: PrecisionChoice) -> str:
    """Return the device of a model that was trained from the bundled one: only graphs run it."""
    if device is not None and device.split(":")[0] != "cpu":
        raise DeviceUnavailable(
            f"device={device!r}: {folder} holds a model of the bundled kind, which runs on the CPU"
            " only. Leave the device out."
        )
    if precision == "bf16":
        raise InvalidInput(
            f"precision='bf16': {folder} holds a model of the bundled kind; allowed are auto, fp32"
            " and int8."
        )
    return "cpu"


def _graph_of(
    folder: Path,
    *,
    precision: PrecisionChoice,
    cache: Path | None,
    progress: Callable[[int, int], None] | None,
) -> Path | None:
    """The graph of a checkpoint, or None where PyTorch has to run it."""
    graph = _imported("graph", needed_for="a graph")
    # fp16 asks for speed, and on a CPU int8 is what gives it.
    stored = "fp32" if precision == "fp32" else "int8"
    try:
        found: Path = graph.optimized(folder, precision=stored, cache=cache, progress=progress)
    except graph.UnsupportedArchitecture:
        if precision == "int8" or importlib.util.find_spec("torch") is None:
            raise  # its message has the command that installs PyTorch
        return None
    return found


def _open_torch(folder: Path, *, device: str, precision: PrecisionChoice) -> Backend:
    if precision == "int8":
        raise InvalidInput(
            f"precision='int8' exists on the CPU only, and the device is {device!r}; "
            "allowed are auto, fp16, bf16, fp32."
        )
    kind = device.split(":", maxsplit=1)[0]
    if precision == "auto" or (precision == "fp16" and kind == "cpu"):
        precision = "fp16" if kind == "cuda" else "fp32"
    module = _imported("torch", needed_for=f"{folder} on {device} in {precision}")
    backend: Backend = module.TorchBackend(folder, device=device, precision=precision)
    return backend


def _open_language_model(
    folder: Path,
    *,
    answer_ids: Sequence[int],
    layer: int | None,
    device: str | None,
    precision: PrecisionChoice,
) -> Backend:
    if precision == "int8":
        raise InvalidInput(
            f"precision='int8': {folder} holds a language model, which has no int8 form here; "
            "allowed are auto, fp32, bf16, fp16."
        )
    needed_for = f"The language model in {folder}"
    causal = _imported("causal", needed_for=needed_for)
    chosen = choose_device(device)
    # On a CPU fp16 asks for speed, which its emulation would not give.
    if precision == "auto" or (precision == "fp16" and chosen == "cpu"):
        precision = causal.default_precision(chosen)
    backend: Backend
    if layer is None:
        backend = causal.CausalBackend(
            folder, answer_ids=answer_ids, device=chosen, precision=precision
        )
    else:
        backend = _imported("layerwise", needed_for=needed_for).LayerwiseBackend(
            folder, layer=layer, device=chosen, precision=precision
        )
    return backend


def _imported(name: str, *, needed_for: str) -> ModuleType:
    try:
        return importlib.import_module(_MODULES[name])
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "transformers"):
            raise
        raise missing_extra("torch", what=needed_for, packages="PyTorch", error=error) from error
    except (ImportError, OSError, AttributeError, RuntimeError, ValueError) as error:
        if is_keras_trap(error):
            raise BackendFailed(MENDS) from error
        raise BackendFailed(f"An installed package cannot be imported: {error}") from error
