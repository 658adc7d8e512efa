"""The scripts that made the bundled model, run one after the other on a sample made here."""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.tiny_models import write_tiny_text_encoder

pytest.importorskip("torch")
pytest.importorskip("tomllib")

ROOT = Path(__file__).parents[2]
QUICK = ["mlqa-zh-en", "mlqa-en-zh", "mlqa-de-zh", "mlqa-ar-de", "mlqa-en-en", "mlqa-zh-zh"]
QUICK += ["tydiqa_dev-en", "tydiqa_dev-ko"]


def write_lines(path: Path, records: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(record) + "\n" for record in records)


def pair(number: int, asks: str, answers: str) -> dict[str, Any]:
    query = {"en": f"Where is the Panda House {number}?", "zh": f"上海的大人{number}是在中国?"}
    passage = {
        "en": f"In the North stands the Panda House {number}. It is one of {number} houses. ",
        "zh": f"大人{number}在中国的上海有大人。北京是大的。",
    }
    return {
        "query": query[asks],
        "passage": passage[answers] * (1 + number % 3),
        "lang_query": asks,
        "lang_passage": answers,
        "group": f"{answers}:article {number // 2}",
        "pid": f"{answers}-{number}",
    }


def a_set(number: int) -> dict[str, Any]:
    passages = [pair(10 * number + place, "en", "en") for place in range(5)]
    return {
        "set": f"en-{number}",
        "lang": "en",
        "passages": [
            {"source": "sample", "pid": one["pid"], "text": one["passage"]} for one in passages
        ],
    }


def a_query(number: int) -> dict[str, Any]:
    return {
        "set": f"en-{number}",
        "query": f"Where is the Panda House {10 * number + 2}?",
        "lang": "en",
        "style": "question",
        "answer": [2],
        "evidence": [f"In the North stands the Panda House {10 * number + 2}."],
        "grades": [1, 1, 2, 0, 0],
    }


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pairs and development sets in the layout that the scripts read."""
    folder = tmp_path_factory.mktemp("data")
    pairs = [
        pair(number, asks, answers)
        for number in (*range(10, 90), 100)  # the last one is a development query, too
        for asks in ("en", "zh")
        for answers in ("en", "zh")
    ]
    write_lines(folder / "train" / "sample.jsonl.gz", pairs)
    for name in QUICK:
        held = [pair(number, "en", "en") for number in range(100, 130)]
        dev = folder / "dev" / name
        write_lines(
            dev / "corpus.jsonl.gz", [{"_id": one["pid"], "text": one["passage"]} for one in held]
        )
        write_lines(
            dev / "queries.jsonl.gz", [{"_id": one["pid"], "text": one["query"]} for one in held]
        )
        with (dev / "qrels.tsv").open("w", newline="", encoding="utf-8") as out:
            rows = csv.writer(out, delimiter="\t")
            rows.writerow(["query-id", "corpus-id", "score"])
            rows.writerows([one["pid"], one["pid"], 1] for one in held)
    write_lines(folder / "written" / "sets.jsonl.gz", [a_set(number) for number in range(40)])
    asked = [json.dumps(a_query(number)) + "\n" for number in range(40)]
    (folder / "written" / "queries_en.jsonl").write_text("".join(asked), encoding="utf-8")
    (folder / "mix.toml").write_text("sample = { same = 40, cross = 40 }\n", encoding="utf-8")
    return folder


def test_the_recipe_makes_a_model_that_the_package_runs(data: Path, tmp_path: Path):
    work, output = tmp_path / "work", tmp_path / "bundled"
    write_tiny_text_encoder(
        work / "base", max_position_embeddings=512, bos_token_id=0, eos_token_id=2
    )
    command = [
        *(sys.executable, "-m", "recipe", "--smoke", "--from", "prepare"),
        *("--data", data, "--mix", data / "mix.toml"),
        *("--work", work, "--output", output, "--results", tmp_path / "results"),
    ]
    done = subprocess.run(
        [str(part) for part in command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr

    log = done.stdout
    assert "step 1 " in log or "check at step" in log
    groups = [json.loads(line) for line in (work / "groups.jsonl").read_text().splitlines()]
    sample = [group for group in groups if group["source"] == "sample"]
    assert len(sample) >= 80
    for group in sample:
        answers = group["kinds"].count("answer")
        assert group["kinds"][:answers] == ["answer"] * answers
        assert not set(group["passages"][:answers]) & set(group["passages"][answers:])
        assert group["query"] != "Where is the Panda House 100?"

    assert "int8: off by" in log
    results = json.loads((tmp_path / "results" / "dev.json").read_text())
    assert set(results["sets"]) == set(QUICK)
    assert results["settings"]["model"] == "packaged"
    assert {"parent", "bm25", "ours"} <= set(results["families"]["TyDi QA"])
