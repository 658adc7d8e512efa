"""A run from a pack: what is packed, how it ends, and what its parts are joined into."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from support.tiny_models import write_tiny_text_encoder

torch = pytest.importorskip("torch")

from safetensors.numpy import load_file  # noqa: E402 (PyTorch is optional, and so is what follows)

from jingpai.files.model_folder import TABLE  # noqa: E402
from jingpai.training.networks.two_segment_files import load  # noqa: E402
from recipe.network import finish  # noqa: E402
from recipe.network.batches import make_batch  # noqa: E402
from recipe.network.gpu import pack, unpack_parts  # noqa: E402
from recipe.network.gpu.arrays import read_arrays, write_arrays  # noqa: E402
from recipe.network.gpu.contents import (  # noqa: E402
    Pack,
    numbered_anew,
    read_pack,
    write_pack,
)
from recipe.network.gpu.parts import read_parts, write_parts  # noqa: E402
from recipe.network.gpu.train import Run  # noqa: E402
from recipe.network.inference import ParentTokenizer, logits  # noqa: E402
from recipe.network.settings import TrainingSettings  # noqa: E402
from recipe.network.train import (  # noqa: E402
    groups_apart,
    groups_to_learn,
    starting_network,
)
from recipe.records import write_records  # noqa: E402

if TYPE_CHECKING:
    from recipe.network.groups import Group

ROOT = Path(__file__).parents[2]
TINY = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
SMALL_STEPS = ["frozen_layers=0", "batch_tokens=400", "worker_tokens=200"]


def mined(number: int, *, held_out: bool) -> dict[str, Any]:
    """A group of a public source, where nobody looked for evidence."""
    return {
        "query": f"Where is house {number}?",
        "source": "sample",
        "held_out": held_out,
        "passages": [f"House {number} is in 北京.", "It rains.", f"House {number + 1} is green."],
        "kinds": ["answer", "hard", "hard"],
        "cosines": [0.75, 0.5, 0.625],
    }


def written(number: int, *, held_out: bool) -> dict[str, Any]:
    """A group that somebody wrote, of which the parent has no opinion."""
    return mined(number, held_out=held_out) | {
        "source": "written",
        "kind": "plain" if number % 2 else "number",
        "cosines": [None, None, None],
        "evidence": [["in 北京"]],
    }


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """The files that training starts from."""
    folder = tmp_path / "work"
    write_tiny_text_encoder(
        folder / "base", max_position_embeddings=512, bos_token_id=0, eos_token_id=2, **TINY
    )
    for name, make in (("groups.jsonl", mined), ("teacher.jsonl", written)):
        write_records(folder / name, [make(number, held_out=number > 9) for number in range(12)])
    return folder


@pytest.fixture
def packed(work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, packed."""
    folder = tmp_path / "pack"
    given = ["--work", str(work), "--output", str(folder)]
    monkeypatch.setattr(sys, "argv", ["pack", *given])
    pack.main()
    return folder


def without_ids(group: Group) -> Group:
    return replace(group, query=[], passages=[])


def pairs_of(groups: list[Group]) -> list[tuple[list[int], list[int]]]:
    return [(group.query, passage) for group in groups for passage in group.passages]


def test_packed_groups_get_the_logits_of_their_texts(work, tmp_path):
    tokenizer = ParentTokenizer(work / "base")
    model = starting_network(work / "base", None)
    with torch.no_grad():  # to weights that bfloat16 holds exactly
        for value in model.parameters():
            value.copy_(value.bfloat16())
        model.cross_segment_bias.uniform_(-3, 0)
        model.verdict.weight.uniform_(-1, 1)
    given = Pack(model, groups_to_learn(work, tokenizer), groups_apart(work, tokenizer))
    write_pack(tmp_path / "pack", given, table=load_file(work / "base" / TABLE))
    found = read_pack(tmp_path / "pack")

    assert len(found.model.words) < len(model.words)
    for before, after in ((given.groups, found.groups), (given.held_out, found.held_out)):
        assert list(map(without_ids, after)) == list(map(without_ids, before))
        values = [logits(given.model, pairs_of(before), exact=True)]
        values += [logits(found.model, pairs_of(after), exact=True)]
        torch.testing.assert_close(values[1], values[0])
        shared = [make_batch(pairs_of(groups)).is_shared() for groups in (before, after)]
        assert shared[0].any()
        assert torch.equal(shared[1], shared[0])


def test_rare_tokens_become_unknown_and_leave_the_pack():
    ids = np.array([0, 9, 7, 7, 9, 9, 8, 2], np.uint32)
    used, places = numbered_anew(ids, fewest=2)
    assert used.tolist() == [0, 1, 2, 3, 9, 7]
    assert places.tolist() == [0, 4, 5, 5, 4, 4, 3, 2]


