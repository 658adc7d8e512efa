"""What the folder of a model must hold, and whether it is whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from safetensors import SafetensorError, safe_open

from jingpai.errors import ModelFilesInvalid

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = "config.json"
TOKENIZER = "tokenizer.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
GRAPH = "model.onnx"
ENCODER_GRAPH = "encoder.onnx"

_TOKENIZERS = (TOKENIZER, f"{TOKENIZER}.gz")
_TOKENIZER_SOURCES = (
    "sentencepiece.bpe.model",
    "spm.model",
    "spiece.model",
    "vocab.txt",
    "vocab.json",
)
_PICKLED_WEIGHTS = ("pytorch_model.bin", "pytorch_model.bin.index.json")


def check_folder(folder: Path, *, again: str | None = None) -> None:
    """Check that a folder holds a whole model.

    A model is either a checkpoint (config.json, tokenizer.json and safetensors weights, in one
    file or in shards with an index) or a graph (model.onnx and tokenizer.json).

    Args:
        folder: The folder to look into.
        again: The command that fetches the files once more, if they came from a hub.

    Raises:
        ModelFilesInvalid: Something is missing or broken; the message says what and what to do.
    """
    missing = missing_files(folder)
    if missing:
        raise ModelFilesInvalid(_missing_message(folder, missing, again=again))
    for path in weight_files(folder):
        check_whole(path, again=again)


def missing_files(folder: Path) -> list[str]:
    """Return the names of the files that a model's folder lacks; empty when nothing is missing.

    Raises:
        ModelFilesInvalid: The index of the shards cannot be read.
    """
    missing = []
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        missing.append(TOKENIZER)
    if (folder / GRAPH).is_file() and not (folder / CONFIG).is_file():
        return missing
    if not (folder / CONFIG).is_file():
        missing.insert(0, CONFIG)
    weights = weight_files(folder)
    if not weights and not (folder / GRAPH).is_file():
        missing.append(WEIGHTS)
    return missing + [path.name for path in weights if not path.is_file()]


def is_complete(folder: Path) -> bool:
    """Return whether a folder lacks none of a model's files; what they hold is not looked at."""
    try:
        return folder.is_dir() and not missing_files(folder)
    except ModelFilesInvalid:  # the index of the shards cannot be read
        return False


def weight_files(folder: Path) -> list[Path]:
    """Return the safetensors files of a checkpoint: one file, or the shards that its index names.

    Raises:
        ModelFilesInvalid: The index cannot be read.
    """
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    if not (folder / INDEX).is_file():
        return []
    shards = read_json(folder / INDEX).get("weight_map")
    if not isinstance(shards, dict) or not shards:
        raise ModelFilesInvalid(f"{folder / INDEX}: names no files; it needs a weight_map.")
    names = {str(name) for name in shards.values()}
    if any("/" in name or "\\" in name for name in names):
        raise ModelFilesInvalid(f"{folder / INDEX}: names files outside of its folder.")
    return [folder / name for name in sorted(names)]


def content_files(folder: Path) -> list[Path]:
    """Return the files whose content decides what a model says of token ids.

    Raises:
        ModelFilesInvalid: The index of the shards cannot be read.
    """
    if weights := weight_files(folder):
        return [folder / CONFIG, *weights]
    return sorted([*folder.glob("*.onnx"), *folder.glob("*.bin")])


def check_whole(path: Path, *, again: str | None = None) -> None:
    """Check that a safetensors file has a header and every byte that the header announces.

    Raises:
        ModelFilesInvalid: The file is cut short, damaged, or no safetensors file at all.
    """
    try:
        with path.open("rb") as file:
            start = file.read(64)
        if start.startswith(b"version https://git-lfs"):
            raise ModelFilesInvalid(
                f"{path} is a Git LFS pointer, not the weights. Run `git lfs pull` in that folder,"
                f" or {_fetch(again)}."
            )
        # Opening reads the header and compares it with the length of the file; nothing else.
        with safe_open(path, framework="numpy"):
            pass
    except (SafetensorError, OSError) as error:
        raise ModelFilesInvalid(
            f"{path} is broken or half-downloaded ({path.stat().st_size:,} bytes; {error})."
            f" To repair it, {_fetch(again)}."
        ) from error


def read_json(path: Path) -> dict[str, object]:
    """Return the JSON object in a file.

    Raises:
        ModelFilesInvalid: The file cannot be read or holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelFilesInvalid(
            f"{path} cannot be read ({error}). Copy it again, or fetch the model with"
            " `jingpai pull MODEL --force`."
        ) from error
    if not isinstance(content, dict):
        raise ModelFilesInvalid(f"{path}: a JSON object is expected, not {type(content).__name__}.")
    return content


def size_on_disk(folder: Path) -> int:
    """Return the bytes of all files of a model's folder, links followed."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _missing_message(folder: Path, missing: list[str], *, again: str | None) -> str:
    there = {path.name for path in folder.iterdir()}
    message = [f"{folder} holds no complete model: {', '.join(missing)} missing."]
    pickled = next((name for name in _PICKLED_WEIGHTS if name in there), None)
    if pickled and WEIGHTS in missing:
        message.append(f"There is {pickled}, but {how_to_convert(str(folder))}")
    source = next((name for name in _TOKENIZER_SOURCES if name in there), None)
    if source and TOKENIZER in missing:
        message.append(
            f"{TOKENIZER} can be made from {source}: pip install transformers sentencepiece && "
            'python -c "from transformers import AutoTokenizer as T;'
            f" T.from_pretrained('{folder}', use_fast=True).save_pretrained('{folder}')\""
        )
    if len(message) == 1:
        message.append(
            f"A model's folder holds {CONFIG}, {TOKENIZER} and {WEIGHTS} (or its shards and"
            f" {INDEX}). Copy the missing files there, or {_fetch(again)}."
        )
    return "\n".join(message)


def how_to_convert(name: str) -> str:
    """Return the sentence that says why pickled weights are not read, and how to convert them."""
    return (
        "jingpai reads safetensors only, because a pickled file can run any code when it is"
        " opened. If you trust its author, convert it once: pip install torch transformers && "
        'python -c "from transformers import AutoModelForSequenceClassification as M,'
        f" AutoTokenizer as T; M.from_pretrained('{name}').save_pretrained('converted');"
        f" T.from_pretrained('{name}').save_pretrained('converted')\""
        ' and pass the folder: Reranker("./converted").'
    )


def _fetch(again: str | None) -> str:
    return f"fetch it again with `{again or 'jingpai pull MODEL --force'}`"
