"""Which models are loaded? As OpenAI's clients ask, and Xinference's before it reranks."""

from typing import Literal

from typing_extensions import TypedDict

from jingpai.server.api.request.calls import ServiceOf
from jingpai.server.requests import ModelFacts


class Model(TypedDict):
    """A model: what OpenAI's clients read, and vLLM's, and Xinference's from `model_type` on."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    root: str
    parent: None
    max_model_len: int
    model_type: Literal["rerank"]
    model_name: str
    model_engine: str
    model_revision: str | None
    quantization: str
    accelerators: list[str]


class Models(TypedDict):
    """The loaded models, the default one first."""

    object: Literal["list"]
    data: list[Model]


class Auth(TypedDict):
    """Whether a key is asked for."""

    auth: bool


async def models(service: ServiceOf) -> Models:
    """List the loaded models, the default one first."""
    return Models(object="list", data=[_model(facts) for facts in service.models])


async def model(name: str, service: ServiceOf) -> Model:
    """Describe a model."""
    return _model(service.facts(name))


async def auth(service: ServiceOf) -> Auth:
    """Tell Xinference's client whether to send its key."""
    return Auth(auth=bool(service.settings.api_keys))


def _model(facts: ModelFacts) -> Model:
    return Model(
        id=facts.name,
        object="model",
        created=facts.loaded,
        owned_by="jingpai",
        root=facts.source,
        parent=None,
        max_model_len=facts.max_tokens,
        model_type="rerank",
        model_name=facts.name,
        model_engine="jingpai",
        model_revision=facts.revision,
        quantization=facts.precision,
        accelerators=[facts.device],
    )
