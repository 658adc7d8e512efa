"""Does a pair score the same in every language? One question of MLQA is there in many."""

import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from jingpai.scores.calibration import logistic
from recipe.data.dev import read_corpus
from recipe.measures.scorers import Scorer
from recipe.measures.sets import languages
from recipe.records import read_records

LEAST_LANGUAGES = 4  # in which a question must be there, with its passage


def read_mlqa(
    data: Path,
) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
    """Each question by language, and its passage by language: `texts[question][language]`."""
    queries: dict[str, dict[str, str]] = defaultdict(dict)
    passages: dict[str, dict[str, str]] = defaultdict(dict)
    corpora: dict[str, dict[str, str]] = {}
    for folder in sorted((data / "dev").glob("mlqa-*")):
        asks, answers = languages(folder.name)
        if answers not in corpora:
            corpora[answers] = read_corpus(folder)
        for query in read_records(folder / "queries.jsonl.gz"):
            queries[query["_id"]][asks] = query["text"]
        for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
            question, passage, _ = line.split("\t")
            passages[question][answers] = corpora[answers][passage]
    return queries, passages


def mean_spread(values: Sequence[np.ndarray], *, over: str) -> float:
    """Mean standard deviation over the languages of the query, of the passage, or of both."""
    axis = {"query": 0, "passage": 1, "both": None}[over]
    return round(float(np.mean([np.std(matrix, axis=axis).mean() for matrix in values])), 4)


def translations(data: Path, scorer: Scorer, *, count: int) -> dict:
    """How far the score of a relevant pair moves when its query and its passage change language.

    The passages of a question hold the same sentence with the answer, but are not translations of
    each other from end to end, so a part of the spread is theirs.
    """
    queries, passages = read_mlqa(data)
    names = [
        name
        for name in sorted(queries)
        if min(len(queries[name]), len(passages[name])) >= LEAST_LANGUAGES
    ]
    names = random.Random(0).sample(names, min(count, len(names)))
    if not names:
        raise SystemExit(f"{data}/dev has no question of MLQA in {LEAST_LANGUAGES} languages")
    asked = [(name, text) for name in names for text in queries[name].values()]
    rows = iter(
        scorer([text for _, text in asked], [list(passages[name].values()) for name, _ in asked])
    )
    # A matrix a question: languages of the query down, of the passage across.
    logits = [np.array([next(rows) for _ in queries[name]]) for name in names]
    scores = [logistic(matrix) for matrix in logits]
    is_same = [
        np.array([[asks == answers for answers in passages[name]] for asks in queries[name]])
        for name in names
    ]
    same, across = (
        np.concatenate([found[same == wanted] for found, same in zip(scores, is_same, strict=True)])
        for wanted in (True, False)
    )
    return {
        "questions": len(names),
        "pairs": sum(matrix.size for matrix in logits),
        "score": {over: mean_spread(scores, over=over) for over in ("both", "query", "passage")},
        "logit": {over: mean_spread(logits, over=over) for over in ("both", "query", "passage")},
        "all_pairs": {
            "score": round(float(np.concatenate([matrix.ravel() for matrix in scores]).std()), 4),
            "logit": round(float(np.concatenate([matrix.ravel() for matrix in logits]).std()), 4),
        },
        "mean_score": {
            "one_language": round(float(same.mean()), 4),
            "across": round(float(across.mean()), 4),
        },
    }
