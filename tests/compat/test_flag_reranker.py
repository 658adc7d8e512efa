"""The signature of FlagEmbedding; tests/integrations/originals holds it against that."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from jingpai import Reranker
from jingpai.compat import FlagReranker
from jingpai.errors import InvalidInput, ModelNotFound

QUERY = "what is panda?"
PAIRS = [[QUERY, "hi"], [QUERY, "a bear that eats bamboo"], ["hi", "a bear " * 40]]


@pytest.fixture(scope="module")
def reranker(tiny_folder) -> FlagReranker:
    return FlagReranker(str(tiny_folder), max_length=128)


def exact(folder, **settings) -> list[float]:
    model = Reranker(
        folder,
        precision="fp32",
        long_documents="truncate",
        clean=False,
        **{"scale": "logit", "max_tokens": 128, **settings},
    )
    return [model.score(query, [text])[0] for query, text in PAIRS]


def test_scores_are_logits_in_float32_of_texts_that_are_cut(reranker, tiny_folder):
    scores = reranker.compute_score(PAIRS)
    assert {type(score) for score in scores} == {float}
    assert scores == pytest.approx(exact(tiny_folder), abs=1e-5)


def test_they_lie_between_0_and_1_where_asked(reranker, tiny_folder):
    wanted = pytest.approx(exact(tiny_folder, scale="sigmoid"), abs=1e-6)
    assert reranker.compute_score(PAIRS, normalize=True) == wanted
    always = FlagReranker(tiny_folder, max_length=128, normalize=True)
    assert always.compute_score(PAIRS) == wanted
    assert always.compute_score(PAIRS, normalize=False) == reranker.compute_score(PAIRS)


def test_a_limit_of_the_call_takes_the_place_of_that_of_the_class(reranker, tiny_folder):
    scores = reranker.compute_score(PAIRS, max_length=40)
    assert scores == pytest.approx(exact(tiny_folder, max_tokens=40), abs=1e-5)
    assert scores[2] != reranker.compute_score(PAIRS)[2]


def test_a_model_of_fewer_positions_reads_what_it_can(tiny_folder):
    default = FlagReranker(tiny_folder)  # 512 tokens, and the model reads 130
    assert default.compute_score(PAIRS) == pytest.approx(
        exact(tiny_folder, max_tokens=130), abs=1e-5
    )
    long = default.compute_score([["q" * 200, "a bear"], ["q" * 200, "bamboo"]])
    assert long[0] != long[1]


def test_a_cache_folder_is_where_repositories_are_looked_for(tiny_folder, tmp_path, reranker):
    repository = tmp_path / "models--acme--reranker"
    shutil.copytree(tiny_folder, repository / "snapshots" / ("0" * 40))
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0" * 40, "utf-8")
    other = FlagReranker("acme/reranker", cache_dir=tmp_path, max_length=128)
    assert other.compute_score(PAIRS) == reranker.compute_score(PAIRS)


def test_a_query_is_cut_at_three_quarters_or_where_asked(tiny_folder):
    # The tiny model reads a character a token.
    model = FlagReranker(tiny_folder, max_length=80)
    cut, asked = (
        model.compute_score([["q" * length, "a bear"]], max_length=128) for length in (60, 20)
    )
    long = ["q" * 100, "a bear"]
    assert model.compute_score(long) == pytest.approx(cut, abs=1e-5)
    assert model.compute_score(long, query_max_length=20) == pytest.approx(asked, abs=1e-5)
    always = FlagReranker(tiny_folder, max_length=80, query_max_length=20)
    assert always.compute_score(long) == pytest.approx(asked, abs=1e-5)
    assert model.compute_score(["", "a bear"]) != cut


@pytest.mark.parametrize("pair", [PAIRS[0], tuple(PAIRS[0])], ids=type)
def test_a_single_pair_gives_a_list_with_its_score(reranker, pair):
    assert reranker.compute_score(pair) == pytest.approx(reranker.compute_score(PAIRS)[:1])


def test_no_pairs_give_no_scores(reranker):
    assert reranker.compute_score([]) == []


def test_the_bundled_model_runs_in_either_precision():
    pair = ["天空为什么是蓝色的?", "天空是蓝色的,因为蓝光散射得最多。"]
    (fast,) = FlagReranker("jingpai-small", use_fp16=True).compute_score(pair)
    (plain,) = FlagReranker("jingpai-small").compute_score(pair)
    assert fast == plain > 0


def test_half_precision_is_the_fast_form_on_a_cpu(tiny_folder, reranker):
    fast = FlagReranker(tiny_folder, True, max_length=128, devices="cpu").compute_score(PAIRS)
    int8 = Reranker(
        tiny_folder, precision="int8", scale="logit", max_tokens=128, long_documents="truncate"
    )
    assert fast == pytest.approx([int8.score(query, [text])[0] for query, text in PAIRS])
    assert fast != reranker.compute_score(PAIRS)


def test_many_threads_may_ask_at_once(tiny_folder, reranker):
    other = FlagReranker(tiny_folder, max_length=128)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: other.compute_score(PAIRS), range(16)))
    assert answers == [reranker.compute_score(PAIRS)] * 16


def test_what_cannot_be_used_is_named(reranker, tiny_folder):
    with pytest.raises(InvalidInput, match=r"sentence_pairs\[1\]"):
        reranker.compute_score([PAIRS[0], ["alone"]])
    with pytest.raises(InvalidInput, match=r"devices: got \['cuda:0', 'cuda:1'\]"):
        FlagReranker(tiny_folder, devices=["cuda:0", "cuda:1"])
    with pytest.raises(InvalidInput, match="max_length"):
        reranker.compute_score(PAIRS, max_length=0)
    with pytest.raises(InvalidInput, match="query_max_length"):
        FlagReranker(tiny_folder, query_max_length=0)
    with pytest.raises(ModelNotFound, match="no-such-model"):
        FlagReranker("no-such-model")
