"""What the server does with a request, whatever dialect it came in."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeAlias, TypeVar

from jingpai.engine.documents import DocumentRows, ScoredDocuments, located
from jingpai.scores.scoring import to_scale
from jingpai.server import registry
from jingpai.server.admission import Admission, QueueObserver
from jingpai.server.first_stage import FirstStageScores
from jingpai.server.problems import Problem, as_problems
from jingpai.server.reading import count_characters, guess_tokens, read_candidates
from jingpai.server.requests import RerankReply, ScoreReply, Work
from jingpai.server.scheduler import TURN_OF_THE_OLDEST, Observer

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator, Sequence

    from jingpai.engine.documents import DocumentLogits
    from jingpai.engine.pair_encoder import EncodedDocument
    from jingpai.server.hosted import Encoded, HostedModel
    from jingpai.server.requests import ModelFacts, RerankRequest, ScoreRequest
    from jingpai.server.scheduler import Outcome
    from jingpai.server.settings import Settings
    from jingpai.text.fields import Candidates
    from jingpai.types import DocumentLike, Ranking, Scale

State: TypeAlias = Literal["loading", "ready", "stopping", "failed", "stalled"]

_Reply = TypeVar("_Reply")


class ServiceObserver(Observer, QueueObserver, Protocol):
    """Receives what the server does, for metrics, traces and the log."""

    def work(self, work: Work, *, documents: int) -> None:
        """Take the cost of a request that was answered."""


class Service:
    """Answers neutral requests with the models of a server. For one event loop."""

    def __init__(self, settings: Settings, *, observer: ServiceObserver | None = None) -> None:
        """Begin without models; `load` brings them."""
        self.settings = settings
        self._observer = observer
        self._models: dict[str, HostedModel] = {}
        self._first_stage = FirstStageScores(threads=settings.threads)
        self._is_closed = False
        self._admission = Admission(
            max_requests=settings.max_requests,
            max_tokens=settings.max_queue_tokens,
            # While smaller requests keep coming, a large one has one batch in so many.
            max_seconds=settings.request_timeout / TURN_OF_THE_OLDEST,
            speed=self._speed,
            observer=observer,
        )
        self._has_failed = False

    @property
    def state(self) -> State:
        """Whether requests are answered, and why not."""
        limit = self.settings.stall_timeout
        if self._has_failed:
            return "failed"
        if limit and any(model.scheduler.busy_s > limit for model in self._models.values()):
            return "stalled"
        if self._is_closed:
            return "stopping"
        return "ready" if self._models else "loading"

    @property
    def models(self) -> tuple[ModelFacts, ...]:
        """What is loaded, the default model first."""
        return tuple(model.facts for model in self._models.values())

    def facts(self, name: str | None) -> ModelFacts:
        """Return what is known of a model; None means the default one.

        Raises:
            Problem: `not_found` or `unavailable`.
        """
        self._check_ready()
        return registry.find(self._models, name, is_strict=True).facts

    def name_of(self, name: str | None) -> str:
        """Return the name of the model that answers for a name; None means the default one.

        Raises:
            Problem: `not_found` or `unavailable`.
        """
        return self._find(name).facts.name

    def scale_of(self, name: str | None) -> Scale:
        """Return what the scores of the model that a request means are, unless it asks otherwise.

        Raises:
            Problem: `not_found` or `unavailable`.
        """
        return self._find(name).scale()

    async def load(self) -> None:
        """Load the models of the settings, unless there are models already.

        Until then, requests are refused with a time to retry after.

        Raises:
            JingpaiError: A model cannot be loaded.
        """
        if self._models:
            return
        try:
            loaded = await asyncio.to_thread(
                registry.load_models, self.settings, observer=self._observer
            )
        except BaseException:
            self._has_failed = True
            raise
        self.host(loaded)

    def host(self, models: dict[str, HostedModel]) -> None:
        """Serve models by their names; the first one is the default."""
        self._models = models

    def close(self) -> None:
        """Fail what is in work, and give the models' memory back."""
        self._is_closed = True
        for model in self._models.values():
            model.close()
        self._first_stage.close()

    async def rerank(self, request: RerankRequest) -> RerankReply:
        """Put documents in order.

        Raises:
            Problem: Of any kind but those of the path, the body and the key.
        """
        with as_problems():
            return await self._in_time(self._rerank(request))

    async def score(self, request: ScoreRequest) -> ScoreReply:
        """Score pairs, and leave them in their order.

        Raises:
            Problem: As `rerank` says.
        """
        with as_problems():
            return await self._in_time(self._score(request))

    async def similarities(self, query: str, documents: Sequence[DocumentLike]) -> list[float]:
        """Return the cosines of a query and documents, by the embedder in the package.

        Raises:
            Problem: As `rerank` says.
        """
        with self._place_for(query, documents):
            return await self._in_time(self._first_stage.similarities(query, documents))

    async def shared_words(self, query: str, documents: Sequence[DocumentLike]) -> list[float]:
        """Return the scores of documents by BM25, each among the others.

        Raises:
            Problem: As `rerank` says.
        """
        with self._place_for(query, documents):
            return await self._in_time(self._first_stage.shared_words(query, documents))

    def read(
        self,
        queries: Sequence[str],
        documents: Sequence[DocumentLike],
        *,
        instruction: str | None = None,
    ) -> list[Candidates]:
        """Read what is asked, once: one query for all documents, or one for each.

        Raises:
            Problem: There are none, there are too many, or one is too long or of no use.
        """
        with as_problems():
            return read_candidates(
                queries, documents, settings=self.settings, instruction=instruction
            )

    @contextlib.contextmanager
    def _place_for(self, query: str, documents: Sequence[DocumentLike]) -> Iterator[None]:
        """Hold a place in the queue for a request that no reranker answers."""
        with as_problems():
            self._check_ready()
            (candidates,) = self.read([query], documents)
            with self._admission.admit(guess_tokens([candidates], in_pairs=False)):
                yield

    async def _rerank(self, request: RerankRequest) -> RerankReply:
        began = time.monotonic()
        model = self._find(request.model)
        candidates = self.read([request.query], request.documents, instruction=request.instruction)
        run = await self._run(model, request, candidates, began=began)
        # Thousands of documents take a while, and the event loop has others to serve.
        ranking = await asyncio.to_thread(_ranking, request, run=run, model=model)
        return RerankReply(ranking, run.work)

    async def _score(self, request: ScoreRequest) -> ScoreReply:
        began = time.monotonic()
        model = self._find(request.model)
        candidates = self.read(request.queries, request.documents, instruction=request.instruction)
        run = await self._run(model, request, candidates, began=began)
        scale = request.scale or model.scale(request.instruction)
        scores = to_scale(run.said.logits, scale, calibration=model.calibration)
        return ScoreReply(scores, scale, model.facts.name, run.work)

    async def _run(
        self,
        model: HostedModel,
        request: RerankRequest | ScoreRequest,
        candidates: Sequence[Candidates],
        *,
        began: float,
    ) -> _Run:
        """Take pairs through the model, once there is a place for them."""
        instruction = request.instruction
        with self._admission.admit(guess_tokens(candidates, instruction=instruction)) as place:
            encoded = await model.encode(candidates, instruction=instruction)
            if request.refuse_cut:
                _check_whole(encoded.documents, model=model)
            place.correct(encoded.tokens)
            flat = DocumentRows(encoded.documents)
            outcome = await model.score(flat.rows)
        said = flat.join(outcome.logits, outcome.errors)
        if said.errors:
            document, error = min(said.errors.items())
            raise located(error, where=f"documents[{document}]")
        characters = count_characters(candidates, instruction=instruction)
        work = self._work(encoded, outcome, characters, began=began)
        return _Run(encoded.documents, said, work)

    def _work(self, encoded: Encoded, outcome: Outcome, characters: int, *, began: float) -> Work:
        work = Work(
            tokens=encoded.tokens,
            characters=characters,
            tokenization_s=encoded.seconds,
            queue_s=outcome.queue_s,
            inference_s=outcome.inference_s,
            total_s=time.monotonic() - began,
        )
        if self._observer is not None:
            self._observer.work(work, documents=len(encoded.documents))
        return work

    async def _in_time(self, answer: Coroutine[Any, Any, _Reply]) -> _Reply:
        limit = self.settings.request_timeout
        try:
            return await asyncio.wait_for(answer, limit)
        except asyncio.TimeoutError:
            raise Problem(
                "deadline",
                f"no result within {limit:g} s, the time for a request; send fewer documents at"
                " once, or try again when the server has less to do.",
                retry_after=1,
            ) from None

    def _speed(self) -> float:
        """Tokens a second of the fastest model; they share one machine."""
        return max(
            (model.scheduler.tokens_a_second for model in self._models.values()), default=0.0
        )

    def _find(self, name: str | None) -> HostedModel:
        self._check_ready()
        return registry.find(self._models, name, is_strict=self.settings.strict_models)

    def _check_ready(self) -> None:
        state = self.state
        if state != "ready":
            why = {
                "loading": "the models are being loaded",
                "stopping": "the server is stopping",
                "failed": "the models could not be loaded",
                "stalled": "the model hangs, and the server will be started anew",
            }[state]
            raise Problem("unavailable", f"{why}; try again later.", retry_after=5)


class _Run(NamedTuple):
    """What the model made of a request: rows, what it says of each document, and what it cost."""

    documents: Sequence[EncodedDocument]
    said: DocumentLogits
    work: Work


def _ranking(request: RerankRequest, *, run: _Run, model: HostedModel) -> Ranking:
    return ScoredDocuments(run.documents, run.said).ranking(
        request.query,
        request.documents,
        scale=request.scale or model.scale(request.instruction),
        model=model.facts.name,
        top_k=request.top_n,
        threshold=request.threshold,
        calibration=model.calibration,
    )


def _check_whole(documents: Sequence[EncodedDocument], *, model: HostedModel) -> None:
    for index, document in enumerate(documents):
        if document.truncated:
            raise Problem(
                "too_long",
                f"documents[{index}] would be cut: {model.facts.name} reads"
                f" {model.facts.max_tokens} tokens; allow it to be cut, or send less of it.",
                param="documents",
            )
