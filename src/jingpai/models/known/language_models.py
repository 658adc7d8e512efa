"""The known rerankers that are language models, as data: prompts, answers, lengths.

A prompt is the one of the model's published usage code, cut into pieces where that code tokenises
pieces: each text of a layout on its own, and the query and the passage with what is in one string
with them there. The tests hold every row against that code.
"""

from __future__ import annotations

from dataclasses import replace

from jingpai.models.spec import ModelSpec, Template

# The published code tokenises instruction, query and document as one string. Its pre-tokenizer
# always cuts in front of the space behind "<Document>:", so the rows are the same.
_QWEN3_QUERY = "<Instruct>: {instruction}\n<Query>: {query}\n<Document>:"

_QWEN3_INSTRUCTION = "Given a web search query, retrieve relevant passages that answer the query"

_QWEN3_SYSTEM = (
    "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and"
    ' the Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>\n'
    "<|im_start|>user\n"
)

_QWEN3 = Template(
    query=_QWEN3_QUERY.replace("{instruction}", _QWEN3_INSTRUCTION),
    passage=" {passage}",
    layout=(
        (_QWEN3_SYSTEM,),
        (),
        (),
        ("<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",),
    ),
    instructed_query=_QWEN3_QUERY,
)

_MXBAI_SYSTEM = (
    "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant."
    "<|im_end|>\n<|im_start|>user\n"
)

_MXBAI_TASK = (
    "You are a search relevance expert who evaluates how well documents match search queries. For"
    " each query-document pair, carefully analyze the semantic relationship between them, then"
    " provide your binary relevance judgment (0 for not relevant, 1 for relevant).\nRelevance:"
)

_MXBAI = Template(
    query="query: {query}",
    passage="document: {passage}",
    layout=(
        (_MXBAI_SYSTEM,),
        (),
        ("\n",),
        ("\n", _MXBAI_TASK, "<|im_end|>\n<|im_start|>assistant\n"),
    ),
    instructed_query="instruction: {instruction}\nquery: {query}",
)

_BGE_TASK = (
    "Given a query A and a passage B, determine whether the passage contains an answer to the query"
    " by providing a prediction of either 'Yes' or 'No'."
)

_GEMMA = Template(
    query="A: {query}",
    passage="B: {passage}",
    layout=(("<bos>",), (), ("\n",), ("\n", _BGE_TASK)),
)

_MINICPM = replace(_GEMMA, layout=(("<s>",), (), ("\n",), ("\n", _BGE_TASK)))

_QWEN3_06B = ModelSpec(
    name="Qwen/Qwen3-Reranker-0.6B",
    max_tokens=32768,
    # The length of a row in the usage code of its makers, who rank long documents with it too.
    passage_tokens=8192,
    head="two_class",
    answers=("no", "yes"),
    template=_QWEN3,
    license="Apache-2.0",
    languages="over 100, and code",
    parameters=596_000_000,
    summary="A language model that reads an instruction; strong on code; needs a GPU and the extra"
    " `torch`.",
    summary_zh="语言模型，可读取任务指令，擅长代码检索；需要 GPU 和 torch 附加依赖。",
)

_MXBAI_BASE = ModelSpec(
    name="mixedbread-ai/mxbai-rerank-base-v2",
    max_tokens=32768,
    # The longest that the usage code of its makers reads unless told otherwise.
    passage_tokens=8192,
    head="two_class",
    answers=("0", "1"),
    template=_MXBAI,
    license="Apache-2.0",
    languages="over 100, and code",
    parameters=494_032_768,
    summary="A language model of half a billion weights; best in English and Chinese; needs a GPU"
    " and the extra `torch`.",
    summary_zh="五亿参数的语言模型，中英文最佳；需要 GPU 和 torch 附加依赖。",
)

LANGUAGE_MODELS: tuple[ModelSpec, ...] = (
    _QWEN3_06B,
    replace(
        _QWEN3_06B,
        name="Qwen/Qwen3-Reranker-4B",
        parameters=4_020_000_000,
        summary="As the 0.6B and clearly better; needs a GPU of 16 GB and the extra `torch`.",
        summary_zh="同系列，明显更好；需要 16 GB 显存和 torch 附加依赖。",
    ),
    replace(
        _QWEN3_06B,
        name="Qwen/Qwen3-Reranker-8B",
        parameters=8_190_000_000,
        summary="The largest of its series, hardly better than the 4B; needs a GPU of 24 GB and the"
        " extra `torch`.",
        summary_zh="同系列最大，比 4B 提升有限；需要 24 GB 显存和 torch 附加依赖。",
    ),
    ModelSpec(
        name="BAAI/bge-reranker-v2-gemma",
        max_tokens=8192,
        # The length its makers evaluate it at; longer ones cost more than they bring.
        passage_tokens=1024,
        # It is trained on one word only: the logit of "No" means nothing.
        head="single",
        answers=("Yes",),
        template=_GEMMA,
        # The weights it was trained from are under Google's terms for Gemma.
        license="Apache-2.0 AND Gemma",
        languages="multilingual",
        parameters=2_506_172_416,
        summary="A little better than bge-reranker-v2-m3 at four times its size; needs a GPU and"
        " the extra `torch`.",
        summary_zh="比 bge-reranker-v2-m3 略好，规模为其四倍；需要 GPU 和 torch 附加依赖。",
    ),
    ModelSpec(
        name="BAAI/bge-reranker-v2-minicpm-layerwise",
        max_tokens=2048,
        # As for bge-reranker-v2-gemma.
        passage_tokens=1024,
        # The layer of its makers' usage code; their figures for the last one are no better.
        layer=28,
        template=_MINICPM,
        license="Apache-2.0",
        languages="Chinese, English and others",
        parameters=2_720_000_000,
        summary="The best of its makers in Chinese; stops at any layer from 8 to 40; needs a GPU"
        " and the extra `torch`.",
        summary_zh="智源中文效果最好的精排模型，可在第 8 至 40 层任一层输出；需要 GPU 和 torch"
        " 附加依赖。",
    ),
    _MXBAI_BASE,
    replace(
        _MXBAI_BASE,
        name="mixedbread-ai/mxbai-rerank-large-v2",
        parameters=1_543_714_304,
        summary="As the base model, three times the size and better; needs a GPU and the extra"
        " `torch`.",
        summary_zh="base 的三倍规模，效果更好；需要 GPU 和 torch 附加依赖。",
    ),
)
