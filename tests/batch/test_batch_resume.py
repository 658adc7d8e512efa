"""A second run goes on where the first one stopped, with the same job and no other."""

from __future__ import annotations

import gzip
import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.batch_jobs import pair, write_numbered, write_objects
from support.tiny_models import write_tiny_xlm_roberta

import jingpai
from jingpai import InvalidInput
from jingpai.batch.job import LocalEngine
from jingpai.batch.settings import Columns
from jingpai.engine.engine import Engine, fingerprint_of


class StopsAfter(LocalEngine):
    """Runs so many shards, and then is told to stop, as by Ctrl-C."""

    def __init__(self, shards):
        self.left = shards

    def run(self, work, shards, *, rows_done):
        for done in super().run(work, shards, rows_done=rows_done):
            yield done
            self.left -= 1
            if not self.left:
                raise KeyboardInterrupt


@pytest.fixture
def source(tmp_path):
    return write_numbered(tmp_path / "pairs.jsonl", 35)


@pytest.fixture
def interrupted(run, out, source):
    """A job of four shards, of which two are done."""
    with pytest.raises(KeyboardInterrupt):
        run(source, engine=StopsAfter(2))
    return out


@pytest.mark.parametrize("name", ["wide.jsonl", "wide.csv.gz"])
def test_a_job_from_utf16_goes_on_like_one_from_utf8(run, out, source, tmp_path, name):
    text = source.read_text(encoding="utf-8")
    if "csv" in name:
        rows = map(json.loads, text.splitlines())
        text = "query,document\n" + "".join(f"{row['query']},{row['document']}\n" for row in rows)
    wide, plain = tmp_path / "w" / name, tmp_path / "p" / name
    for path, encoding in ((wide, "utf-16"), (plain, "utf-8")):
        path.parent.mkdir()
        content = text.encode(encoding)
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    with pytest.raises(KeyboardInterrupt):
        run(wide, engine=StopsAfter(2))
    assert run(wide).done_before == 2
    run(plain, tmp_path / "expected")
    expected = {path.name: path.read_bytes() for path in (tmp_path / "expected").glob("part-*")}
    assert out.parts == dict(sorted(expected.items()))


def test_what_is_done_is_skipped_and_the_result_is_that_of_one_run(
    run, interrupted, source, tmp_path
):
    assert len(interrupted.parts) == 2
    before = {path: path.stat().st_mtime_ns for path in interrupted.path.glob("part-*")}
    outcome = run(source)
    assert outcome.done_before == 2
    assert {path: path.stat().st_mtime_ns for path in before} == before
    run(source, tmp_path / "at once")
    whole = {path.name: path.read_bytes() for path in (tmp_path / "at once").glob("part-*")}
    assert interrupted.parts == dict(sorted(whole.items()))


def test_the_manifest_tells_what_happened_in_each_run(run, interrupted, source):
    assert interrupted.manifest["state"] == "stopped"
    assert interrupted.manifest["totals"]["shards"] == 2
    run(source)
    manifest = interrupted.manifest
    assert manifest["state"] == "finished"
    assert [(one["outcome"], one["done_before"]) for one in manifest["runs"]] == [
        ("interrupted", 0),
        ("finished", 2),
    ]
    assert manifest["jingpai"] == jingpai.__version__
    assert manifest["totals"] == {
        "shards": 4,
        "rows": 35,
        "scored": 35,
        "bad": 0,
        "pairs": 35,
        "repeated": 0,
        "ran_on": {"int8 on cpu": 4},
    }
    shard = interrupted.shard(3)
    assert shard["input"]["file"] == "pairs.jsonl"
    assert (shard["input"]["first"], shard["rows"], shard["attempts"]) == (31, 5, 1)
    part = interrupted.path / shard["file"]
    assert part.stat().st_size == shard["bytes"]


def test_a_job_that_is_done_is_left_as_it_is(run, out, source):
    run(source)
    parts = out.parts
    outcome = run(source)
    assert (outcome.done_before, outcome.totals.scored) == (4, 35)
    assert out.parts == parts


def test_a_part_that_is_gone_or_cut_short_is_made_again(run, out, source):
    run(source)
    parts = out.parts
    (out.path / "part-0000001.jsonl").unlink()
    (out.path / "part-0000002.jsonl").write_bytes(b"half")
    (out.path / "_shards" / "0000003.json").write_text('{"shard": 3')
    assert run(source).done_before == 1
    assert out.parts == parts


def test_where_it_runs_may_change_between_runs(run, interrupted, source):
    assert run(source, device="cpu", threads=2).done_before == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"shard_rows": 20}, "shard_rows was 10, and is 20"),
        ({"scale": "logit"}, "scale was None, and is 'logit'"),
        ({"batch_tokens": 512}, "batch_tokens was .*2048.*, and is .*512"),
        ({"max_tokens": 64, "clean": False}, "max_tokens was None, and is 64; clean was True"),
        ({"columns": Columns(prefix="x_")}, "prefix was '', and is 'x_'"),
        ({"precision": "fp32"}, "precision was 'auto', and is 'fp32'"),
    ],
)
def test_other_arguments_are_refused_and_named(run, interrupted, source, given, message):
    files = interrupted.files
    with pytest.raises(InvalidInput, match=f"{message}.*name another output folder") as error:
        run(source, **given)
    assert "pairs.jsonl" not in str(error.value)
    assert interrupted.files == files


