"""Graphs written once per checkpoint and kept: the name of a kept graph says what it was made of.

    <cache>/graphs/<key>/   model.onnx, weights.bin, embeddings.bin, files.json
    <cache>/digests.json    content hashes of source files, by path, size and time of change

The key is a hash over the contents of the source files, the version of the graph writer and the
precision, so a changed checkpoint or a newer jingpai never meets an old graph. A graph is written
to a temporary folder and renamed when it is complete; two processes at once both write, and the
first to finish wins.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
import time
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from jingpai.backends.graph.architecture import read_architecture
from jingpai.backends.graph.checkpoint import Checkpoint, Progress
from jingpai.backends.graph.conversion import GRAPH_VERSION, GraphPrecision, convert
from jingpai.errors import CacheUnusable
from jingpai.files.digests import FILE as DIGESTS
from jingpai.files.digests import Digests, combined_digest
from jingpai.files.json_text import load_json
from jingpai.files.model_folder import CONFIG, ModelFolder
from jingpai.files.unreadable import unreadable
from jingpai.system.folders import CACHE_VARIABLE, HomeUnknown, cache_folder
from jingpai.system.stand_in import stand_in_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MANIFEST = "files.json"
"""Name and size of every file of a graph; written last, so a folder without it is half a graph."""

TEMPORARY_PREFIX = "unfinished-"
ABANDONED_AFTER_S = 24 * 3600
"""No conversion takes that long: what is older was left by a process that died."""


def optimized(
    folder: Path,
    *,
    precision: GraphPrecision,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Path:
    """Return the folder of the graph for the checkpoint in `folder`, writing it where it lacks.

    Args:
        folder: Holds config.json and safetensors files.
        precision: Of the graph.
        cache: Where graphs are kept; None for `cache_folder()`, or, where that cannot be written,
            a temporary folder, which a warning names.
        progress: Called while a graph is written, with the bytes read so far and in all.

    Raises:
        ModelFilesInvalid: The checkpoint is broken, or of an architecture that is not supported.
        CacheUnusable: The disk is full or the cache cannot be written.
    """
    read_architecture(folder)  # an unsupported model is told so before gigabytes are hashed
    sources = (folder / CONFIG, *ModelFolder.read(folder).checkpoint)
    if cache is None:
        hashes = Digests.in_cache()
    else:
        with _usable(cache, folder, precision=precision):
            cache.mkdir(parents=True, exist_ok=True)
        hashes = Digests(cache / DIGESTS)
    with _readable(sources):
        key = combined_digest(hashes.of(sources), salt=f"{GRAPH_VERSION} {precision}")

    def graph_in(kept: Path) -> Path:
        graph = kept / "graphs" / key
        with _readable(sources), _usable(kept, folder, precision=precision):
            if not is_complete(graph):
                _write(folder, graph, precision=precision, progress=progress)
        return graph

    return graph_in(cache) if cache is not None else _in_own_cache(graph_in)


def _in_own_cache(graph_in: Callable[[Path], Path]) -> Path:
    """Return the graph in jingpai's own folder, or in one for this run alone."""
    try:
        return graph_in(own_cache())
    except CacheUnusable as error:
        try:
            graph = graph_in(stand_in_folder())
        except (OSError, CacheUnusable):
            raise error from None
        message = f"{error} Until then it is made anew at each start, in {graph.parent.parent}."
        warnings.warn(message, RuntimeWarning, stacklevel=3)
        return graph


def own_cache() -> Path:
    """Return the folder that graphs are kept in.

    Raises:
        CacheUnusable: Nothing says where it is.
    """
    try:
        return cache_folder()
    except HomeUnknown as error:
        raise CacheUnusable(
            "There is no folder to keep graphs in: nothing says where the home of this user is. Set"
            f" the environment variable {CACHE_VARIABLE} to a folder that can be written."
        ) from error


def is_complete(graph: Path) -> bool:
    """Whether a kept graph has all its files, at their full size."""
    try:
        sizes = load_json((graph / MANIFEST).read_text(encoding="utf-8"))
        return bool(sizes) and all(
            (graph / name).stat().st_size == size for name, size in sizes.items()
        )
    except (OSError, ValueError, AttributeError):
        return False


def _write(
    folder: Path, graph: Path, *, precision: GraphPrecision, progress: Progress | None
) -> None:
    graph.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(graph.parent)
    temporary = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=graph.parent))
    try:
        convert(folder, temporary, precision=precision, progress=progress)
        sizes = {path.name: path.stat().st_size for path in sorted(temporary.iterdir())}
        (temporary / MANIFEST).write_text(json.dumps(sizes, indent=1) + "\n", encoding="utf-8")
        _publish(temporary, graph)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _publish(temporary: Path, graph: Path) -> None:
    if graph.exists() and not is_complete(graph):
        # Out of the way under a temporary name: it may be open in another process.
        broken = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=graph.parent))
        graph.rename(broken / "broken")
        shutil.rmtree(broken, ignore_errors=True)
    try:
        temporary.rename(graph)
    except OSError:
        if not is_complete(graph):  # else another process was first, with the same content
            raise


def _remove_abandoned(graphs: Path) -> None:
    oldest = time.time() - ABANDONED_AFTER_S
    for path in graphs.glob(f"{TEMPORARY_PREFIX}*"):
        try:
            abandoned = path.stat().st_mtime < oldest
        except FileNotFoundError:  # another process finished or removed it
            continue
        if abandoned:
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _readable(sources: Sequence[Path]) -> Iterator[None]:
    """Turn a checkpoint that cannot be read into an error that says what to do."""
    names = {name for source in sources for name in (os.path.realpath(source), str(source))}
    try:
        yield
    except OSError as error:
        if error.filename not in names:
            raise
        path = Path(error.filename)
        raise unreadable(path, error) from error


@contextmanager
def _usable(cache: Path, folder: Path, *, precision: GraphPrecision) -> Iterator[None]:
    """Turn what the disk refuses into an error that says what to do."""
    try:
        yield
    except OSError as error:
        if error.filename is not None and Path(error.filename).parent == folder:
            raise  # of the checkpoint
        if _is_full(error):
            needed = _expected_bytes(folder, precision=precision)
            reason = f"there is no room; about {needed / 1e9:.2f} GB are needed"
        else:
            reason = str(error)
        raise CacheUnusable(
            f"The graph of {folder} cannot be kept in {cache}: {reason}. Make room, or set the "
            f"environment variable {CACHE_VARIABLE} to a folder on another disk."
        ) from error


def _is_full(error: OSError) -> bool:
    # Some file systems hold no file over 4 GB, which another disk mends as well.
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _expected_bytes(folder: Path, *, precision: GraphPrecision) -> int:
    """Size of a graph, rounded up: one number a weight, and some for scales."""
    weights = Checkpoint(folder).weights
    return weights * 4 if precision == "fp32" else weights * 11 // 10
