"""From a source to a set of judged queries."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from jingpai.evaluation.data.first_stage import search
from jingpai.evaluation.data.pairs import as_queries, read_pairs
from jingpai.evaluation.data.testset import JudgedQuery, Run, TestSet, best_first
from jingpai.evaluation.data.texts import Corpus, find_texts, read_corpus, read_queries
from jingpai.evaluation.data.trec import find_judgements, read_judgements, read_run
from jingpai.files.faults import unusable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from jingpai.engine.batch_runner import Progress
    from jingpai.evaluation.data.source import Source
    from jingpai.evaluation.data.texts import Query
    from jingpai.evaluation.data.trec import Judgement
    from jingpai.evaluation.kept import Kept

# Candidates a query, where a first stage looks for them.
_DEPTH = 20

_One = TypeVar("_One")


def read_test_set(
    source: Source, *, kept: Kept | None = None, progress: Progress | None = None
) -> TestSet:
    """Read the files, and let the first stage look for candidates where no run brings them.

    Args:
        source: What to read.
        kept: Where the vectors of the first stage are kept.
        progress: Told how far the first stage is.

    Raises:
        InvalidInput: A file cannot be used; the message names the line.
        MissingExtra: The first stage needs a package that is not there.
    """
    if source.data.is_dir():
        return _read_folder(source, kept=kept, progress=progress)
    if source.run or source.qrels or source.split:
        raise unusable(
            source.data,
            "is no folder; --run, --qrels and --split need one with corpus.jsonl and queries.jsonl",
        )
    queries = as_queries(read_pairs(source.data, columns=source.columns, encoding=source.encoding))
    cut = [replace(query, documents=query.documents[: source.depth]) for query in queries]
    return TestSet(source.data.name, tuple(_sample(cut, source.queries)), "input order")


def _read_folder(source: Source, *, kept: Kept | None, progress: Progress | None) -> TestSet:
    path = find_texts(source.data, "queries")
    texts = read_queries(path, encoding=source.encoding)
    judgements = _judgements(source, texts, path=path)
    asked = [
        _asked(name, texts[name], judgements[name])
        for name in _sample([name for name in texts if name in judgements], source.queries)
    ]
    if source.run is None:
        corpus, before = _searched(source, asked, kept=kept, progress=progress)
    else:
        corpus, before = _of_run(source, source.run, asked)
    queries = tuple(
        replace(
            query,
            documents=tuple(corpus.documents[name] for name in best_first(scores)[: source.depth]),
            before=scores,
        )
        for query, scores in zip(asked, before, strict=True)
    )
    judged = {name for query in asked for name in query.judgements}
    return TestSet(
        source.data.resolve().name,
        queries,
        source.first_stage if source.run is None else source.run.name,
        absent=len(judged - corpus.ids),
    )


def _asked(name: str, query: Query, judgements: Mapping[str, Judgement]) -> JudgedQuery:
    """Return a query for which nothing has been looked for yet."""
    return JudgedQuery(
        id=name,
        text=query.text,
        language=query.language,
        documents=(),
        before={},
        judgements={document: judgement.grade for document, judgement in judgements.items()},
        place=query.line.place,
    )


def _judgements(
    source: Source, texts: Mapping[str, Query], *, path: Path
) -> Mapping[str, Mapping[str, Judgement]]:
    judgements = read_judgements(
        source.qrels or find_judgements(source.data, source.split), encoding=source.encoding
    )
    for name, documents in judgements.items():
        if name not in texts:
            line = next(iter(documents.values())).line
            raise line.unusable(f"query {name!r} is none of {path}")
    return judgements


def _searched(
    source: Source,
    asked: Sequence[JudgedQuery],
    *,
    kept: Kept | None,
    progress: Progress | None,
) -> tuple[Corpus, list[Run]]:
    """Return the whole corpus, and what the first stage finds in it."""
    path = find_texts(source.data, "corpus")
    corpus = read_corpus(path, encoding=source.encoding)
    if not corpus.ids:
        raise unusable(path, "no documents in there")
    found = search(
        [query.text for query in asked],
        list(corpus.documents.values()),
        by=source.by,
        depth=source.depth or _DEPTH,
        kept=kept,
        progress=progress,
    )
    return corpus, found


def _of_run(
    source: Source, run_path: Path, asked: Sequence[JudgedQuery]
) -> tuple[Corpus, list[Run]]:
    """Return what a run holds of the queries, and the texts of all that is to be reranked."""
    run = read_run(run_path, encoding=source.encoding)
    before: list[Run] = [
        {document: found.score for document, found in run.get(query.id, {}).items()}
        for query in asked
    ]
    wanted = {
        document: run[query.id][document].line
        for query, scores in zip(asked, before, strict=True)
        for document in best_first(scores)[: source.depth]
    }
    if not wanted:
        raise unusable(run_path, "holds none of the judged queries")
    path = find_texts(source.data, "corpus")
    corpus = read_corpus(path, encoding=source.encoding, wanted=wanted)
    for document, line in wanted.items():
        if document not in corpus.ids:
            raise line.unusable(f"document {document!r} is none of {path}")
    return corpus, before


def _sample(queries: Sequence[_One], count: int | None) -> Sequence[_One]:
    if count is None or count >= len(queries):
        return queries
    return random.Random(0).sample(queries, count)  # noqa: S311 - a fixed choice, no secret
