"""From the name of a model, as users write it, to what it is and where its files lie."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from jingpai.errors import InvalidInput, ModelFilesInvalid, ModelNotFound
from jingpai.files.model_folder import CONFIG, ENCODER_GRAPH
from jingpai.guards import shown
from jingpai.models.describe import describe
from jingpai.models.files import check_folder, is_complete
from jingpai.models.hub import failures, hubs
from jingpai.models.hub.environment import HubSettings
from jingpai.models.hub.repository import DEFAULT_REVISIONS, Repository, is_address, take_apart
from jingpai.models.known.catalog import BUNDLED, BUNDLED_SPEC, find, why_unsupported
from jingpai.system.folders import exists, expanded
from jingpai.system.installation import repair_command

if TYPE_CHECKING:
    from jingpai.models.spec import ModelSpec


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """A model that is ready to be loaded: its spec, and the folder with its files."""

    spec: ModelSpec
    folder: Path


def resolve(
    name: str | Path | None = None, *, progress: bool = True, hub: HubSettings | None = None
) -> ResolvedModel:
    """Find a model, and fetch it if need be.

    A name means, in this order: the bundled model, a folder that exists, a model in the cache, a
    model on the hub. Nothing is ever replaced by another model.

    Args:
        name: None or the bundled model's name; a folder; a known name (`bge-reranker-v2-m3`); or
            `org/name`, with a hub in front (`modelscope:org/name`) or a revision behind
            (`org/name@revision`).
        progress: Whether a download shows bars; they only ever appear on a terminal.
        hub: Where repositories come from and are kept; None is what the environment says.

    Raises:
        InvalidInput: The name is not text.
        ModelNotFound: There is no such model.
        ModelFilesInvalid: Its files are missing, broken or of another kind.
        DownloadFailed: It could not be fetched.
    """
    target = _read_name(name)
    if isinstance(target, Repository):
        folder = hubs.find_cached(target, settings=hub)
        if folder is None:
            folder = hubs.download(target, progress=progress, settings=hub)
        else:
            check_folder(folder, again=target.pull_again)
        return ResolvedModel(_repository_spec(target, folder), folder)
    if isinstance(target, Path):
        return ResolvedModel(_folder_spec(target), target)
    return _bundled()


def pull(name: str, *, force: bool = False, progress: bool = True) -> ResolvedModel:
    """Bring a model from the hub up to date on this disk, and check the content of its files.

    The bundled model and folders are only checked.

    Args:
        name: As for `resolve`.
        force: Whether files that are there are fetched again.
        progress: Whether bars are shown; they only ever appear on a terminal.

    Raises:
        InvalidInput: The name is not text.
        ModelNotFound: There is no such model.
        ModelFilesInvalid: Its files are missing, broken or of another kind.
        DownloadFailed: It could not be fetched.
    """
    target = _read_name(name)
    if not isinstance(target, Repository):
        return resolve(name)
    folder = hubs.download(target, force=force, progress=progress)
    return ResolvedModel(_repository_spec(target, folder), folder)


def locate(name: str | Path | None = None, *, hub: HubSettings | None = None) -> Path | None:
    """Return the folder of a model that is on this disk with all its files, or None.

    Arguments are those of `resolve`.

    Raises:
        InvalidInput: The name is not text.
        ModelNotFound: The name means neither a folder nor a model on a hub.
    """
    target = _read_name(name)
    if isinstance(target, Repository):
        return hubs.find_cached(target, settings=hub)
    folder = _bundled_folder() if target is None else target
    return folder if is_complete(folder) else None


def lasting_name(name: str | Path | None) -> str | None:
    """Return a name that means the same model wherever a program goes: of a folder, its whole path.

    Raises:
        InvalidInput: The name is not text.
        ModelNotFound: The name means neither a folder nor a model on a hub.
    """
    target = _read_name(name)
    if target is None:
        return None
    return str(target.absolute()) if isinstance(target, Path) else str(name).strip()


def is_local(name: str | Path | None = None) -> bool:
    """Return whether a model can be loaded without a network.

    Raises:
        InvalidInput: The name is not text.
        ModelNotFound: The name means neither a folder nor a model on a hub.
    """
    return locate(name) is not None


def _read_name(name: str | Path | None) -> Path | Repository | None:
    """Return what a name means: a folder, a repository, or None for the bundled model."""
    if isinstance(name, Path):
        return _existing_folder(name)
    if name is None:
        return None
    if not isinstance(name, str) or not name.strip() or "\0" in name:
        raise InvalidInput(
            f"model: {shown(name)} is not a name. Give a name, a folder, or None for the bundled"
            " model."
        )
    text = name.strip()
    if text.casefold() == BUNDLED:
        return None
    return _existing_folder(Path(text)) if exists(text) else _read_repository(text)


def _read_repository(text: str) -> Repository:
    written = take_apart(text)
    reason = why_unsupported(written.name)
    if reason is not None:  # said before gigabytes are fetched
        raise ModelFilesInvalid(f"model: {reason}. `jingpai models` lists models that need none.")
    known = find(written.name)
    name = known.name if known else written.name
    if known is None and not is_address(name):
        raise _unknown_name(text, is_path=_looks_like_path(text))
    chosen = written.hub or HubSettings.read().hub
    revision = written.revision or DEFAULT_REVISIONS[chosen]
    if known and written.revision is None and chosen == "huggingface":
        revision = known.revision
    return Repository(name, revision, chosen)


def _unknown_name(text: str, *, is_path: bool) -> ModelNotFound:
    if is_path:
        advice = f" The path was looked up from {Path.cwd()}."
    elif "://" in text:
        advice = " A model on a hub is written `org/name`, without an address."
    else:
        advice = " Other models on a hub are written `org/name`."
    return ModelNotFound(
        f"model: there is no folder {shown(text)} and no known model of that name."
        f"{failures.did_you_mean(text)}{advice} `jingpai models` lists the known ones."
    )


def _looks_like_path(text: str) -> bool:
    return (
        text.startswith((".", "~", "/"))
        or "\\" in text
        or text[1:2] == ":"
        or (text.count("/") > 1 and "://" not in text)
    )


def _existing_folder(path: Path) -> Path:
    if not exists(path):
        raise _unknown_name(str(path), is_path=True)
    folder = expanded(path)
    if not folder.is_dir():
        raise ModelFilesInvalid(f"model: {path} is a file; give the folder that holds it.")
    return folder


def _folder_spec(folder: Path) -> ModelSpec:
    check_folder(folder)
    if not (folder / CONFIG).is_file():
        raise ModelFilesInvalid(
            f"{folder} has no {CONFIG}, so nothing says how long its rows may be or what its"
            " output means. Copy it from where the model came from."
        )
    return _spec(folder, name=folder.resolve().name)


def _repository_spec(repository: Repository, folder: Path) -> ModelSpec:
    spec = _spec(folder, name=repository.name)
    return replace(spec, revision=repository.revision)


def _spec(folder: Path, *, name: str) -> ModelSpec:
    """Return the known spec of a name where the files agree with it, or what the files say."""
    described = describe(folder, name=name)
    known = find(name)
    if known is BUNDLED_SPEC:  # its files do not describe themselves, so these are not its
        return described
    if known and _facts(known) == _facts(described):
        return known
    return described


def _facts(spec: ModelSpec) -> tuple[object, ...]:
    """What a model's files can tell of it."""
    return spec.max_tokens, spec.head, spec.answers


def bundled_encoder_folder() -> Path:
    """Return the folder with the graph and the tokenizer of the bundled encoder.

    Raises:
        ModelFilesInvalid: It is not in this installation.
    """
    folder = _bundled_folder()
    if not (folder / ENCODER_GRAPH).is_file():
        raise ModelFilesInvalid(
            "The bundled encoder is not in this installation of jingpai. Repair it with"
            f" `{repair_command()}`."
        )
    return folder


def _bundled() -> ResolvedModel:
    folder = _bundled_folder()
    if not folder.is_dir():
        raise ModelFilesInvalid(
            "The bundled model is not in this installation of jingpai. Repair it with"
            f" `{repair_command()}`."
        )
    check_folder(folder, again=repair_command())
    return ResolvedModel(BUNDLED_SPEC, folder)


def _bundled_folder() -> Path:
    return Path(str(resources.files("jingpai") / "bundled"))
