"""Where a job reads and writes: folders, partitions in their names, addresses."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.batch_jobs import pair, write_numbered, write_objects, write_parquet

from jingpai import InvalidInput


def test_a_folder_is_read_with_all_below_it_in_the_order_of_the_paths(run, out, tmp_path):
    source = tmp_path / "in"
    (source / "b").mkdir(parents=True)
    (source / "_kept").mkdir()
    write_objects(source / "b" / "2.jsonl", [pair(2)])
    write_objects(source / "a.jsonl", [pair(1)])
    write_objects(source / "c.jsonl", [])
    write_objects(source / "_kept" / "x.jsonl", [pair(9)])
    (source / "README.md").write_text("no data")
    run(source)
    assert [row["id"] for row in out.rows] == [1, 2]
    assert [file["name"] for file in out.manifest["input"]["files"]] == [
        "a.jsonl",
        "b/2.jsonl",
        "c.jsonl",
    ]
    run(source / "*.jsonl", tmp_path / "flat")
    assert len((tmp_path / "flat" / "part-0000000.jsonl").read_text().splitlines()) == 1


def write_partitions(folder: Path) -> Path:
    """As Hive and Spark write them: the files hold no `lang` and no `year`."""
    for number, lang in enumerate(["en", "zh"]):
        (folder / f"lang={lang}" / "year=2026").mkdir(parents=True)
        write_parquet(folder / f"lang={lang}" / "year=2026" / "part.parquet", 12 + number)
    return folder


def test_columns_in_the_names_of_folders_are_kept_there(run, out, tmp_path):
    source = write_partitions(tmp_path / "in")
    outcome = run(source)
    assert (outcome.totals.rows, outcome.totals.scored) == (25, 25)
    parts = sorted(path.relative_to(out.path).as_posix() for path in out.path.rglob("part-*"))
    assert {part.rpartition("/")[0] for part in parts} == {"lang=en/year=2026", "lang=zh/year=2026"}
    table = pq.read_table(out.path)
    assert table["lang"].to_pylist().count("zh") == 13
    assert set(table["year"].to_pylist()) == {2026}
    # What is done is found there again, and what is lost is made anew.
    assert run(source).done_before == outcome.totals.shards
    (out.path / parts[0]).unlink()
    assert run(source).done_before == outcome.totals.shards - 1
    assert pq.read_table(out.path).num_rows == 25


def test_text_in_partitions_is_kept_there_and_other_folders_are_not(run, out, tmp_path):
    folder = tmp_path / "in" / "first" / "lang=zh"
    folder.mkdir(parents=True)
    write_objects(folder / "a.jsonl", [pair(1)])
    run(tmp_path / "in")
    assert (out.path / "lang=zh" / "part-0000000.jsonl").is_file()


@pytest.mark.parametrize(
    ("partition", "message"),
    [
        ("query=a", "the column 'query' is only in the name of a folder"),
        ("score=1", "there is a column 'score' already, in the name of a folder"),
    ],
)
def test_a_partition_that_cannot_be_a_column_is_refused(run, tmp_path, partition, message):
    folder = tmp_path / "in" / partition
    folder.mkdir(parents=True)
    values = {"document": ["a"]} if "query" in partition else {"query": ["a"], "document": ["b"]}
    pq.write_table(pa.table(values), folder / "a.parquet")
    with pytest.raises(InvalidInput, match=message):
        run(tmp_path / "in")


def test_an_address_of_fsspec_is_read_and_written(run, tmp_path):
    import fsspec

    memory = fsspec.filesystem("memory")
    lines = "".join(f"{json.dumps(pair(number))}\n" for number in range(12))
    memory.pipe("/job/in/pairs.jsonl", lines.encode())
    try:
        run("memory://job/in", "memory://job/out")
        outcome = run("memory://job/in", "memory://job/out")
        assert outcome.done_before == 2
        run(write_numbered(tmp_path / "pairs.jsonl", 12), tmp_path / "out")
        for part in (tmp_path / "out").glob("part-*"):
            assert memory.cat(f"/job/out/{part.name}") == part.read_bytes()
    finally:
        memory.rm("/job", recursive=True)
