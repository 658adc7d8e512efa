"""LiteLLM, which calls each provider's own path and reads its own reply."""

import asyncio

import litellm
import pytest

PROVIDERS = pytest.mark.parametrize(
    ("provider", "path"),
    [
        ("hosted_vllm", ""),
        ("hosted_vllm", "/v1"),
        ("cohere", ""),
        ("cohere", "/v1/rerank"),
        ("litellm_proxy", ""),
        ("jina_ai", ""),
        ("huggingface", ""),
        ("infinity", "/infinity"),
        # At /v1/rerank, what it sends without top_n could be Jina's as well.
        ("voyage", "/voyage"),
        ("voyage", "/voyage/v1"),
        ("dashscope", "/v1"),
        ("dashscope", "/compatible-api/v1"),
        ("fireworks_ai", "/v1"),
    ],
)


def given(asked, provider, path, **changed):
    usual = {
        "model": f"{provider}/any",
        "query": asked.query,
        "documents": asked.documents,
        "api_base": asked.url + path,
        "api_key": asked.key,
        "num_retries": 0,
    }
    return {**usual, **changed}


def check(asked, reply, *, kept=5):
    found = [(one["index"], one["relevance_score"]) for one in reply.results]
    asked.check(found, kept=kept)


@PROVIDERS
def test_documents_are_ranked_and_come_back(asked, provider, path):
    reply = litellm.rerank(**given(asked, provider, path))
    check(asked, reply)
    found = [(one["document"]["text"], one["relevance_score"]) for one in reply.results]
    asked.check_texts(found)


@PROVIDERS
def test_the_best_are_kept(asked, provider, path):
    asking = given(asked, provider, path, top_n=2, return_documents=False)
    check(asked, litellm.rerank(**asking), kept=2)


@pytest.mark.parametrize("provider", ["hosted_vllm", "cohere", "huggingface"])
def test_documents_are_ranked_asynchronously(asked, provider):
    check(asked, asyncio.run(litellm.arerank(**given(asked, provider, ""))))


def test_tokens_are_counted(asked):
    meta = litellm.rerank(**given(asked, "hosted_vllm", "")).meta
    assert meta["tokens"]["input_tokens"] > 0
    assert meta["billed_units"]["search_units"] == 1


def test_options_of_vllm_pass(asked):
    options = {"truncate_prompt_tokens": 128, "max_tokens_per_doc": 64, "instruction": "Rank."}
    check(asked, litellm.rerank(**given(asked, "hosted_vllm", "", **options)))


@pytest.mark.parametrize("provider", ["hosted_vllm", "cohere", "jina_ai", "huggingface"])
def test_a_wrong_key_is_an_authentication_error(asked, provider):
    with pytest.raises(litellm.AuthenticationError, match="key"):
        litellm.rerank(**given(asked, provider, "", api_key="wrong"))


@pytest.mark.parametrize("provider", ["hosted_vllm", "cohere"])
def test_no_documents_are_a_bad_request(asked, provider):
    with pytest.raises(litellm.BadRequestError, match="documents"):
        litellm.rerank(**given(asked, provider, "", documents=[]))


@pytest.mark.parametrize("provider", ["hosted_vllm", "cohere"])
def test_an_unknown_model_is_not_found_where_models_are_strict(asked, provider):
    with pytest.raises(litellm.NotFoundError, match=asked.model):
        litellm.rerank(**given(asked, provider, "", api_base=asked.open_url))
