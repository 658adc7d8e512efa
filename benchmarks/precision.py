"""What fp16, bf16 and int8 change in the scores of the bundled model.

    python benchmarks/precision.py

Needs PyTorch. The package runs the bundled model in int8 alone: fp16 and bf16 are those of the same
network with the same weights in PyTorch (bundled_network.py). All three are held against that
network in float32, on the traps written for the evaluation. The kept pairs of the test suite tell
something else: how far the graph is from the network as it was trained, before its matrices were
rounded. Writes benchmarks/results/precision.json.
"""

from __future__ import annotations

import argparse
import json
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import tomllib
import torch

from bundled_network import make_batch, read_bundled_network
from jingpai import Reranker
from jingpai.text.fields import read_candidates
from this_machine import machine

if TYPE_CHECKING:
    from bundled_network import TwoSegmentEncoder
    from jingpai.tokens.tokenizer import Row

ROOT = Path(__file__).parent.parent
KEPT = ROOT / "tests" / "bundled_logits.json"
RESULTS = Path(__file__).parent / "results" / "precision.json"
ROWS = 16
FORMATS = {"fp16": torch.float16, "bf16": torch.bfloat16}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--every", type=int, default=4, help="read one trap of so many")
    options = parser.parse_args()
    network = read_bundled_network()
    with Reranker(long_documents="truncate", scale="logit") as reranker:
        cases = traps()[:: options.every]
        documents = [
            one
            for query, texts in cases
            for one in reranker.engine.encode(read_candidates(query, texts))
        ]
        rows = [document.rows[0] for document in documents]
        exact = logits(network, rows)
        graph = reranker.engine.score(rows).logits
        found = {"int8 (the graph that the package runs)": graph}
        for name, dtype in FORMATS.items():
            found[name] = logits(in_format(network, dtype), rows)
        kept = json.loads(KEPT.read_text("utf-8"))
        again = [reranker.score(one["query"], [one["passage"]])[0] for one in kept]
    trained = np.array([one["logit"] for one in kept])
    sizes = np.array([len(texts) for _, texts in cases])
    report = {
        "command": "python benchmarks/precision.py",
        "machine": machine(),
        "pairs": f"{len(rows)} of {len(cases)} traps, {min(map(length, rows))} to"
        f" {max(map(length, rows))} tokens",
        "against the same weights in float32": {
            name: differences(scores, exact)
            | {"same passage first": same_best(scores, exact, sizes)}
            for name, scores in found.items()
        },
        f"int8 against the trained weights in float32, {len(kept)} kept pairs": differences(
            np.array(again), trained
        ),
    }
    options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1))


def traps() -> list[tuple[str, list[str]]]:
    """Queries with the passage that answers and three that nearly do, in ten languages."""
    found = []
    for path in sorted((ROOT / "recipe" / "traps").glob("*.toml")):
        for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]:
            right = case["right"]
            found.append((case["query"], [right, *case["wrong"]]))
    return found


def logits(network: TwoSegmentEncoder, rows: list[Row]) -> np.ndarray:
    """What the network says of each row."""
    pairs = [(row.ids[: row.query_length], row.ids[row.query_length :]) for row in rows]
    batches = [make_batch(pairs[first : first + ROWS]) for first in range(0, len(pairs), ROWS)]
    with torch.inference_mode():
        return np.concatenate([network(batch).numpy() for batch in batches])


def in_format(network: TwoSegmentEncoder, dtype: torch.dtype) -> TwoSegmentEncoder:
    """Return the network with embeddings and layers in a number format; the head stays float32."""
    changed = deepcopy(network)
    for part in (changed.positions, changed.types, changed.norm, changed.layers):
        part.to(dtype)
    changed.words = changed.words.to(dtype)
    return changed


def differences(found: np.ndarray, exact: np.ndarray) -> dict[str, float]:
    """Mean and largest difference of logits, and of scores between 0 and 1."""
    logit = np.abs(found - exact)
    score = np.abs(1 / (1 + np.exp(-found)) - 1 / (1 + np.exp(-exact)))
    return {
        "logit, mean": round(float(logit.mean()), 5),
        "logit, max": round(float(logit.max()), 5),
        "score, mean": round(float(score.mean()), 6),
        "score, max": round(float(score.max()), 6),
    }


def same_best(found: np.ndarray, exact: np.ndarray, sizes: np.ndarray) -> str:
    """In how many traps both put the same passage first."""
    parts = [np.split(scores, np.cumsum(sizes)[:-1]) for scores in (found, exact)]
    same = sum(int(one.argmax() == other.argmax()) for one, other in zip(*parts, strict=True))
    return f"{same} of {len(sizes)}"


def length(row: Row) -> int:
    return len(row.ids)


if __name__ == "__main__":
    main()
