"""What lies in the folder of a model: which file is read for what, decided in one place.

A model is a checkpoint (config.json, tokenizer.json and safetensors weights, in one file or in
shards with an index), or a graph of jingpai (model.onnx or encoder.onnx with the files of its
weights, and a tokenizer). Where a folder holds weights in one file and an index of shards, the one
file counts, as for `transformers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jingpai.errors import ModelFilesInvalid
from jingpai.files.json_text import load_json
from jingpai.files.unreadable import unreadable

CONFIG = "config.json"
TOKENIZER = "tokenizer.json"
PACKED_TOKENIZER = f"{TOKENIZER}.gz"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
TABLE = "embeddings.safetensors"
"""Word embeddings that are kept apart from the rest, as in the bundled model."""
LAYERS = "layers-4bit.safetensors"
"""The matrices of the layers in 4-bit blocks, as in the bundled encoder."""
GRAPH = "model.onnx"
ENCODER_GRAPH = "encoder.onnx"


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """The files of a model's folder that are read, and those that are there.

    Attributes:
        path: The folder.
        config: Its config.json, where it has one.
        tokenizer: Its tokenizer.json, plain or gzipped, where it has one; the plain one counts.
        weights: The safetensors that hold the network: one file, or the shards that the index
            names, in the order of their names. They may be missing: see `missing_weights`.
        apart: Safetensors beside these that belong to the network as well.
        graphs: What a graph consists of, in the order of the names.
    """

    path: Path
    config: Path | None
    tokenizer: Path | None
    weights: tuple[Path, ...]
    apart: tuple[Path, ...]
    graphs: tuple[Path, ...]

    @classmethod
    def read(cls, path: Path) -> ModelFolder:
        """Look into a folder; nothing but an index is opened.

        Raises:
            ModelFilesInvalid: The index of the shards cannot be read, or names files elsewhere.
        """
        weights = (path / WEIGHTS,) if (path / WEIGHTS).is_file() else _shards(path)
        return cls(
            path,
            config=_first(path, CONFIG),
            tokenizer=_first(path, TOKENIZER, PACKED_TOKENIZER),
            weights=weights,
            apart=_there(path, TABLE, LAYERS) if weights else (),
            graphs=tuple(sorted([*path.glob("*.onnx"), *path.glob("*.bin")])),
        )

    @property
    def missing_weights(self) -> tuple[Path, ...]:
        """The shards that the index names and that are not there."""
        return tuple(path for path in self.weights if not path.is_file())

    @property
    def holds_only_a_graph(self) -> bool:
        """Whether there is a graph of a reranker and no checkpoint that it came from."""
        return not self.weights and (self.path / GRAPH).is_file()

    @property
    def checkpoint(self) -> tuple[Path, ...]:
        """The safetensors that make up the network, in a fixed order.

        Raises:
            ModelFilesInvalid: There is none, or one that the index names is missing.
        """
        if not self.weights:
            raise ModelFilesInvalid(
                f"{self.path} holds no {WEIGHTS} and no {INDEX}. Pickled checkpoints"
                " (pytorch_model.bin) are never loaded, because loading one can run code; fetch"
                " the model as safetensors."
            )
        if missing := self.missing_weights:
            names = ", ".join(path.name for path in missing)
            raise ModelFilesInvalid(f"{self.path} lacks {names}; fetch the model again.")
        return (*self.weights, *self.apart)

    @property
    def content(self) -> tuple[Path, ...]:
        """The files whose content decides what the model says of token ids."""
        if self.weights:
            return (self.path / CONFIG, *self.weights, *self.apart)
        return self.graphs


def read_json(path: Path) -> dict[str, object]:
    """Return the JSON object in a file.

    Raises:
        ModelFilesInvalid: The file cannot be read or holds something else.
    """
    try:
        content = load_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    if not isinstance(content, dict):
        raise ModelFilesInvalid(f"{path}: a JSON object is expected, not {type(content).__name__}.")
    return content


def _shards(folder: Path) -> tuple[Path, ...]:
    index = folder / INDEX
    if not index.is_file():
        return ()
    shards = read_json(index).get("weight_map")
    if not isinstance(shards, dict) or not shards:
        raise ModelFilesInvalid(f"{index}: names no files; it needs a weight_map.")
    # The names come from a download: none may lead out of the folder.
    if not all(isinstance(name, str) and name == Path(name).name for name in shards.values()):
        raise ModelFilesInvalid(
            f"{index}: its weight_map names files outside of its folder, or no files."
        )
    return tuple(folder / name for name in sorted(set(shards.values())))


def _first(folder: Path, *names: str) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _there(folder: Path, *names: str) -> tuple[Path, ...]:
    return tuple(folder / name for name in names if (folder / name).is_file())
