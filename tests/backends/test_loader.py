from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys

import pytest
from support.batches import batch_of, random_rows
from support.tiny_models import write_tiny_bert, write_tiny_two_segment

from jingpai.backends.graph import convert
from jingpai.backends.keras_trap import is_keras_trap
from jingpai.backends.loader import choose_device, open_backend
from jingpai.errors import DeviceUnavailable, InvalidInput, MissingExtra, ModelFilesInvalid

NO_TORCH = importlib.util.find_spec("torch") is None


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def checkpoint(tmp_path):
    return write_tiny_bert(tmp_path / "model")


def has_cuda():
    import torch

    return torch.cuda.is_available()


def test_a_checkpoint_on_the_cpu_becomes_an_int8_graph(checkpoint, cache):
    calls = []
    backend = open_backend(
        checkpoint, device="cpu", cache=cache, progress=lambda *call: calls.append(call)
    )
    assert (backend.device, backend.precision) == ("cpu", "int8")
    assert calls[-1][0] == calls[-1][1] > 0
    assert backend.logits(batch_of(random_rows([4, 9]), padding_id=0)).shape == (2, 1)
    backend.close()


@pytest.mark.parametrize(("asked", "given"), [("fp16", "int8"), ("int8", "int8"), ("fp32", "fp32")])
def test_a_precision_on_the_cpu_is_answered(checkpoint, cache, asked, given):
    backend = open_backend(checkpoint, device="cpu", precision=asked, cache=cache)
    assert backend.precision == given
    backend.close()


def test_a_folder_that_holds_only_a_graph_needs_no_cache(tmp_path, cache):
    write_tiny_two_segment(tmp_path / "model")
    graph = tmp_path / "graph"
    graph.mkdir()
    convert(tmp_path / "model", graph, precision="int8")
    backend = open_backend(graph, cache=cache)
    assert (backend.device, backend.precision) == ("cpu", "int8")
    backend.close()
    assert not cache.exists()
    with pytest.raises(InvalidInput, match=r"fp32.*is int8"):
        open_backend(graph, precision="fp32")
    with pytest.raises(DeviceUnavailable, match="CPU only"):
        open_backend(graph, device="cuda")


def test_an_unknown_device_is_an_error_that_names_the_known():
    with pytest.raises(InvalidInput, match=r"'tpu'.*cuda, mps, cpu"):
        choose_device("tpu")


def test_the_cpu_is_always_there():
    assert choose_device("cpu") == "cpu"
    assert choose_device(None).split(":")[0] in ("cuda", "mps", "cpu")


@pytest.mark.skipif(not NO_TORCH, reason="PyTorch is here")
def test_without_pytorch_the_command_that_installs_it_is_given(checkpoint, tmp_path, cache):
    assert choose_device(None) == "cpu"
    with pytest.raises(MissingExtra, match=r'pip install "jingpai\[torch\]"'):
        choose_device("cuda")
    with pytest.raises(MissingExtra, match=r'pip install "jingpai\[torch\]"'):
        open_backend(checkpoint, device="cpu", precision="bf16", cache=cache)
    other = write_tiny_bert(tmp_path / "other", model_type="electra")
    with pytest.raises(ModelFilesInvalid, match=r'pip install "jingpai\[torch\]"'):
        open_backend(other, device="cpu", cache=cache)


@pytest.mark.torch
@pytest.mark.skipif(NO_TORCH, reason="needs PyTorch")
def test_a_device_that_is_not_here_is_an_error_that_says_what_is(checkpoint):
    if has_cuda():
        pytest.skip("CUDA is here")
    with pytest.raises(DeviceUnavailable, match=r"Here are: .*cpu"):
        open_backend(checkpoint, device="cuda")


@pytest.mark.torch
@pytest.mark.skipif(NO_TORCH, reason="needs PyTorch")
def test_bf16_on_the_cpu_runs_with_pytorch(checkpoint, cache):
    backend = open_backend(checkpoint, device="cpu", precision="bf16", cache=cache)
    assert (type(backend).__name__, backend.precision) == ("TorchBackend", "bf16")
    assert backend.logits(batch_of(random_rows([4]), padding_id=0)).dtype == "float32"


@pytest.mark.torch
@pytest.mark.skipif(NO_TORCH, reason="needs PyTorch")
def test_a_model_without_a_graph_runs_with_pytorch(checkpoint, cache):
    config = json.loads((checkpoint / "config.json").read_text())
    config["hidden_act"] = "silu"  # transformers knows it, our graphs do not
    (checkpoint / "config.json").write_text(json.dumps(config))
    backend = open_backend(checkpoint, device="cpu", cache=cache)
    assert (type(backend).__name__, backend.precision) == ("TorchBackend", "fp32")
    with pytest.raises(ModelFilesInvalid, match="silu"):
        open_backend(checkpoint, device="cpu", precision="int8", cache=cache)


def test_a_library_is_loaded_only_when_it_is_chosen():
    code = (
        "import sys, jingpai.backends.loader; "
        "print({'torch', 'transformers', 'onnxruntime'} & {*sys.modules})"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code]
    assert subprocess.check_output(command, env=environment, text=True).strip() == "set()"


def test_the_keras_trap_is_known_by_its_words_also_behind_other_errors():
    inner = ValueError("Your currently installed version of Keras is Keras 3, but this is not yet")
    outer = RuntimeError("Failed to import transformers.modeling_tf_utils")
    outer.__cause__ = inner
    assert is_keras_trap(outer)
    assert is_keras_trap(AttributeError("module 'keras' has no attribute 'utils'"))
    assert not is_keras_trap(ValueError("module 'torch' has no attribute 'utils'"))
