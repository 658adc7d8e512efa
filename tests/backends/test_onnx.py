from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.batches import batch_of, random_rows
from support.tiny_models import write_tiny_bert

from jingpai.backends.exact_products import has_exact_int8_products
from jingpai.backends.graph import convert
from jingpai.backends.graph.builder import GraphBuilder
from jingpai.backends.graph.products import (
    ACTIVATION_RANGE,
    ACTIVATION_ZERO_POINT,
    NARROW_ACTIVATIONS,
    WIDE_ACTIVATIONS,
)
from jingpai.backends.onnx import OnnxBackend
from jingpai.backends.session import Session
from jingpai.errors import BackendFailed, ModelFilesInvalid, OutOfMemory
from jingpai.system.processor import physical_cores


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    folder = write_tiny_bert(tmp_path_factory.mktemp("onnx") / "model")
    output = folder.parent / "graph"
    output.mkdir()
    convert(folder, output, precision="int8")
    return output


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, with this one's import path."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_7_bit_activations_stay_near_8_bit_ones(graph):
    batch = batch_of(random_rows((9, 40, 2, 77)), padding_id=0)
    feed: dict[str, np.ndarray] = {
        "input_ids": batch.input_ids,
        "lengths": batch.lengths,
        "query_lengths": batch.query_lengths,
    }
    session = Session(graph / "model.onnx", threads=1)
    logits = {}
    for name, settings in (("wide", WIDE_ACTIVATIONS), ("narrow", NARROW_ACTIVATIONS)):
        fed: dict[str, np.ndarray] = {
            ACTIVATION_RANGE: np.array(settings[ACTIVATION_RANGE], np.float32),
            ACTIVATION_ZERO_POINT: np.array(settings[ACTIVATION_ZERO_POINT], np.uint8),
        }
        logits[name] = session.run("logits", {**feed, **fed})
    unfed = session.run("logits", feed)
    session.close()
    np.testing.assert_array_equal(logits["wide"], unfed)
    assert 0 < np.abs(logits["wide"] - logits["narrow"]).max() < 0.2


def test_7_bit_activations_cannot_overflow_16_bits():
    largest = NARROW_ACTIVATIONS[ACTIVATION_ZERO_POINT] + NARROW_ACTIVATIONS[ACTIVATION_RANGE]
    assert 2 * largest * 127 < 2**15


def test_the_cpu_is_asked_for_its_cores_and_its_products():
    assert 1 <= physical_cores() <= (os.cpu_count() or 1)
    assert has_exact_int8_products() in (True, False)


@pytest.mark.skipif(sys.platform != "linux", reason="needs processor affinity")
def test_no_more_threads_than_the_process_may_use():
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from jingpai.system.processor import physical_cores; print(physical_cores())"
    )
    assert run_python(code).stdout.strip() == "1"


@pytest.mark.parametrize("waiting", ["spin in runs", "sleep"])
def test_between_two_batches_its_threads_rest(graph, waiting):
    code = """
import os, sys, time
from pathlib import Path
from support.batches import batch_of, random_rows
from jingpai.backends.onnx import OnnxBackend
from jingpai.system.threads import WAITS, Waits, threads_for
WAITS["library"] = Waits(sys.argv[2], sys.argv[2])
backend = OnnxBackend(Path(sys.argv[1]), threads=2)
batch = batch_of(random_rows([60] * 40))
backend.logits(batch)
before = time.process_time()
time.sleep(0.5)
print(threads_for(2).waiting in (sys.argv[2], "sleep"), time.process_time() - before < 0.1)
"""
    assert run_python(code, str(graph), waiting).stdout.strip() == "True True"


@pytest.mark.skipif(sys.platform != "linux", reason="needs a safe fork")
@pytest.mark.parametrize("uses_backend", ["yes", "no"])
def test_a_forked_process_ends_when_it_is_done(graph, uses_backend):
    code = """
import os, signal, sys, warnings
from pathlib import Path
warnings.simplefilter("ignore", DeprecationWarning)
from support.batches import batch_of, random_rows
from jingpai.backends.onnx import OnnxBackend
backend = OnnxBackend(Path(sys.argv[1]), threads=2)
batch = batch_of(random_rows([5, 9]))
backend.logits(batch)
if os.fork() == 0:
    if sys.argv[2] == "yes":
        backend.logits(batch)
    sys.exit(7)
signal.alarm(60)
print(os.waitstatus_to_exitcode(os.wait()[1]))
"""
    done = run_python(code, str(graph), uses_backend)
    assert (done.stdout.strip(), done.returncode) == ("7", 0), done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit on memory")
def test_a_batch_that_does_not_fit_is_out_of_memory_and_a_smaller_one_still_runs(graph):
    code = """
import resource, sys
from pathlib import Path
from support.batches import batch_of, random_rows
from jingpai.backends.onnx import OnnxBackend
from jingpai.errors import OutOfMemory
backend = OnnxBackend(Path(sys.argv[1]), threads=1)
small, large = batch_of(random_rows([5, 9])), batch_of(random_rows([120] * 20000))
backend.logits(small)
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 300_000_000,) * 2)
try:
    backend.logits(large)
except OutOfMemory as error:
    print("20000 rows of 120 tokens" in str(error))
print(backend.logits(small).shape)
"""
    done = run_python(code, str(graph))
    assert done.stdout.split("\n")[:2] == ["True", "(2, 1)"], done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_nothing_is_sent_to_the_makers_of_onnx_runtime():
    code = """
import os, numpy
threads = len(os.listdir("/proc/self/task"))
import jingpai.backends.onnx
print(os.environ["ORT_DISABLE_TELEMETRY"], len(os.listdir("/proc/self/task")) - threads)
"""
    assert run_python(code).stdout.strip() == "1 0"  # the sender would be a thread


def test_a_folder_without_a_graph_is_an_error_that_names_the_file(tmp_path):
    with pytest.raises(ModelFilesInvalid, match=r"model\.onnx"):
        OnnxBackend(tmp_path)


def test_a_broken_graph_is_an_error_that_names_the_file(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"not a graph")
    with pytest.raises(ModelFilesInvalid, match=r"model\.onnx"):
        OnnxBackend(tmp_path)


def test_a_graph_of_another_origin_is_an_error(tmp_path):
    graph = GraphBuilder()
    graph.output("y", graph.input("x", dtype=np.float32, shape=(1,)), shape=(1,))
    (tmp_path / "model.onnx").write_bytes(graph.to_bytes(metadata={}))
    with pytest.raises(ModelFilesInvalid, match="not written by jingpai"):
        OnnxBackend(tmp_path)


def test_out_of_memory_is_a_kind_of_failure():
    assert issubclass(OutOfMemory, BackendFailed)


def test_a_graph_folder_may_have_any_name(graph, tmp_path):
    folder = tmp_path / "模型 é"
    folder.mkdir()
    for path in Path(graph).iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    backend = OnnxBackend(folder, threads=1)
    assert backend.logits(batch_of(random_rows([4]), padding_id=0)).shape == (1, 1)
    backend.close()
