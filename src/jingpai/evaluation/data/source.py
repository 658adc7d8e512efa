"""Where a test set comes from: what a user names and chooses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jingpai.evaluation.data.pairs import Columns
from jingpai.first_stage.choice import BY_NAME
from jingpai.guards import check_whole

if TYPE_CHECKING:
    from pathlib import Path

    from jingpai.first_stage.choice import FirstStage, FirstStageName


@dataclass(frozen=True, slots=True)
class Source:
    """What is read, and how much of it.

    Attributes:
        data: A folder with texts in BEIR's layout, or a file of labelled pairs.
        run: The order before, as TREC has it; None is that of the first stage.
        qrels: Judgements; None are those of the folder.
        split: Which judgements of the folder.
        first_stage: What looks for candidates where no run is given: `embedder` is the one in the
            package.
        depth: How many candidates of a query are reranked; None is all that a run or a file of
            pairs holds, and 20 of a first stage.
        queries: A sample of so many queries, the same each time; None is all of them.
        columns: What those of a file of pairs are called.
        encoding: Of the files; None is UTF-8, or UTF-16 where a byte order mark says so.
    """

    data: Path
    run: Path | None = None
    qrels: Path | None = None
    split: str | None = None
    first_stage: FirstStageName = "embedder"
    depth: int | None = None
    queries: int | None = None
    columns: Columns = field(default_factory=Columns)
    encoding: str | None = None

    def __post_init__(self) -> None:
        """Refuse numbers out of their range."""
        for name, value in (("depth", self.depth), ("queries", self.queries)):
            check_whole(name, value, optional=True)

    @property
    def by(self) -> FirstStage:
        """What the first stage goes by."""
        return BY_NAME[self.first_stage]
