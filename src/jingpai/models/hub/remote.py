"""The files of a repository: which to fetch, whether they fit, whether they came whole."""

from __future__ import annotations

import errno
import hashlib
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from jingpai.errors import DownloadFailed, ModelFilesInvalid
from jingpai.files.model_folder import CONFIG, INDEX, TOKENIZER, WEIGHTS
from jingpai.models.files import how_to_convert

if TYPE_CHECKING:
    from jingpai.models.hub.repository import Repository

FreeSpace: TypeAlias = Callable[[Path], int]
"""Tells how many bytes are free where a folder is, or will be made."""

_ALWAYS = (CONFIG, TOKENIZER, "tokenizer_config.json", "special_tokens_map.json")
_SHARD = re.compile(r"model-\d+-of-\d+\.safetensors")
_FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_BLOCK = 1 << 20


class RemoteFile(NamedTuple):
    """A file as the hub announces it.

    Attributes:
        name: Path within the repository.
        size: Bytes, if the hub says it.
        sha256: Hash of the content in hexadecimal, if the hub says it.
    """

    name: str
    size: int | None
    sha256: str | None


def choose(files: Sequence[RemoteFile], *, repository: Repository) -> list[RemoteFile]:
    """Return the files that jingpai needs; pickles, code and exports to other formats stay behind.

    Raises:
        ModelFilesInvalid: The repository has no configuration or no safetensors weights.
    """
    by_name = {file.name: file for file in files}
    weights = [WEIGHTS]
    if WEIGHTS not in by_name and INDEX in by_name:
        weights = [INDEX, *sorted(name for name in by_name if _SHARD.fullmatch(name))]
    if weights[0] not in by_name:
        pickled = any(name.endswith((".bin", ".pt", ".pth")) for name in by_name)
        reason = how_to_convert(repository.name) if pickled else "It is not a model for jingpai."
        raise ModelFilesInvalid(f"{repository.argument} has no {WEIGHTS}: {reason}")
    if CONFIG not in by_name:
        raise ModelFilesInvalid(f"{repository.argument} has no {CONFIG}: it is not a model.")
    wanted = [*(name for name in _ALWAYS if name in by_name), *weights]
    return [by_name[name] for name in wanted]


def check_space(files: Sequence[RemoteFile], folder: Path, *, free_space: FreeSpace) -> None:
    """Check that files still to be fetched fit on the disk.

    Raises:
        DownloadFailed: They do not; the message gives both numbers.
    """
    needed = sum(file.size or 0 for file in files)
    free = free_space(folder)
    if needed > free:
        raise disk_full(folder, needed=needed, free=free)


def free_space(folder: Path) -> int:
    """Return the bytes that are free on the disk of a folder, which need not exist yet."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    return shutil.disk_usage(existing).free


def disk_full(folder: Path, *, needed: int, free: int) -> DownloadFailed:
    """Return the error for a disk that cannot take the files."""
    return DownloadFailed(
        f"Not enough disk space in {folder}: {_size(needed)} are needed, {_size(free)} are free."
        " Free some, or choose a folder on another disk: HF_HOME=/large/disk for the Hugging Face"
        " cache, JINGPAI_CACHE=/large/disk for files from ModelScope. Reranker() without a name"
        " uses the bundled model and needs none."
    )


def is_full_disk(error: BaseException) -> bool:
    """Return whether an error, or what it came from, says that no more can be written."""
    cause: BaseException | None = error
    while cause is not None:
        # The transfer protocol Xet says it in words only.
        if "No space left" in str(cause):
            return True
        if isinstance(cause, OSError) and cause.errno in _FULL_DISK:
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def check_content(path: Path, file: RemoteFile, *, again: str) -> None:
    """Check that a file has the announced length and hash, and remove it if it has not.

    Removing matters: a damaged file of the right form would be taken for a good one next time.

    Raises:
        ModelFilesInvalid: It has not.
    """
    size = path.stat().st_size
    if file.size is not None and size != file.size:
        problem = f"{size:,} bytes came, {file.size:,} were announced"
    elif file.sha256 and (found := sha256(path)) != file.sha256.lower():
        problem = f"its content has the SHA-256 {found}, the hub announced {file.sha256}"
    else:
        return
    path.resolve().unlink(missing_ok=True)  # in the Hugging Face cache this is a link to a blob
    path.unlink(missing_ok=True)
    raise ModelFilesInvalid(
        f"{path} was damaged on its way: {problem}. The file has been removed; fetch it again with"
        f" `{again}`."
    )


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _size(count: int) -> str:
    return f"{count / 1e6:,.0f} MB" if count >= 1e6 else f"{count:,} bytes"
