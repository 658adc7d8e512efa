from __future__ import annotations

import asyncio
import math
import threading
from typing import Any

import psutil
import pytest
from support.running import wait_until

from jingpai import Document, Reranker
from jingpai.errors import InvalidInput, ModelNotFound, OutOfMemory
from jingpai.server.problems import Problem
from jingpai.server.requests import RerankRequest, ScoreRequest
from jingpai.server.service import Service
from jingpai.server.settings import Settings

QUERY = "what is a panda"
DOCUMENTS: list[str | dict[str, Any] | Document] = [
    "hi",
    "a giant bear",
    {"text": "it eats bamboo", "title": "Panda"},
    Document("b" * 400),
]


def rerank(service: Service, *, query=QUERY, documents=DOCUMENTS, **settings):
    return asyncio.run(service.rerank(RerankRequest(query, documents, **settings)))


def problem(service: Service, **settings) -> Problem:
    with pytest.raises(Problem) as caught:
        rerank(service, **settings)
    return caught.value


def fault_on(length: int, fault: str):
    """Fail on batches that hold a row at least so long."""
    return lambda batch: fault if batch.lengths.max() >= length else None


def test_a_ranking_is_that_of_the_library(serve, tiny_folder):
    reply = rerank(serve())
    with Reranker(tiny_folder, device="cpu", precision="fp32") as reranker:
        expected = reranker.rank(QUERY, DOCUMENTS)
    assert [found.index for found in reply.ranking] == [found.index for found in expected]
    assert [found.score for found in reply.ranking] == pytest.approx(
        [found.score for found in expected]
    )
    assert [found.span for found in reply.ranking] == [found.span for found in expected]
    assert reply.ranking.model == "tiny"
    assert (
        reply.work.characters
        == sum(map(len, [QUERY, "hi", "a giant bear", "it eats bamboo"])) + 405
    )
    assert reply.work.tokens > reply.work.characters


def test_long_documents_are_ranked_as_in_the_library(serve, tiny_folder):
    documents = ["b " * 40_000, "hi", "a " * 70_000, *["a bear"] * 70]
    reply = rerank(serve(), documents=documents)
    with Reranker(tiny_folder, device="cpu", precision="fp32") as reranker:
        expected = reranker.rank(QUERY, documents)
    assert [found.index for found in reply.ranking] == [found.index for found in expected]
    assert [found.passages for found in reply.ranking] == [found.passages for found in expected]


def test_a_ranking_is_cut_to_a_number_and_to_a_score(serve):
    service = serve()
    whole = rerank(service).ranking
    assert rerank(service, top_n=2).ranking.documents == whole[:2]
    assert rerank(service, top_n=99).ranking.documents == whole.documents
    assert rerank(service, threshold=whole[1].score).ranking.documents == whole[:2]
    assert len(rerank(service, threshold=1.1).ranking) == 0


def test_scores_come_in_the_order_of_the_pairs(serve):
    service = serve()
    request = ScoreRequest([QUERY, "hi"], ["a bear", "hi there"], scale="logit")
    reply = asyncio.run(service.score(request))
    alone = [
        rerank(service, query=query, documents=[text], scale="logit").ranking[0].score
        for query, text in zip(request.queries, request.documents, strict=True)
    ]
    assert reply.scores == pytest.approx(alone)
    assert reply.model == "tiny"


def test_scores_of_requests_that_run_together_are_those_of_requests_alone(serve):
    service = serve()
    queries = [f"what is {name}" for name in ("a panda", "bamboo", "the bear", "hi")] * 5

    async def together():
        return await asyncio.gather(
            *(service.rerank(RerankRequest(query, DOCUMENTS)) for query in queries)
        )

    for query, reply in zip(queries, asyncio.run(together()), strict=True):
        alone = rerank(service, query=query).ranking
        assert [found.score for found in reply.ranking] == pytest.approx(
            [found.score for found in alone]
        )


