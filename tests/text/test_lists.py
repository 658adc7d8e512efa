"""What is a list, and what can only be walked like one."""

from __future__ import annotations

import io
import math
import re
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jingpai.errors import InvalidInput
from jingpai.text.fields import read_document, read_list, read_query
from jingpai.types import Document

TEXTS = ["b", "a", "b"]


def check(value: object, **settings: int) -> list[object]:
    return read_list(value, name="documents", **settings)


@pytest.mark.parametrize(
    "value",
    [
        TEXTS,
        tuple(TEXTS),
        iter(TEXTS),
        (text for text in TEXTS),
        dict(enumerate(TEXTS)).values(),
        np.array(TEXTS),
        np.array(TEXTS, dtype=object),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_has_its_texts_in_an_order_is_a_list(value):
    assert check(value) == TEXTS


def test_the_keys_of_a_dictionary_have_an_order_too():
    assert check({"b": 1, "a": 2}.keys()) == ["b", "a"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("a", "got str, but a list is needed. For a single one hand in [document]."),
        (Document("a"), "got Document, but a list is needed. For a single one hand in [document]."),
        ({"text": "a"}, "got dict, but a list is needed. For a single one hand in [document]."),
        ({"1": "a"}, "For the values of a dictionary hand in documents.values()."),
        ({"1": "a"}.items(), "got dict_items, but a list is needed. Hand in the values"),
        ({"a", "b"}, "got set, but a list is needed: a set has no order"),
        (frozenset("a"), "sorted(documents)"),
        (b"a", "got bytes, but a list is needed. Decode it first"),
        (bytearray(b"a"), 'decode("utf-8")'),
        (memoryview(b"a"), 'decode("utf-8")'),
        (io.StringIO("a\n"), "Hand in file.read().splitlines(), or [file.read()]."),
        (io.BytesIO(b"a\n"), "file.read()"),
        (Path("texts.txt"), "path.read_text("),
        (np.array("a"), "got ndarray, but a list is needed. For a single one"),
        (np.array([["a", "b"]]), "it has 2 dimensions. Hand in one column of it"),
        (3, "got int, but a list is needed"),
        (None, "got NoneType, but a list is needed"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_anything_else_is_an_error_that_says_what_to_hand_in(value, said):
    with pytest.raises(InvalidInput, match=re.escape(said)):
        check(value)


def test_a_temporary_file_is_a_file():
    with (
        tempfile.NamedTemporaryFile() as file,
        pytest.raises(InvalidInput, match=r"file\.read\(\)"),
    ):
        check(file)


def test_the_rows_of_an_array_are_lists_where_lists_of_lists_are_taken():
    rows: Any = check(np.array([["a", "b"]]), dimensions=2)
    assert [list(row) for row in rows] == [["a", "b"]]
    with pytest.raises(InvalidInput, match="it has 3 dimensions"):
        check(np.array([[["a"]]]), dimensions=2)


class Table:
    """What pandas, polars, Spark and Arrow have in common, without any of them."""

    def __init__(self, *columns: str) -> None:
        self._columns = columns

    @property
    def columns(self) -> tuple[str, ...]:
        return self._columns

    def __iter__(self):
        return iter(self._columns)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (Table("id", "text"), """with the columns 'id', 'text'. Hand in the one that holds the"""),
        (Table("id", "text"), "documents['text']"),
        (Table("id", "tweet"), "documents[COLUMN]"),
        (Table(*map(str, range(20))), "'9', …"),
    ],
)
def test_a_table_is_asked_for_one_of_its_columns(table, said):
    with pytest.raises(InvalidInput, match=re.escape(said)):
        check(table)
    with pytest.raises(InvalidInput, match=re.escape("list(zip(inputs[QUERY], inputs[TEXT]))")):
        read_list(table, name="inputs", dimensions=2)


def test_pandas_columns_are_lists_and_its_tables_none():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"id": [1, 2, 3], "text": TEXTS}, index=["columns", "text", "ndim"])
    assert check(table["text"]) == check(table["text"].array) == TEXTS
    assert check(pandas.Index(TEXTS)) == check(table["text"].astype("category")) == TEXTS
    with pytest.raises(InvalidInput, match=r"DataFrame.*'id', 'text'.*documents\['text'\]"):
        check(table)


def test_arrow_columns_are_lists_of_strings_and_its_tables_none():
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.table({"id": [1, 2, 3], "text": TEXTS})
    assert check(table["text"]) == check(pyarrow.array(TEXTS)) == TEXTS
    for whole in (table, table.to_batches()[0]):
        with pytest.raises(InvalidInput, match=r"'id', 'text'.*documents\['text'\]"):
            check(whole)


def test_polars_columns_are_lists_and_its_tables_none():
    polars = pytest.importorskip("polars")
    table = polars.DataFrame({"id": [1, 2, 3], "text": TEXTS})
    assert check(table["text"]) == TEXTS
    with pytest.raises(InvalidInput, match=r"'id', 'text'.*documents\['text'\]"):
        check(table)


@pytest.mark.parametrize("missing", [math.nan, np.float32("nan"), np.ma.masked], ids=str)
def test_a_missing_value_is_said_to_be_one_and_never_to_be_converted(missing):
    for document in (missing, {"text": missing}, {"text": "a", "title": missing}):
        with pytest.raises(InvalidInput, match=r"missing value.*drop it.*fillna") as raised:
            read_document(document, index=0)
        assert "str(" not in str(raised.value)
    with pytest.raises(InvalidInput, match="query is a missing value"):
        read_query(missing)


def test_those_of_pandas_are_too():
    pandas = pytest.importorskip("pandas")
    column = pandas.Series(["a", None])
    for missing in (pandas.NA, pandas.NaT, check(column)[1]):
        with pytest.raises(InvalidInput, match=r"documents\[1\] is .*drop it"):
            read_document(missing, index=1)


def test_a_number_is_still_to_be_converted():
    with pytest.raises(InvalidInput, match=r"convert it with str\(\.\.\.\)"):
        read_document(Decimal(1), index=0)
