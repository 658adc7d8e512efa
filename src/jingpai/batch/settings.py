"""What a job is asked to do: all that decides its output, and where it runs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from jingpai.engine.engine import GPU_BATCH_TOKENS
from jingpai.errors import InvalidInput
from jingpai.files.faults import unusable
from jingpai.files.tables import missing_column, name_with
from jingpai.guards import check_whole
from jingpai.settings import ModelSettings

if TYPE_CHECKING:
    from collections.abc import Collection

    from jingpai.scores.calibration import Calibration
    from jingpai.types import Scale

SHARD_ROWS = 10_000
"""Rows of a shard: minutes of a CPU's work, which is what a killed worker loses."""

CPU_BATCH_TOKENS = 2048
"""Most tokens of a batch on a CPU. Fixed, where the library goes by the cores that there are, so
that a job has the same batches on every machine."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns are called, or the keys of JSON lines.

    A row holds one document (`document`) or a list of them (`documents`). Where neither name is
    given, the input decides: see `settled`.

    Attributes:
        query: What is asked.
        document: A text, or a mapping with `text`.
        documents: A list of such.
        title: Read by the model in front of the document; rows with one document only.
        prefix: Stands before the names of the columns that are added.
    """

    query: str = "query"
    document: str | None = None
    documents: str | None = None
    title: str | None = None
    prefix: str = ""

    @property
    def is_list(self) -> bool:
        """Whether a row holds a list of documents."""
        return self.documents is not None

    @property
    def read(self) -> tuple[str, ...]:
        """The columns that are read: the query's, the documents' and the title's."""
        names = (self.query, self.document, self.documents, self.title)
        return tuple(name for name in names if name is not None)

    @property
    def added(self) -> tuple[str, ...]:
        """The columns that are added, in their order."""
        names: tuple[str, ...] = ("score", "span_start", "span_end")
        if self.is_list:
            names = ("scores", "ranks", "span_starts", "span_ends")
        return tuple(f"{self.prefix}{name}" for name in names)

    def can_be_settled(self, there: Collection[str]) -> bool:
        """Return whether an input has what is read of a row."""
        either = {self.document, self.documents} - {None} or {"document", "documents"}
        return self.query in there and not either.isdisjoint(there)

    def settled(self, there: Collection[str], *, where: str) -> Columns:
        """Return these columns with either `document` or `documents` set, as the input has it.

        Args:
            there: The columns of the input.
            where: What errors call it.

        Raises:
            InvalidInput: A column is missing, or one that is to be added is there already.
        """
        settled = self
        if self.document is None and self.documents is None:
            is_list = "documents" in there and "document" not in there
            settled = (
                replace(self, documents="documents")
                if is_list
                else replace(self, document="document")
            )
        if settled.document is not None and settled.documents is not None:
            raise InvalidInput(
                "--document-column and --documents-column: a row holds one document or a list of"
                " them; give one of the two."
            )
        if settled.is_list and settled.title is not None:
            raise InvalidInput(
                "--title-column: documents in a list bring their own titles, as objects with text"
                " and title; leave the option out."
            )
        settled.check(there, where=where)
        return settled

    def check(self, there: Collection[str], *, where: str) -> None:
        """Check that an input has the columns that are read and none that is added.

        Raises:
            InvalidInput: It does not.
        """
        options = {
            self.query: "--query-column",
            self.document: "--document-column or --documents-column",
            self.documents: "--documents-column",
            self.title: "--title-column",
        }
        for name in self.read:
            if name not in there:
                advice = name_with(options[name])
                raise unusable(where, missing_column(name, there, advice=advice))
            if list(there).count(name) > 1:
                raise InvalidInput(f"{where}: several columns are called {name!r}; rename them.")
        for name in self.added:
            if name in there:
                raise InvalidInput(
                    f"{where}: there is a column {name!r} already; give the new ones other names"
                    " with --prefix, for example --prefix jingpai_"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ModelSettings):
    """A job, but for its input and output; and how its model is loaded.

    The device decides no score that the precision does not decide, and the threads are those of
    one copy of the model.

    Attributes:
        columns: What the columns are called.
        encoding: Of text files; None is UTF-8, or UTF-16 where a byte order mark says so.
        shard_rows: Most rows of a shard.
        model: As for `Reranker`.
        scale: What scores mean.
        calibration: For calibrated scores.
    """

    columns: Columns = field(default_factory=Columns)
    encoding: str | None = None
    shard_rows: int = SHARD_ROWS
    model: str | None = None
    scale: Scale | None = None
    calibration: Calibration | None = None

    def __post_init__(self) -> None:
        ModelSettings.__post_init__(self)
        check_whole("shard_rows", self.shard_rows)

    def deciding(self) -> dict[str, Any]:
        """Return what decides the output, by name, as JSON: not where and how fast it is made."""
        values = asdict(self)
        del values["device"], values["threads"], values["columns"], values["model"]
        if self.calibration is not None:
            content = json.dumps(self.calibration.as_json(), sort_keys=True)
            values["calibration"] = hashlib.sha256(content.encode()).hexdigest()
        values["batch_tokens"] = {
            "cpu": self.batch_tokens or batch_tokens_on("cpu"),
            "gpu": self.batch_tokens or batch_tokens_on("cuda"),
        }
        return {**asdict(self.columns), **values}


def batch_tokens_on(device: str, threads: int | None = None) -> int:
    """Return the most tokens of a batch on a device, however many threads it has."""
    del threads  # the same batches on every machine
    return CPU_BATCH_TOKENS if device == "cpu" else GPU_BATCH_TOKENS
