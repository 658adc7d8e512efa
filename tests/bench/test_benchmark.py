"""The whole benchmark, its ceiling, its JSON form and its picture."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jingpai.backends.loader import open_backend
from jingpai.bench.ceiling import measure_ceiling
from jingpai.bench.measure import Timing
from jingpai.bench.report import Cell, Report, Settings
from jingpai.bench.run import run_benchmark
from jingpai.errors import InvalidInput
from jingpai.pages.speed import write_plot

QUICK: dict[str, Any] = {"documents": (3,), "tokens": (40,), "seconds": 0.01}

LATENCIES = {"p50", "p90", "p99", "p100"}
CELL = {
    *("documents", "tokens", "row_tokens", "concurrency", "requests", "seconds"),
    *("pairs_per_second", "latency_ms", "operations_per_pair", "operations_per_second"),
    *("share_of_ceiling", "peak_memory_bytes"),
}
REPORT = {
    *("schema", "date", "model", "device", "precision", "settings", "machine", "versions"),
    *("load_seconds", "loaded_memory_bytes", "ceiling", "cells", "interrupted"),
}


@pytest.fixture(scope="module")
def report(tiny_folder) -> Report:
    settings = Settings(
        model=str(tiny_folder), documents=(2, 3), tokens=(40, 64), concurrency=(1, 2), seconds=0.01
    )
    return run_benchmark(settings)


def test_every_combination_is_measured(report):
    measured = [(cell.documents, cell.tokens, cell.concurrency) for cell in report.cells]
    assert measured == [(d, t, c) for d in (2, 3) for t in (40, 64) for c in (1, 2)]
    assert all(cell.row_tokens == cell.tokens for cell in report.cells)
    assert (report.device, report.precision, report.is_interrupted) == ("cpu", "int8", False)


def test_speed_and_share_follow_from_what_was_counted(report):
    for cell in report.cells:
        pairs = cell.documents * len(cell.timing.latencies_s)
        assert cell.pairs_per_second == pytest.approx(pairs / cell.timing.seconds)
        achieved = cell.operations_per_pair * cell.pairs_per_second
        assert report.share(cell) == pytest.approx(achieved / report.ceiling.operations_per_second)


def test_the_json_form_is_stable(report):
    found = json.loads(json.dumps(report.as_json(), allow_nan=False))
    assert found["schema"] == 1
    assert found.keys() == REPORT
    assert all(cell.keys() == CELL for cell in found["cells"])
    assert all(cell["latency_ms"].keys() == LATENCIES for cell in found["cells"])
    assert found["ceiling"].keys() == {"operations_per_second", "rows", "inputs", "outputs"}
    assert found["settings"]["tokens"] == [40, 64]
    assert {"jingpai", "python", "onnxruntime"} <= found["versions"].keys()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"documents": (0,)}, r"documents: got \[0\]"),
        ({"tokens": (40, -1)}, r"tokens: got \[40, -1\]"),
        ({"concurrency": ()}, r"concurrency: got \[\]"),
        ({"seconds": 0}, "seconds: got 0"),
        ({"seconds": float("nan")}, "seconds: got nan"),
        ({"tokens": (40, 131)}, "tokens: got 131, but .* reads at most 130"),
    ],
)
def test_settings_out_of_range_are_refused(tiny_folder, settings, message):
    with pytest.raises(InvalidInput, match=message):
        run_benchmark(Settings(model=str(tiny_folder), **{**QUICK, **settings}))


def test_lengths_that_cannot_be_had_are_refused_before_anything_is_measured(tiny_folder):
    told = []
    settings = Settings(model=str(tiny_folder), tokens=(64, 8), seconds=0.01)
    with pytest.raises(InvalidInput, match="tokens: got 8"):
        run_benchmark(settings, progress=lambda done, total: told.append(done))
    assert told == []


def test_an_interruption_leaves_a_report_without_the_rest(tiny_folder):
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    settings = Settings(model=str(tiny_folder), tokens=(40, 64), seconds=3600)
    report = run_benchmark(settings, progress=interrupt)
    assert (len(report.cells), report.is_interrupted, report.ceiling) == (1, True, None)
    assert report.share(report.cells[0]) is None
    assert report.as_json()["cells"][0]["share_of_ceiling"] is None


@pytest.mark.parametrize("precision", ["int8", "fp32"])
def test_the_ceiling_is_a_product_of_the_shape_that_was_asked_for(tiny_folder, precision):
    backend = open_backend(tiny_folder, device="cpu", precision=precision)
    try:
        ceiling = measure_ceiling(backend, shapes=[(64, 128)], seconds=0.001)
    finally:
        backend.close()
    assert (ceiling.inputs, ceiling.outputs) == (64, 128)
    assert ceiling.rows in (512, 2048)
    assert ceiling.operations_per_second > 0


@pytest.mark.torch
def test_a_model_on_pytorch_is_held_against_products_of_pytorch(tiny_folder):
    pytest.importorskip("torch")
    settings = Settings(model=str(tiny_folder), device="cpu", precision="bf16", **QUICK)
    report = run_benchmark(settings)
    assert report.precision == "bf16"
    assert report.ceiling.operations_per_second > 0
    assert (report.share(report.cells[0]) or 0) > 0


def test_a_picture_is_drawn(report, tmp_path):
    pytest.importorskip("matplotlib")
    write_plot(report, tmp_path / "plot.svg")
    drawn = (tmp_path / "plot.svg").read_text(encoding="utf-8")
    assert drawn.rstrip().endswith("</svg>")


def test_a_picture_of_one_cell_is_drawn(report, tmp_path):
    pytest.importorskip("matplotlib")
    cell = Cell(20, 128, 128, 1, Timing((0.5,) * 3, 1.5), 1e9, None)
    settings = report.settings
    one = Report(
        date=report.date,
        model="tiny",
        device="cpu",
        precision="int8",
        settings=settings,
        machine={},
        versions={},
        load_seconds=1,
        loaded_memory_bytes=None,
        ceiling=None,
        cells=(cell,),
        is_interrupted=True,
    )
    write_plot(one, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
