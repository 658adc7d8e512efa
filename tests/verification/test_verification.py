"""Published scores, and models held against them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from support.tiny_models import write_tiny_xlm_roberta

from jingpai import Reranker
from jingpai.errors import InvalidInput
from jingpai.models.known.catalog import BUNDLED, CATALOG
from jingpai.verification.goldens import GOLDENS, Golden, Source, goldens_of, verifiable
from jingpai.verification.verify import EXTRA_LOGIT, compare, find_goldens, verify

if TYPE_CHECKING:
    from jingpai.types import Scale

PAIRS = [("what is panda?", "hi"), ("what is panda?", "The giant panda."), ("天", "<b>a</b>  b")]
TRANSFORMERS = Source("transformers", "https://example.org", "fp32")


@pytest.fixture
def folder(tmp_path):
    return write_tiny_xlm_roberta(tmp_path / "my-reranker")


@pytest.fixture
def goldens(folder):
    """What plain transformers says of the pairs, read by the tokenizer of the folder itself."""
    pytest.importorskip("transformers")
    import torch
    from tokenizers import Tokenizer
    from transformers import AutoModelForSequenceClassification

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    found = []
    for number, (query, document) in enumerate(PAIRS):
        ids = torch.tensor([tokenizer.encode(query, document).ids])
        with torch.inference_mode():
            logit = model(input_ids=ids).logits[0, 0]
        scale: Scale = "sigmoid" if number == 1 else "logit"
        score = float(logit.sigmoid() if scale == "sigmoid" else logit)
        found.append(Golden("tiny", query, document, score, scale, 1e-4, TRANSFORMERS))
    return found


def change_a_weight(folder):
    path = folder / "model.safetensors"
    tensors = load_file(path)
    tensors["roberta.encoder.layer.1.output.dense.weight"][:8] += 0.05
    save_file(tensors, path, metadata={"format": "pt"})


@pytest.mark.torch
def test_a_model_meets_what_transformers_says_of_it(folder, goldens):
    with Reranker(folder, precision="fp32", scale="logit", clean=False) as reranker:
        comparisons = compare(reranker, goldens)
    assert [one.golden for one in comparisons] == goldens
    assert all(one.is_within for one in comparisons)
    assert [one.got for one in comparisons] == pytest.approx(
        [golden.score for golden in goldens], abs=1e-4
    )
    assert {one.allowed for one in comparisons} == {1e-4}


@pytest.mark.torch
def test_a_model_with_a_changed_weight_misses_it(folder, goldens):
    change_a_weight(folder)
    verification = verify(str(folder), goldens=goldens, device="cpu")
    assert verification.failed == 3
    one = verification.comparisons[0]
    assert one.difference == one.got - one.golden.score
    assert abs(one.difference) > one.allowed


@pytest.mark.torch
def test_pairs_are_scored_as_they_are_and_in_one_row(folder, goldens):
    verification = verify(str(folder), goldens=goldens, device="cpu")
    assert verification.failed == 0
    cleaned = goldens[2]
    with Reranker(folder, precision="fp32", scale="logit") as reranker:
        assert not compare(reranker, [cleaned])[0].is_within
    longer = dataclasses.replace(goldens[0], document="panda " * 100)
    with Reranker(
        folder, precision="fp32", scale="logit", clean=False, long_documents="truncate"
    ) as reranker:
        (expected,) = reranker.score(longer.query, [longer.document])
    (one,) = verify(str(folder), goldens=[longer], device="cpu").comparisons
    assert one.got == expected


@pytest.mark.torch
@pytest.mark.parametrize("precision", ["int8", "bf16"])
def test_a_coarser_precision_is_allowed_more_and_says_so(folder, goldens, precision):
    verification = verify(str(folder), goldens=goldens, precision=precision, device="cpu")
    assert verification.precision == precision
    allowed = [one.allowed for one in verification.comparisons]
    extra = EXTRA_LOGIT[precision]
    assert allowed == pytest.approx([1e-4 + extra, 1e-4 + extra / 4, 1e-4 + extra])


def test_a_reranker_on_another_scale_is_refused(folder):
    with (
        Reranker(folder, precision="fp32") as reranker,
        pytest.raises(InvalidInput, match="'sigmoid'"),
    ):
        compare(reranker, GOLDENS[:1])


def test_every_published_score_is_of_a_model_in_the_catalog_and_makes_sense():
    names = [spec.name for spec in CATALOG]
    for golden in GOLDENS:
        assert golden.model in names
        assert golden.query
        assert golden.document
        assert 0 < golden.tolerance <= 0.1
        assert golden.source.url.startswith("https://github.com/")
        if golden.scale == "sigmoid":
            assert 0 <= golden.score <= 1
            assert golden.tolerance <= 0.002
    assert {"BAAI/bge-reranker-v2-m3", "Qwen/Qwen3-Reranker-0.6B"} <= set(verifiable())


def test_two_sources_of_one_pair_agree():
    """Logits of the same model and pair lie within the tolerance of the coarser source."""
    known: dict[tuple[str, str, str], list[Golden]] = {}
    for golden in GOLDENS:
        known.setdefault((golden.model, golden.query, golden.document), []).append(golden)
    compared = 0
    for first, *others in known.values():
        for other in others:
            tolerance = max(first.tolerance, other.tolerance)
            assert as_sigmoid(first) == pytest.approx(as_sigmoid(other), abs=tolerance)
            compared += 1
    assert compared >= 5


def as_sigmoid(golden: Golden) -> float:
    return golden.score if golden.scale == "sigmoid" else float(1 / (1 + np.exp(-golden.score)))


@pytest.mark.parametrize(
    "written",
    [
        "BAAI/bge-reranker-v2-m3",
        "bge-reranker-v2-m3",
        " baai/BGE-reranker-v2-m3 ",
        "modelscope:BAAI/bge-reranker-v2-m3",
        "BAAI/bge-reranker-v2-m3@main",
    ],
)
def test_the_scores_of_a_model_are_found_however_its_name_is_written(written):
    assert find_goldens(written) == goldens_of("BAAI/bge-reranker-v2-m3")
    assert len(find_goldens(written)) == 10


def test_a_folder_is_known_by_its_name_or_by_what_is_said_of_it(tmp_path):
    named, other = tmp_path / "bge-reranker-base", tmp_path / "weights"
    named.mkdir()
    other.mkdir()
    expected = goldens_of("BAAI/bge-reranker-base")
    assert find_goldens(str(named)) == expected
    assert find_goldens(str(other), known_as="bge-reranker-base") == expected
    with pytest.raises(InvalidInput, match=r"'weights'.*--as NAME.*BAAI/bge-reranker-v2-m3"):
        find_goldens(str(other))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (BUNDLED, "the tests of jingpai"),
        ("maidalun1020/bce-reranker-base_v1", "none of its scores are published"),
        ("acme/reranker", "none of the models that `jingpai models` lists"),
        ("~nobody/weights", "none of the models"),
        ("x" * 5000, "none of the models"),
        (" ", "none of the models"),
    ],
)
def test_a_model_without_published_scores_is_told_which_have_some(name, reason):
    with pytest.raises(InvalidInput, match=rf"{reason}.*BAAI/bge-reranker-v2-m3, BAAI"):
        find_goldens(name)
