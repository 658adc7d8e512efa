"""How an input is cut into shards, whatever is in it."""

from __future__ import annotations

import csv
import io
import itertools

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jingpai.batch.formats.lines import Lines, csv_records, json_records
from jingpai.batch.formats.parquet import cut_groups
from jingpai.batch.formats.rows import WINDOW_PAIRS, Position, Row, WindowSize
from jingpai.batch.plan import make_plan
from jingpai.batch.settings import BatchSettings

SIZES = st.lists(st.integers(0, 50), max_size=12)


@given(SIZES, st.integers(1, 40))
def test_stretches_hold_every_row_once_and_are_never_too_long(sizes, rows):
    stretches = list(cut_groups(sizes, rows=rows))
    assert stretches[0][0] == 0
    assert stretches[-1][1] == sum(sizes)
    assert all(one[1] == next_[0] for one, next_ in itertools.pairwise(stretches))
    assert all(end - start <= rows for start, end in stretches)
    assert all(start < end for start, end in stretches) or sum(sizes) == 0


@given(st.lists(st.integers(1, 50), min_size=1, max_size=12), st.integers(50, 90))
def test_stretches_end_where_row_groups_do(sizes, rows):
    ends = {sum(sizes[: count + 1]) for count in range(len(sizes))}
    assert {end for _, end in cut_groups(sizes, rows=rows)} <= ends


FIELDS = st.text(st.sampled_from('ab,"\r\n 中'), max_size=6)


@given(
    st.lists(st.lists(FIELDS, min_size=2, max_size=3), max_size=8), st.sampled_from(["\n", "\r\n"])
)
def test_records_of_csv_are_those_of_the_csv_module_byte_by_byte(table, line_end):
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows(table)
    content = text.getvalue().encode()
    lines = Lines(io.BytesIO(content))
    records = list(csv_records(lines, delimiter=",", encoding="utf-8"))
    assert [record.fields for record in records] == table
    assert b"".join(record.raw for record in records) == content
    assert [record.fault for record in records] == [""] * len(table)
    # From the end of one record, a new reader finds the next.
    for before, record in itertools.pairwise(records):
        rest = Lines(io.BytesIO(content[before.end :]), start=before.end)
        assert next(csv_records(rest, delimiter=",", encoding="utf-8")).raw == record.raw


@given(st.lists(st.binary(max_size=5), max_size=9))
def test_json_records_are_the_lines_that_hold_something(parts):
    content = b"\n".join(parts)
    records = json_records(Lines(io.BytesIO(content)))
    expected = [
        (number, line) for number, line in enumerate(content.split(b"\n"), start=1) if line.strip()
    ]
    assert [(one.position.first, one.raw.removesuffix(b"\n")) for one in records] == expected


def test_a_large_row_group_is_cut_and_small_ones_are_put_together(tmp_path):
    table = pa.table({"query": ["q"] * 70, "document": ["d"] * 70})
    with pq.ParquetWriter(tmp_path / "a.parquet", table.schema) as writer:
        for rows in (25, 3, 4, 2, 36):
            writer.write_table(table.slice(0, rows))
    plan = make_plan(str(tmp_path), BatchSettings(shard_rows=10))
    assert [shard.stretch[:2] for shard in plan.shards] == [
        (0, 8),
        (8, 16),
        (16, 25),
        (25, 34),
        (34, 43),
        (43, 52),
        (52, 61),
        (61, 70),
    ]
    assert plan.rows == 70


def test_a_plan_does_not_depend_on_where_the_input_lies(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.csv").write_text("query,document\na,b\nc,d\n")
    one, two = (
        make_plan(str(tmp_path / name), BatchSettings(shard_rows=1)) for name in ("one", "two")
    )
    assert (one.digest, one.files) == (two.digest, two.files)
    assert one.digest != make_plan(str(tmp_path / "one"), BatchSettings(shard_rows=2)).digest


def test_windows_are_bounded_by_pairs_and_by_characters():
    def window_sizes(rows):
        sizes, window = [0], WindowSize()
        for row in rows:
            if not window.takes(row):
                sizes.append(0)
            sizes[-1] += 1
        return sizes

    def row(documents):
        return Row(Position(1, 1), "q", documents)

    assert window_sizes([row(["d"])] * (2 * WINDOW_PAIRS + 1)) == [WINDOW_PAIRS, WINDOW_PAIRS, 1]
    assert window_sizes([row(["d" * 3_000_000])] * 3) == [1, 1, 1]
    assert window_sizes([row([])] * (WINDOW_PAIRS + 1)) == [WINDOW_PAIRS, 1]
    assert window_sizes([row(["d"] * 3000), row(["d"] * 2000), row(["d"] * 2000)]) == [1, 2]


@pytest.mark.parametrize("rows", [0, -1, 1.5, True])
def test_a_shard_has_a_whole_number_of_rows(rows):
    from jingpai import InvalidInput

    with pytest.raises(InvalidInput, match="shard_rows: got"):
        BatchSettings(shard_rows=rows)
