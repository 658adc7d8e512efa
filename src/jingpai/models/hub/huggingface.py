"""The Hugging Face hub, through its own client and into its own cache.

The cache is shared with every program that uses `huggingface_hub`, and the client brings proxies,
tokens, retries and the hub's faster transfer protocol. What it does not do is check the content
of what it fetched: that happens here, once, right after the download.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from huggingface_hub import HfApi, hf_hub_download, try_to_load_from_cache
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils.tqdm import (
    are_progress_bars_disabled,
    disable_progress_bars,
    enable_progress_bars,
)

from jingpai.errors import CacheUnusable
from jingpai.files.model_folder import CONFIG
from jingpai.models.hub import failures
from jingpai.models.hub.remote import (
    RemoteFile,
    check_content,
    check_space,
    choose,
    disk_full,
    is_full_disk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jingpai.errors import JingpaiError
    from jingpai.models.hub.environment import HubSettings
    from jingpai.models.hub.remote import FreeSpace
    from jingpai.models.hub.repository import Repository

# The HTTP library under the client was requests, then httpx, then httpx2; its root error is a
# base of the client's own error in each of them. RuntimeError is what the transfer protocol Xet
# raises, ValueError what a forced download raises when the network fails.
_CLIENT_ERRORS: tuple[type[BaseException], ...] = (
    *HfHubHTTPError.__bases__,
    OSError,
    RuntimeError,
    ValueError,
)

_LISTING_TIMEOUT = 30.0  # seconds; without one, older clients wait for ever


def find_cached(repository: Repository, *, settings: HubSettings) -> Path | None:
    """Return the folder in the cache that has the repository's configuration, or None."""
    try:
        cache = settings.huggingface_cache
    except CacheUnusable:  # nothing was ever kept; a download says why nothing can be
        return None
    try:
        config = try_to_load_from_cache(
            repository.name,
            CONFIG,
            cache_dir=cache,
            revision=repository.revision,
        )
    except HFValidationError as error:
        raise failures.unknown_repository(
            repository, endpoint=settings.huggingface_endpoint
        ) from error
    return Path(config).parent if isinstance(config, str) else None


def find_begun(repository: Repository, *, settings: HubSettings) -> Path | None:
    """Return the folder in the cache that has anything of the repository, or None."""
    kept = _kept(repository, settings=settings)
    try:
        commit = (kept / "refs" / repository.revision).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        commit = repository.revision
    folder = kept / "snapshots" / commit
    return folder if folder.is_dir() else None


def download(
    repository: Repository,
    *,
    force: bool,
    progress: bool,
    settings: HubSettings,
    free_space: FreeSpace,
) -> Path:
    """Fetch what is missing and check it; see `hub.download`."""
    cache = settings.huggingface_cache
    files: list[RemoteFile] = []
    try:
        commit, listed = _list_files(repository, settings=settings)
        files = choose(listed, repository=repository)
        there = _kept(repository, settings=settings) / "snapshots" / commit
        missing = [file for file in files if force or not (there / file.name).is_file()]
        check_space(missing, cache, free_space=free_space)
        with _bars(shown=progress and sys.stderr.isatty()):
            folder = _fetch(files, repository, force=force, settings=settings)
    except _CLIENT_ERRORS as error:
        if is_full_disk(error):
            needed = sum(file.size or 0 for file in files)
            raise disk_full(cache, needed=needed, free=free_space(cache)) from error
        raise _translate(error, repository, settings=settings) from error
    for file in files:
        check_content(folder / file.name, file, again=repository.pull_again)
    return folder


def _kept(repository: Repository, *, settings: HubSettings) -> Path:
    return settings.huggingface_cache / f"models--{repository.name.replace('/', '--')}"


def _fetch(
    files: Sequence[RemoteFile], repository: Repository, *, force: bool, settings: HubSettings
) -> Path:
    """Fetch files one after the other and return their folder.

    The client's `snapshot_download` would fetch them in threads, which it waits for when the user
    presses Ctrl-C: minutes, for a large model. The first file makes the cache remember which
    commit the revision stands for; the others are asked for by that commit.
    """
    revision, folder = repository.revision, Path()
    for file in files:
        path = hf_hub_download(
            repository.name,
            file.name,
            revision=revision,
            cache_dir=settings.huggingface_cache,
            endpoint=settings.huggingface_endpoint,
            force_download=force,
        )
        folder = Path(path).parent
        revision = folder.name
    return folder


@contextmanager
def _bars(*, shown: bool) -> Iterator[None]:
    """Keep the client's progress bars away for a while; it would draw them into log files too."""
    if shown or are_progress_bars_disabled():
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()


def _list_files(repository: Repository, *, settings: HubSettings) -> tuple[str, list[RemoteFile]]:
    """Return the commit that the revision stands for, and the files it holds."""
    info = HfApi(endpoint=settings.huggingface_endpoint).model_info(
        repository.name,
        revision=repository.revision,
        files_metadata=True,
        timeout=_LISTING_TIMEOUT,
    )
    files = [
        RemoteFile(file.rfilename, file.size, file.lfs.sha256 if file.lfs else None)
        for file in info.siblings or ()
    ]
    return info.sha or repository.revision, files


def _translate(
    error: BaseException, repository: Repository, *, settings: HubSettings
) -> JingpaiError:
    """Turn an error of the client, or the one that it wraps, into one of ours."""
    endpoint = settings.huggingface_endpoint
    causes = _causes(error)
    for cause in causes:
        if isinstance(cause, OfflineModeIsEnabled):
            # The client has read its variable when it was imported.
            switches = settings.offline_by or ("HF_HUB_OFFLINE",)
            return failures.offline(repository, switches=switches, cache=settings.huggingface_cache)
        if isinstance(cause, HFValidationError):
            return failures.unknown_repository(repository, endpoint=endpoint)
        cache = settings.huggingface_cache
        if refused := failures.unwritable(cause, cache=cache, variable="HF_HOME"):
            return refused
        if isinstance(cause, HfHubHTTPError) and cause.response is not None:
            return _translate_answer(cause, repository, endpoint=endpoint)
    reason = " ".join(str(causes[-1]).split()) or type(causes[-1]).__name__
    return failures.unreachable(repository, endpoint=endpoint, reason=reason)


def _translate_answer(
    error: HfHubHTTPError, repository: Repository, *, endpoint: str
) -> JingpaiError:
    """Turn an answer of the hub that is an error into one of ours."""
    if isinstance(error, RevisionNotFoundError):
        return failures.unknown_revision(repository)
    if isinstance(error, GatedRepoError):
        return failures.refused(repository, gated=True, reason="it is gated")
    if isinstance(error, RepositoryNotFoundError):
        return failures.unknown_repository(repository, endpoint=endpoint)
    status = error.response.status_code
    if status in (401, 403):
        return failures.refused(repository, gated=False, reason=f"HTTP {status}")
    return failures.unreachable(repository, endpoint=endpoint, reason=f"it answered HTTP {status}")


def _causes(error: BaseException) -> list[BaseException]:
    """Return an error and what it was raised from, down to the first."""
    causes = [error]
    while (cause := causes[-1].__cause__) is not None:
        causes.append(cause)
    return causes
