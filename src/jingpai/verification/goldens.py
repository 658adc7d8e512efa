"""Scores that others have published for known models, as data: what `jingpai verify` expects.

Each source is one run of one program, with the precision that it ran in. Where a source gives both
logits and their logistics, only the logits are here. Scores of pairs whose texts were not
published with them are not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from jingpai.types import Scale


@dataclass(frozen=True, slots=True)
class Source:
    """Where scores were published.

    Attributes:
        title: The program and the file, in short.
        url: Its address.
        precision: What the source computed in.
    """

    title: str
    url: str
    precision: Literal["fp32", "fp16"]


@dataclass(frozen=True, slots=True)
class Golden:
    """The published score of a pair.

    Attributes:
        model: Name of the model, as in the catalog.
        query: The pair's query.
        document: The pair's document.
        score: What was published.
        scale: What that is.
        tolerance: How far, on that scale, an fp32 run may lie from it.
        source: Who says so.
    """

    model: str
    query: str
    document: str
    score: float
    scale: Scale
    tolerance: float
    source: Source


# An fp32 run elsewhere differs by the order of its sums, and was rounded to five digits.
_FP32_LOGIT, _FP32_SIGMOID = 0.005, 0.002
# Two fp16 runs of FlagEmbedding on the same pairs lie up to 0.016 of a logit apart.
_FP16_LOGIT = 0.05
# Language models are deeper and wider, and their logits larger.
_FP16_LANGUAGE_MODEL = 0.1
# The published fp16 logistics lie within 0.004 of 0 or 1, where 0.05 of a logit is less than 0.0002
# and fp16 itself goes in steps of 0.0005.
_FP16_SIGMOID = 0.0005

_FLAG = "https://github.com/FlagOpen/FlagEmbedding"
_FLAG_README = Source(
    "FlagEmbedding, examples/inference/reranker/README.md",
    f"{_FLAG}/blob/master/examples/inference/reranker/README.md",
    "fp16",
)
_FLAG_ENCODER = Source(
    "FlagEmbedding, examples/inference/reranker/encoder_only",
    f"{_FLAG}/tree/master/examples/inference/reranker/encoder_only",
    "fp16",
)
_FLAG_DECODER = Source(
    "FlagEmbedding, examples/inference/reranker/decoder_only",
    f"{_FLAG}/tree/master/examples/inference/reranker/decoder_only",
    "fp16",
)
_FLAG_TUTORIAL = Source(
    "FlagEmbedding, Tutorials/5_Reranking, 5.2",
    f"{_FLAG}/tree/master/Tutorials/5_Reranking",
    "fp16",
)
_FLAG_ISSUE = Source("FlagEmbedding, issue 108", f"{_FLAG}/issues/108", "fp32")
_SENTENCE_TRANSFORMERS = Source(
    "sentence-transformers, tests/cross_encoder/test_pretrained.py",
    "https://github.com/huggingface/sentence-transformers/blob/"
    "d48522c40362557f7695d7daaf5cd15fdf686585/tests/cross_encoder/test_pretrained.py",
    "fp32",
)
_SENTENCE_TRANSFORMERS_QWEN = Source(
    "sentence-transformers, tests/cross_encoder/test_model.py",
    "https://github.com/huggingface/sentence-transformers/blob/main/"
    "tests/cross_encoder/test_model.py",
    "fp32",
)
_VLLM = Source(
    "vLLM, docs/models/pooling_models/scoring.md",
    "https://github.com/vllm-project/vllm/blob/main/docs/models/pooling_models/scoring.md",
    "fp16",
)
_FASTEMBED = Source(
    "fastembed, tests/test_text_cross_encoder.py",
    "https://github.com/qdrant/fastembed/blob/main/tests/test_text_cross_encoder.py",
    "fp32",
)

_WORDS = (("query", "passage"),)
_PANDA = (
    ("what is panda?", "hi"),
    (
        "what is panda?",
        (
            "The giant panda (Ailuropoda melanoleuca), sometimes called a panda bear or simply"
            " panda, is a bear species endemic to China."
        ),
    ),
)
_FRANCE, _CHINA = "What is the capital of France?", "What is the population of China?"
_PARIS = "Paris is the capital of France."
_PEOPLE = "The population of China is over 1.4 billion people."
_FRANCE_AND_CHINA = ((_FRANCE, _PARIS), (_FRANCE, _PEOPLE), (_CHINA, _PARIS), (_CHINA, _PEOPLE))
_CAPITALS = ((_FRANCE, _PARIS), (_FRANCE, "Berlin is the capital of Germany."))
_CAPITALS_REVERSED = (
    (_FRANCE, "The capital of Brazil is Brasilia."),
    (_FRANCE, "The capital of France is Paris."),
)
_RED_PLANET = tuple(
    ("Which planet is known as the Red Planet?", document)
    for document in (
        "Venus is often called Earth's twin because of its similar size and proximity.",
        "Mars, known for its reddish appearance, is often referred to as the Red Planet.",
        "Jupiter, the largest planet in our solar system, has a prominent red spot.",
        "Saturn, famous for its rings, is sometimes mistaken for the Red Planet.",
    )
)


def _published(
    model: str,
    pairs: tuple[tuple[str, str], ...],
    *,
    scores: tuple[float, ...],
    source: Source,
    tolerance: float,
    scale: Scale = "logit",
) -> tuple[Golden, ...]:
    return tuple(
        Golden(model, query, document, score, scale, tolerance, source)
        for (query, document), score in zip(pairs, scores, strict=True)
    )


def _red_planet(model: str, *scores: float, scale: Scale = "sigmoid") -> tuple[Golden, ...]:
    return _published(
        model,
        _RED_PLANET,
        scores=scores,
        source=_SENTENCE_TRANSFORMERS,
        tolerance=_FP32_SIGMOID if scale == "sigmoid" else _FP32_LOGIT,
        scale=scale,
    )


_V2_M3 = "BAAI/bge-reranker-v2-m3"
_LARGE = "BAAI/bge-reranker-large"
_BASE = "BAAI/bge-reranker-base"
_GEMMA = "BAAI/bge-reranker-v2-gemma"
_MINICPM = "BAAI/bge-reranker-v2-minicpm-layerwise"
_MINILM_6 = "cross-encoder/ms-marco-MiniLM-L6-v2"
_MINILM_12 = "cross-encoder/ms-marco-MiniLM-L12-v2"

GOLDENS: tuple[Golden, ...] = (
    *_published(
        _V2_M3,
        _WORDS + _PANDA,
        scores=(-5.65234375, -8.1875, 5.26171875),
        source=_FLAG_README,
        tolerance=_FP16_LOGIT,
    ),
    *_published(
        _V2_M3,
        _WORDS,
        scores=(0.003483424193080668,),
        source=_FLAG_TUTORIAL,
        tolerance=_FP16_SIGMOID,
        scale="sigmoid",
    ),
    *_red_planet(_V2_M3, 0.01928, 0.9987, 0.78573, 0.98696),
    *_published(
        _V2_M3,
        _CAPITALS_REVERSED,
        scores=(0.001094818115234375, 1.0),
        source=_VLLM,
        tolerance=_FP16_SIGMOID,
        scale="sigmoid",
    ),
    *_published(
        _LARGE,
        _WORDS + _PANDA,
        scores=(-1.5263671875, -5.60546875, 5.76171875),
        source=_FLAG_README,
        tolerance=_FP16_LOGIT,
    ),
    *_published(
        _LARGE,
        _FRANCE_AND_CHINA,
        scores=(7.9765625, -6.84375, -7.15625, 5.453125),
        source=_FLAG_ENCODER,
        tolerance=_FP16_LOGIT,
    ),
    *_published(
        _LARGE,
        _FRANCE_AND_CHINA,
        scores=(7.984375, -6.84375, -7.15234375, 5.44921875),
        source=_FLAG_TUTORIAL,
        tolerance=_FP16_LOGIT,
    ),
    *_red_planet(_LARGE, 0.69539, 0.99861, 0.97439, 0.81449),
    *_published(
        _BASE,
        _PANDA,
        scores=(-8.15439224243164, 6.182111740112305),
        source=_FLAG_ISSUE,
        tolerance=_FP32_LOGIT,
    ),
    *_red_planet(_BASE, 0.8755, 0.99813, 0.99625, 0.04914),
    *_published(
        _BASE,
        _CAPITALS_REVERSED,
        scores=(0.0005860328674316406, 0.99853515625),
        source=_VLLM,
        tolerance=_FP16_SIGMOID,
        scale="sigmoid",
    ),
    *_published(
        _BASE,
        _CAPITALS,
        scores=(6.15733337, -3.65939403),
        source=_FASTEMBED,
        tolerance=_FP32_LOGIT,
    ),
    *_red_planet(
        "cross-encoder/mmarco-mMiniLMv2-L12-H384-v1",
        *(-3.27741, 10.19737, 3.39716, 7.45499),
        scale="logit",
    ),
    *_red_planet(_MINILM_6, -6.52474, 9.69094, 6.92376, 6.66822, scale="logit"),
    *_published(
        _MINILM_6,
        _CAPITALS,
        scores=(8.500708, -2.541011),
        source=_FASTEMBED,
        tolerance=_FP32_LOGIT,
    ),
    *_red_planet(_MINILM_12, -7.18467, 9.50125, 5.7218, 6.84708, scale="logit"),
    *_published(
        _MINILM_12,
        _CAPITALS,
        scores=(9.330912, -2.0380247),
        source=_FASTEMBED,
        tolerance=_FP32_LOGIT,
    ),
    *_red_planet(
        "hotchpotch/japanese-reranker-cross-encoder-xsmall-v1", 0.44814, 0.7676, 0.60226, 0.68719
    ),
    *_red_planet("dragonkue/bge-reranker-v2-m3-ko", 0.00762, 0.99999, 0.96455, 0.99993),
    *_red_planet("Alibaba-NLP/gte-reranker-modernbert-base", 0.80808, 0.95359, 0.88026, 0.91676),
    *_red_planet(
        "ibm-granite/granite-embedding-reranker-english-r2", 0.78749, 0.96672, 0.88993, 0.94344
    ),
    *_red_planet("mixedbread-ai/mxbai-rerank-xsmall-v1", 0.21189, 0.93594, 0.57069, 0.72824),
    *_red_planet("mixedbread-ai/mxbai-rerank-base-v1", 0.05387, 0.9709, 0.72163, 0.1705),
    *_red_planet("mixedbread-ai/mxbai-rerank-large-v1", 0.00708, 0.99039, 0.80938, 0.34638),
    *_published(
        "Qwen/Qwen3-Reranker-0.6B",
        _RED_PLANET,
        scores=(
            *(-3.109297752380371, 7.120389938354492),
            *(-0.3787546157836914, 3.541637420654297),
        ),
        source=_SENTENCE_TRANSFORMERS_QWEN,
        tolerance=_FP32_LOGIT,
    ),
    *_published(
        _GEMMA,
        _FRANCE_AND_CHINA,
        scores=(9.171875, -4.49609375, -5.5234375, 10.2109375),
        source=_FLAG_DECODER,
        tolerance=_FP16_LANGUAGE_MODEL,
    ),
    *_published(
        _GEMMA,
        _WORDS,
        scores=(1.974609375,),
        source=_FLAG_TUTORIAL,
        tolerance=_FP16_LANGUAGE_MODEL,
    ),
    # Both runs stop at layer 28, which is where the model of the catalog stops.
    *_published(
        _MINICPM,
        _FRANCE_AND_CHINA,
        scores=(1.939453125, -12.71875, -11.78125, 2.189453125),
        source=_FLAG_DECODER,
        tolerance=_FP16_LANGUAGE_MODEL,
    ),
    *_published(
        _MINICPM,
        _WORDS,
        scores=(-7.06640625,),
        source=_FLAG_TUTORIAL,
        tolerance=_FP16_LANGUAGE_MODEL,
    ),
)


def goldens_of(model: str) -> tuple[Golden, ...]:
    """Return the published scores of a model by its name in the catalog; none, where none are."""
    return tuple(golden for golden in GOLDENS if golden.model == model)


def verifiable() -> tuple[str, ...]:
    """Return the names of the models that have published scores, in the order of the catalog."""
    return tuple(dict.fromkeys(golden.model for golden in GOLDENS))
