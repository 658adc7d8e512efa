"""What users hand in by mistake, and what attackers do on purpose: values for all the doors.

The inputs of a run are the same each time. HOSTILE_INPUTS says how many there are in all, and
HOSTILE_SEED which ones: `make test-hostile INPUTS=10000 SEED=1`. The ordinary run has a few.
"""

from __future__ import annotations

import datetime
import io
import json
import math
import os
import types
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st

from jingpai.errors import JingpaiError
from jingpai.types import Document

if TYPE_CHECKING:
    from collections.abc import Callable

pd = pytest.importorskip("pandas")

INPUTS = int(os.environ.get("HOSTILE_INPUTS", "400"))
SEED = int(os.environ.get("HOSTILE_SEED", "1"))

# A message is for people: nobody reads more, and it may come from a text of megabytes.
MOST_CHARACTERS = 2000


def hostile(*, share: float) -> Callable[[Any], Any]:
    """Run a test on its share of the inputs of a run, which are the same each time."""

    def decorate(test: Any) -> Any:
        limited = hypothesis.settings(
            max_examples=max(1, round(INPUTS * share)),
            database=None,
            deadline=None,
            # An explanation of what is not needed for a failure takes as long as the run.
            phases=(Phase.explicit, Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        return hypothesis.seed(SEED)(limited(test))

    return decorate


def result_or_error(action: Callable[[], Any]) -> Any:
    """What a call returns, or the error of jingpai's own that it raises: any other passes."""
    try:
        return action()
    except JingpaiError as error:
        check_message(str(error))
        return error


def check_message(message: str) -> None:
    """A message says something, and stays short whatever was handed in."""
    assert len(message) > 10, message
    assert len(message) < MOST_CHARACTERS, f"{message[:200]} ... {len(message)} characters"
    assert "Traceback" not in message
    assert " object at 0x" not in message, message


# Texts

PIECES = (
    *("", " ", "\t", "\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u3000"),
    *("\x00", "\x01", "\x1a", "\x1b[31m", "\x7f", "\ufeff", "\u200b", "\u200d", "\u00ad", "\ufffe"),
    *("\u200e", "\u202e", "\u2066", "\u2069", "שלום", "مرحبا", "ﷺ", "می\u200cخواهم"),
    *("\ud800", "\udc00", "\udcff", "\udc80", "\ud83d", "\ude00", "\ufffd", "\U0010ffff"),
    *("panda", "What is a panda?", "Dr. No e.g. says no. ", "大熊猫吃竹子。", "パンダ", "อากาศดี"),
    *("e\u0301", "\u0301" * 30, "👩\u200d👩\u200d👧", "🇨🇳", "👍🏽", "𝓅𝒶𝓃𝒹𝒶", "Ⅻ", "İ", "ß", "ǅ"),
    *("x" * 700, "ab " * 200, "1" * 400, "。" * 100, "a." * 90, "的" * 300, "-" * 80),
    *("<b>", "</b>", "<a ", "<!--", "<script>", "&lt;", "&#", "&#x110000;", "&#0;", "```", "<br>"),
    *("<s>", "</s>", "<pad>", "[SEP]", "query: ", "passage: ", "<|im_end|>"),
    *("{}", "[", '{"text": 1}', "null", "NaN", "-0", "1e999", "0x1", "\\ud800", "\\u0000"),
    *(",", ";", "|", '"', "'", '""', "\\", "%s", "%", "{0}", "{", "}", "~", "-", "--", "#"),
    *("../..", "/", "C:\\", "file:///", "@", "org/name@x", "=HYPERLINK(1)", "&&", "!important:"),
    *("query", "document", "text", "label", "\ufeffquery", "text,text", "query\tdocument\tlabel"),
)

texts = st.lists(
    st.sampled_from(PIECES) | st.text(st.characters(exclude_categories=()), max_size=12),
    max_size=6,
).map("".join)
"""Texts of everything: half characters, NUL, marks, scripts, markup, long words."""

readable_queries = st.tuples(st.sampled_from(("what is a panda", "大熊猫", "é", "😀")), texts).map(
    lambda parts: " ".join(parts)[:60]
)
"""Queries that hold something to read, and leave a passage of a tiny model some room."""


# JSON

big_numbers = st.sampled_from(
    (0, 1, -1, 2, 2**31, -(2**31) - 1, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**30, -(10**30))
) | st.sampled_from((0.0, -0.0, 0.5, 1.0, 3.0, -1.5, 1e30, 1e308, -1e308, 5e-324, 1e-7))

json_scalars = st.none() | st.booleans() | big_numbers | texts
json_values: st.SearchStrategy[Any] = st.recursive(
    json_scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
) | st.sampled_from(
    (
        *([], {}, [[]], [{}], [None], [""], {"text": None}, {"text": 1}, {"text": ["a"]}),
        *({"content": []}, {"content": [{"type": "text"}]}, {"content": "a"}, {"": ""}),
        *({"content": [{"type": "image_url", "image_url": "x"}]}, {"image": "x"}, ["a"] * 60),
        *("true", "1", "all", "null", "0", [True], [1.0], [["a", "b"]], {"text": "a", "title": 1}),
    )
)
"""Whatever JSON holds."""

# Python writes these, and some of them are no JSON.
_RAW: tuple[str, ...] = (
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "-1e999",
    "9" * 5000,
    "-" + "9" * 400,
    "1e-999",
)
_RAW += ('"\\ud800"', '"\\udc00\\ud800"', "[" * 900, "[" * 10**5, '{"a":' * 900, "01", "+1", "'a'")
_RAW += ('"\\u0000"', '"\t"', "//", "\ufeff1", '{"a":1,"a":2}', "[" * 60 + "]" * 60)
raw_json = st.sampled_from(_RAW) | json_values.map(json.dumps)
"""A value as it is written, perhaps not in JSON."""


def written(body: object, path: tuple[str | int, ...], raw: str) -> str:
    """A body as JSON, in which the value at a path is written as `raw`."""
    mark = "\ue000here\ue000"
    return json.dumps(put(body, path, mark)).replace(json.dumps(mark), raw)


def put(body: Any, path: tuple[str | int, ...], value: object) -> Any:
    """A copy of a JSON value, with another one at a path."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(body, list):
        return [put(item, rest, value) if at == step else item for at, item in enumerate(body)]
    return {**body, step: put(body.get(step), rest, value)}


def places(body: Any) -> list[tuple[str | int, ...]]:
    """The paths of all values in a JSON value."""
    if not isinstance(body, dict | list):
        return [()]
    inner = body.items() if isinstance(body, dict) else enumerate(body)
    return [(), *((step, *path) for step, value in inner for path in places(value))]


# Python


def deep(levels: int) -> Any:
    """A list in a list in a list."""
    found: Any = "a"
    for _ in range(levels):
        found = [found]
    return found


class Odd:
    """An object of a class of the user's."""


class Shouting(str):
    """A string of a class of the user's."""

    __slots__ = ()


numbers = big_numbers | st.sampled_from(
    (
        *(True, False, 10**400, -(10**400), 10**5000, math.nan, math.inf, -math.inf),
        *(Decimal(1), Decimal("NaN"), Decimal("sNaN"), Decimal("Inf")),
        *(Fraction(1, 3), Fraction(10**400), 1j, complex("nan")),
        *(np.int64(1), np.int8(-1), np.uint64(2**64 - 1), np.float32("nan"), np.float16("inf")),
        *(np.bool_(True), np.datetime64("NaT"), np.str_("a"), np.bytes_(b"a")),
    )
)

# Made anew for each input: some of them can be walked once.
_MAKERS: tuple[Callable[[], Any], ...] = (
    *(object, Odd, list, dict, set, frozenset, tuple, bytes, bytearray, io.StringIO, io.BytesIO),
    *(lambda: b"\xff", lambda: bytearray(b"a"), lambda: memoryview(b"a"), lambda: "a", lambda: ""),
    *(lambda: ..., lambda: NotImplemented, lambda: Odd, lambda: int, lambda: len, lambda: math),
    *(lambda: iter([]), lambda: iter(["a"]), lambda: (c for c in "ab"), lambda: range(3)),
    *(lambda: {"a"}, lambda: {"a": "b"}, {"a": "b"}.items, lambda: {"text": 1}),
    *({"a": "b"}.values, {1: 2}.keys, lambda: {10**5000: 1}, lambda: {b"x": 1}),
    *(lambda: {"text": "a"}, lambda: {"text": "a", "title": 1}, lambda: {"content": "a"}),
    *(lambda: types.MappingProxyType({"text": "a"}), lambda: types.SimpleNamespace(text="a")),
    *(lambda: Document("a"), lambda: Document(1), lambda: Document("a", title=b"x")),  # type: ignore[arg-type]
    *(lambda: Document("a", metadata=None), lambda: Shouting("a"), lambda: Path("a")),  # type: ignore[arg-type]
    *(lambda: deep(50), lambda: deep(900), lambda: [None], lambda: ["a", b"b"], lambda: ["a", 1]),
    *(lambda: [["a", "b"]], lambda: [("a",)], lambda: [{"a", "b"}], lambda: ["ab"], lambda: [[]]),
    *(lambda: np.array("a"), lambda: np.array(["a"]), lambda: np.array([["a", "b"]])),
    *(lambda: np.array([1.5]), lambda: np.array([]), lambda: np.array([None]), lambda: np.array(5)),
    *(lambda: np.ma.masked, lambda: np.zeros((0, 2)), lambda: np.zeros((2, 2, 2))),
    *(lambda: pd.NA, lambda: pd.NaT, lambda: pd.Series(["a"]), lambda: pd.Series([1.0, None])),
    *(lambda: pd.DataFrame({"text": ["a"]}), pd.DataFrame, lambda: pd.Index(["a"])),
    *(lambda: datetime.date(2026, 1, 1), lambda: ValueError("x"), lambda: "x" * 5000),
)
things = st.sampled_from(_MAKERS).map(lambda make: make())

anything = st.none() | numbers | texts | things | json_values
"""Whatever Python has: a value of every kind that people have handed in."""

metadata = st.dictionaries(texts, json_scalars, max_size=2)
documents = st.one_of(
    texts,
    texts.map(lambda text: {"text": text}),
    texts.map(Shouting),
    texts.map(np.str_),
    st.builds(
        lambda text, title, more: {"id": 1, **more, "text": text, "title": title},
        *(texts, st.none() | texts, metadata),
    ),
    st.builds(
        Document, text=texts, id=st.none() | texts, title=st.none() | texts, metadata=metadata
    ),
)
"""Documents as they may be."""

document_lists = st.lists(documents, max_size=7).flatmap(
    lambda given: st.just(given) if len(given) < 2 else st.just([*given, given[0]]) | st.just(given)
)
"""Lists of documents, often with one of them twice."""
