"""Language models as rerankers, from the texts to the score, against their published usage code."""

from __future__ import annotations

import json

import numpy as np
import pytest
from support.tiny_language_models import gemma_tokenizer, qwen_tokenizer, write_language_model
from tokenizers import Tokenizer

from jingpai import Reranker
from jingpai.errors import InvalidInput, ModelFilesInvalid
from jingpai.models.known.language_models import LANGUAGE_MODELS
from jingpai.text.fields import read_candidates

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

pytestmark = pytest.mark.torch

QUERY = "What is the capital of China? 中国的首都"
DOCUMENTS = [
    "The capital of China is Beijing.",
    "Paris",
    "法国的首都是巴黎，人口超过一亿？",
    "1.4 billion people: 'it's' (a lot), don't you think; and 0129 more of them to come",
]


class PublishedUsage:
    """What the model cards do: rows padded on the left, all logits, those of the last position."""

    def __init__(self, folder):
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)

    def ids(self, text):
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def last_logits(self, rows):
        width = -(-max(map(len, rows)) // 8) * 8
        padded = [[0] * (width - len(row)) + row for row in rows]
        mask = [[0] * (width - len(row)) + [1] * len(row) for row in rows]
        with torch.no_grad():
            output = self.model(
                input_ids=torch.tensor(padded), attention_mask=torch.tensor(mask)
            ).logits
        return output[:, -1]

    def qwen3(self, query, documents, instruction=None):
        instruction = instruction or (
            "Given a web search query, retrieve relevant passages that answer the query"
        )
        prefix = self.ids(
            "<|im_start|>system\nJudge whether the Document meets the requirements based on the "
            "Query and the Instruct provided. Note that the answer can only be "
            '"yes" or "no".<|im_end|>\n<|im_start|>user\n'
        )
        suffix = self.ids("<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n")
        pairs = [
            f"<Instruct>: {instruction}\n<Query>: {query}\n<Document>: {document}"
            for document in documents
        ]
        logits = self.last_logits([prefix + self.ids(pair) + suffix for pair in pairs])
        no, yes = (self.tokenizer.token_to_id(word) for word in ("no", "yes"))
        both = torch.stack([logits[:, no], logits[:, yes]], dim=1)
        return torch.nn.functional.log_softmax(both, dim=1)[:, 1].exp().tolist()

    def mxbai(self, query, documents, instruction=None):
        prefix = self.ids(
            "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful "
            "assistant.<|im_end|>\n<|im_start|>user\n"
        )
        task = self.ids(
            "You are a search relevance expert who evaluates how well documents match search "
            "queries. For each query-document pair, carefully analyze the semantic relationship "
            "between them, then provide your binary relevance judgment (0 for not relevant, 1 for "
            "relevant).\nRelevance:"
        )
        suffix = self.ids("<|im_end|>\n<|im_start|>assistant\n")
        separator = self.ids("\n")
        asked = f"query: {query}"
        if instruction:
            asked = f"instruction: {instruction}\n{asked}"
        rows = [
            prefix
            + self.ids(asked)
            + separator
            + self.ids(f"document: {document}")
            + separator
            + task
            + suffix
            for document in documents
        ]
        logits = self.last_logits(rows)
        return torch.sigmoid(logits[:, self.ids("1")[0]] - logits[:, self.ids("0")[0]]).tolist()

    def gemma(self, query, documents):
        task = self.ids(
            "Given a query A and a passage B, determine whether the passage contains an answer to "
            "the query by providing a prediction of either 'Yes' or 'No'."
        )
        separator, start = self.ids("\n"), self.tokenizer.token_to_id("<bos>")
        rows = [
            [
                *(start, *self.ids(f"A: {query}"), *separator),
                *(*self.ids(f"B: {document}"), *separator, *task),
            ]
            for document in documents
        ]
        return torch.sigmoid(self.last_logits(rows)[:, self.ids("Yes")[0]]).tolist()


@pytest.fixture(scope="module")
def qwen3(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "Qwen3-Reranker-0.6B"
    return write_language_model(
        folder, kind="Qwen3", tokenizer=qwen_tokenizer(), tie_word_embeddings=True
    )


@pytest.fixture(scope="module")
def qwen3_8b(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "Qwen3-Reranker-8B"
    return write_language_model(folder, kind="Qwen3", tokenizer=qwen_tokenizer(), seed=1)


@pytest.fixture(scope="module")
def mxbai(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "mxbai-rerank-base-v2"
    return write_language_model(
        folder, kind="Qwen2", tokenizer=qwen_tokenizer(), tie_word_embeddings=True
    )


@pytest.fixture(scope="module")
def gemma(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "bge-reranker-v2-gemma"
    return write_language_model(folder, kind="Gemma", tokenizer=gemma_tokenizer(), seed=1)


def assert_scores(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)
    assert np.ptp(expected) > 0.01, "scores this near each other would prove nothing"


@pytest.mark.parametrize(
    ("name", "usage"),
    [
        ("qwen3", PublishedUsage.qwen3),
        ("qwen3_8b", PublishedUsage.qwen3),
        ("mxbai", PublishedUsage.mxbai),
        ("gemma", PublishedUsage.gemma),
    ],
)
def test_scores_are_those_of_the_published_usage_code(name, usage, request):
    folder = request.getfixturevalue(name)
    with Reranker(folder, device="cpu") as reranker:
        assert reranker.precision == "fp32"
        assert_scores(
            reranker.score(QUERY, DOCUMENTS), usage(PublishedUsage(folder), QUERY, DOCUMENTS)
        )


@pytest.mark.parametrize(
    ("name", "usage"), [("qwen3", PublishedUsage.qwen3), ("mxbai", PublishedUsage.mxbai)]
)
def test_an_instruction_is_read_as_in_the_published_usage_code(name, usage, request):
    folder = request.getfixturevalue(name)
    wish = "Find passages that mention {query} 的首都"
    with Reranker(folder, device="cpu", instruction=wish) as reranker:
        told = reranker.score(QUERY, DOCUMENTS)
    assert_scores(told, usage(PublishedUsage(folder), QUERY, DOCUMENTS, wish))
    with Reranker(folder, device="cpu") as reranker:
        assert not np.allclose(told, reranker.score(QUERY, DOCUMENTS), atol=1e-4)


def test_a_model_that_reads_no_instruction_says_so(gemma, tiny_folder):
    for folder in (gemma, tiny_folder):
        with pytest.raises(InvalidInput, match=r"reads none; .* Qwen/Qwen3-Reranker-0\.6B"):
            Reranker(folder, device="cpu", instruction="Find code.")


@pytest.mark.parametrize("instruction", ["", " \n", 3])
def test_an_instruction_is_a_text(qwen3, instruction):
    with pytest.raises(InvalidInput, match=r"instruction: got .* None and a text"):
        Reranker(qwen3, device="cpu", instruction=instruction)


def test_a_long_document_is_scored_in_passages_with_the_whole_prompt_each(qwen3):
    text = "Paris is the capital of France. " * 40 + "The capital of China is Beijing. " * 40
    with Reranker(qwen3, device="cpu", max_tokens=250) as reranker:
        (document,) = reranker.engine.encode(read_candidates(QUERY, [text]))
        assert len(document.rows) > 3
        assert not document.truncated
        spec = reranker.engine.spec
        prefix = document.rows[0].ids[: document.rows[0].query_length]
        assert all(row.ids[: len(prefix)] == prefix for row in document.rows)
        assert len({row.ids[-8:] for row in document.rows}) == 1
        assert spec.answers == ("no", "yes")
    covered = {i for start, end in document.spans for i in range(start, end)}
    assert all(i in covered for i, character in enumerate(text) if not character.isspace())


def test_a_row_of_a_language_model_is_not_longer_than_its_configuration_says(qwen3):
    with Reranker(qwen3, device="cpu") as reranker:
        assert reranker.engine.spec.max_tokens == 2048
        assert reranker.engine.spec.name == "Qwen3-Reranker-0.6B"


def test_int8_is_refused(qwen3):
    with pytest.raises(InvalidInput, match="no int8 form here; allowed are auto, fp32, bf16, fp16"):
        Reranker(qwen3, precision="int8")


def test_bf16_stays_near_fp32(qwen3):
    scores = []
    for precision in ("fp32", "bf16"):
        with Reranker(qwen3, device="cpu", precision=precision) as reranker:
            assert reranker.precision == precision
            scores.append(reranker.score(QUERY, DOCUMENTS))
    assert 0 < np.abs(np.subtract(scores[0], scores[1])).max() < 0.2


def test_a_tokenizer_without_the_answers_is_named(qwen3, tmp_path):
    folder = tmp_path / "Qwen3-Reranker-0.6B"
    write_language_model(folder, kind="Qwen3", tokenizer=qwen_tokenizer())
    content = json.loads((folder / "tokenizer.json").read_text())
    merges = content["model"]["merges"]
    content["model"]["merges"] = [pair for pair in merges if "".join(pair) not in ("es", "yes")]
    (folder / "tokenizer.json").write_text(json.dumps(content))
    with pytest.raises(ModelFilesInvalid, match=r"'yes', which is no single token"):
        Reranker(folder, device="cpu")


def test_a_language_model_whose_prompt_is_not_known_says_which_are(qwen3, tmp_path):
    folder = tmp_path / "chat"
    folder.symlink_to(qwen3)
    Reranker(folder, device="cpu").close()  # a link means what it points to
    folder.unlink()
    write_language_model(folder, kind="Qwen3", tokenizer=qwen_tokenizer())
    with pytest.raises(ModelFilesInvalid) as caught:
        Reranker(folder, device="cpu")
    assert "the prompt of 'chat' is not known" in str(caught.value)
    assert all(spec.name in str(caught.value) for spec in LANGUAGE_MODELS)
