"""Whatever is typed, the program does it or says in a message what it cannot take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from support.hostile.values import check_message, hostile, texts
from support.program import run_program

from jingpai.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]

# What runs for long, talks to a network or stays: its settings have tests of their own.
LEFT_OUT = ("serve", "bench", "doctor", "train", "demo", "pull")

# Files are written under these names, and only in the folder of the test.
WRITTEN = ("--output", "--html", "--keep", "--prefix")

NUMBERS = ("0", "1", "-1", "2", "1.5", "nan", "inf", "1e999", "9" * 30, "9" * 5000, "٣", "1_0", "")
NAMES: tuple[str, ...] = (
    "cpu",
    "cuda",
    "int8",
    "fp32",
    "truncate",
    "passages",
    "jsonl",
    "csv",
    "gb18030",
    "utf-16",
)
NAMES += ("logit", "calibrated", "bm25", "embedder", "given.txt", "pairs.csv", "org/name", "MODEL")


def typed(text: str) -> str:
    """A text as the system hands it to a program: bytes without NUL, some of them no UTF-8."""
    kept = text.replace("\0", "").encode("utf-8", "surrogatepass")[:200]
    return kept.decode("utf-8", "surrogateescape")


values = st.sampled_from(NUMBERS + NAMES) | texts.map(typed)


@pytest.fixture(scope="module")
def model(tiny_folder, place: Path) -> str:
    """A model, and files that the commands can read."""
    (place / "given.txt").write_text("a bear\na panda eats\n", encoding="utf-8")
    rows = ["query,document,label"]
    rows += [f"what is {animal},{animal} it is,{at % 2}" for at, animal in enumerate("abcd")]
    (place / "pairs.csv").write_text("\n".join(rows), encoding="utf-8")
    (place / "MODEL").symlink_to(tiny_folder)
    return str(tiny_folder)


def sound(command: str, model: str) -> list[str]:
    """Arguments that a command takes."""
    return {
        "rank": ["what is a panda", "given.txt", "--model", model],
        "explain": ["what is a panda", "given.txt", "--model", model, "--by", "bm25"],
        "eval": ["pairs.csv", "--model", model],
        "compare": [model, model, "pairs.csv"],
        "calibrate": ["pairs.csv", "--model", model, "--output", "made.json"],
        "batch": ["pairs.csv", "made", "--model", model],
        "models": [],
        "optimize": [model],
        "verify": [model],
    }[command]


OPTIONS = [
    (name, parameter.opts[0], not getattr(parameter, "is_flag", False))
    for name, command in COMMANDS.items()
    if name not in LEFT_OUT
    for parameter in command.params
    if parameter.opts[0].startswith("-") and parameter.opts[0] != "--address"
]


def check_end(done: Any) -> None:
    assert done.code in (0, 1, 2, 3), done
    if done.code:
        check_message(done.stderr)


@hostile(share=0.03)
@given(option=st.sampled_from(OPTIONS), value=values)
def test_an_option_takes_a_value_or_says_why_not(model, option, value):
    command, name, takes_value = option
    if name in WRITTEN:
        value = value.replace("/", "_").replace("..", "_")
    given = [name, value] if takes_value else [name]
    if name == "--engine" and value == "ray":
        return
    check_end(run_program(command, *sound(command, model), *given))


ARGUMENTS = ("rank", "explain", "eval", "compare", "models", "verify", "optimize")


@hostile(share=0.01)
@given(command=st.sampled_from(ARGUMENTS), place=st.integers(0, 2), value=values)
def test_an_argument_is_taken_or_refused(model, command, place, value):
    given = sound(command, model)
    at = min(place, len(given))
    check_end(run_program(command, *given[:at], value, *given[at + 1 :]))


@hostile(share=0.01)
@given(arguments=st.lists(values | st.sampled_from(sorted(set(COMMANDS) - set(LEFT_OUT)))))
def test_any_words_are_a_command_or_refused(model, arguments):
    if arguments and arguments[0] in LEFT_OUT:
        return
    check_end(run_program(*arguments))


VARIABLES: tuple[str, ...] = (
    "JINGPAI_LANG",
    "JINGPAI_HUB",
    "HF_HOME",
    "COLUMNS",
    "TERM",
    "LC_ALL",
    "NO_COLOR",
)
VARIABLES += ("HF_ENDPOINT", "HF_HUB_CACHE", "MODELSCOPE_CACHE", "XDG_CACHE_HOME", "JINGPAI_CACHE")


@hostile(share=0.01)
@given(name=st.sampled_from(VARIABLES), value=values, command=st.sampled_from(("rank", "models")))
def test_a_variable_of_any_value_is_taken_or_named(model, name, value, command):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(name, value.replace("/", "_").replace("..", "_"))
        done = run_program(command, *sound(command, model))
    check_end(done)
    if done.code:
        assert name in done.stderr or "cache" in done.stderr, done.stderr
