"""`jingpai rank`, run in this process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner, Result

from jingpai.cli.app import app
from jingpai.reranker import Reranker

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENTS = ["The panda eats bamboo.", "It rains.", "熊猫以竹子为主食。", "Ships sail.", "Hi."]
LONG = "Bamboo is what pandas eat. Rain falls. " * 30


@pytest.fixture
def run(environment, model_folder, tmp_path, monkeypatch):
    """Run the command with the tiny model on documents from stdin."""
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str | Path, stdin: str = "\n".join(DOCUMENTS), lang="en") -> Result:
        command = ["rank", "-m", str(model_folder), *map(str, arguments)]
        env = environment | {"JINGPAI_LANG": lang}
        return CliRunner(env=env).invoke(app, command, input=stdin)

    return invoke


@pytest.fixture
def expected(model_folder, environment, monkeypatch):
    """What the library says of the same documents."""
    monkeypatch.setenv("JINGPAI_CACHE", environment["JINGPAI_CACHE"])
    with Reranker(model_folder) as reranker:
        return reranker.rank("what do pandas eat", DOCUMENTS)


def test_json_is_what_the_library_says(run, expected):
    result = run("what do pandas eat", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    answer = json.loads(result.stdout)
    assert answer.keys() == {"query", "model", "scale", "results"}
    assert (answer["query"], answer["scale"]) == ("what do pandas eat", "sigmoid")
    assert answer["model"] == "tiny-reranker"
    assert [one["index"] for one in answer["results"]] == [one.index for one in expected]
    assert [one["score"] for one in answer["results"]] == [one.score for one in expected]
    assert answer["results"][0].keys() == {
        *("index", "score", "text", "line", "span", "passages", "truncated")
    }


def test_the_table_shows_all_documents_the_model_and_the_scale(run, expected):
    result = run("what do pandas eat")
    assert (result.exit_code, result.stderr) == (0, "")
    places = [result.stdout.index(document.text) for document in expected]
    assert places == sorted(places)
    assert f"{expected[0].score:.4f}" in result.stdout
    assert "tiny-reranker · sigmoid scores · 5 of 5 documents · 5 pairs in" in result.stdout


def test_the_table_keeps_within_the_terminal(run):
    result = run("竹子", stdin="\n".join([*DOCUMENTS, LONG, "熊" * 500, "x" * 500]))
    from rich.cells import cell_len

    assert max(cell_len(line) for line in result.stdout.splitlines()) <= 80


def test_top_k_and_threshold_cut_the_ranking(run, expected):
    results = json.loads(run("what do pandas eat", "-k", 2, "--json").stdout)["results"]
    assert [one["index"] for one in results] == [one.index for one in expected[:2]]
    limit = expected[2].score
    results = json.loads(run("what do pandas eat", "-t", limit, "--json").stdout)["results"]
    assert [one["index"] for one in results] == [one.index for one in expected[:3]]


def test_a_threshold_that_nothing_reaches_leaves_nothing_and_is_no_error(run):
    assert json.loads(run("q", "-t", 1, "--json").stdout)["results"] == []
    result = run("q", "-t", 1)
    assert result.exit_code == 0
    assert "No document reaches the threshold." in result.stdout
    assert "0 of 5 documents · 5 pairs" in result.stdout


def test_logits_can_be_asked_for(run, model_folder, expected):
    answer = json.loads(run("what do pandas eat", "--scale", "logit", "--json").stdout)
    assert answer["scale"] == "logit"
    assert [one["index"] for one in answer["results"]] == [one.index for one in expected]
    assert any(not 0 <= one["score"] <= 1 for one in answer["results"])
    assert "logits" in run("what do pandas eat", "--scale", "logit").stdout


def test_ids_titles_metadata_files_and_lines_come_back(run, tmp_path):
    line = {"text": "熊猫", "id": 7, "title": "T", "metadata": {"deep": [None, 1.5]}}
    (tmp_path / "a.jsonl").write_text(f'"x"\n{json.dumps(line)}\n', encoding="utf-8")
    (tmp_path / "b.json").write_text('["y"]', encoding="utf-8")
    results = json.loads(run("q", "a.jsonl", "b.json", "--json").stdout)["results"]
    by_text = {one["text"]: one for one in results}
    assert line.items() <= by_text["熊猫"].items()
    assert (by_text["熊猫"]["file"], by_text["熊猫"]["line"]) == ("a.jsonl", 2)
    assert by_text["y"]["file"] == "b.json"
    assert "line" not in by_text["y"]
    shown = run("q", "a.jsonl", "b.json").stdout
    assert "id 7 · a.jsonl:2" in shown
    assert "\nb.json" not in shown
    assert " b.json" in shown


def test_long_documents_are_read_in_passages_unless_they_are_to_be_cut(run):
    one = json.loads(run("bamboo", "--json", stdin=LONG).stdout)["results"][0]
    assert one["passages"] > 1
    start, end = one["span"]
    assert 0 <= start < end <= len(LONG)
    assert not one["truncated"]
    assert f"passages, characters {start}–{end}" in " ".join(
        run("bamboo", stdin=LONG).stdout.split()
    )
    one = json.loads(run("bamboo", "--json", "--truncate", stdin=LONG).stdout)["results"][0]
    assert (one["passages"], one["truncated"]) == (1, True)
    assert "cut: not all of it was read" in run("bamboo", "--truncate", stdin=LONG).stdout


def test_two_words_on_long_documents_that_contradict_each_other_are_refused(run):
    result = run("bamboo", "--truncate", "--long-documents", "passages", stdin=LONG)
    assert result.exit_code == 2
    assert "say two things" in result.stderr
    agreed = run("bamboo", "--truncate", "--long-documents", "truncate", "--json", stdin=LONG)
    assert json.loads(agreed.stdout)["results"][0]["truncated"]


def test_markup_is_cleaned_unless_it_is_to_stay(run):
    stdin = "<p>bamboo</p>\nbamboo\n"
    same = json.loads(run("bamboo", "--json", stdin=stdin).stdout)["results"]
    assert same[0]["score"] == same[1]["score"]
    other = json.loads(run("bamboo", "--json", "--no-clean", stdin=stdin).stdout)["results"]
    assert other[0]["score"] != other[1]["score"]


def test_precision_and_max_tokens_reach_the_model(run):
    int8 = json.loads(run("bamboo", "--json").stdout)["results"]
    fp32 = json.loads(run("bamboo", "--json", "--precision", "fp32").stdout)["results"]
    assert [one["score"] for one in int8] != [one["score"] for one in fp32]
    short = json.loads(run("bamboo", "--json", "--max-tokens", 40, stdin=LONG).stdout)["results"]
    long = json.loads(run("bamboo", "--json", stdin=LONG).stdout)["results"]
    assert short[0]["passages"] > long[0]["passages"]


def test_text_that_cannot_be_encoded_or_commands_a_terminal_is_shown_safely(run):
    hostile = json.dumps("a\x1b[31m\ud800\u202e\x00b")
    result = run("q", "--format", "jsonl", stdin=hostile)
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "message"),
    [
        (["q"], "", 2, "error: stdin: no documents in there"),
        (["q", "missing.txt"], "", 2, "error: missing.txt: no such file"),
        (["q", "--format", "json"], "[1]", 2, "error: stdin[0]: a document is a string or an"),
        ([""], "a", 2, "error: query"),
        (["q", "-k", "0"], "a", 2, "error: top_k: got 0"),
        (["q", "-t", "nan"], "a", 2, "error: threshold: got nan"),
        (["q", "--max-tokens", "3"], "a", 2, "error: "),
        (["x" * 500], "a", 2, "error: query: "),
        (["q", "--encoding", "klingon"], "a", 2, "error: --encoding"),
        (["q", "--precision", "int3"], "a", 2, "--precision"),
        (["q", "--scale", "feet"], "a", 2, "--scale"),
        (["q", "--format", "xml"], "a", 2, "--format"),
        (["q", "-k", "many"], "a", 2, "--top-k"),
        (["q", "--colour"], "a", 2, "No such option: --colour"),
        ([], "a", 2, "Missing argument"),
        (["q", "--device", "abacus"], "a", 2, "error: device"),
        (["q", "-m", "./nowhere"], "a", 1, "error: model: there is no folder './nowhere'"),
        (["q", "-m", "bge-reranker-v2-m4"], "a", 1, "bge-reranker-v2-m3"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_message_and_an_exit_code(
    run, arguments, stdin, code, message
):
    result = run(*arguments, stdin=stdin)
    assert result.exit_code == code, result.output
    assert message in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.output


def test_messages_are_chinese_where_the_environment_is(run):
    assert run("q", "missing.txt", lang="zh").stderr == "错误：missing.txt: 文件不存在\n"
    shown = run("q", lang="zh").stdout
    assert "得分" in shown
    assert "显示 5/5 篇文档" in shown


def test_a_model_that_must_be_fetched_without_a_network_is_an_error_that_says_what_to_do(run):
    result = run("q", "-m", "BAAI/bge-reranker-base")
    assert result.exit_code == 1
    assert "BAAI/bge-reranker-base is not on this disk yet" in result.stderr
    assert "jingpai pull" in result.stderr
