"""The dialects of the server: bodies that each must answer, and the ranking of a reply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import strategies as st

from support.hostile.values import json_scalars, readable_queries, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class Found:
    """A document of a reply; its text, or the whole of it, where the reply has that."""

    index: int
    score: float
    text: str | None
    document: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Dialect:
    """How a family of clients asks.

    Attributes:
        path: Where.
        keys: The way to the query, to the documents, and to how many are wanted.
        flag: The way to whether documents are returned.
        found: From a reply to its documents.
        is_ranked: Whether they stand in order of their scores; otherwise as in the request.
        takes_objects: Whether a document may be an object.
        more: What else the body has.
    """

    path: str
    keys: tuple[str, str, str]
    flag: str
    found: Callable[[Any], list[Found]]
    is_ranked: bool = True
    takes_objects: bool = True
    more: Mapping[str, Any] | None = None


def _listed(results: Any, *, score: str, text: Callable[[Any], str | None]) -> list[Found]:
    return [
        Found(one["index"], one[score], text(one), document if isinstance(document, dict) else None)
        for one in results
        for document in [one.get("document")]
    ]


def _in_order(scores: list[float], given: list[str | None]) -> list[Found]:
    return [Found(at, *both) for at, both in enumerate(zip(scores, given, strict=True))]


def _string(one: Any) -> str | None:
    return one.get("document")


def _object(one: Any) -> str | None:
    return one["document"]["text"] if "document" in one else None


def _documents(reply: Any) -> list[Found]:
    return _listed(reply["results"], score="relevance_score", text=_object)


def _tei(reply: Any) -> list[Found]:
    return _listed(reply, score="score", text=lambda one: one.get("text"))


def _voyage(reply: Any) -> list[Found]:
    return _listed(reply["data"], score="relevance_score", text=_string)


def _infinity(reply: Any) -> list[Found]:
    return _listed(reply["results"], score="relevance_score", text=_string)


def _dashscope(reply: Any) -> list[Found]:
    return _listed(reply["output"]["results"], score="relevance_score", text=_object)


def _weaviate(reply: Any) -> list[Found]:
    scored = reply["scores"]
    return _in_order([one["score"] for one in scored], [one["document"] for one in scored])


def _score(reply: Any) -> list[Found]:
    return _listed(reply["data"], score="score", text=lambda one: None)


def _explained(reply: Any) -> list[Found]:
    return _listed(reply["results"], score="relevance_score", text=lambda one: None)


USUAL = ("query", "documents", "top_n")
SCORED = ("query", "documents", "")
TEI = ("query", "texts", "top_n")
VOYAGE = ("query", "documents", "top_k")
DASHSCOPE = ("input.query", "input.documents", "parameters.top_n")
_NATIVE = "/api/v1/services/rerank/text-rerank/text-rerank"

DIALECTS: dict[str, Dialect] = {
    "cohere": Dialect("/v2/rerank", USUAL, "return_documents", _documents),
    "jina": Dialect("/v1/rerank", USUAL, "return_documents", _documents),
    "xinference": Dialect(
        "/v1/rerank",
        USUAL,
        "return_documents",
        _documents,
        more={"return_len": None, "kwargs": "{}"},
    ),
    "vllm": Dialect("/rerank", USUAL, "return_documents", _documents, more={"activation": True}),
    "tei": Dialect("/rerank", TEI, "return_text", _tei, takes_objects=False),
    "voyage": Dialect("/voyage/v1/rerank", VOYAGE, "return_documents", _voyage),
    "voyage, on a shared path": Dialect(
        "/v1/rerank", VOYAGE, "return_documents", _voyage, more={"truncation": True}
    ),
    "infinity": Dialect("/infinity/rerank", USUAL, "return_documents", _infinity),
    "dashscope": Dialect(_NATIVE, DASHSCOPE, "parameters.return_documents", _dashscope),
    "weaviate": Dialect(
        "/weaviate/rerank", ("query", "documents", ""), "", _weaviate, is_ranked=False
    ),
    "vllm score": Dialect("/score", ("queries", "documents", ""), "", _score, is_ranked=False),
    "explain": Dialect(
        "/v1/explain",
        *(SCORED, "", _explained),
        is_ranked=False,
        more={"include": ["relevance", "bm25", "sentences"]},
    ),
}


class Asked(NamedTuple):
    """A body that must be answered.

    Attributes:
        dialect: Of DIALECTS.
        body: As JSON.
        documents: As they stand in it.
        texts: Of these.
        top_n: How many are wanted; None is all.
        is_echoed: Whether documents must come back.
    """

    dialect: Dialect
    body: dict[str, Any]
    documents: list[Any]
    texts: list[str]
    top_n: int | None
    is_echoed: bool


def whole(text: str) -> str:
    """A text as JSON brings it: halves of a character joined, and U+FFFD for those alone."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def echo_of(given: Any) -> dict[str, Any]:
    """What a reply shows of a document that came as an object: its text and its plain fields."""
    plain = {
        whole(name): whole(value) if isinstance(value, str) else value
        for name, value in given.items()
        if isinstance(value, str | int | float)
    }
    text = given["text"] if "text" in given else given["content"][0]["text"]
    return {**plain, "text": whole(text)}


def _placed(body: dict[str, Any], path: str, value: object) -> None:
    *outer, last = path.split(".")
    for name in outer:
        body = body.setdefault(name, {})
    body[last] = value


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    """A request that some client may send, and that must be answered."""
    dialect = DIALECTS[draw(st.sampled_from(sorted(DIALECTS)))]
    given = draw(st.lists(texts, min_size=1, max_size=6))
    query, documents, most = dialect.keys
    body: dict[str, Any] = {}
    _placed(body, query, draw(readable_queries))
    sent = [draw(_form(text, dialect=dialect)) for text in given]
    _placed(body, documents, sent)
    top_n = draw(st.none() | st.sampled_from((0, 1, 2, 3.0, 10**30))) if most else None
    if most and (top_n is not None or draw(st.booleans())):
        _placed(body, most, top_n)
    # Voyage's path is told from others by its key.
    is_echoed = draw(st.booleans()) if dialect.flag else False
    if is_echoed:
        _placed(body, dialect.flag, True)
    body |= draw(st.dictionaries(st.sampled_from(("model", "user", "x")), st.just("tiny")))
    body |= dialect.more or {}
    return Asked(dialect, body, sent, list(map(whole, given)), int(top_n or 0) or None, is_echoed)


def _form(text: str, *, dialect: Dialect) -> st.SearchStrategy[object]:
    """A document with a text, in one of the forms that it may have."""
    if not dialect.takes_objects:
        return st.just(text)
    parts = {"content": [{"type": "text", "text": text}]}
    others = st.dictionaries(texts, json_scalars, max_size=2)
    return st.sampled_from((text, {"text": text}, parts)) | others.map(
        lambda more: {**more, "text": text}
    )
