"""Write the models as the package carries them, and prove that they say the same.

    python -m recipe.network.export                  # both graphs
    python -m recipe.network.export --only encoder   # the parent's alone, beside the reranker's

Both graphs are written by the package's own writer. The reranker has int8 products and the word
embeddings in the exact 4-bit blocks of the parent; `parity.json` in its folder holds pairs with the
logits of the float32 torch model. The encoder is the parent itself, its matrices in their exact
4-bit blocks, and reads the reranker's file of word embeddings; `vectors.json` gets texts in many
languages with the vectors of the float32 torch model (`tests/bundled_vectors.json` is a copy). The
export fails where a graph strays from its model.
"""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path

import numpy as np
import tomllib
import torch

from jingpai.backends.graph.conversion import GraphPrecision, convert, convert_encoder
from jingpai.backends.onnx import OnnxBackend, OnnxEncoder
from jingpai.engine.batch_runner import BatchRunner
from jingpai.engine.engine import Engine
from jingpai.files.model_folder import PACKED_TOKENIZER, TOKENIZER
from jingpai.models.known.catalog import BUNDLED_ENCODER_SPEC, BUNDLED_SPEC
from jingpai.text.fields import read_candidates
from jingpai.tokens.tokenizer import PairTokenizer
from jingpai.training.networks.two_segment_files import load
from recipe.network.batches import make_batch
from recipe.places import BUNDLED, CASES, WORK, option_parser

# Logits run from about -8 to 8. The float32 graph must agree to rounding; int8 may move a logit,
# on average by far less than what parts a relevant passage from an irrelevant one.
TOLERANCE = {"fp32": 0.02, "int8": 0.5}
# Cosine of a vector of the encoder's graph with that of the float32 network.
LEAST_COSINE = 0.999


def main() -> None:
    parser = option_parser(__doc__)
    parser.add_argument("--model", type=Path, default=WORK / "model")
    parser.add_argument("--base", type=Path, default=WORK / "base")
    parser.add_argument("--output", type=Path, default=BUNDLED)
    parser.add_argument("--only", choices=("reranker", "encoder"))
    options = parser.parse_args()

    if options.only != "encoder":
        reference = options.model.parent / "fp32"
        for precision, folder in (("fp32", reference), ("int8", options.output)):
            export(options.model, folder, precision=precision)
            check_parity(folder, options.model / "parity.json", precision=precision)
    if options.only != "reranker":
        convert_encoder(options.base, options.output)
        references = reference_vectors(options.base, options.output)
        check_encoder_parity(options.output, references)
        text = json.dumps(references, ensure_ascii=False, indent=1)
        (options.base / "vectors.json").write_text(text + "\n", encoding="utf-8")
    size = sum(file.stat().st_size for file in options.output.iterdir())
    print(f"{options.output}: {size / 1e6:.1f} MB")


def export(model: Path, folder: Path, *, precision: GraphPrecision) -> None:
    """Write the graph and the tokenizer of a trained model to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    convert(model, folder, precision=precision)
    # Without indentation and packed the tokenizer is a fifth of its size; it loads as fast.
    tokenizer = json.loads((model / TOKENIZER).read_text("utf-8"))
    text = json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":"))
    # No time of day in the header: the same model makes the same file.
    (folder / PACKED_TOKENIZER).write_bytes(gzip.compress(text.encode(), mtime=0))


def check_parity(folder: Path, samples_file: Path, *, precision: GraphPrecision) -> None:
    """Compare the graph's logits with those of the torch model, through the package's own steps."""
    samples = json.loads(samples_file.read_text("utf-8"))
    # The samples are written for the model as it is: no cleaning, no passages.
    tokenizer = PairTokenizer.load(
        folder,
        max_tokens=BUNDLED_SPEC.max_tokens,
        layout=BUNDLED_SPEC.template.layout,
    )
    engine = Engine(
        BUNDLED_SPEC,
        tokenizer=tokenizer,
        backend=OnnxBackend(folder),
        batch_tokens=2048,
        is_cleaning=False,
        long_documents="truncate",
    )
    encoded = [
        engine.encode(read_candidates(sample["query"], [sample["passage"]]))[0]
        for sample in samples
    ]
    logits = engine.score([document.rows[0] for document in encoded]).logits
    # Training reads longer passages than the package does; a cut one cannot be compared.
    whole = [not document.truncated for document in encoded]
    differences = np.abs(logits - np.array([sample["logit"] for sample in samples]))[whole]
    print(
        f"{precision}: off by {differences.mean():.4f} on average, {differences.max():.4f} at most"
    )
    if differences.max() > TOLERANCE[precision]:
        raise SystemExit(f"{precision}: the graph does not say what the model says")


def reference_vectors(base: Path, folder: Path) -> list[dict]:
    """Texts with the vectors of the float32 network, float16 in base64: they stay readable lines.

    `times` is how often the text is repeated, for rows of many lengths up to the limit.
    """
    pairs = tomllib.loads(CASES.read_text("utf-8"))["pair"]
    texts = [("query", pair["query"], 1) for pair in pairs]
    texts += [("passage", pair["right"], times) for times, pair in enumerate(pairs, start=1)]
    texts += [("passage", pairs[0]["wrong"], 100), ("query", pairs[1]["query"], 100)]
    network = load(base)
    tokenizer = encoder_tokenizer(folder)
    references = []
    for kind, text, times in texts:
        (row,) = tokenizer.rows((), [f"{kind}: {text * times}"])
        batch = make_batch([(row.ids, ())])
        with torch.inference_mode():
            vector = network.means(network.encode(batch), batch)[0, 0].numpy()
        packed = base64.b64encode(vector.astype("<f2").tobytes()).decode()
        references.append({"kind": kind, "text": text, "times": times, "vector": packed})
    return references


def encoder_tokenizer(folder: Path) -> PairTokenizer:
    return PairTokenizer.load(
        folder,
        max_tokens=BUNDLED_ENCODER_SPEC.max_tokens,
        layout=BUNDLED_ENCODER_SPEC.template.layout,
    )


def check_encoder_parity(folder: Path, references: list[dict]) -> None:
    """Compare the graph's vectors with those of the float32 network."""
    tokenizer = encoder_tokenizer(folder)
    texts = [
        f"{reference['kind']}: {reference['text'] * reference['times']}" for reference in references
    ]
    rows = tokenizer.rows((), texts)
    encoder = OnnxEncoder(folder)
    runner = BatchRunner(
        encoder.vectors,
        batch_tokens=2048,
        device="cpu",
        padding_weight=encoder.padding_weight,
    )
    cosines = np.empty(len(rows))
    for indices, vectors in runner.run(rows):
        for index, vector in zip(indices, vectors, strict=True):
            expected = np.frombuffer(base64.b64decode(references[index]["vector"]), "<f2")
            cosines[index] = vector @ expected.astype(np.float32)
    print(f"encoder: cosine {cosines.mean():.5f} on average, {cosines.min():.5f} at least")
    if cosines.min() < LEAST_COSINE:
        raise SystemExit("the encoder's graph does not say what its model says")


if __name__ == "__main__":
    main()
