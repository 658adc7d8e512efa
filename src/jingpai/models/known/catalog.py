"""The known rerankers, as data. Models that need code from their repository are not among them.

Language models, which need a prompt, stand in `language_models`.

To add one: read its config.json (architecture, number of labels), its tokenizer_config.json
(length) and its licence, check that it ships safetensors, and add a `ModelSpec` below.
"""

from __future__ import annotations

from difflib import get_close_matches

from jingpai.models.known.language_models import LANGUAGE_MODELS
from jingpai.models.spec import EncoderSpec, ModelSpec, Template

BUNDLED = "jingpai-small"
"""Name of the model that lies inside the package."""

BUNDLED_SPEC = ModelSpec(
    name=BUNDLED,
    max_tokens=512,
    # It was trained on passages of up to 200 tokens for the most part, and its means over a
    # passage lose a single sentence in a longer one.
    passage_tokens=256,
    # Two texts, each with its own prefix and special tokens, as its parent reads them.
    template=Template(
        query="query: {query}",
        passage="passage: {passage}",
        layout=(("<s>",), ("</s>",), ("<s>",), ("</s>",)),
    ),
    # The parent, multilingual-e5-small, is MIT.
    license="Apache-2.0 AND MIT",
    languages="about 100",
    parameters=117_600_000,
    summary="Comes with the package: offline, on any CPU, seconds after install.",
    summary_zh="随包附带：离线可用，普通 CPU 即可，装完就能跑。",
)

BUNDLED_ENCODER_SPEC = EncoderSpec(
    name="intfloat/multilingual-e5-small",
    max_tokens=512,
    dimensions=384,
    template=Template(
        query="query: {query}",
        passage="passage: {passage}",
        layout=((), (), ("<s>",), ("</s>",)),
    ),
)
"""The bundled model's parent, which lies beside it in the package."""

