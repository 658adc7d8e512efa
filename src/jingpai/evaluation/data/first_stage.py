"""The order before reranking, where the data bring none: the best of a corpus for each query."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

import numpy as np

from jingpai.embedder import Embedder
from jingpai.engine.cache import identify
from jingpai.errors import MissingExtra
from jingpai.files.model_folder import ModelFolder
from jingpai.models.resolve import bundled_encoder_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from jingpai.engine.batch_runner import Progress
    from jingpai.evaluation.data.source import FirstStage
    from jingpai.evaluation.data.testset import Run
    from jingpai.evaluation.kept import Kept
    from jingpai.types import Document


def search(
    queries: Sequence[str],
    corpus: Sequence[Document],
    *,
    by: FirstStage,
    depth: int,
    kept: Kept | None = None,
    progress: Progress | None = None,
) -> list[Run]:
    """Return the best documents of a corpus for each query.

    Args:
        queries: What is asked.
        corpus: With ids.
        by: What looks for them.
        depth: How many a query.
        kept: Where vectors are kept.
        progress: Called with (texts done, texts in all).

    Raises:
        MissingExtra: `bm25` needs a package that is not there.
        BackendFailed: The embedder cannot be run.
    """
    if by == "bm25":
        scores = _bm25(queries, corpus)
    else:
        scores = _cosines(queries, corpus, kept=kept, progress=progress)
    return [_best(row, corpus, depth=depth) for row in scores]


def _best(scores: NDArray[np.float32], corpus: Sequence[Document], *, depth: int) -> Run:
    best = np.argsort(-scores, kind="stable")[:depth]
    return {str(corpus[place].id): float(scores[place]) for place in best.tolist()}


def _bm25(queries: Sequence[str], corpus: Sequence[Document]) -> NDArray[np.float32]:
    try:
        from jingpai.first_stage.bm25 import bm25_scores
    except ImportError as error:
        raise MissingExtra(
            "first stage bm25: bm25s and regex are needed and cannot be imported:"
            ' pip install "jingpai[evaluation]"'
        ) from error
    return bm25_scores(queries, [_whole_text(document) for document in corpus])


def _cosines(
    queries: Sequence[str],
    corpus: Sequence[Document],
    *,
    kept: Kept | None,
    progress: Progress | None,
) -> NDArray[np.float32]:
    with Embedder() as embedder:

        def embed(start: int, stop: int) -> NDArray[np.float32]:
            def tell(done: int, _: int) -> None:
                if progress is not None:
                    progress(start + done, len(corpus))

            return embedder.embed_passages(corpus[start:stop], progress=tell)

        if kept is None:
            passages = embed(0, len(corpus))
        else:
            texts = [_whole_text(document) for document in corpus]
            passages = kept.vectors(texts, embed, model=_identity())
        return embedder.embed_queries(queries) @ passages.T


def _identity() -> str:
    # Another release may embed in another way.
    files = ModelFolder.read(bundled_encoder_folder()).content
    return identify(files, settings=metadata.version("jingpai"))


def _whole_text(document: Document) -> str:
    return f"{document.title}\n{document.text}" if document.title else document.text