def test_rounded_weights_make_a_smaller_pack(work, tmp_path):
    model = starting_network(work / "base", None)
    tokenizer = ParentTokenizer(work / "base")
    given = Pack(model, groups_to_learn(work, tokenizer), [])
    table = load_file(work / "base" / TABLE)
    paths = [
        write_pack(tmp_path / str(mantissa), given, table=table, mantissa=mantissa)
        for mantissa in (7, 5)
    ]
    assert paths[1].stat().st_size < paths[0].stat().st_size
    found = read_pack(tmp_path / "5").model
    for name, value in model.state_dict().items():
        torch.testing.assert_close(found.state_dict()[name], value, rtol=2**-6, atol=0)


def test_arrays_come_back_as_they_were(tmp_path):
    arrays = {
        "none": np.zeros(0, np.uint32),
        "large": np.array([0, 255, 256, 2**31], np.uint32),
        "signed": np.array([[-1, 2], [3, -32768]], np.int16),
        "infinite": np.array([math.inf, 0.1], np.float32),
        "one number": np.array(7.5, np.float16),
    }
    write_arrays(tmp_path / "some.zip", arrays)
    found = read_arrays(tmp_path / "some.zip")
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array, strict=True)


def test_weights_are_left_in_parts_of_a_bounded_size(work, tmp_path):
    model = starting_network(work / "base", None)
    write_parts(tmp_path, model, part_bytes=20_000)
    write_parts(tmp_path, model, part_bytes=30_000)
    parts = sorted(tmp_path.glob("*"))
    assert [path.name for path in parts[:2]] == ["weights-00.part", "weights-01.part"]
    assert max(path.stat().st_size for path in parts) == 30_000
    found = read_parts(tmp_path)
    assert found.keys() == model.state_dict().keys()
    for name, value in model.state_dict().items():
        torch.testing.assert_close(found[name], value, rtol=1e-3, atol=1e-6)

    parts[1].unlink()
    with pytest.raises(SystemExit, match="not all the parts of one checkpoint"):
        read_parts(tmp_path)


@pytest.fixture
def run(packed: Path, tmp_path: Path) -> Run:
    """A run of the pack that has not begun."""
    output = tmp_path / "out"
    output.mkdir()
    return Run(
        read_pack(packed),
        settings=TrainingSettings().changed(SMALL_STEPS),
        device=torch.device("cpu"),
        output=output,
        part_bytes=10_000,
    )


def test_a_run_ends_by_itself_with_a_check_of_its_last_weights(run):
    run.go(time.monotonic(), seconds=3)
    curve = json.loads((run.output / "curve.json").read_text("utf-8"))
    assert [check["step"] for check in curve["checks"]] == [0, run.step]
    assert {"number", "plain", "written"} < curve["checks"][-1]["held_out"].keys()
    trained = run.model.state_dict()
    for name, value in read_parts(run.output).items():
        torch.testing.assert_close(value, trained[name], rtol=1e-3, atol=1e-6)


def test_a_run_whose_time_is_up_takes_no_step(run):
    run.go(time.monotonic() - 100, seconds=3)
    assert run.step == 0
    assert read_parts(run.output).keys() == run.model.state_dict().keys()


def test_an_interrupted_run_leaves_weights_that_become_a_model(work, packed, tmp_path, monkeypatch):
    output = tmp_path / "out"
    command = [sys.executable, "-m", "recipe.network.gpu.train", packed, "--device", "cpu"]
    command += ["--seconds", 500, "--output", output, "--part-bytes", 9000, "--set", *SMALL_STEPS]
    with subprocess.Popen(
        [str(word) for word in command], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        next(line for line in process.stdout if line.startswith("step "))
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
    assert process.returncode == 0
    sizes = {path.name: path.stat().st_size for path in output.glob("*.part")}
    assert len(sizes) > 2
    assert max(sizes.values()) == 9000
    lines = json.loads((output / "curve.json").read_text("utf-8"))["lines"]
    assert lines[-1]["pairs"] > 0

    where = ["--work", str(work)]
    monkeypatch.setattr(sys, "argv", ["unpack_parts", str(output), *where, "--name", "some.pt"])
    unpack_parts.main()
    monkeypatch.setattr(sys, "argv", ["finish", *where, "--checkpoint", "some.pt"])
    finish.main()
    base, model = load(work / "base"), load(work / "model")
    assert model.evidence is not None
    for part in ("layers.0.inner.weight", "layers.1.query.weight", "cross_segment_bias"):
        assert not torch.equal(model.state_dict()[part], base.state_dict()[part])