CATALOG: tuple[ModelSpec, ...] = (
    BUNDLED_SPEC,
    ModelSpec(
        name="BAAI/bge-reranker-v2-m3",
        max_tokens=8192,
        # The length its makers evaluate it at; longer ones cost more than they bring.
        passage_tokens=1024,
        license="Apache-2.0",
        languages="about 100",
        parameters=567_755_777,
        summary="The strong multilingual choice; long documents; best on a GPU.",
        summary_zh="多语言精排的首选，支持长文档，最好配 GPU。",
    ),
    ModelSpec(
        name="BAAI/bge-reranker-large",
        max_tokens=512,
        license="MIT",
        languages="Chinese, English",
        parameters=559_891_457,
        summary="Chinese and English, short passages.",
        summary_zh="中英文短文本，较大模型。",
    ),
    ModelSpec(
        name="BAAI/bge-reranker-base",
        max_tokens=512,
        license="MIT",
        languages="Chinese, English",
        parameters=278_044_417,
        summary="Chinese and English, half the size of the large one.",
        summary_zh="中英文短文本，规模约为 large 的一半。",
    ),
    ModelSpec(
        name="maidalun1020/bce-reranker-base_v1",
        max_tokens=512,
        # The main branch holds pickled weights only; the hub's own converter wrote this one.
        revision="refs/pr/1",
        license="Apache-2.0",
        languages="Chinese, English, Japanese, Korean",
        parameters=278_044_417,
        summary="Youdao's reranker for retrieval across Chinese, English, Japanese and Korean.",
        summary_zh="网易有道的精排模型，适合中、英、日、韩互相检索。",
    ),
    ModelSpec(
        name="cross-encoder/mmarco-mMiniLMv2-L12-H384-v1",
        max_tokens=512,
        license="Apache-2.0",
        languages="15, Chinese and Japanese among them",
        parameters=117_641_089,
        summary="Small and multilingual, trained on machine-translated MS MARCO.",
        summary_zh="小型多语言模型，用机器翻译的 MS MARCO 训练。",
    ),
    ModelSpec(
        name="cross-encoder/ms-marco-MiniLM-L6-v2",
        max_tokens=512,
        license="Apache-2.0",
        languages="English",
        parameters=22_713_601,
        summary="English only, very fast on a CPU.",
        summary_zh="仅英文，在 CPU 上非常快。",
    ),
    ModelSpec(
        name="cross-encoder/ms-marco-MiniLM-L12-v2",
        max_tokens=512,
        license="Apache-2.0",
        languages="English",
        parameters=33_360_385,
        summary="English only, a little better than L6 at twice its time.",
        summary_zh="仅英文，比 L6 略好，耗时约为两倍。",
    ),
    ModelSpec(
        name="hotchpotch/japanese-reranker-cross-encoder-xsmall-v1",
        max_tokens=512,
        license="MIT",
        languages="Japanese",
        parameters=106_994_305,
        summary="Japanese, six layers, fast on a CPU.",
        summary_zh="日文，六层，在 CPU 上很快。",
    ),
    ModelSpec(
        name="hotchpotch/japanese-reranker-cross-encoder-small-v1",
        max_tokens=512,
        license="MIT",
        languages="Japanese",
        parameters=117_641_089,
        summary="Japanese, twelve layers, a step up from xsmall.",
        summary_zh="日文，十二层，效果好于 xsmall。",
    ),
    ModelSpec(
        name="dragonkue/bge-reranker-v2-m3-ko",
        max_tokens=8192,
        license="Apache-2.0",
        languages="Korean, English",
        parameters=567_755_777,
        summary="bge-reranker-v2-m3 trained further for Korean.",
        summary_zh="在 bge-reranker-v2-m3 上针对韩文继续训练。",
    ),
    ModelSpec(
        name="Dongjin-kr/ko-reranker",
        max_tokens=512,
        license="MIT",
        languages="Korean, English",
        parameters=559_891_457,
        summary="bge-reranker-large trained further for Korean, short passages.",
        summary_zh="在 bge-reranker-large 上针对韩文继续训练，短文本。",
    ),
    ModelSpec(
        name="Alibaba-NLP/gte-reranker-modernbert-base",
        max_tokens=8192,
        license="Apache-2.0",
        languages="English",
        parameters=149_605_633,
        summary="English, long documents and code; needs the extra `torch`.",
        summary_zh="英文，支持长文档和代码；需要安装 torch 附加依赖。",
    ),
    ModelSpec(
        name="ibm-granite/granite-embedding-reranker-english-r2",
        max_tokens=8192,
        license="Apache-2.0",
        languages="English",
        parameters=149_605_633,
        summary="English, long documents, openly licensed training data; needs the extra `torch`.",
        summary_zh="英文长文档，训练数据许可宽松；需要安装 torch 附加依赖。",
    ),
    ModelSpec(
        name="mixedbread-ai/mxbai-rerank-xsmall-v1",
        max_tokens=512,
        license="Apache-2.0",
        languages="English",
        parameters=70_830_337,
        summary="English, small DeBERTa; needs the extra `torch`.",
        summary_zh="英文，小型 DeBERTa；需要安装 torch 附加依赖。",
    ),
    ModelSpec(
        name="mixedbread-ai/mxbai-rerank-base-v1",
        max_tokens=512,
        license="Apache-2.0",
        languages="English",
        parameters=184_422_913,
        summary="English, medium DeBERTa; needs the extra `torch`.",
        summary_zh="英文，中型 DeBERTa；需要安装 torch 附加依赖。",
    ),
    ModelSpec(
        name="mixedbread-ai/mxbai-rerank-large-v1",
        max_tokens=512,
        license="Apache-2.0",
        languages="English",
        parameters=435_062_785,
        summary="English, large DeBERTa, for a GPU; needs the extra `torch`.",
        summary_zh="英文，大型 DeBERTa，适合 GPU；需要安装 torch 附加依赖。",
    ),
    *LANGUAGE_MODELS,
)


_NEEDS_OWN_CODE = {
    "BAAI/bge-reranker-v2.5-gemma2-lightweight": "merges tokens between its layers with code of"
    " its own repository",
}
"""Models that people ask for and that cannot be run, with the reason."""


def why_unsupported(name: str) -> str | None:
    """Return why a model cannot be run, as "NAME does so, ..."; None where nothing is known."""
    for known, reason in _NEEDS_OWN_CODE.items():
        if name.casefold() in (known.casefold(), short_name(known)):
            return f"{known} {reason}, which jingpai never executes"
    return None


def find(name: str) -> ModelSpec | None:
    """Return the known model of this name, or of this last part of a name; case does not count."""
    wanted = name.casefold()
    for spec in CATALOG:
        if wanted in (spec.name.casefold(), short_name(spec.name)):
            return spec
    return None


def closest(name: str) -> list[str]:
    """Return up to three known names that resemble a name, the most similar first."""
    names = {short_name(spec.name): spec.name for spec in CATALOG}
    matches = get_close_matches(short_name(name), names, n=3, cutoff=0.5)
    return [names[match] for match in matches]


def short_name(name: str) -> str:
    """Return the part of a name behind the slash, without regard to case."""
    return name.rpartition("/")[2].casefold()
