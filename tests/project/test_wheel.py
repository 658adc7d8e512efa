"""The wheel, as users get it: built, installed into an empty environment, and used offline."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# `make test` keeps the wheels of the base dependencies here, so that this test needs no network.
WHEELS = Path(sys.prefix) / "wheels"

QUERY = "大熊猫吃什么?"
DOCUMENTS = ["The train leaves at noon.", "Giant pandas eat bamboo almost exclusively."]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def scripts(wheel, tmp_path_factory) -> Path:
    """The folder of programs of an empty environment with the wheel and its base dependencies."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    source: list[str | Path] = ["--no-index", "--find-links", WHEELS] if WHEELS.is_dir() else []
    subprocess.run([programs / "python", "-m", "pip", "install", "-q", *source, wheel], check=True)
    return programs


def test_the_wheel_carries_the_model_the_types_the_templates_and_the_licence(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    bundled = ("jingpai/bundled/model.onnx", "jingpai/bundled/encoder.onnx")
    pages = ("jingpai/pages/templates/base.html", "jingpai/pages/templates/style.css")
    for needed in ("jingpai/py.typed", *bundled, *pages, "licenses/LICENSE"):
        assert any(name.endswith(needed) for name in names), needed
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests")]


def test_the_bundled_models_are_under_100_mb():
    files = list((ROOT / "src/jingpai/bundled").iterdir())
    assert sum(file.stat().st_size for file in files) < 100e6


def test_an_empty_environment_reranks_with_the_wheel(scripts, tmp_path):
    code = f"import jingpai; print(*jingpai.Reranker().score({QUERY!r}, {DOCUMENTS!r}))"
    done = subprocess.run(
        [scripts / "python", "-W", "error", "-c", code],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    unrelated, related = map(float, done.stdout.split())
    assert unrelated < 0.5 < related


def test_an_empty_environment_embeds_with_the_wheel(scripts, tmp_path):
    code = (
        f"import jingpai; e = jingpai.Embedder(); (q,) = e.embed_queries([{QUERY!r}]);"
        f" print(*e.embed_passages({DOCUMENTS!r}) @ q)"
    )
    done = subprocess.run(
        [scripts / "python", "-W", "error", "-c", code],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    unrelated, related = map(float, done.stdout.split())
    assert unrelated < related


def test_an_empty_environment_has_the_command(scripts, tmp_path):
    done = subprocess.run(
        [scripts / "jingpai", "rank", QUERY, "--json"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
        input="\n".join(DOCUMENTS),
    )
    assert [one["index"] for one in json.loads(done.stdout)["results"]] == [1, 0]


def test_the_base_install_has_no_torch(scripts):
    done = subprocess.run(
        [scripts / "python", "-m", "pip", "list", "--format=json"], check=True, capture_output=True
    )
    installed = {package["name"].lower() for package in json.loads(done.stdout)}
    assert installed.isdisjoint({"torch", "transformers", "onnx", "scipy", "pandas"})
