"""Which language is spoken, and whether everything can be said in both."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import jingpai.cli
import jingpai.evaluation
from jingpai.explain.demo_cases import CASES
from jingpai.language.chinese.messages import CHINESE
from jingpai.language.speech import language
from jingpai.models.known.catalog import CATALOG

# The variables whose keys are shown.
LABELLED = {"facts", "checks", "folders", "addresses"}

# An evaluation's page is written by the library, with the texts of the command line.
SOURCES = sorted(
    path
    for package in (jingpai.cli, jingpai.evaluation)
    for path in Path(package.__file__).parent.rglob("*.py")
)

# Labels of facts that are names, the same in both languages.
NAMES = {
    *("jingpai", "Python", "numpy", "tokenizers", "safetensors", "huggingface-hub"),
    *("onnxruntime", "torch", "transformers", "Hugging Face", "ModelScope", "HF_HUB_OFFLINE"),
}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW"}, "zh"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "JINGPAI_LANG": "en"}, "en"),
        ({"LANG": "en_US.UTF-8", "JINGPAI_LANG": "ZH"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "JINGPAI_LANG": "klingon"}, "zh"),
    ],
)
def test_the_language_is_that_of_the_environment(environ, expected):
    assert language(environ) == expected


def said() -> Iterator[tuple[str, str]]:
    """All texts in the sources that people read, each with its file."""
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                if isinstance(node.func, ast.Name) and node.func.id == "say":
                    yield from ((path.name, text) for text in literals(node.args[0]))
                helps = [word.value for word in node.keywords if word.arg == "help"]
                yield from ((path.name, text) for one in helps for text in literals(one))
    for case in CASES:
        yield "demo_cases.py", case.title


def literals(node: ast.AST) -> list[str]:
    found = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant)]
    return [text for text in found if isinstance(text, str) and text]


def labels() -> Iterator[str]:
    """The names of the doctor's checks, and of the facts that they collect."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.AnnAssign | ast.Assign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if ast.unparse(targets[0]) in LABELLED and isinstance(node.value, ast.Dict):
                    yield from (text for key in node.value.keys if key for text in literals(key))
            if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "facts":
                yield from literals(node.slice)


def test_every_text_has_a_chinese_form():
    missing = [(file, text) for file, text in said() if text not in CHINESE]
    assert missing == []


def test_no_chinese_form_is_left_over():
    used = {text for _, text in said()} | set(labels())
    used |= {"Show this message and exit."}  # typer's own
    used |= {spec.languages for spec in CATALOG}  # shown in English where there is no Chinese form
    docstrings = {
        ast.get_docstring(node)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    assert CHINESE.keys() - used - docstrings == set()


def test_both_forms_have_the_same_places_for_values():
    def places(text: str) -> set[tuple[str | None, str | None]]:
        return {(name, spec) for _, name, spec, _ in string.Formatter().parse(text) if name}

    different = [text for text in CHINESE if places(text) != places(CHINESE[text])]
    assert different == []


def test_every_check_and_label_of_the_doctor_has_a_chinese_form():
    assert set(labels()) - CHINESE.keys() - NAMES == set()
    assert {"bundled model", "cores", "int8 products", "device"} <= set(labels())
