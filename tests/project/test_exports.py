from __future__ import annotations

import subprocess
import sys

import jingpai
from jingpai import errors


def test_everything_that_is_exported_can_be_imported():
    assert all(hasattr(jingpai, name) for name in jingpai.__all__)


def test_every_error_is_exported_and_has_one_root():
    tree = [value for value in vars(errors).values() if isinstance(value, type)]
    mine = [error for error in tree if issubclass(error, Exception)]
    assert {error.__name__ for error in mine} <= set(jingpai.__all__)
    assert all(issubclass(error, jingpai.JingpaiError) for error in mine)


def test_importing_loads_no_heavy_library():
    code = (
        "import sys, jingpai; heavy = {'torch', 'transformers', 'onnxruntime', 'huggingface_hub',"
        " 'typer', 'rich', 'jinja2', 'psutil', 'bm25s', 'regex'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
