"""FlagEmbedding's training files are read, or refused with the line that is wrong."""

from __future__ import annotations

import gzip
import json

import pytest
from support.tiny_field import write_lines

from jingpai.errors import InvalidInput
from jingpai.evaluation.data.pairs import Columns
from jingpai.training.groups import read_training_data

LINES = [
    {"query": f"q{n}", "pos": [f"p{n}"], "neg": [f"n{n}", "other"], "prompt": "find"}
    for n in range(12)
]


def read(path, **settings):
    return read_training_data(path, columns=Columns(), encoding=None, **settings)


def test_each_line_is_a_query_with_its_documents(tmp_path):
    data = read(write_lines(tmp_path / "train.jsonl", *LINES))
    assert (len(data.groups), data.pairs, data.unanswered) == (12, 36, 0)
    first = data.groups[0]
    assert first.query == "q0"
    assert [document.text for document in first.judged.documents] == ["p0", "n0", "other"]
    assert (first.grades, first.negatives, first.teacher) == ([1, 0, 0], 2, {})


def test_it_may_be_packed(tmp_path):
    path = tmp_path / "train.jsonl.gz"
    path.write_bytes(gzip.compress("".join(json.dumps(one) + "\n" for one in LINES).encode()))
    assert len(read(path).groups) == 12


def test_a_teachers_scores_belong_to_their_texts(tmp_path):
    scored = LINES[0] | {"pos_scores": [3], "neg_scores": [-1.5, 0.25]}
    group = read(write_lines(tmp_path / "train.jsonl", scored, *LINES[1:])).groups[0]
    by_text = {one.text: group.teacher[one.id] for one in group.judged.documents}
    assert by_text == {"p0": 3.0, "n0": -1.5, "other": 0.25}


def test_lines_with_the_same_query_are_one_group(tmp_path):
    more = {"query": "q0", "pos": ["p0", "also"], "neg": []}
    group = read(write_lines(tmp_path / "train.jsonl", *LINES, more)).groups[0]
    assert [one.text for one in group.judged.documents] == ["p0", "n0", "other", "also"]


def test_negatives_may_be_missing(tmp_path):
    lines = [{"query": f"q{n}", "pos": [f"p{n}"]} for n in range(12)]
    assert [one.negatives for one in read(write_lines(tmp_path / "a.jsonl", *lines)).groups] == (
        12 * [0]
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"pos": ["a"]}, r'train.jsonl:3: "query" must be a string with text in it, not None'),
        ({"query": " ", "pos": ["a"]}, r'train.jsonl:3: "query" must be a string'),
        ({"query": "q", "neg": ["a"]}, r'train.jsonl:3: "pos" must be a list of strings, not None'),
        ({"query": "q", "pos": "a"}, r"train.jsonl:3: \"pos\" must be a list of strings, not 'a'"),
        ({"query": "q", "pos": []}, r'train.jsonl:3: "pos" is empty'),
        ({"query": "q", "pos": ["a"], "neg": [1]}, r'train.jsonl:3: "neg" must be a list of str'),
        ({"query": "q1", "pos": ["n1"]}, r"train.jsonl:3: 'n1' is in 'pos' here .* in line 2"),
        (
            {"query": "q", "pos": ["a"], "pos_scores": [1, 2]},
            r'train.jsonl:3: "pos_scores" must be a list of 1 numbers',
        ),
        (
            {"query": "q", "pos": ["a"], "pos_scores": ["high"]},
            r"train.jsonl:3: \"pos_scores\" must hold numbers, not 'high'",
        ),
    ],
)
def test_a_wrong_line_is_named(tmp_path, wrong, message):
    path = write_lines(tmp_path / "train.jsonl", *LINES[:2], wrong, *LINES[2:])
    with pytest.raises(InvalidInput, match=message):
        read(path)


def test_other_json_lines_are_pairs_as_eval_reads_them(tmp_path):
    lines = [
        {"query": f"q{n}", "document": f"d{label}", "label": label}
        for n in range(12)
        for label in (0, 2)
    ]
    data = read(write_lines(tmp_path / "pairs.jsonl", *lines))
    assert (len(data.groups), data.groups[0].grades) == (12, [0, 2])


def test_too_few_queries_are_refused_with_their_number(tmp_path):
    with pytest.raises(InvalidInput, match=r"9 queries with a relevant document .* at least 10"):
        read(write_lines(tmp_path / "train.jsonl", *LINES[:9]))
