"""Write the trained model as the package carries it, and prove that it says the same.

    python training/export.py --model training/work/model --output src/jingpai/bundled

The graph is written by the package's own writer: int8 products, the word embeddings in the exact
4-bit blocks of the parent. `parity.json` in the model's folder holds pairs with the logits of the
float32 torch model; the export fails where the graph strays from them.
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path

import numpy as np

from jingpai.backends.graph.conversion import GraphPrecision, convert
from jingpai.backends.onnx import OnnxBackend
from jingpai.engine import Engine
from jingpai.models.catalog import BUNDLED_SPEC
from jingpai.tokens.tokenizer import PairTokenizer

# Logits run from about -8 to 8. The float32 graph must agree to rounding; int8 may move a logit,
# on average by far less than what parts a relevant passage from an irrelevant one.
TOLERANCE = {"fp32": 0.02, "int8": 0.5}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=Path("training/work/model"))
    parser.add_argument("--output", type=Path, default=Path("src/jingpai/bundled"))
    options = parser.parse_args()

    reference = options.model.parent / "fp32"
    for precision, folder in (("fp32", reference), ("int8", options.output)):
        export(options.model, folder, precision=precision)
        check_parity(folder, options.model / "parity.json", precision=precision)
    size = sum(file.stat().st_size for file in options.output.iterdir())
    print(f"{options.output}: {size / 1e6:.1f} MB")


def export(model: Path, folder: Path, *, precision: GraphPrecision) -> None:
    """Write the graph and the tokenizer of a trained model to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    convert(model, folder, precision=precision)
    # Without indentation and packed the tokenizer is a fifth of its size; it loads as fast.
    tokenizer = json.loads((model / "tokenizer.json").read_text("utf-8"))
    text = json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":"))
    # No time of day in the header: the same model makes the same file.
    (folder / "tokenizer.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


def check_parity(folder: Path, samples_file: Path, *, precision: GraphPrecision) -> None:
    """Compare the graph's logits with those of the torch model, through the package's own steps."""
    samples = json.loads(samples_file.read_text("utf-8"))
    # The samples are written for the model as it is: no cleaning, no passages.
    tokenizer = PairTokenizer.load(
        folder,
        max_tokens=BUNDLED_SPEC.max_tokens,
        special_tokens=BUNDLED_SPEC.template.layout,
    )
    engine = Engine(
        BUNDLED_SPEC,
        tokenizer=tokenizer,
        backend=OnnxBackend(folder),
        batch_tokens=2048,
        is_cleaning=False,
        long_documents="truncate",
    )
    encoded = [engine.encode(one["query"], [one["passage"]])[0] for one in samples]
    logits = engine.score([document.rows[0] for document in encoded]).logits
    # Training reads longer passages than the package does; a cut one cannot be compared.
    whole = [not document.truncated for document in encoded]
    differences = np.abs(logits - np.array([one["logit"] for one in samples]))[whole]
    print(
        f"{precision}: off by {differences.mean():.4f} on average, {differences.max():.4f} at most"
    )
    if differences.max() > TOLERANCE[precision]:
        raise SystemExit(f"{precision}: the graph does not say what the model says")


if __name__ == "__main__":
    main()
