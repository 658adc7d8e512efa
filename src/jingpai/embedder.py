"""The encoder in the package: texts in, vectors out, for a first stage before a `Reranker`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from jingpai.backends.loader import open_encoder
from jingpai.engine.batch_runner import BatchRunner
from jingpai.errors import BackendFailed, OutOfMemory
from jingpai.guards import check_whole
from jingpai.models.known.catalog import BUNDLED_ENCODER_SPEC
from jingpai.models.resolve import bundled_encoder_folder
from jingpai.system.closing import Closing
from jingpai.text.clean import clean, replace_surrogates
from jingpai.text.fields import read_document, read_list, read_query
from jingpai.text.prompt import apply_prompt
from jingpai.tokens.tokenizer import LOOK_CHARACTERS, PairTokenizer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from jingpai.engine.batch_runner import Progress
    from jingpai.tokens.tokenizer import Row
    from jingpai.types import DocumentLike

# Tokens of a batch, padding included: on a CPU a larger batch only leaves the cache.
_BATCH_TOKENS = 2048


class Embedder(Closing):
    """Turns queries and passages into vectors whose dot product says how close their meanings are.

    The model is multilingual-e5-small (MIT): about 100 languages, 384 dimensions, at most 512
    tokens of a text, on the CPU. Every vector has unit length, so a dot product of two is their
    cosine; with this model it lies between 0.7 and 1 for nearly any two texts, so compare cosines
    with each other and take no threshold from elsewhere.

    One object may be used from several threads at once. It can be pickled and copied in depth: a
    copy loads the model anew. Use it as a context manager, or call `close`, to give the model's
    memory back early.

    Example:
        >>> from jingpai import Embedder
        >>> embedder = Embedder()
        >>> passages = embedder.embed_passages(["鱼会游泳。", "The sky scatters blue light."])
        >>> (query,) = embedder.embed_queries(["天空为什么是蓝色的?"])
        >>> int((passages @ query).argmax())
        1
    """

    def __init__(self, *, clean: bool = True, threads: int | None = None) -> None:
        """Load the encoder in the package.

        Args:
            clean: Whether markup, invisible characters and runs of white space are removed.
            threads: CPU threads of one batch; None for one per physical core.

        Raises:
            InvalidInput: An argument is not usable; the message names it.
            ModelFilesInvalid: The encoder is missing from this installation, or broken.
            OutOfMemory: The weights do not fit into memory.
        """
        check_whole("threads", threads, optional=True)
        self._spec = BUNDLED_ENCODER_SPEC
        self._is_cleaning = clean
        self._threads = threads
        self._is_closed = False
        self._load()

    def _load(self) -> None:
        folder = bundled_encoder_folder()
        self._tokenizer = PairTokenizer.load(
            folder, max_tokens=self._spec.max_tokens, layout=self._spec.template.layout
        )
        self._backend = open_encoder(folder, threads=self._threads)
        self._runner = BatchRunner(
            self._backend.vectors,
            batch_tokens=_BATCH_TOKENS,
            device=self._backend.device,
            padding_weight=self._backend.padding_weight,
        )

    def __copy__(self) -> Embedder:
        """Return an embedder that shares this one's model."""
        copied = type(self).__new__(type(self))
        copied.__dict__.update(self.__dict__)
        return copied

    def __getstate__(self) -> dict[str, Any]:
        """Travel by the settings; a copy loads the model anew.

        Raises:
            BackendFailed: It is closed.
        """
        if self._is_closed:
            raise BackendFailed(f"{self.model} is closed, so there is nothing to copy: load it.")
        loaded = ("_tokenizer", "_backend", "_runner")
        return {name: value for name, value in self.__dict__.items() if name not in loaded}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._load()

    def __repr__(self) -> str:
        return f"Embedder({self.model!r}, dimensions={self.dimensions})"

    @property
    def model(self) -> str:
        """Name of the model."""
        return self._spec.name

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._spec.dimensions

    def embed_queries(
        self, queries: Iterable[str], *, progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """Return the vectors of queries, float32 [n, dimensions], in input order.

        The model reads the first 512 tokens of a query; what follows is cut.

        Args:
            queries: A list of them; for a single one hand in `[query]`.
            progress: Called with (texts done, texts in all) after each batch.

        Raises:
            InvalidInput: A query is not usable; the message names its index.
            BackendFailed: The model cannot be run, or gave no number for a query.
        """
        texts = [
            self._query_text(query, index=index)
            for index, query in enumerate(read_list(queries, name="queries"))
        ]
        return self._embed(texts, name="queries", progress=progress)

    def embed_passages(
        self, documents: Iterable[DocumentLike], *, progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """Return the vectors of documents, float32 [n, dimensions], in input order.

        A document is one passage, with its title in front. The model reads the first 512 tokens;
        what follows is cut and has no part in the vector, so split longer texts beforehand.

        Args:
            documents: Strings, mappings with the key `text`, or `Document`s.
            progress: Called with (texts done, texts in all) after each batch.

        Raises:
            InvalidInput: A document is not usable; the message names its index.
            BackendFailed: The model cannot be run, or gave no number for a document.
        """
        texts = [
            self._passage_text(document, index=index)
            for index, document in enumerate(read_list(documents, name="documents"))
        ]
        return self._embed(texts, name="documents", progress=progress)

    def close(self) -> None:
        """Give the model's memory back; the object cannot be used any more."""
        self._is_closed = True
        self._backend.close()

    def _query_text(self, query: object, *, index: int) -> str:
        given = replace_surrogates(read_query(query, name=f"queries[{index}]"))
        # A query of nothing but markup asks about the markup.
        text = self._cleaned(given) or given
        return apply_prompt(self._spec.template.query, text=text, field="query")

    def _passage_text(self, document: object, *, index: int) -> str:
        fields = read_document(document, index=index)
        return apply_prompt(
            self._spec.template.passage,
            text=self._cleaned(fields.text),
            field="passage",
            title=self._cleaned(fields.title) if fields.title else None,
        )

    def _cleaned(self, text: str) -> str:
        return clean(text).text if self._is_cleaning else replace_surrogates(text)

    def _rows(self, texts: Sequence[str]) -> list[Row]:
        # The room of a text alone: that of a passage beside no query.
        look = self._tokenizer.room(()) * LOOK_CHARACTERS
        rows = self._tokenizer.rows((), [text[:look] for text in texts])
        for index, text in enumerate(texts):
            if len(text) > look and not rows[index].dropped:
                rows[index : index + 1] = self._tokenizer.rows((), [text])
        return rows

    def _embed(
        self,
        texts: Sequence[str],
        *,
        name: Literal["queries", "documents"],
        progress: Progress | None,
    ) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for indices, answer in self._runner.run(self._rows(texts), progress=progress):
            if isinstance(answer, OutOfMemory):
                raise OutOfMemory(f"{name}[{indices[0]}]: {answer}") from answer
            vectors[indices] = answer
        broken = np.flatnonzero(~np.isfinite(vectors).all(axis=1)).tolist()
        if broken:
            raise BackendFailed(
                f"{name}[{broken[0]}]: {self.model} gave no finite number. Its files are broken:"
                " pip install --force-reinstall --no-deps jingpai"
            )
        return vectors