def test_the_model_is_chosen_by_its_name_and_a_strange_name_means_the_default(serve):
    service = serve(names=("one", "two"))
    assert [facts.name for facts in service.models] == ["one", "two"]
    for asked, answered in ((None, "one"), ("", "one"), ("two", "two"), ("rerank-v3.5", "one")):
        assert rerank(service, model=asked).ranking.model == answered
    with pytest.raises(Problem, match="'rerank-v3.5' is not loaded; these are: one, two"):
        service.facts("rerank-v3.5")


def test_a_strict_server_refuses_strange_names(serve):
    refused = problem(serve(Settings(strict_models=True)), model="rerank-v3.5")
    assert (refused.kind, refused.status, refused.param) == ("not_found", 404, "model")


@pytest.mark.parametrize(
    ("request_", "kind", "says"),
    [
        ({"documents": []}, "empty", "the list is empty"),
        ({"query": ""}, "invalid", "query is empty"),
        ({"query": " \u200b"}, "invalid", "only white space"),
        ({"query": "q" * 200}, "too_long", "Shorten the query"),
        ({"documents": ["a"] * 6}, "too_large", "got 6; at most 5"),
        ({"documents": ["a", "b" * 1001]}, "too_large", "1001 characters"),
        ({"documents": ["a", {"texts": "b"}]}, "invalid", r"documents\[1\]"),
    ],
)
def test_what_cannot_be_ranked_is_refused_with_a_reason(serve, request_, kind, says):
    service = serve(Settings(max_documents=5, max_characters=1000))
    with pytest.raises(Problem, match=says) as caught:
        rerank(service, **request_)
    assert caught.value.kind == kind
    assert len(rerank(service).ranking) == len(DOCUMENTS)


def test_the_index_in_an_error_is_that_of_the_request_however_long_the_list(serve):
    documents = ["a"] * 300
    bad = problem(serve(fault=fault_on(50, "nan")), documents=[*documents, "b" * 100, "a"])
    assert bad.kind == "backend"
    assert bad.message.startswith("documents[300]:")


def test_a_document_that_would_be_cut_is_refused_if_the_client_says_so(serve):
    title = {"text": "b", "title": "t" * 100}
    refused = problem(serve(), documents=["a", title], refuse_cut=True)
    assert refused.kind == "too_long"
    assert "documents[1]" in refused.message
    assert rerank(serve(), documents=["a", "b" * 400], refuse_cut=True).ranking


@pytest.mark.parametrize("fault", ["error", "crash", "nan", "out_of_memory"])
def test_a_fault_of_the_model_fails_the_request_it_hits_and_no_other(serve, fault):
    service = serve(fault=fault_on(100, fault))

    async def together():
        return await asyncio.gather(
            service.rerank(RerankRequest("a", ["b"])),
            service.rerank(RerankRequest("a", ["b" * 98])),
            service.rerank(RerankRequest("a", ["c"])),
            return_exceptions=True,
        )

    first, hit, last = asyncio.run(together())
    assert isinstance(hit, Problem)
    assert hit.kind == ("too_long" if fault == "out_of_memory" else "backend")
    assert len(first.ranking) == len(last.ranking) == 1
    assert not math.isnan(first.ranking[0].score)


def test_a_request_that_takes_too_long_is_answered_and_its_work_dropped(serve):
    seen = []

    def fault(batch):
        seen.append(batch.lengths.max())
        return "hang" if batch.lengths.max() >= 50 else None

    service = serve(Settings(request_timeout=0.3), fault=fault)
    late = problem(service, documents=["b" * 100, *(str(n) * 20 for n in range(10))])
    assert (late.kind, late.status) == ("deadline", 503)
    assert "0.3 s" in late.message
    assert len(seen) == 1


