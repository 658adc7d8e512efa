"""What users are told when a hub cannot be reached or refuses."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from jingpai.errors import CacheUnusable, DownloadFailed, ModelNotFound
from jingpai.models.known.catalog import closest, find

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jingpai.models.hub.repository import Repository

_UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST)

_BUNDLED = "Reranker() without a name uses the bundled model and needs no network."

_MIRROR = "https://hf-mirror.com"

_TOKENS = {
    "huggingface": "set HF_TOKEN to a token of your account, or run `hf auth login`",
    "modelscope": "set MODELSCOPE_API_TOKEN to a token of your account",
}

_PAGES = {
    "huggingface": "https://huggingface.co/{name}",
    "modelscope": "https://www.modelscope.cn/models/{name}",
}


def offline(
    repository: Repository, *, switches: Sequence[str], cache: Path, lacks: str = ""
) -> DownloadFailed:
    """Return the error for a model that is not on the disk while the network is switched off.

    Args:
        repository: The model.
        switches: The variables that switch the network off.
        cache: Where models from its hub are kept.
        lacks: What the folder in the cache lacks, in a sentence; empty where there is no folder.
    """
    names = " and ".join(switches)
    verb = "forbids" if len(switches) == 1 else "forbid"
    there = "completely in the cache" if lacks else f"in the cache ({cache})"
    return DownloadFailed(
        f"{repository.argument} is not {there}, and {names} {verb} the network."
        f" Unset {names} and run `jingpai pull {repository.argument}`, or pass the path of a folder"
        f" that holds the model.{did_you_mean(repository.name)} {_BUNDLED}"
        + (f"\n{lacks}" if lacks else "")
    )


def unreachable(repository: Repository, *, endpoint: str, reason: str) -> DownloadFailed:
    """Return the error for a hub that does not answer, or answers with an error of its own."""
    name = repository.name
    short = name.rpartition("/")[2]
    elsewhere = f"  from Hugging Face:  jingpai pull huggingface:{name}\n"
    if repository.hub == "huggingface":
        elsewhere = f"  from ModelScope:    jingpai pull modelscope:{name}\n"
        if endpoint != _MIRROR:
            mirror = f"HF_ENDPOINT={_MIRROR} jingpai pull {repository.argument}"
            elsewhere = f"  from a mirror:      {mirror}\n{elsewhere}"
    return DownloadFailed(
        f"{name} could not be fetched from {endpoint}: {reason.rstrip('.')}."
        f"{did_you_mean(name)}\n"
        "What may help:\n"
        f"  try once more:      jingpai pull {repository.argument}\n"
        f"{elsewhere}"
        "  through a proxy:    set HTTPS_PROXY\n"
        f'  without a network:  copy the model\'s folder here and use Reranker("./{short}")\n'
        f"{_BUNDLED}"
    )


def unwritable(error: BaseException, *, cache: Path, variable: str) -> CacheUnusable | None:
    """Return the error for a cache that cannot be written, or None where something else is wrong.

    Args:
        error: What fetching said; of one of a network there is no file.
        cache: Where files go to.
        variable: What says so.
    """
    if not isinstance(error, OSError) or error.filename is None or error.errno not in _UNWRITABLE:
        return None
    return CacheUnusable(
        f"{cache} cannot be written ({error}). Set {variable} to a folder that can be. {_BUNDLED}"
    )


def refused(repository: Repository, *, gated: bool, reason: str) -> DownloadFailed:
    """Return the error for a repository that exists but may not be read by this user."""
    page = _PAGES[repository.hub].format(name=repository.name)
    terms = f"accept its terms at {page}, then " if gated else ""
    return DownloadFailed(
        f"{repository.argument} may not be read with the access you have ({reason}). To get"
        f" access, {terms}{_TOKENS[repository.hub]}. {_BUNDLED}"
    )


def unknown_repository(repository: Repository, *, endpoint: str) -> ModelNotFound:
    """Return the error for a repository that the hub does not have, or does not show."""
    return ModelNotFound(
        f"There is no model {repository.name!r} at {endpoint}, and no folder of that name here."
        f"{did_you_mean(repository.name)} `jingpai models` lists the known ones. If the"
        f" repository is private, {_TOKENS[repository.hub]}."
    )


def unknown_revision(repository: Repository) -> ModelNotFound:
    """Return the error for a revision that the repository does not have."""
    page = _PAGES[repository.hub].format(name=repository.name)
    return ModelNotFound(
        f"{repository.name} has no revision {repository.revision!r}. Branches and tags are listed"
        f" at {page}; a revision is written behind the name: {repository.name}@REVISION."
    )


def did_you_mean(name: str) -> str:
    """Return a sentence with the known names that resemble an unknown one, or nothing."""
    names = [] if find(name) else closest(name)
    return f" Did you mean {' or '.join(names)}?" if names else ""
