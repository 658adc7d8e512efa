"""Hard negatives out of the user's own documents: near the query, and yet no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jingpai.embedder import Embedder
from jingpai.first_stage.order import best
from jingpai.system.closing import Closing
from jingpai.text.fields import whole_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from jingpai.engine.batch_runner import Progress
    from jingpai.evaluation.kept import Kept
    from jingpai.training.groups import Group
    from jingpai.types import Document

# What lies nearer to the query than its answer by this much is often an answer that nobody marked.
# The cosines of the first stage lie between .7 and 1 for nearly any two texts.
_LEAD = 0.015


class Miner(Closing):
    """Finds documents for queries that have too few that do not answer them."""

    def __init__(
        self, groups: Sequence[Group], *, kept: Kept, progress: Progress | None = None
    ) -> None:
        """Embed the documents of groups, each text once.

        Args:
            groups: With all documents that may be found.
            kept: Where the vectors are kept.
            progress: Called with (documents done, documents in all).
        """
        found: dict[str, Document] = {}
        for group in groups:
            for document in group.judged.documents:
                found.setdefault(whole_text(document), document)
        self._documents = list(found.values())
        self._places = {text: place for place, text in enumerate(found)}
        self._embedder = Embedder()

        def compute(start: int, stop: int) -> NDArray[np.float32]:
            vectors = self._embedder.embed_passages(self._documents[start:stop])
            if progress is not None:
                progress(stop, len(found))
            return vectors

        self._vectors = kept.vectors(list(found), compute, model=self._embedder.model)

    def fill(
        self, groups: Sequence[Group], *, negatives: int, among: Sequence[Group]
    ) -> tuple[Group, ...]:
        """Return the groups, each with so many negatives or more, as far as there are any.

        Args:
            groups: Those to fill.
            negatives: The least number.
            among: Whose documents may be taken.
        """
        allowed = np.zeros(len(self._documents), bool)
        for group in among:
            allowed[self._of(group)] = True
        short = [group for group in groups if group.negatives < negatives]
        vectors = iter(self._embedder.embed_queries([group.query for group in short]))
        return tuple(
            group.with_negatives(
                self._nearest(group, next(vectors), allowed, count=negatives - group.negatives)
            )
            if group.negatives < negatives
            else group
            for group in groups
        )

    def close(self) -> None:
        """Give the encoder's memory back."""
        self._embedder.close()

    def _nearest(
        self,
        group: Group,
        query: NDArray[np.float32],
        allowed: NDArray[np.bool_],
        *,
        count: int,
    ) -> list[Document]:
        """Return the nearest documents that nobody judged and that do not lead the answer."""
        similarity = self._vectors @ query
        own = self._of(group)
        answers = [place for place, grade in zip(own, group.grades, strict=True) if grade]
        is_candidate = allowed & (similarity < similarity[answers].max() + _LEAD)
        is_candidate[own] = False
        candidates = np.flatnonzero(is_candidate)
        nearest = candidates[best(similarity[candidates], count=count)]
        return [self._documents[place] for place in nearest]

    def _of(self, group: Group) -> list[int]:
        return [self._places[whole_text(document)] for document in group.judged.documents]