def test_another_model_is_refused_though_its_folder_is_the_same(run, out, source, tmp_path):
    model = write_tiny_xlm_roberta(tmp_path / "model", seed=1)
    with pytest.raises(KeyboardInterrupt):
        run(source, engine=StopsAfter(1), model=str(model))
    write_tiny_xlm_roberta(model, seed=2)
    with pytest.raises(InvalidInput, match="the model was .*model.*, and is"):
        run(source, model=str(model))


def test_the_fingerprint_of_a_model_needs_no_weights_to_be_loaded(tiny_folder):
    engine = Engine.load(tiny_folder)
    assert fingerprint_of(tiny_folder) == engine.fingerprint != ""
    engine.close()


def test_a_model_that_another_machine_has_under_the_name_is_refused(run, out, source, tmp_path):
    other = write_tiny_xlm_roberta(tmp_path / "other", seed=7)

    def open_other(settings):
        from dataclasses import replace

        from jingpai.batch.scorer import open_scorer

        return open_scorer(replace(settings, model=str(other)))

    with pytest.raises(InvalidInput, match="other weights under the name of the model"):
        run(source, open_model=open_other)
    assert out.parts == {}


def test_shards_of_two_precisions_are_not_mixed(run, interrupted, source, tiny_folder):
    for path in (interrupted.path / "_shards").glob("*.json"):
        path.write_text(path.read_text().replace("int8 on cpu", "fp16 on cuda"))
    with pytest.raises(InvalidInput, match="ran in fp16 on cuda, and here it is int8 on cpu"):
        run(source)


def test_a_model_that_is_not_here_is_not_downloaded(run, out, source):
    with pytest.raises(jingpai.JingpaiError):
        run(source, model="nobody/no-such-model")
    assert not out.path.exists()


def test_a_text_file_that_has_changed_between_runs_is_refused(run, interrupted, source):
    text = source.read_text()
    source.write_text(text.replace("no 7 ", "no 8 "))  # of the same size
    with pytest.raises(InvalidInput, match=r"the input file pairs.jsonl has changed"):
        run(source)
    source.write_text(text)
    assert run(source).done_before == 2


def test_columns_of_csv_that_have_changed_places_are_found(run, tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text("query,document,other\n" + "a,b,c\n" * 20)
    with pytest.raises(KeyboardInterrupt):
        run(path, engine=StopsAfter(1))
    path.write_text("query,other,document\n" + "a,b,c\n" * 20)
    with pytest.raises(InvalidInput, match=r"the input file pairs.csv has changed"):
        run(path)


def test_a_value_of_parquet_that_has_changed_in_place_is_found(run, out, tmp_path):
    path = tmp_path / "pairs.parquet"
    columns = {"query": ["q"] * 30, "document": [f"d {n:02d}" for n in range(30)]}
    pq.write_table(pa.table(columns), path, compression=None, use_dictionary=False)
    with pytest.raises(KeyboardInterrupt):
        run(path, engine=StopsAfter(1))
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b"d 17", b"d 71"))
    assert path.stat().st_size == before.st_size
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1_000_000_000))
    with pytest.raises(InvalidInput, match=r"the input file pairs.parquet has changed"):
        run(path)


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_a_file_that_changes_under_way_stops_the_job(run, out, tmp_path, ending):
    path = tmp_path / f"pairs.{ending}"

    def write(count):
        if ending == "jsonl":
            write_numbered(path, count)
        else:
            pq.write_table(pa.Table.from_pylist([pair(number) for number in range(count)]), path)

    class Meddler(LocalEngine):
        def run(self, work, shards, *, rows_done):
            shards = super().run(work, shards, rows_done=rows_done)
            yield next(shards)
            write(17)
            yield from shards

    write(35)
    with pytest.raises(InvalidInput, match="has changed while the job was running"):
        run(path, engine=Meddler())
    assert list(out.parts) == [f"part-0000000.{ending}"]
    assert "has changed" in out.manifest["runs"][0]["outcome"]


def test_files_that_come_or_go_are_named(run, out, tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    for name in ("a", "b"):
        write_objects(source / f"{name}.jsonl", map(pair, range(10)))
    with pytest.raises(KeyboardInterrupt):
        run(source, engine=StopsAfter(1))
    (source / "b.jsonl").rename(source / "c.jsonl")
    with pytest.raises(InvalidInput, match=r"b.jsonl is gone; the input file c.jsonl is new"):
        run(source)


def test_a_folder_of_another_release_is_not_gone_on_with(run, interrupted, source):
    path = interrupted.path / "_manifest.json"
    path.write_text(json.dumps(interrupted.manifest | {"jingpai": "0.0.1"}))
    with pytest.raises(InvalidInput, match=r"by jingpai 0\.0\.1, and this is"):
        run(source)


def test_a_job_of_which_nothing_is_done_may_begin_anew_with_other_arguments(
    run, out, source, tmp_path
):
    with pytest.raises(InvalidInput, match="max_tokens"):
        run(source, max_tokens=10**9)
    assert out.manifest["state"] == "stopped"
    # What a process left that was killed before a shard counted.
    (out.path / "part-0000007.jsonl").write_text("of another plan")
    assert run(source).totals.scored == 35
    assert len(out.rows) == 35
