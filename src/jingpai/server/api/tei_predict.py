"""TEI's `/predict`: pairs in, scores out, as from a classifier with one label."""

from typing import Annotated, TypeAlias

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from jingpai.server.api.documents import scale_of
from jingpai.server.api.request.calls import ServiceOf
from jingpai.server.api.request.lenient import Flag, Query, Text, allowed
from jingpai.server.api.tei import cost_headers
from jingpai.server.requests import ScoreRequest

_LABEL = "LABEL_0"

Pair: TypeAlias = tuple[Query, Text]


class PredictBody(BaseModel):
    """Pairs to be scored: `["query", "text"]`, or a list of such."""

    model_config = ConfigDict(use_attribute_docstrings=True, title="TEI predict")

    inputs: Annotated[
        Pair | Annotated[list[Pair], Field(min_length=1)],
        allowed('["query", "text"] and lists of such pairs'),
    ]
    raw_scores: Flag = None
    """Whether scores are logits; otherwise they are in [0, 1]."""
    truncate: Flag = None
    """Whether texts may be cut. False is an error where one would be."""


class Prediction(TypedDict):
    """A score as the only label of a classifier."""

    score: float
    label: str


async def predict(
    body: PredictBody, service: ServiceOf, response: Response
) -> list[Prediction] | list[list[Prediction]]:
    """Score pairs, and leave them in their order."""
    inputs = body.inputs
    pairs = [inputs] if isinstance(inputs, tuple) else inputs
    reply = await service.score(
        ScoreRequest(
            queries=[query for query, _ in pairs],
            documents=[text for _, text in pairs],
            scale=scale_of(raw=body.raw_scores),
            refuse_cut=body.truncate is False,
        )
    )
    response.headers.update(cost_headers(reply.work))
    predictions = [[Prediction(score=score, label=_LABEL)] for score in reply.scores]
    return predictions[0] if isinstance(inputs, tuple) else predictions
