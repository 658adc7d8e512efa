"""ModelScope, through the two addresses of its API that a download needs.

The `modelscope` package would bring a dozen others along for this. What it has fetched before is
used, though: its cache is looked into, never written.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode

from huggingface_hub.utils import WeakFileLock  # type: ignore[attr-defined]

from jingpai.models.files import is_complete
from jingpai.models.hub import failures
from jingpai.models.hub.fetch import Source, fetch
from jingpai.models.hub.remote import (
    RemoteFile,
    check_content,
    check_space,
    choose,
    disk_full,
    is_full_disk,
)
from jingpai.models.hub.repository import DEFAULT_REVISIONS

if TYPE_CHECKING:
    from pathlib import Path

    from jingpai.errors import JingpaiError
    from jingpai.models.hub.environment import HubSettings
    from jingpai.models.hub.remote import FreeSpace
    from jingpai.models.hub.repository import Repository


def find_cached(repository: Repository, *, settings: HubSettings) -> Path | None:
    """Return the folder that jingpai, or else the `modelscope` package, fetched the model to."""
    folders = _places(repository, settings=settings)
    return next((folder for folder in folders if is_complete(folder)), None)


def find_begun(repository: Repository, *, settings: HubSettings) -> Path | None:
    """Return the folder that has anything of the repository, or None."""
    folders = _places(repository, settings=settings)
    return next((folder for folder in folders if folder.is_dir()), None)


def download(
    repository: Repository,
    *,
    force: bool,
    progress: bool,
    settings: HubSettings,
    free_space: FreeSpace,
) -> Path:
    """Fetch what is missing and check it; see `hub.download`."""
    folder = _folder(repository, settings=settings)
    files: list[RemoteFile] = []
    try:
        files = choose(_list_files(repository, settings=settings), repository=repository)
        folder.mkdir(parents=True, exist_ok=True)
        with WeakFileLock(folder / ".lock"):
            missing = [file for file in files if force or not (folder / file.name).is_file()]
            check_space(missing, folder, free_space=free_space)
            for file in files:
                if file in missing:
                    _fetch(file, repository, folder=folder, progress=progress, settings=settings)
                else:
                    check_content(folder / file.name, file, again=repository.pull_again)
    except (OSError, ValueError) as error:
        if is_full_disk(error):
            needed = sum(file.size or 0 for file in files)
            raise disk_full(folder, needed=needed, free=free_space(folder)) from error
        raise _translate(error, repository, settings=settings) from error
    return folder


def _places(repository: Repository, *, settings: HubSettings) -> list[Path]:
    """Return the folders in which the repository may have been kept."""
    folders = [] if settings.own is None else [_folder(repository, settings=settings)]
    shared = settings.modelscope_shared
    if shared is None or repository.revision != DEFAULT_REVISIONS["modelscope"]:
        return folders
    organisation, name = repository.name.split("/")
    # The package has kept its files in each of these places; it dislikes dots in folders.
    return folders + [
        root / organisation / folder
        for root in (shared / "models", shared, shared / "hub" / "models", shared / "hub")
        for folder in (name, name.replace(".", "___"))
    ]


def _folder(repository: Repository, *, settings: HubSettings) -> Path:
    return settings.modelscope_cache / repository.name / repository.revision.replace("/", "--")


def _fetch(
    file: RemoteFile,
    repository: Repository,
    *,
    folder: Path,
    progress: bool,
    settings: HubSettings,
) -> None:
    """Fetch one file; it gets its name only when its content has been found right."""
    query = urlencode({"Revision": repository.revision, "FilePath": file.name})
    address = f"{settings.modelscope_endpoint}/api/v1/models/{repository.name}/repo?{query}"
    # The hash in the name keeps parts of different versions apart.
    part = folder / f"{file.name}.part-{(file.sha256 or 'unknown')[:16]}"
    source = Source(address, settings.modelscope_token)
    fetch(source, part, size=file.size or 0, progress=progress)
    check_content(part, file, again=repository.pull_again)
    part.replace(folder / file.name)


def _list_files(repository: Repository, *, settings: HubSettings) -> list[RemoteFile]:
    query = urlencode({"Revision": repository.revision, "Recursive": "true"})
    address = f"{settings.modelscope_endpoint}/api/v1/models/{repository.name}/repo/files?{query}"
    with Source(address, settings.modelscope_token).open() as response:
        answer = json.load(response)
    try:
        return [
            RemoteFile(str(entry["Path"]), int(entry["Size"]), entry.get("Sha256"))
            for entry in answer["Data"]["Files"]
            if entry.get("Type") != "tree"
        ]
    except (KeyError, TypeError) as error:
        raise ValueError(f"its list of files makes no sense: {str(answer)[:200]}") from error


def _translate(error: Exception, repository: Repository, *, settings: HubSettings) -> JingpaiError:
    endpoint = settings.modelscope_endpoint
    cache = settings.modelscope_cache
    if refused := failures.unwritable(error, cache=cache, variable="JINGPAI_CACHE"):
        return refused
    if not isinstance(error, HTTPError):
        reason = error.reason if isinstance(error, URLError) else error
        return failures.unreachable(repository, endpoint=endpoint, reason=str(reason))
    said = _message(error)
    if error.code == 404 and "revision" in said.lower():
        return failures.unknown_revision(repository)
    if error.code == 404:
        return failures.unknown_repository(repository, endpoint=endpoint)
    status = f"HTTP {error.code} {said}".rstrip()
    if error.code in (401, 403):
        return failures.refused(repository, gated=False, reason=status)
    return failures.unreachable(repository, endpoint=endpoint, reason=f"it answered {status}")


def _message(error: HTTPError) -> str:
    """Return what the API says of an error, if it says anything."""
    try:
        answer = json.load(error)
    except (OSError, ValueError):
        return ""
    return str(answer.get("Message", "")) if isinstance(answer, dict) else ""
