"""The order before reranking, where the data bring none: the best of a corpus for each query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jingpai.embedder import Embedder
from jingpai.engine.cache import identify
from jingpai.files.model_folder import ModelFolder
from jingpai.first_stage.bm25 import index_documents
from jingpai.first_stage.cosine import nearest
from jingpai.first_stage.order import find
from jingpai.models.resolve import bundled_encoder_folder
from jingpai.text.fields import whole_text
from jingpai.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from jingpai.engine.batch_runner import Progress
    from jingpai.evaluation.data.testset import Run
    from jingpai.evaluation.kept import Kept
    from jingpai.first_stage.choice import FirstStage
    from jingpai.first_stage.order import Found
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
        found = _by_words(queries, corpus, depth=depth)
    else:
        found = _by_meaning(queries, corpus, depth=depth, kept=kept, progress=progress)
    return [
        {
            str(corpus[place].id): score
            for place, score in zip(places.tolist(), scores.tolist(), strict=True)
        }
        for places, scores in found
    ]


def _by_words(queries: Sequence[str], corpus: Sequence[Document], *, depth: int) -> Iterator[Found]:
    index = index_documents(corpus)
    for query in queries:
        yield find(index.scores(query), count=depth)


def _by_meaning(
    queries: Sequence[str],
    corpus: Sequence[Document],
    *,
    depth: int,
    kept: Kept | None,
    progress: Progress | None,
) -> Iterator[Found]:
    with Embedder() as embedder:

        def embed(start: int, stop: int) -> NDArray[np.float32]:
            def tell(done: int, _: int) -> None:
                if progress is not None:
                    progress(start + done, len(corpus))

            return embedder.embed_passages(corpus[start:stop], progress=tell)

        if kept is None:
            passages = embed(0, len(corpus))
        else:
            texts = [whole_text(document) for document in corpus]
            passages = kept.vectors(texts, embed, model=_identity())
        vectors = embedder.embed_queries(queries)
    return nearest(vectors, passages, count=depth)


def _identity() -> str:
    # Another release may embed in another way.
    files = ModelFolder.read(bundled_encoder_folder()).content
    return identify(files, settings=__version__)
