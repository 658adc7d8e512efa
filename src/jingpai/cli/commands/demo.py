"""`jingpai demo`: what reranking changes in the order of a vector search, computed live."""

import time
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from jingpai.cli.fetching import fetch_if_missing
from jingpai.cli.options import DeviceOption, ModelOption
from jingpai.cli.terminal.bars import SCORE_CELLS, score_text
from jingpai.cli.terminal.console import results
from jingpai.cli.terminal.excerpt import lay_out
from jingpai.cli.terminal.progress import progress
from jingpai.cli.terminal.tables import GAP_CELLS, new_table
from jingpai.explain.demo_cases import CASES, Candidate, DemoCase
from jingpai.language.speech import say
from jingpai.types import Ranking

if TYPE_CHECKING:
    from jingpai.embedder import Embedder
    from jingpai.reranker import Reranker

_ORDER_CELLS, _SIMILARITY_CELLS, _MARK_CELLS = 5, 6, 1
_OTHER_CELLS = _ORDER_CELLS + _SIMILARITY_CELLS + SCORE_CELLS + _MARK_CELLS + 5 * GAP_CELLS
_MARKS = {"answers": ("✓", "green"), "shares words": ("≈", "yellow"), "unrelated": ("–", "dim")}


class _Run(NamedTuple):
    """A case, ranked in both ways."""

    case: DemoCase
    similarities: list[float]
    before: list[int]
    ranking: Ranking
    seconds: float


def demo(*, model: ModelOption = None, device: DeviceOption = None) -> None:
    """Rerank four short lists that mislead a vector search, and show the order before and after."""
    from jingpai.embedder import Embedder
    from jingpai.reranker import Reranker

    fetch_if_missing(model)
    console = results()
    start = time.perf_counter()
    with progress(say("loading the model")):
        reranker = Reranker(model, device=device)
        loading = time.perf_counter() - start
        embedder = Embedder()
    with reranker, embedder:
        reranker.score(CASES[0].query, CASES[0].documents)  # the first call warms up
        for case in CASES:
            _show(_rank(embedder, reranker, case=case), console)
        summary = say("{model} on {device} ({precision}), loaded in {seconds:.2f} s").format(
            model=reranker.model,
            device=reranker.device,
            precision=reranker.precision,
            seconds=loading,
        )
    console.print(Text(summary, style="dim"))
    legend = say(
        "order: by vector similarity → reranked\n"
        "vector: cosine of question and passage ({model})\n"
        "✓ answers   ≈ only shares words with the question   – unrelated"
    )
    console.print(Text(legend.format(model=embedder.model), style="dim"))


def _rank(embedder: "Embedder", reranker: "Reranker", *, case: DemoCase) -> _Run:
    from jingpai.first_stage.cosine import similarities
    from jingpai.first_stage.order import best

    cosines = similarities(embedder, case.query, documents=case.documents)
    before: list[int] = best(cosines).tolist()
    start = time.perf_counter()
    ranking = reranker.rank(case.query, case.documents)
    return _Run(case, cosines, before, ranking, time.perf_counter() - start)


def _show(run: _Run, console: Console) -> None:
    console.print(Text.assemble((say(run.case.title), "bold"), "  ", run.case.query))
    console.print(_table(run, width=max(24, console.width - _OTHER_CELLS)))
    console.print(Text(_verdict(run), style="dim"), end="\n\n")


def _table(run: _Run, *, width: int) -> Table:
    table = new_table()
    table.add_column(say("order"), no_wrap=True, justify="center")
    table.add_column(say("vector"), justify="right", no_wrap=True)
    table.add_column(say("score"), no_wrap=True)
    table.add_column()
    table.add_column(say("passage"), width=width)
    for after, ranked in enumerate(run.ranking, start=1):
        candidate = run.case.candidates[ranked.index]
        before = run.before.index(ranked.index) + 1
        style = "green" if after < before else "red" if after > before else ""
        lines = lay_out(candidate.text, query="", width=width, most_lines=2)
        table.add_row(
            Text(f"{before} → {after}", style=style),
            f"{run.similarities[ranked.index]:.3f}",
            score_text(ranked.score, scale=run.ranking.scale),
            Text(*_MARKS[candidate.role]),
            "\n".join(lines),
        )
    return table


def _verdict(run: _Run) -> str:
    text = say(
        "answers in the first two places: {before} before, {after} after;"
        " {milliseconds:.0f} ms a pair"
    )
    after = [ranked.index for ranked in run.ranking]
    return text.format(
        before=_answers(run.case.candidates, run.before[:2]),
        after=_answers(run.case.candidates, after[:2]),
        milliseconds=1000 * run.seconds / len(after),
    )


def _answers(candidates: tuple[Candidate, ...], indices: list[int]) -> int:
    return sum(candidates[index].role == "answers" for index in indices)
