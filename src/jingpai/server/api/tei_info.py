"""TEI's `/info`: which model is this, and how much does it take? Dify and tei-client ask first."""

from typing_extensions import TypedDict

from jingpai.server.api.request.calls import ServiceOf
from jingpai.version import __version__

_LABEL = "LABEL_0"
_DTYPES = {"fp32": "float32", "fp16": "float16", "bf16": "bfloat16", "int8": "int8"}


class Reranker(TypedDict):
    """The labels of a reranker: one, and of no meaning."""

    id2label: dict[str, str]
    label2id: dict[str, int]


class ModelType(TypedDict):
    """A key that names the type; clients look at nothing but the key."""

    reranker: Reranker


class Info(TypedDict):
    """The default model and the limits; tei-client needs every key."""

    model_id: str
    model_sha: str | None
    model_dtype: str
    served_model_name: str
    model_type: ModelType
    max_concurrent_requests: int
    max_input_length: int
    max_batch_tokens: int
    max_batch_requests: int | None
    max_client_batch_size: int
    auto_truncate: bool
    tokenization_workers: int
    version: str
    sha: str | None
    docker_label: str | None


async def info(service: ServiceOf) -> Info:
    """Describe the default model and the limits."""
    facts, settings = service.facts(None), service.settings
    return Info(
        model_id=facts.source,
        model_sha=facts.revision,
        model_dtype=_DTYPES.get(facts.precision, facts.precision),
        served_model_name=facts.name,
        model_type={"reranker": {"id2label": {"0": _LABEL}, "label2id": {_LABEL: 0}}},
        max_concurrent_requests=settings.max_requests,
        max_input_length=facts.max_tokens,
        max_batch_tokens=settings.max_queue_tokens,
        max_batch_requests=None,
        max_client_batch_size=settings.max_documents,
        auto_truncate=True,
        tokenization_workers=settings.workers,
        version=__version__,
        sha=None,
        docker_label=None,
    )
