"""The tables beside the results are what the numbers make of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recipe.measures.development import report

RESULTS = Path(__file__).parents[2] / "recipe" / "results"


def test_the_tables_of_the_development_sets_are_made_of_their_numbers():
    numbers = json.loads((RESULTS / "dev.json").read_text("utf-8"))
    assert report.text(numbers) == (RESULTS / "dev.md").read_text("utf-8")


def test_the_tables_of_the_calibration_are_made_of_its_numbers():
    pytest.importorskip("torch")
    from recipe.measures import calibrate

    numbers = json.loads((RESULTS / "calibration.json").read_text("utf-8"))
    assert calibrate.text(numbers) == (RESULTS / "calibration.md").read_text("utf-8")