def test_a_client_that_goes_away_takes_its_work_with_it(serve):
    lengths = []
    gate = threading.Event()

    def fault(batch):
        lengths.append(batch.lengths.max())
        gate.wait(60)

    service = serve(fault=fault)

    async def give_up():
        task = asyncio.create_task(service.rerank(RerankRequest("a", ["b" * 90] * 2000)))
        await asyncio.to_thread(wait_until, lambda: lengths)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gate.set()
        return await service.rerank(RerankRequest("a", ["c"]))

    assert len(asyncio.run(give_up()).ranking) == 1
    assert len(lengths) == 2


def test_a_full_queue_turns_requests_away_at_once(serve):
    gate, runs = threading.Event(), threading.Event()

    def fault(batch):
        runs.set()
        gate.wait(60)

    service = serve(Settings(max_queue_tokens=100), fault=fault)

    async def crowd():
        first = asyncio.create_task(service.rerank(RerankRequest("a", ["b" * 90])))
        await asyncio.to_thread(runs.wait, 60)
        with pytest.raises(Problem) as caught:
            await service.rerank(RerankRequest("a", ["c" * 90]))
        gate.set()
        await first
        return caught.value

    turned_away = asyncio.run(crowd())
    assert turned_away.kind == "overloaded"
    assert turned_away.retry_after >= 1
    assert len(rerank(service).ranking) == len(DOCUMENTS)


def test_requests_are_told_to_come_back_before_the_models_are_there_and_after_the_end(tiny_folder):
    service = Service(Settings(models=(str(tiny_folder),)))
    assert str(service.state) == "loading"
    assert problem(service).kind == "unavailable"
    asyncio.run(service.load())
    assert str(service.state) == "ready"
    (facts,) = service.models
    assert facts.name == facts.source == tiny_folder.name
    service.close()
    assert str(service.state) == "stopping"
    assert "stopping" in problem(service).message


def test_a_model_that_hangs_shows_in_the_state(serve):
    service = serve(Settings(request_timeout=0.2, stall_timeout=0.1), fault=lambda batch: "hang")
    assert service.state == "ready"
    problem(service)
    wait_until(lambda: service.state == "stalled")
    assert "hangs" in problem(service).message


def test_models_that_cannot_be_served_say_why(tiny_folder, tmp_path):
    for settings, error, says in (
        (Settings(models=(str(tmp_path / "none"),)), ModelNotFound, "none"),
        (Settings(models=(f"a={tiny_folder}", f"a={tiny_folder}")), InvalidInput, "two are called"),
        (Settings(models=("a=",)), InvalidInput, "NAME=MODEL"),
        (Settings(models=(str(tiny_folder),), max_memory=1), OutOfMemory, "--max-memory"),
    ):
        service = Service(settings)
        with pytest.raises(error, match=says):
            asyncio.run(service.load())
        assert service.state == "failed"
        assert problem(service).kind == "unavailable"


def test_a_limit_of_memory_that_cannot_be_kept_is_refused_before_models_are_loaded(monkeypatch):
    def refuse(process: psutil.Process) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil.Process, "memory_info", refuse)
    service = Service(Settings(models=("no-such-model",), max_memory=1))
    with pytest.raises(InvalidInput, match="max_memory: got 1, .* Leave out --max-memory"):
        asyncio.run(service.load())


def test_a_server_that_cuts_long_documents_says_so_and_refuses_where_it_may_not(tiny_folder):
    service = Service(Settings(models=(str(tiny_folder),), long_documents="truncate"))
    asyncio.run(service.load())
    (found,) = rerank(service, documents=["b" * 400]).ranking
    assert (found.passages, found.truncated) == (1, True)
    assert problem(service, documents=["b" * 400], refuse_cut=True).kind == "too_long"
    service.close()


def test_models_are_served_under_the_names_they_are_given(tiny_folder):
    service = Service(Settings(models=(f"small={tiny_folder}", f"large={tiny_folder}")))
    asyncio.run(service.load())
    assert [facts.name for facts in service.models] == ["small", "large"]
    assert rerank(service, model="large").ranking.model == "large"
    service.close()
