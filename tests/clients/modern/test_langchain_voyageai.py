"""LangChain's document compressor for Voyage."""

import asyncio

import pytest
from langchain_core.documents import Document
from langchain_voyageai import VoyageAIRerank
from voyageai.error import AuthenticationError


def compressor(asked, **changed):
    given = {"api_key": asked.key, "base_url": f"{asked.url}/v1", "model": "rerank-2.5", "top_k": 3}
    return VoyageAIRerank(**{**given, **changed})


def documents(asked):
    return [Document(text, metadata={"page": page}) for page, text in enumerate(asked.documents)]


def check(asked, found):
    asked.check([(one.metadata["page"], one.metadata["relevance_score"]) for one in found], kept=3)
    asked.check_texts(
        [(one.page_content, one.metadata["relevance_score"]) for one in found], kept=3
    )


def test_documents_are_compressed_to_the_best(asked):
    check(asked, compressor(asked).compress_documents(documents(asked), asked.query))


def test_documents_are_compressed_asynchronously(asked):
    check(asked, asyncio.run(compressor(asked).acompress_documents(documents(asked), asked.query)))


def test_a_wrong_key_is_an_authentication_error(asked):
    with pytest.raises(AuthenticationError, match="key"):
        compressor(asked, api_key="wrong").compress_documents(documents(asked), asked.query)
