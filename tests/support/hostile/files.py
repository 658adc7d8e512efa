"""Files as people have them: sound ones in every form, and those that something has happened to."""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import strategies as st

from support.hostile.values import json_values, raw_json, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# What a file may be in, and the option that says so; UTF-16 with its mark needs none.
ENCODINGS: tuple[tuple[str, str], ...] = (
    ("utf-8", ""),
    ("utf-8-sig", ""),
    ("utf-16", ""),
    ("gb18030", "gb18030"),
)
ENCODINGS += (("utf-16-le", "utf-16"), ("utf-32", "utf-32"), ("utf-7", "utf-7"))


class File(NamedTuple):
    """A file to be.

    Attributes:
        ending: Of its name.
        content: Its bytes.
        encoding: For --encoding; empty where it needs none.
    """

    ending: str
    content: bytes
    encoding: str = ""

    @property
    def options(self) -> list[str]:
        """What the program must be told of it."""
        return ["--encoding", self.encoding] if self.encoding else []


def storable(text: str) -> str:
    """A text as a file can hold it: without halves of characters."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def one_line(text: str) -> str:
    """A text as a line of a file can hold it: it says something, and has no line end."""
    return f"a{storable(text)}".translate({ord("\n"): " ", ord("\r"): " "})


def table(rows: Sequence[Sequence[str]], *, delimiter: str) -> str:
    """Records, each field quoted."""
    found = io.StringIO(newline="")
    csv.writer(found, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    return found.getvalue()


def json_lines(values: Sequence[object]) -> str:
    """A JSON value a line."""
    return "".join(f"{json.dumps(value)}\n" for value in values)


_FORMS: dict[str, Callable[[Sequence[str]], str]] = {
    ".txt": "\n".join,
    ".jsonl": json_lines,
    ".ndjson": lambda given: json_lines(
        [{"text": text, "id": at} for at, text in enumerate(given)]
    ),
    ".json": lambda given: json.dumps({"documents": [{"text": text} for text in given]}),
    ".csv": lambda given: table([("id", "text"), *(("1", text) for text in given)], delimiter=","),
    ".tsv": lambda given: table([("text", "id"), *((text, "1") for text in given)], delimiter="\t"),
}


@st.composite
def documents_in_a_file(draw: st.DrawFn) -> tuple[File, list[str]]:
    """A sound file with documents, and their texts."""
    ending = draw(st.sampled_from(sorted(_FORMS)))
    made = one_line if ending == ".txt" else storable
    given = list(map(made, draw(st.lists(texts, min_size=1, max_size=6))))
    return draw(_encoded(_FORMS[ending](given), ending=ending)), given


@st.composite
def _encoded(draw: st.DrawFn, text: str, *, ending: str) -> File:
    encoding, option = draw(st.sampled_from(ENCODINGS))
    content = text.encode(encoding)
    if draw(st.booleans()):
        return File(f"{ending}.gz", gzip.compress(content, mtime=0), option)
    return File(ending, content, option)


# Labelled pairs, and rows for `batch`

queries = st.sampled_from(("what is a panda", "大熊猫", "bear?")) | texts.map(one_line)
labels: st.SearchStrategy[Any] = st.sampled_from((0, 1, 2, 1.0)) | st.sampled_from(
    (-2, 10**30, -(10**30), True, None, "1", "yes", "", " 1 ", "1.5", "nan", [], 1e300, 2**31)
)
sound_labels = st.sampled_from((0, 1, 2))


@st.composite
def pairs_in_a_file(draw: st.DrawFn, *, is_sound: bool = False) -> File:
    """Queries, documents and labels."""
    label = sound_labels if is_sound else sound_labels | labels
    values = draw(st.lists(st.tuples(queries, texts.map(storable), label), min_size=2, max_size=8))
    names = ("query", "document", "label")
    ending = draw(st.sampled_from((".csv", ".tsv", ".jsonl")))
    if ending == ".jsonl":
        rows: list[dict[str, Any]] = [dict(zip(names, row, strict=True)) for row in values]
        if not is_sound:
            name = draw(st.sampled_from(names))
            rows[-1][name] = draw(json_values)
        return File(ending, json_lines(rows).encode())
    rows_of_text = [names, *(tuple(map(str, row)) for row in values)]
    return File(ending, table(rows_of_text, delimiter="," if ending == ".csv" else "\t").encode())


# What happens to files

_ODD: tuple[bytes, ...] = (
    b"",
    b"\x00",
    b"\xff",
    b"\xed\xa0\x80",
    b'"',
    b",",
    b"\t",
    b"\n",
    b"\r",
    b"\r\n",
    b"\x1a",
    b"{",
)
_ODD += (b"\xef\xbb\xbf", b"\x1f\x8b", b"PK\x03\x04", b"PAR1\x15", b"\xff\xfe", b"\x00\x00\xfe\xff")
_ODD += (
    b"[" * 2000,
    b"1" * 5000,
    b'{"text": NaN}\n',
    b'{"a":1,"a":2}\n',
    b"\\ud800",
    b"\xe2\x80\xa8",
)


def _damages(content: bytes) -> st.SearchStrategy[bytes]:
    """What may become of the bytes of a file."""
    places = st.integers(0, len(content))
    odd = st.sampled_from(_ODD) | st.binary(max_size=3)
    ends = st.sampled_from((b"\r\n", b"\r", b"\n\n"))
    return st.one_of(
        places.map(lambda at: content[:at]),
        st.builds(lambda at, more: content[:at] + more + content[at:], places, odd),
        st.builds(lambda at, more: content[:at] + more + content[at + 1 :], places, odd),
        raw_json.map(lambda value: content + value.encode() + b"\n"),
        ends.map(lambda end: content.replace(b"\n", end)),
        st.sampled_from((content * 2, gzip.compress(content, mtime=0))),
    )


@st.composite
def damaged(draw: st.DrawFn, files: st.SearchStrategy[File]) -> File:
    """A file that something has happened to, once or several times."""
    ending, content, encoding = draw(files)
    for _ in range(draw(st.integers(1, 3))):
        content = draw(_damages(content))
    return File(
        draw(st.sampled_from((*([ending] * 6), *_FORMS, ".gz", ".csv.gz", "", ".md"))),
        content,
        draw(st.sampled_from((*([encoding] * 6), "utf-16", "big5", "rot13", "idna", "x", "ascii"))),
    )
