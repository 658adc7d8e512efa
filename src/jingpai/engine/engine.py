"""The waist: a query and documents become rows, rows become logits.

Whoever ranks - the library, the server, a batch job - goes through these two steps, and whoever
pools the rows of many calls does it between them. Nothing else takes a reranker's spec apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jingpai.backends.base import has_evidence
from jingpai.backends.loader import open_backend
from jingpai.engine.batch_runner import BatchRunner
from jingpai.engine.cache import ScoreCache
from jingpai.engine.copies import Origin, load_again
from jingpai.engine.evidence import TokenLogits, evidence_spans, no_evidence
from jingpai.engine.identity import fingerprint, identity
from jingpai.engine.pair_encoder import LEAST_PASSAGE_TOKENS, PairEncoder
from jingpai.engine.scored_rows import distinct, joined
from jingpai.errors import BackendFailed, InvalidInput, JingpaiError
from jingpai.guards import shown
from jingpai.models.choices import query_template, with_layer
from jingpai.models.resolve import resolve
from jingpai.models.vocabulary import vocabulary_size
from jingpai.settings import ModelName, ModelSettings
from jingpai.system import processor
from jingpai.tokens.tokenizer import PairTokenizer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from jingpai.backends.base import Backend
    from jingpai.engine.batch_runner import Progress
    from jingpai.engine.pair_encoder import EncodedDocument
    from jingpai.engine.scored_rows import ScoredRows
    from jingpai.errors import OutOfMemory
    from jingpai.models.spec import ModelSpec
    from jingpai.scores.calibration import Calibration
    from jingpai.text.fields import Candidates
    from jingpai.tokens.tokenizer import Row
    from jingpai.types import EvidenceSpan, LongDocuments, LongQueries

# A GPU wants work for all its units, and its batches grow to this where its memory allows it.
GPU_BATCH_TOKENS = 65536


def batch_tokens_on(device: str, threads: int | None) -> int:
    """Return the most tokens of a batch, padding by its weight, that suit a device."""
    return processor.batch_tokens(threads) if device == "cpu" else GPU_BATCH_TOKENS


class Engine:
    """One loaded model. Safe to call from several threads at once."""

    def __init__(
        self,
        spec: ModelSpec,
        *,
        tokenizer: PairTokenizer,
        backend: Backend,
        batch_tokens: int,
        is_cleaning: bool = True,
        long_documents: LongDocuments = "passages",
        instruction: str | None = None,
        cache: ScoreCache | None = None,
        identity: str = "",
        folder: Path | None = None,
    ) -> None:
        """Join the parts of a model.

        Args:
            spec: What the model is.
            tokenizer: Pairs to rows.
            backend: Batches to logits.
            batch_tokens: Most tokens of a batch, padding by its weight. Lowered for good when the
                device runs out of memory.
            is_cleaning: Whether markup, invisible characters and runs of white space are removed.
            long_documents: `passages` scores a long document in overlapping passages, `truncate`
                its beginning alone.
            instruction: What the model is told to look for; None is what its makers told it.
            cache: Logits of rows that were scored before.
            identity: What tells this model from all others in the cache.
            folder: Of the model's files.
        """
        self.spec = spec
        self.backend = backend
        self._tokenizer = tokenizer
        self._encoder = PairEncoder(
            tokenizer,
            query_template=query_template(spec, instruction),
            passage_template=spec.template.passage,
            instruction=instruction,
            is_cleaning=is_cleaning,
            long_documents=long_documents,
        )
        self._runner = BatchRunner.of(backend, batch_tokens=batch_tokens)
        self._cache = cache
        self._identity = identity
        self._folder = folder
        self._instruction = instruction
        self._origin: Origin | None = None
        self._calibration: Calibration | None = None
        self._is_closed = False

    @classmethod
    def load(
        cls,
        model: ModelName | None = None,
        settings: ModelSettings = ModelSettings(),
        *,
        cache: ScoreCache | None = None,
        default_batch_tokens: Callable[[str, int | None], int] = batch_tokens_on,
    ) -> Engine:
        """Find a model, open it on a device, and join its parts.

        Args:
            model: As `Reranker` says.
            settings: As `Reranker` says.
            cache: Logits of rows that were scored before.
            default_batch_tokens: Most tokens of a batch on a device with so many threads, where
                the settings do not say.

        Raises:
            JingpaiError: As `Reranker` says.
        """
        if cache is not None and not isinstance(cache, ScoreCache):
            raise InvalidInput(
                f"cache: got {shown(cache)}; allowed are None and a ScoreCache; ScoreCache() keeps"
                ' scores in memory, ScoreCache("scores.db") in a file.'
            )
        resolved = resolve(model)
        spec, folder = with_layer(resolved.spec, settings.layer), resolved.folder
        query_template(spec, settings.instruction)  # an error comes before the weights are read
        limit = spec.max_tokens if settings.max_tokens is None else settings.max_tokens
        if not LEAST_PASSAGE_TOKENS <= limit <= spec.max_tokens:
            raise InvalidInput(
                f"max_tokens: got {limit}, but {spec.name} reads {LEAST_PASSAGE_TOKENS} to"
                f" {spec.max_tokens} tokens."
            )
        is_limit_ours = settings.max_tokens is None and settings.long_documents == "passages"
        tokenizer = PairTokenizer.load(
            folder,
            max_tokens=limit,
            passage_tokens=spec.passage_tokens if is_limit_ours else None,
            layout=spec.template.layout,
            vocabulary=vocabulary_size(folder),
        )
        backend = open_backend(
            folder,
            device=settings.device,
            precision=settings.precision,
            threads=settings.threads,
            answer_ids=tokenizer.word_ids(spec.answers),
            layer=spec.layer,
        )
        budget = settings.batch_tokens or default_batch_tokens(backend.device, settings.threads)
        engine = cls(
            spec,
            tokenizer=tokenizer,
            backend=backend,
            batch_tokens=budget,
            is_cleaning=settings.clean,
            long_documents=settings.long_documents,
            instruction=settings.instruction,
            cache=cache,
            identity=identity(spec, folder, backend) if cache is not None else "",
            folder=folder,
        )
        engine._origin = Origin.of(
            model, settings, cache=cache, default_batch_tokens=default_batch_tokens
        )
        return engine

    def __reduce__(self) -> tuple[Callable[..., Engine], tuple[object, ...]]:
        """Travel by how it was loaded; a copy loads the model anew.

        Raises:
            BackendFailed: It is closed.
            InvalidInput: Its parts were joined by hand.
        """
        if self._is_closed:
            raise BackendFailed(
                f"{self.spec.name} is closed, so there is nothing to copy: load it again."
            )
        if self._origin is None:
            raise InvalidInput(
                f"{self.spec.name} was joined from its parts by hand, and nothing says how a copy"
                " is to be made of them. Engine.load and Reranker make engines that can be copied"
                " and pickled."
            )
        return load_again, (type(self), self._origin, self._calibration)

    @property
    def fingerprint(self) -> str:
        """What tells this model from all others, whatever runs it: weights, output, instruction.

        Its files are read where their hashes are not known yet. Empty for parts joined by hand.

        Raises:
            CacheUnusable: The file of remembered hashes cannot be written.
        """
        if self._folder is None:
            return ""
        return fingerprint(self.spec, self._folder, instruction=self._instruction)

    def check_calibration(self, calibration: Calibration) -> None:
        """Refuse a calibration of another model, and give the memory of this one back.

        Raises:
            InvalidInput: It is of another model, or of other settings.
        """
        try:
            calibration.check_model(name=self.spec.name, fingerprint=self.fingerprint)
        except JingpaiError:
            self.close()
            raise
        self._calibration = calibration

    @property
    def batch_tokens(self) -> int:
        """Most tokens of a batch: what whoever pools rows plans with, so that none is split."""
        return self._runner.most_tokens

    @property
    def padding_weight(self) -> float:
        """What padding counts for in a batch; see `Backend.padding_weight`."""
        return self.backend.padding_weight

    @property
    def reads_instructions(self) -> bool:
        """Whether the model can be told what to look for."""
        return self.spec.template.instructed_query is not None

    def encode(
        self,
        candidates: Candidates,
        *,
        instruction: str | None = None,
        long_queries: LongQueries = "refuse",
    ) -> list[EncodedDocument]:
        """Turn the pairs of a query and its documents into rows; see `PairEncoder.encode`.

        Args:
            candidates: What `read_candidates` makes of a query and documents.
            instruction: What to look for this time; None is what the engine was told.
            long_queries: Whether a long query may be cut; see `PairEncoder.encode`.

        Raises:
            InvalidInput: The model reads no instruction.
            InputTooLong: The query leaves no room for a passage, and may not be cut.
        """
        encoder = self._encoder
        if instruction is not None:
            template = query_template(self.spec, instruction)
            encoder = encoder.with_instruction(instruction, query_template=template)
        return encoder.encode(candidates, long_queries=long_queries)

    def score(self, rows: Sequence[Row], *, progress: Progress | None = None) -> ScoredRows:
        """Return the logits of rows, in the order of the rows.

        Equal rows are scored once, and rows in the cache not at all. A batch that does not fit
        into memory is halved, down to a single row. A row that does not fit alone, or for which
        the model gives no number, is reported, and the others go on.

        Raises:
            BackendFailed: The model cannot be run at all.
        """
        once, which = distinct(rows)
        known = self._cache.find(once, model=self._identity) if self._cache is not None else {}
        new = [index for index in range(len(once)) if index not in known]
        answers = (
            ([new[place] for place in group], raw)
            for group, raw in self._runner.run([once[index] for index in new], progress=progress)
        )
        return self._scored(once, answers, known=known).at(which)

    @property
    def has_evidence(self) -> bool:
        """Whether the model also says which tokens of a passage answer."""
        return has_evidence(self.backend)

    def score_with_evidence(
        self, rows: Sequence[Row], *, progress: Progress | None = None
    ) -> tuple[ScoredRows, list[NDArray[np.float32]]]:
        """Return the logits of rows as `score` does, and for each row one logit a token.

        Both are of one run of the model. The cache holds no evidence, so every row is run. Where a
        row has no logit, it has no evidence either.

        Raises:
            InvalidInput: The model has no evidence.
            BackendFailed: The model cannot be run at all.
        """
        if not has_evidence(self.backend):
            raise InvalidInput(no_evidence(self.spec.name))
        once, which = distinct(rows)
        said = self._runner.run_through(self.backend.logits_and_evidence, once, progress=progress)
        tokens = TokenLogits(once)
        scored = self._scored(once, tokens.aside(said), known={})
        return scored.at(which), [tokens.of_rows[place] for place in which]

    def evidence_spans(
        self, document: EncodedDocument, logits: Sequence[NDArray[np.float32]]
    ) -> tuple[EvidenceSpan, ...]:
        """Return the sentences of a document with their scores; see `evidence.evidence_spans`."""
        return evidence_spans(document, logits, tokenizer=self._tokenizer)

    def _scored(
        self,
        rows: Sequence[Row],
        answers: Iterable[tuple[list[int], NDArray[np.float32] | OutOfMemory]],
        *,
        known: Mapping[int, float],
    ) -> ScoredRows:
        scored = joined(answers, known=known, count=len(rows), spec=self.spec, backend=self.backend)
        if self._cache is not None:
            finite = {
                index: float(scored.logits[index])
                for index in range(len(rows))
                if index not in known and index not in scored.errors
            }
            self._cache.keep(rows, finite, model=self._identity)
        return scored

    def close(self) -> None:
        """Give the model's memory back; a second call does nothing."""
        self._is_closed = True
        self.backend.close()
