"""Groups as the network reads them: the same rows that the library makes when it ranks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from jingpai.engine.documents import DocumentRows
from jingpai.text.fields import read_candidates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jingpai.engine.batch_runner import Progress
    from jingpai.engine.engine import Engine
    from jingpai.engine.pair_encoder import EncodedDocument
    from jingpai.tokens.tokenizer import Row
    from jingpai.training.groups import Group


class Example(NamedTuple):
    """A group as rows.

    Attributes:
        group: Where it is from.
        rows: One a document, in the order of the group.
    """

    group: Group
    rows: tuple[Row, ...]

    @property
    def teacher(self) -> list[float]:
        """What the teacher says of each document; NaN where it says nothing."""
        documents = self.group.judged.documents
        return [self.group.teacher.get(str(document.id), math.nan) for document in documents]


def make_examples(
    groups: Sequence[Group], engine: Engine, *, progress: Progress | None = None
) -> list[Example]:
    """Turn groups into rows, one a document.

    A long document is scored in passages when it is ranked, and its best one speaks for it. Here
    the passage speaks that the parent finds best, so that an answer at a document's end is learnt
    from, and not its unrelated beginning.

    Args:
        groups: Queries with documents.
        engine: Of the parent.
        progress: Called with (passages scored, passages in all).

    Raises:
        InputTooLong: A query leaves no room for a passage.
        BackendFailed: The parent cannot be run.
    """
    encoded = [_encoded(group, engine) for group in groups]
    long = [document for documents in encoded for document in documents if len(document.rows) > 1]
    flat = DocumentRows(long)
    chosen = iter(flat.join(*engine.score(flat.rows, progress=progress)).best)
    return [
        Example(
            group,
            tuple(
                document.rows[next(chosen) if len(document.rows) > 1 else 0]
                for document in documents
            ),
        )
        for group, documents in zip(groups, encoded, strict=True)
    ]


def _encoded(group: Group, engine: Engine) -> list[EncodedDocument]:
    with group.judged.named():
        return engine.encode(read_candidates(group.query, group.judged.documents))
