"""Models on hubs: find them in the cache, or fetch them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jingpai.models.files import check_folder, is_complete, what_is_missing
from jingpai.models.hub import failures
from jingpai.models.hub.environment import HubSettings
from jingpai.models.hub.remote import FreeSpace, free_space

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from jingpai.models.hub.repository import Hub, Repository


def find_cached(repository: Repository, *, settings: HubSettings | None = None) -> Path | None:
    """Return the folder of a model that is on this disk with all its files, or None.

    The network is not used, so a newer version on the hub goes unnoticed; `download` gets it.
    """
    folder = _client(repository.hub).find_cached(
        repository, settings=settings or HubSettings.read()
    )
    return folder if folder is not None and is_complete(folder) else None


def download(
    repository: Repository,
    *,
    force: bool = False,
    progress: bool = True,
    settings: HubSettings | None = None,
    free_space: FreeSpace = free_space,
) -> Path:
    """Fetch a model's files, as far as they are not in the cache, and check them.

    Only the configuration, the tokenizer and safetensors weights are fetched; never pickles,
    code, or exports to other formats.

    Args:
        repository: What to fetch.
        force: Whether files in the cache are fetched again.
        progress: Whether bars are shown; they only ever appear on a terminal.
        settings: Where from and where to; by default what the environment says.
        free_space: Tells the free bytes on the disk of a folder.

    Returns:
        The folder that holds the files.

    Raises:
        ModelNotFound: The hub has no such repository or revision.
        DownloadFailed: The hub cannot be reached, refuses, or the disk is full.
        ModelFilesInvalid: The repository has no safetensors, or a file came damaged.
        CacheUnusable: The cache is in a home that nobody knows.
    """
    settings = settings or HubSettings.read()
    if settings.offline:
        begun = _client(repository.hub).find_begun(repository, settings=settings)
        raise failures.offline(
            repository,
            switches=settings.offline_by,
            cache=settings.cache(repository.hub),
            lacks=what_is_missing(begun, again=repository.pull_again) if begun else "",
        )
    folder: Path = _client(repository.hub).download(
        repository, force=force, progress=progress, settings=settings, free_space=free_space
    )
    check_folder(folder, again=repository.pull_again)
    return folder


def _client(hub: Hub) -> ModuleType:
    # Imported when a hub is needed: the client's HTTP library would double the start-up time of
    # the bundled model, which never asks a hub.
    if hub == "huggingface":
        from jingpai.models.hub import huggingface

        return huggingface
    from jingpai.models.hub import modelscope

    return modelscope
