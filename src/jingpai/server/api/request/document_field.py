"""Which text does a client mean by a document?"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeAlias

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from jingpai.server.api.request.lenient import EMPTY, NOT_ALLOWED, SENTENCE, shown
from jingpai.text.clean import replace_surrogates
from jingpai.types import Document, DocumentLike

Scalar: TypeAlias = str | int | float | bool
EchoedDocument: TypeAlias = dict[str, Scalar]

_TEXT = {
    "type": "object",
    "title": "With a text",
    "description": "`title`, where it is a string, is read in front of the text; what else there"
    " is belongs to the client. With `rank_fields`, those of its fields that are named there are"
    " read instead, and no text is needed.",
    "properties": {"text": {"type": "string"}},
    "required": ["text"],
}
_CONTENT = {
    "type": "object",
    "title": "With parts of content",
    "description": "As vLLM takes it. Only text is read, no images.",
    "properties": {
        "content": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {"type": {"const": "text"}, "text": {"type": "string"}},
                "required": ["type", "text"],
            },
        }
    },
    "required": ["content"],
}
_DOCUMENT: dict[str, Any] = {"anyOf": [{"type": "string"}, _TEXT, _CONTENT]}
_DOCUMENTS: dict[str, Any] = {
    "title": "Documents",
    "anyOf": [
        {"type": "string"},
        {"type": "array", "minItems": 1, "items": _DOCUMENT},
        {**_CONTENT, "title": "Parts of content", "description": "As vLLM: a document a part."},
    ],
}


def read_documents(given: object, info: ValidationInfo) -> list[DocumentLike]:
    """Return the documents of a request, each a string or a `Document`.

    Args:
        given: A string, a list of documents, or vLLM's object with one a part.
        info: Knows the fields of the body that were read before: of these, `rank_fields`.
    """
    if isinstance(given, str):
        given = [given]
    if isinstance(given, dict) and isinstance(given.get("content"), list):
        name = f"{info.field_name}.content"
        return [
            replace_surrogates(_part(part, name=f"{name}[{index}]"))
            for index, part in enumerate(_some(given["content"]))
        ]
    if not isinstance(given, list):
        raise PydanticCustomError(
            NOT_ALLOWED,
            "lists of strings or of objects with the key 'text', one string, and vLLM's object"
            """ {"content": [{"type": "text", "text": "..."}, ...]} with a document a part""",
        )
    fields = info.data.get("rank_fields")
    return [
        _read(document, name=f"{info.field_name}[{index}]", fields=fields)
        for index, document in enumerate(_some(given))
    ]


def _some(given: list[object]) -> list[object]:
    if not given:
        raise PydanticCustomError(EMPTY, "there are none; at least one is needed")
    return given


def _read_if_given(given: object, info: ValidationInfo) -> list[DocumentLike] | None:
    return None if given is None else read_documents(given, info)


Documents: TypeAlias = Annotated[
    list[DocumentLike], PlainValidator(read_documents), WithJsonSchema(_DOCUMENTS)
]

OptionalDocuments: TypeAlias = Annotated[
    list[DocumentLike] | None,
    PlainValidator(_read_if_given),
    WithJsonSchema({**_DOCUMENTS, "anyOf": [*_DOCUMENTS["anyOf"], {"type": "null"}]}),
]


def echoed(document: DocumentLike) -> EchoedDocument:
    """Return a document as a reply shows it: an object with its text and its plain fields."""
    if isinstance(document, Document):
        return {**document.metadata, "text": document.text}
    return {"text": plain_text(document)}


def plain_text(document: DocumentLike) -> str:
    """Return the text of a document."""
    if isinstance(document, Document):
        return document.text
    return document if isinstance(document, str) else str(document["text"])


def _read(document: object, *, name: str, fields: list[str] | None) -> DocumentLike:
    if isinstance(document, str):
        return replace_surrogates(document)
    if not isinstance(document, dict):
        raise _problem(
            f"{name} is {shown(document)}; a document is a string or an object with the key 'text'"
        )
    title = None
    chosen = _chosen(document, fields=fields or ())
    if chosen is not None:
        text = chosen
    elif isinstance(document.get("text"), str):
        text, title = document["text"], document.get("title")
    else:
        text = _content(document, name=name)
    return Document(
        replace_surrogates(text),
        title=replace_surrogates(title) if isinstance(title, str) else None,
        metadata=_scalars(document),
    )


def _chosen(document: Mapping[str, object], *, fields: Sequence[str]) -> str | None:
    """Return the texts of the fields that Cohere's `rank_fields` names; None if it has none."""
    texts = [value for value in map(document.get, fields) if isinstance(value, str)]
    return "\n".join(texts) if texts else None


def _content(document: Mapping[str, object], *, name: str) -> str:
    """Return the text of a document in parts, as vLLM and Dify write it."""
    parts = document.get("content")
    if isinstance(parts, list) and parts:
        return "\n".join(_part(part, name=f"{name}.content[{i}]") for i, part in enumerate(parts))
    if "image" in document or "image_url" in document:
        raise _image(name)
    if "text" in document:
        raise _problem(f"{name}.text is {shown(document['text'])}; it must be a string")
    raise _problem(
        f"{name} has no key 'text'; {_keys(document)}. Put what is to be ranked under 'text'"
    )


def _part(part: object, *, name: str) -> str:
    if not isinstance(part, dict):
        raise _problem(f'{name} is {shown(part)}; a part is {{"type": "text", "text": "..."}}')
    if isinstance(part.get("type"), str) and part["type"] != "text":
        raise _image(name)
    if part.get("type") != "text" or not isinstance(part.get("text"), str):
        raise _problem(f'{name} is no text; a part is {{"type": "text", "text": "..."}}')
    return str(part["text"])


def _scalars(document: Mapping[str, object]) -> EchoedDocument:
    """Return the fields that go back with the document: plain ones, as in Cohere's documents."""
    return {
        replace_surrogates(key): replace_surrogates(value) if isinstance(value, str) else value
        for key, value in document.items()
        if isinstance(value, str | int | float)
    }


def _keys(document: Mapping[str, object]) -> str:
    keys = ", ".join(shown(key) for key in list(document)[:10])
    return f"its keys are {keys}" if keys else "it has no keys"


def _image(name: str) -> PydanticCustomError:
    return _problem(f"{name} is no text; the models of this server read only text, no images")


def _problem(message: str) -> PydanticCustomError:
    return PydanticCustomError(SENTENCE, "{sentence}", {"sentence": message})
