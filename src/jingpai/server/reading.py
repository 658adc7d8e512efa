"""Reads what a request asks for, once, and refuses what is over the limits of the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jingpai.server.problems import Problem
from jingpai.text.fields import Candidates, read_document, read_query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jingpai.server.settings import Settings
    from jingpai.types import DocumentLike

_CHARACTERS_A_TOKEN = 3


def read_candidates(
    queries: Sequence[str],
    documents: Sequence[DocumentLike],
    *,
    settings: Settings,
    instruction: str | None = None,
) -> list[Candidates]:
    """Return one query with all documents, or each of several queries with its document.

    Raises:
        InvalidInput: A query or a document is of no use.
        Problem: There are no documents, too many, or a text is too long.
    """
    if not documents:
        raise Problem(
            "empty", "documents: the list is empty; send at least one.", param="documents"
        )
    if len(documents) > settings.max_documents:
        raise Problem(
            "too_large",
            f"documents: got {len(documents)}; at most {settings.max_documents} are allowed in one"
            " request. Send them in several, or raise --max-documents.",
            param="documents",
        )
    asked = [read_query(query) for query in queries]
    fields = [read_document(document, index=index) for index, document in enumerate(documents)]
    texts = [instruction or "", *asked, *(document.text for document in fields)]
    texts += [document.title or "" for document in fields]
    longest = max(map(len, texts))
    if longest > settings.max_characters:
        raise Problem(
            "too_large",
            f"a text has {longest} characters; at most {settings.max_characters} are allowed. Split"
            " it, or raise --max-characters.",
        )
    if len(asked) == 1:
        return [Candidates(asked[0], fields)]
    return [Candidates(query, [document]) for query, document in zip(asked, fields, strict=True)]


def count_characters(candidates: Sequence[Candidates], *, instruction: str | None = None) -> int:
    """Return the characters of all queries, documents and the instruction, each counted once."""
    return sum(part.characters for part in candidates) + len(instruction or "")


def guess_tokens(
    candidates: Sequence[Candidates], *, instruction: str | None = None, in_pairs: bool = True
) -> int:
    """Return about how many tokens will be read, before the texts are tokenised.

    Args:
        candidates: What `read_candidates` returned.
        instruction: Of the request.
        in_pairs: Whether the query is read with every document, or once.
    """
    characters = count_characters(candidates, instruction=instruction)
    if in_pairs:
        characters += sum(len(part.query) * (len(part.documents) - 1) for part in candidates)
    return characters // _CHARACTERS_A_TOKEN + 1
