"""What the folder of a model must hold, and whether it is whole."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from safetensors import SafetensorError, safe_open

from jingpai.errors import ModelFilesInvalid
from jingpai.files.model_folder import CONFIG, GRAPH, INDEX, TOKENIZER, WEIGHTS, ModelFolder
from jingpai.files.unreadable import unreadable

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
    try:
        missing = missing_files(folder)
        if missing:
            raise ModelFilesInvalid(_missing_message(folder, missing, again=again))
        files = ModelFolder.read(folder)
        _check_readable(files)
    except OSError as error:  # of the folder, or of a file in it
        path = Path(error.filename) if error.filename else folder
        raise unreadable(path, error) from error
    for path in (*files.weights, *files.apart):
        check_whole(path, again=again)


def missing_files(folder: Path) -> list[str]:
    """Return the names of the files that a model's folder lacks; empty when nothing is missing.

    Raises:
        ModelFilesInvalid: The index of the shards cannot be read.
    """
    files = ModelFolder.read(folder)
    missing = [TOKENIZER] if files.tokenizer is None else []
    if (folder / GRAPH).is_file() and files.config is None:
        return missing
    if files.config is None:
        missing.insert(0, CONFIG)
    if not files.weights and not files.holds_only_a_graph:
        missing.append(WEIGHTS)
    return missing + [path.name for path in files.missing_weights]


def is_complete(folder: Path) -> bool:
    """Return whether a folder lacks none of a model's files; what they hold is not looked at."""
    try:
        return folder.is_dir() and not missing_files(folder)
    except (ModelFilesInvalid, OSError):  # the index of the shards, or the folder, cannot be read
        return False


def _check_readable(files: ModelFolder) -> None:
    """Open each file that is there.

    Raises:
        OSError: One cannot be opened.
    """
    others = (path for path in (files.config, files.tokenizer) if path is not None)
    for path in (*others, *files.weights, *files.apart, *files.graphs):
        with path.open("rb"):
            pass


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


def size_on_disk(folder: Path) -> int:
    """Return the bytes of all files of a model's folder, links followed."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def what_is_missing(folder: Path, *, again: str | None = None) -> str:
    """Return what a folder lacks to be a model, and how to get it; empty when it lacks nothing."""
    try:
        missing = missing_files(folder)
    except ModelFilesInvalid as error:
        return str(error)
    return _missing_message(folder, missing, again=again) if missing else ""


def _missing_message(folder: Path, missing: list[str], *, again: str | None) -> str:
    there = {path.name for path in folder.iterdir()}
    message = [f"{folder} holds no complete model: {', '.join(missing)} missing."]
    if inside := _models_within(folder):
        message.append(f"A model lies in it: give {' or '.join(map(str, inside))}.")
        return "\n".join(message)
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


def _models_within(folder: Path) -> list[Path]:
    """Return up to three models in a folder that is none: a hub's cache, a training's output."""
    patterns = ("snapshots/*", "*", "*/snapshots/*", "hub/*/snapshots/*")
    found = (path for pattern in patterns for path in sorted(folder.glob(pattern)))
    return list(islice((path for path in found if is_complete(path)), 3))


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
