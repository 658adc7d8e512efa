"""The comparison with other libraries gives all of them one job, and names who did another."""

from __future__ import annotations

import gzip
import sys
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tokenizers import Tokenizer

from jingpai import Reranker

for needed in ("tomllib", "resource"):
    pytest.importorskip(needed)

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
EXACT = [0.5, -1.0, 2.0, 3.5]


@pytest.fixture(scope="module")
def scripts() -> SimpleNamespace:
    """The modules of the benchmark, which is no package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
        import against_report
        import pair_texts
        import peer_table
        import random_checkpoint
        from peers import protocol

        return SimpleNamespace(
            report=against_report,
            texts=pair_texts,
            table=peer_table,
            weights=random_checkpoint,
            protocol=protocol,
        )


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    bundled = files("jingpai") / "bundled" / "tokenizer.json.gz"
    return Tokenizer.from_buffer(gzip.decompress(bundled.read_bytes()))


def verdicts(scripts: SimpleNamespace, scores: list[float], *, precision: str, seconds: float):
    """What is said of a peer beside jingpai (2 s a round) and the reference (8 s)."""
    peers = [
        scripts.table.Peer("jingpai", "jingpai", "auto", "int8"),
        scripts.table.Peer("reference", "x", "torch", "fp32", reference=True),
        scripts.table.Peer("peer", "x", "x", precision),
    ]
    outcomes = {
        name: [scripts.protocol.Outcome(1.0, [time], found, 100.0, 200.0, {})] * 2
        for name, time, found in (
            ("jingpai", 2.0, EXACT),
            ("reference", 8.0, EXACT),
            ("peer", seconds, scores),
        )
    }
    return scripts.report.judge(peers, outcomes, {})


def test_rows_are_as_long_as_asked_and_the_same_on_every_run(scripts, tokenizer):
    made = scripts.texts.requests(tokenizer, pairs=12, documents=4)
    lengths = [
        len(tokenizer.encode(one.query, document).ids) for one in made for document in one.documents
    ]
    assert sorted(lengths) == [round(20 + 492 / 11 * i) for i in range(12)]
    assert lengths == [length for one in made for length in one.lengths]
    assert made == scripts.texts.requests(tokenizer, pairs=12, documents=4)


def test_every_peer_has_a_runner_and_an_environment(scripts):
    peers = scripts.table.read_peers(shape="small", only=[])
    assert peers[0].name == "jingpai"
    assert [peer.name for peer in peers if peer.reference] == ["sentence-transformers"]
    for peer in peers:
        assert peer.script.is_file(), peer.name
        assert peer.environment is None or peer.environment in scripts.table.environments()


def test_a_peer_with_other_scores_is_named_and_not_compared(scripts):
    exact, near = EXACT, [score + 0.01 for score in EXACT]
    assert verdicts(scripts, exact, precision="fp32", seconds=4)[2].problem is None
    assert "differ by up to 0.01" in verdicts(scripts, near, precision="fp32", seconds=4)[2].problem
    assert verdicts(scripts, near, precision="int8", seconds=4)[2].problem is None
    other = verdicts(scripts, EXACT[::-1], precision="int8", seconds=4)[2]
    assert "ranks otherwise" in other.problem


def test_scores_that_are_no_numbers_are_not_compared(scripts):
    broken = [float("nan"), *EXACT[1:]]
    assert verdicts(scripts, broken, precision="fp32", seconds=4)[2].problem is not None
    assert verdicts(scripts, EXACT[:2], precision="fp32", seconds=4)[2].problem is not None


def test_ratios_say_how_many_times_as_fast_jingpai_is(scripts):
    judged = verdicts(scripts, EXACT, precision="fp32", seconds=5)
    assert [verdict.ratio.median for verdict in judged] == [1.0, 4.0, 2.5]
    facts = dict.fromkeys(("model", "pairs", "rounds", "command", "machine", "date"), "x")
    page = scripts.report.to_markdown(judged, facts)
    assert "The fastest peer is peer; jingpai is 2.50 (2.50 to 2.50) times as fast." in page


def test_the_random_checkpoint_is_one_that_jingpai_reads_and_its_scores_differ(scripts, tmp_path):
    folder = tmp_path / "checkpoint"
    shape = scripts.weights.Shape(layers=2, hidden=8, heads=2, positions=34)
    scripts.weights.write_checkpoint(folder, shape)
    scripts.weights.write_tokenizer(folder, shape)
    with Reranker(folder, device="cpu", precision="fp32", scale="logit") as reranker:
        scores = reranker.score("what is a panda?", ["a bear", "hi", "北京是中国的首都"])
    assert np.std(scores) > 0.1
