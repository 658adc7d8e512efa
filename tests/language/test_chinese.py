"""Whether everything that the program says has a Chinese form, and nothing else has one."""

from __future__ import annotations

import ast
import inspect
import string
import unicodedata
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jinja2 import nodes

import jingpai
from jingpai.cli.app import app
from jingpai.explain.demo_cases import CASES
from jingpai.language.chinese import CHINESE, PARTS
from jingpai.models.known.catalog import CATALOG
from jingpai.pages.rendering import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(jingpai.__file__).parent
TREES = {
    path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
}
COMMAND_LINE = {name: tree for name, tree in TREES.items() if name.startswith("cli/")}

# The variables of the command line whose keys are shown.
LABELLED = {"facts", "checks", "folders", "addresses"}

# What is called with a text that is said; a fault is written in English to files of results.
SAYING = {"say", "Fault", "NotJson", "_NoNumber"}

# Labels of facts that are names, the same in both languages.
NAMES = {
    *("jingpai", "Python", "numpy", "tokenizers", "safetensors", "huggingface-hub"),
    *("onnxruntime", "torch", "transformers", "Hugging Face", "ModelScope", "HF_HUB_OFFLINE"),
}


def said() -> Iterator[tuple[str, str]]:
    """All texts that people read in their language, each with its file."""
    for name, tree in TREES.items():
        for call in calls_of_say(tree):
            yield from ((name, text) for text in literals(call.args[0]))
    for name, tree in TREES.items():  # the command line, and the settings that it has flags for
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "help":
                yield from ((name, text) for text in literals(node.value))
    for name in environment().list_templates():
        source, _, _ = environment().loader.get_source(environment(), name)
        for said_there in environment().parse(source).find_all(nodes.Call):
            if isinstance(said_there.node, nodes.Name) and said_there.node.name == "say":
                yield name, said_there.args[0].as_const()
    yield from (("demo_cases.py", case.title) for case in CASES)
    yield from (("catalog.py", spec.languages) for spec in CATALOG)


def calls_of_say(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in SAYING
        ):
            yield node


def literals(node: ast.AST) -> list[str]:
    found = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant)]
    return [text for text in found if isinstance(text, str) and text]


def labels() -> Iterator[str]:
    """The names of the doctor's checks, and of the facts that they collect."""
    for tree in COMMAND_LINE.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.AnnAssign | ast.Assign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if ast.unparse(targets[0]) in LABELLED and isinstance(node.value, ast.Dict):
                    yield from (text for key in node.value.keys if key for text in literals(key))
            if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "facts":
                yield from literals(node.slice)


def descriptions() -> set[str]:
    """What the program and its commands say of themselves."""
    declared = [app.registered_callback, *app.registered_commands]
    return {inspect.getdoc(one.callback) or "" for one in declared if one is not None}


def scripts() -> set[str]:
    """The names that scripts have where the data do not say a language."""
    letters = filter(str.isalpha, map(chr, range(0x10000)))
    return {unicodedata.name(letter, "").partition(" ")[0].capitalize() for letter in letters} | {
        "Han",
        "Japanese",
    }


def test_every_text_has_a_chinese_form():
    missing = [(file, text) for file, text in said() if text not in CHINESE]
    assert missing == []


def test_texts_are_found_in_all_parts_of_the_program():
    files = {file for file, _ in said()}
    assert {
        "cli/app.py",
        "settings.py",
        "files/opening.py",
        "pages/wording.py",
        "evaluation.html",
    } <= files


def test_no_chinese_form_is_left_over():
    used = {text for _, text in said()} | set(labels()) | scripts()
    used |= {"Show this message and exit."}  # typer's own
    used |= descriptions()
    assert CHINESE.keys() - used == set()


def test_every_command_has_a_chinese_description():
    assert len(descriptions()) > 10
    assert descriptions() <= CHINESE.keys()


def test_a_text_has_one_chinese_form():
    counted = Counter(text for part in PARTS for text in part)
    assert {text: times for text, times in counted.items() if times > 1} == {}


def test_both_forms_have_the_same_places_for_values():
    def places(text: str) -> set[tuple[str | None, str | None]]:
        return {(name, spec) for _, name, spec, _ in string.Formatter().parse(text) if name}

    different = [text for text in CHINESE if places(text) != places(CHINESE[text])]
    assert different == []


def test_every_check_and_label_of_the_doctor_has_a_chinese_form():
    assert set(labels()) - CHINESE.keys() - NAMES == set()
    assert {"bundled model", "cores", "int8 products", "device"} <= set(labels())


@pytest.mark.parametrize("file", COMMAND_LINE)
def test_what_the_command_line_refuses_it_refuses_in_the_users_language(file):
    for node in ast.walk(COMMAND_LINE[file]):
        if isinstance(node, ast.Raise) and node.exc is not None:
            values = {
                word
                for one in ast.walk(node)
                if isinstance(one, ast.keyword)
                for word in literals(one)
            }
            translated = {text for call in calls_of_say(node) for text in literals(call)}
            sentences = {text for text in literals(node.exc) if " " in text.strip()}
            assert sentences <= translated | values
