"""Paths that clients of several products call: what is in the body decides on the dialect.

`texts` is TEI's. `top_k` or `truncation` without `top_n` is Voyage's, whose client always sends
one of them. Everything else is the dialect of bodies with `documents`.
"""

from typing import Annotated, TypeAlias

import fastapi
from fastapi import Response
from pydantic import Discriminator, GetJsonSchemaHandler, Tag
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from jingpai.server.api import documents, tei, voyage
from jingpai.server.api.request.body_errors import TAG
from jingpai.server.api.request.calls import RequestId, ServiceOf

_DOCUMENTS, _TEI, _VOYAGE = f"{TAG}documents", f"{TAG}tei", f"{TAG}voyage"


class _AnyOf:
    """Tells the union as `anyOf`: as foreign keys are ignored, a body may fit several members."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        told = handler(schema)
        told["anyOf"] = told.pop("oneOf")
        return told


def is_tei(body: object) -> bool:
    """Tell whether a body is written as TEI's clients do."""
    return isinstance(body, dict) and body.get("texts") is not None


def _tag(body: object) -> str:
    if is_tei(body):
        return _TEI
    if isinstance(body, dict) and body.get("top_n") is None:
        is_voyage = body.get("top_k") is not None or body.get("truncation") is not None
        return _VOYAGE if is_voyage else _DOCUMENTS
    return _DOCUMENTS


Body: TypeAlias = Annotated[
    Annotated[documents.DocumentsBody, Tag(_DOCUMENTS)]
    | Annotated[tei.TeiBody, Tag(_TEI)]
    | Annotated[voyage.VoyageBody, Tag(_VOYAGE)],
    Discriminator(_tag),
    _AnyOf(),
    fastapi.Body(),
]
Reply: TypeAlias = documents.DocumentsReply | list[tei.TeiFound] | voyage.VoyageReply


async def rerank(
    body: Body, service: ServiceOf, request_id: RequestId, response: Response
) -> Reply:
    """Put documents in order of their relevance to a query."""
    if isinstance(body, tei.TeiBody):
        return await tei.rerank(body, service, response)
    if isinstance(body, voyage.VoyageBody):
        return await voyage.rerank(body, service)
    return await documents.rerank(body, service, request_id)
