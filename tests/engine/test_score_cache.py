"""Remembered scores: the same numbers, fewer rows through the model, and never another model's."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3

import pytest
from support.tiny_models import write_tiny_xlm_roberta

from jingpai import CacheUnusable, InvalidInput, Reranker, ScoreCache
from jingpai.engine.cache import identify
from jingpai.tokens.tokenizer import Row

QUERY = "what is a panda"
DOCUMENTS = ["the giant bear eats bamboo", "hi", "a panda is a bear", "bamboo", "it eats"]


@pytest.fixture
def cache():
    with ScoreCache() as opened:
        yield opened


def rows_run(reranker, query=QUERY, documents=DOCUMENTS):
    """Scores, and how many rows the model read for them."""
    steps = []
    scores = reranker.score(query, documents, progress=lambda _, total: steps.append(total))
    return scores, max(steps, default=0)


def row(*ids: int) -> Row:
    return Row(ids, 1, 1, 0)


def test_a_pair_met_again_is_not_read_again_and_scores_the_same(tiny_folder, cache):
    with Reranker(tiny_folder, cache=cache, scale="logit") as reranker:
        first, rows_first = rows_run(reranker)
        again, rows_again = rows_run(reranker)
        more, rows_more = rows_run(reranker, documents=[*DOCUMENTS[::-1], "one more"])
    assert (rows_first, rows_again, rows_more) == (5, 0, 1)
    assert again == first
    assert more[:5] == first[::-1]


def test_the_scores_are_those_without_a_cache(tiny_folder, cache):
    with Reranker(tiny_folder) as plain, Reranker(tiny_folder, cache=cache) as cached:
        expected = plain.score(QUERY, DOCUMENTS)
        assert cached.score(QUERY, DOCUMENTS) == expected
        assert cached.score(QUERY, DOCUMENTS) == expected


def test_a_file_outlives_the_program_and_serves_two_at_once(tiny_folder, tmp_path):
    path = tmp_path / "scores.db"
    with ScoreCache(path) as one, Reranker(tiny_folder, cache=one) as reranker:
        expected, _ = rows_run(reranker)
        with ScoreCache(path) as two, Reranker(tiny_folder, cache=two) as other:
            assert rows_run(other) == (expected, 0)


def test_another_model_another_precision_and_changed_weights_share_nothing(tmp_path, cache):
    folder = write_tiny_xlm_roberta(tmp_path / "model", seed=1)
    with Reranker(folder, cache=cache) as reranker:
        first, _ = rows_run(reranker)
    with Reranker(folder, cache=cache, precision="fp32") as reranker:
        assert rows_run(reranker)[1] == 5
    write_tiny_xlm_roberta(folder, seed=2)  # another training, in the same place
    with Reranker(folder, cache=cache) as reranker:
        second, rows = rows_run(reranker)
    assert rows == 5
    assert second != first


def test_a_changed_limit_changes_the_rows_and_so_what_is_found(tiny_folder, cache):
    long = ["panda " * 10]
    with Reranker(tiny_folder, cache=cache, long_documents="truncate") as reranker:
        rows_run(reranker, documents=long)
    with Reranker(tiny_folder, cache=cache, long_documents="truncate", max_tokens=32) as reranker:
        assert rows_run(reranker, documents=long)[1] == 1


def test_a_row_without_a_number_is_not_remembered(broken_folder, cache):
    with Reranker(broken_folder, cache=cache) as reranker:
        for _ in range(2):
            with pytest.raises(Exception, match="finite"):
                reranker.score(QUERY, ["a Z", "hi"])
    assert len(cache) == 1


def test_the_oldest_make_room(cache):
    with ScoreCache(size=3) as small:
        for number in range(5):
            small.keep([row(number)], {0: float(number)}, model="m")
        assert len(small) == 3
        assert small.find([row(number) for number in range(5)], model="m") == {2: 2, 3: 3, 4: 4}


def test_thousands_of_rows_are_found_by_their_index(cache):
    rows = [row(number) for number in range(3000)]
    cache.keep(rows, {index: index / 2 for index in range(0, 3000, 2)}, model="m")
    found = cache.find(rows, model="m")
    assert found == {index: index / 2 for index in range(0, 3000, 2)}
    assert cache.find(rows, model="another") == {}


def test_the_segments_of_a_row_are_part_of_what_it_is(cache):
    cache.keep([Row((1, 2, 3), 1, 1, 0)], {0: 4.0}, model="m")
    assert cache.find([Row((1, 2, 3), 2, 1, 0)], model="m") == {}


def test_a_child_process_uses_a_connection_of_its_own(tmp_path):
    with ScoreCache(tmp_path / "scores.db") as cache:
        cache.keep([row(1)], {0: 1.0}, model="m")
        child = multiprocessing.get_context("fork").Process(
            target=lambda: cache.keep([row(2)], {0: 2.0}, model="m")
        )
        child.start()
        child.join()
        assert child.exitcode == 0
        assert cache.find([row(1), row(2)], model="m") == {0: 1.0, 1: 2.0}


@pytest.mark.parametrize("size", [0, -1, 1.5, True, "9"])
def test_a_size_that_makes_no_sense_is_refused(size):
    with pytest.raises(InvalidInput, match="whole numbers from 1"):
        ScoreCache(size=size)


def test_a_file_that_is_no_cache_is_named(tmp_path):
    path = tmp_path / "scores.db"
    path.write_text("these are notes, not a database; they are long enough to be looked at\n" * 9)
    with pytest.raises(CacheUnusable, match=r"scores\.db"):
        ScoreCache(path)
    with pytest.raises(CacheUnusable, match="folder that can be written"):
        ScoreCache(tmp_path / "missing" / "scores.db")


def test_a_path_in_place_of_a_cache_says_how_to_make_one(tiny_folder):
    with pytest.raises(InvalidInput, match=r"ScoreCache\(\)"):
        Reranker(tiny_folder, cache="scores.db")  # type: ignore[arg-type]


def test_scoring_goes_on_when_the_file_breaks(tiny_folder, tmp_path):
    path = tmp_path / "scores.db"
    with ScoreCache(path) as cache, Reranker(tiny_folder, cache=cache) as reranker:
        expected, _ = rows_run(reranker)
        with sqlite3.connect(path) as other:
            other.execute("DROP TABLE logits")
        other.close()
        with pytest.warns(RuntimeWarning, match="going on without it"):
            assert rows_run(reranker) == (expected, 5)


def test_without_a_folder_for_hashes_a_cache_works_all_the_same(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("where a folder should be")
    monkeypatch.setenv("JINGPAI_CACHE", str(blocked / "cache"))
    with pytest.warns(RuntimeWarning, match=r"file/cache/digests\.json.*JINGPAI_CACHE"):
        reranker = Reranker(cache=ScoreCache())
    with reranker:
        first, rows_first = rows_run(reranker)
        assert rows_run(reranker) == (first, 0)
    assert rows_first == 5


def test_on_a_full_disk_a_model_is_told_by_its_content_all_the_same(tmp_path, monkeypatch):
    resource = pytest.importorskip("resource")
    monkeypatch.setenv("JINGPAI_CACHE", str(tmp_path / "cache"))
    weights = tmp_path / "weights"
    weights.write_bytes(b"content")
    os.utime(weights, (1, 1))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        with pytest.warns(RuntimeWarning, match=r"digests\.json.*JINGPAI_CACHE"):
            found = identify([weights], settings="")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list((tmp_path / "cache").iterdir()) == []
    assert identify([weights], settings="") == found


def test_without_a_home_a_model_is_told_by_its_content_all_the_same(tmp_path, monkeypatch):
    for name in ("JINGPAI_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "~")  # nothing says where it is
    weights = tmp_path / "weights"
    weights.write_bytes(b"content")
    with pytest.warns(RuntimeWarning, match=r"set HOME.*JINGPAI_CACHE"):
        identify([weights], settings="")
    with pytest.raises(CacheUnusable, match=r"~/scores\.db.*set HOME"):
        ScoreCache("~/scores.db")


@pytest.mark.parametrize("size", [2**63, 10**30])
def test_a_size_that_no_database_can_count_is_refused(size):
    with pytest.raises(InvalidInput, match=r"size: got .*to 9223372036854775807"):
        ScoreCache(size=size)
