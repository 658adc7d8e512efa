from __future__ import annotations

import json
import multiprocessing
import os
import sys
from pathlib import Path

import pytest
from support.tiny_models import write_tiny_bert

from jingpai.backends.graph import optimized
from jingpai.backends.graph.cache import is_complete
from jingpai.errors import CacheUnusable, ModelFilesInvalid
from jingpai.files.digests import Digests


@pytest.fixture
def checkpoint(tmp_path):
    folder = write_tiny_bert(tmp_path / "model")
    age(folder)
    return folder


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def age(folder: Path, seconds: int = 3600) -> None:
    """Make files look settled: what has just changed is hashed again."""
    for path in folder.iterdir():
        time = path.stat().st_mtime_ns - seconds * 10**9
        os.utime(path, ns=(time, time))


def test_a_graph_is_written_once(checkpoint, cache):
    calls = []
    first = optimized(
        checkpoint, precision="int8", cache=cache, progress=lambda *_: calls.append(1)
    )
    written = len(calls)
    again = optimized(
        checkpoint, precision="int8", cache=cache, progress=lambda *_: calls.append(1)
    )
    assert first == again
    assert written == len(calls) > 0
    assert sorted(path.name for path in first.iterdir()) == [
        "embeddings.bin",
        "files.json",
        "model.onnx",
        "weights.bin",
    ]


def test_precision_and_content_make_the_key_and_the_path_does_not(checkpoint, cache, tmp_path):
    first = optimized(checkpoint, precision="int8", cache=cache)
    assert optimized(checkpoint, precision="fp32", cache=cache) != first
    copy = write_tiny_bert(tmp_path / "copy")
    assert optimized(copy, precision="int8", cache=cache) == first
    other = write_tiny_bert(tmp_path / "other", seed=1)
    assert optimized(other, precision="int8", cache=cache) != first


def test_a_changed_checkpoint_gets_a_graph_of_its_own(checkpoint, cache):
    first = optimized(checkpoint, precision="int8", cache=cache)
    write_tiny_bert(checkpoint, seed=1)
    assert optimized(checkpoint, precision="int8", cache=cache) != first


@pytest.mark.parametrize("damage", ["weights.bin", "model.onnx", "files.json"])
def test_a_graph_that_lost_a_file_is_written_again(checkpoint, cache, damage):
    graph = optimized(checkpoint, precision="int8", cache=cache)
    (graph / damage).unlink()
    assert optimized(checkpoint, precision="int8", cache=cache) == graph
    assert is_complete(graph)


def test_a_graph_with_a_file_cut_short_is_written_again(checkpoint, cache):
    graph = optimized(checkpoint, precision="int8", cache=cache)
    os.truncate(graph / "weights.bin", 100)
    assert not is_complete(graph)
    optimized(checkpoint, precision="int8", cache=cache)
    assert is_complete(graph)


def test_a_failed_conversion_leaves_nothing_behind(checkpoint, cache):
    config = json.loads((checkpoint / "config.json").read_text())
    (checkpoint / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 4}))
    with pytest.raises(ModelFilesInvalid, match=r"layer\.3"):
        optimized(checkpoint, precision="int8", cache=cache)
    assert list((cache / "graphs").iterdir()) == []


def test_what_a_dead_process_left_is_removed_and_what_a_living_one_writes_is_not(checkpoint, cache):
    graphs = cache / "graphs"
    for name in ("unfinished-old", "unfinished-new"):
        (graphs / name).mkdir(parents=True)
    two_days_ago = (graphs / "unfinished-old").stat().st_mtime - 2 * 24 * 3600
    os.utime(graphs / "unfinished-old", (two_days_ago, two_days_ago))
    optimized(checkpoint, precision="int8", cache=cache)
    assert not (graphs / "unfinished-old").exists()
    assert (graphs / "unfinished-new").exists()


def convert_and_send(checkpoint, cache, connection):
    connection.send(str(optimized(checkpoint, precision="int8", cache=cache)))


def test_processes_that_write_the_same_graph_at_once_agree(checkpoint, cache):
    context = multiprocessing.get_context("spawn")
    connections, processes = [], []
    for _ in range(3):
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=convert_and_send, args=(checkpoint, cache, sender))
        process.start()
        connections.append(receiver)
        processes.append(process)
    answers = set()
    for receiver, process in zip(connections, processes, strict=True):
        assert receiver.poll(120)
        answers.add(receiver.recv())
        process.join()
        assert process.exitcode == 0
    assert len(answers) == 1
    assert is_complete(Path(answers.pop()))
    assert [path.name for path in (cache / "graphs").glob("unfinished-*")] == []


def test_a_cache_that_cannot_be_made_says_how_to_move_it(checkpoint, tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    with pytest.raises(CacheUnusable, match=r"(?s)blocked.*JINGPAI_CACHE"):
        optimized(checkpoint, precision="int8", cache=blocked / "cache")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_full_disk_says_how_much_is_needed_and_how_to_move_the_cache(checkpoint, cache):
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(CacheUnusable, match=r"0\.00 GB are needed.*JINGPAI_CACHE"):
            optimized(checkpoint, precision="fp32", cache=cache)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list((cache / "graphs").iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs file modes")
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root reads everything")
def test_a_checkpoint_that_may_not_be_read_is_not_blamed_on_the_cache(checkpoint, cache):
    (checkpoint / "model.safetensors").chmod(0)
    with pytest.raises(ModelFilesInvalid, match=r"model\.safetensors"):
        optimized(checkpoint, precision="int8", cache=cache)


def test_a_settled_file_is_hashed_once(tmp_path):
    file = tmp_path / "weights"
    file.write_bytes(b"first")
    age(tmp_path)
    digests = Digests(tmp_path / "digests.json")
    first = digests.of([file])
    stamp = file.stat().st_mtime_ns
    file.write_bytes(b"other")
    os.utime(file, ns=(stamp, stamp))  # same size, same time: not read again
    assert Digests(tmp_path / "digests.json").of([file]) == first


def test_a_file_that_has_just_changed_is_hashed_again(tmp_path):
    file = tmp_path / "weights"
    file.write_bytes(b"first")
    digests = Digests(tmp_path / "digests.json")
    first = digests.of([file])
    stamp = file.stat().st_mtime_ns
    file.write_bytes(b"other")
    os.utime(file, ns=(stamp, stamp))
    assert digests.of([file]) != first


@pytest.mark.parametrize("content", ["", "[1]", '{"a": 1}', "not json"])
def test_broken_remembered_hashes_are_forgotten(tmp_path, content):
    file = tmp_path / "weights"
    file.write_bytes(b"first")
    (tmp_path / "digests.json").write_text(content)
    assert len(Digests(tmp_path / "digests.json").of([file])[0][1]) == 64
