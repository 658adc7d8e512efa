"""The trained model in one of its forms (weights.py): a function from texts to logits.

Both graphs run through the package's own steps (cleaning, passages of long texts), so between them
nothing differs but the precision.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from jingpai.backends.onnx import OnnxBackend
from jingpai.engine.documents import DocumentRows
from jingpai.engine.engine import Engine
from jingpai.models.known.catalog import BUNDLED_SPEC
from jingpai.text.fields import read_candidates
from jingpai.tokens.tokenizer import PairTokenizer
from jingpai.training.networks.two_segment import TwoSegmentEncoder
from jingpai.training.networks.two_segment_files import load
from recipe.network.inference import ParentTokenizer, logits

# A list of passages for each query, and a list of logits for each.
Scorer = Callable[[Sequence[str], Sequence[Sequence[str]]], list[list[float]]]


def open_scorer(form: str, weights: Path) -> Scorer:
    """The scorer of a form whose weights are in this file."""
    folder = weights.parent
    if form == "torch":
        return partial(score_with_torch, load(folder), ParentTokenizer(folder))
    return partial(score_with_graph, open_graph(folder))


def open_graph(folder: Path) -> Engine:
    tokenizer = PairTokenizer.load(
        folder,
        max_tokens=BUNDLED_SPEC.max_tokens,
        passage_tokens=BUNDLED_SPEC.passage_tokens,
        layout=BUNDLED_SPEC.template.layout,
    )
    return Engine(BUNDLED_SPEC, tokenizer=tokenizer, backend=OnnxBackend(folder), batch_tokens=2048)


def score_with_graph(
    engine: Engine, queries: Sequence[str], passages: Sequence[Sequence[str]]
) -> list[list[float]]:
    encoded = [
        engine.encode(read_candidates(*pair)) for pair in zip(queries, passages, strict=True)
    ]
    flat = DocumentRows([document for documents in encoded for document in documents])
    said = flat.join(*engine.score(flat.rows))
    if said.errors:
        raise SystemExit(f"no logit for {len(said.errors)} documents: {said.errors}")
    values = iter(said.logits.tolist())
    return [[next(values) for _ in documents] for documents in encoded]


def score_with_torch(
    model: TwoSegmentEncoder,
    tokenizer: ParentTokenizer,
    queries: Sequence[str],
    passages: Sequence[Sequence[str]],
) -> list[list[float]]:
    second = iter(tokenizer.passages([text for texts in passages for text in texts]))
    pairs = [
        (first, next(second))
        for first, texts in zip(tokenizer.queries(queries), passages, strict=True)
        for _ in texts
    ]
    values = iter(logits(model, pairs).tolist())
    return [[next(values) for _ in texts] for texts in passages]
