"""How close are the meanings of a query and of documents, by the vectors of an encoder?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from jingpai.first_stage.order import find

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from jingpai.first_stage.order import Found
    from jingpai.types import DocumentLike

_COSINES_AT_ONCE = 1 << 24  # 64 MiB of them


class Encoder(Protocol):
    """Turns texts into vectors of unit length, as an `Embedder` does."""

    def embed_queries(self, queries: Iterable[str], /) -> NDArray[np.float32]:
        """Return the vectors of queries, float32 [n, dimensions]."""

    def embed_passages(self, documents: Iterable[DocumentLike], /) -> NDArray[np.float32]:
        """Return the vectors of documents, float32 [n, dimensions]."""


def similarities(encoder: Encoder, query: str, *, documents: Sequence[DocumentLike]) -> list[float]:
    """Return the cosine of a query and each document."""
    (vector,) = encoder.embed_queries([query])
    cosines: list[float] = (encoder.embed_passages(documents) @ vector).tolist()
    return cosines


def nearest(
    queries: NDArray[np.float32],
    passages: NDArray[np.float32],
    *,
    count: int,
    cosines_at_once: int = _COSINES_AT_ONCE,
) -> Iterator[Found]:
    """Yield the nearest passages of each query, exactly; equals in the order they came in.

    Only as many cosines are held at once as fit into a block, whatever the size of the corpus.

    Args:
        queries: Vectors of unit length, [queries, dimensions].
        passages: The same, [passages, dimensions].
        count: How many passages a query.
        cosines_at_once: The size of a block.
    """
    step = max(1, cosines_at_once // max(1, len(passages)))
    for start in range(0, len(queries), step):
        for cosines in queries[start : start + step] @ passages.T:
            yield find(cosines, count=count)
