"""What the environment says about hubs, read when a model is asked for, not at import.

`huggingface_hub` reads most of these variables once, when it is first imported. A program that
sets HF_ENDPOINT, HF_HOME or HF_HUB_OFFLINE in `os.environ` after that would be ignored, so the
values are read here and handed over with each call. HF_TOKEN and the proxy variables need no help:
the library asks for them at every request.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from jingpai.errors import CacheUnusable, InvalidInput
from jingpai.models.hub.repository import DEFAULT_REVISIONS, Hub
from jingpai.system.folders import CACHE_VARIABLE, HomeUnknown, cache_folder, expanded

if TYPE_CHECKING:
    from collections.abc import Mapping

_TRUE = {"1", "ON", "YES", "TRUE"}

_OFFLINE_SWITCHES = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


@dataclass(frozen=True, slots=True)
class HubSettings:
    """Where models come from and where they are kept.

    A user without a home is no rarity in containers, so a folder in the home is looked for only
    when it is needed: who has set HF_HOME needs no other.

    Attributes:
        hub: The hub that names without a prefix mean (JINGPAI_HUB).
        offline_by: The variables that forbid the network, for both hubs; empty where it is allowed.
        huggingface_endpoint: Address of the Hugging Face hub or of a mirror (HF_ENDPOINT).
        huggingface_kept: `huggingface_cache`, as it is written.
        modelscope_endpoint: Address of ModelScope (MODELSCOPE_ENDPOINT or MODELSCOPE_DOMAIN).
        modelscope_token: Access token for private repositories (MODELSCOPE_API_TOKEN).
        own: `modelscope_cache` (JINGPAI_CACHE); None where nothing says where that is.
        modelscope_kept: `modelscope_shared`, as it is written.
    """

    hub: Hub
    offline_by: tuple[str, ...]
    huggingface_endpoint: str
    huggingface_kept: str
    modelscope_endpoint: str
    modelscope_token: str | None
    own: Path | None
    modelscope_kept: str

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> HubSettings:
        """Read the settings from environment variables.

        Raises:
            InvalidInput: JINGPAI_HUB names no hub.
        """
        caches = environ.get("XDG_CACHE_HOME") or "~/.cache"
        hf_home = environ.get("HF_HOME") or f"{caches}/huggingface"
        hf_cache = environ.get("HF_HUB_CACHE") or environ.get("HUGGINGFACE_HUB_CACHE")
        return cls(
            hub=_hub(environ.get("JINGPAI_HUB") or "huggingface"),
            offline_by=_offline_by(environ),
            huggingface_endpoint=(environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip(
                "/"
            ),
            huggingface_kept=os.path.expandvars(hf_cache or f"{hf_home}/hub"),
            modelscope_endpoint=_modelscope_endpoint(environ),
            modelscope_token=environ.get("MODELSCOPE_API_TOKEN") or None,
            own=_own(environ),
            modelscope_kept=os.path.expandvars(
                environ.get("MODELSCOPE_CACHE") or "~/.cache/modelscope/hub"
            ),
        )

    @property
    def offline(self) -> bool:
        """Whether the network must not be used."""
        return bool(self.offline_by)

    @property
    def huggingface_cache(self) -> Path:
        """The cache shared with all programs that use `huggingface_hub`.

        Raises:
            CacheUnusable: It is in a home that nobody knows.
        """
        try:
            return expanded(self.huggingface_kept)
        except HomeUnknown as error:
            raise _homeless("Hugging Face", "HF_HOME") from error

    @property
    def modelscope_cache(self) -> Path:
        """Where jingpai keeps what it fetches from ModelScope.

        Raises:
            CacheUnusable: It is in a home that nobody knows.
        """
        if self.own is None:
            raise _homeless("ModelScope", CACHE_VARIABLE)
        return self.own

    @property
    def modelscope_shared(self) -> Path | None:
        """The cache of the `modelscope` package, which is only read; None where there is none."""
        try:
            return expanded(self.modelscope_kept)
        except HomeUnknown:
            return None

    def kept_in(self, folder: str | Path) -> HubSettings:
        """Return these settings, with the models of both hubs in one folder.

        Raises:
            InvalidInput: It is in a home that nobody knows.
        """
        try:
            own = expanded(folder)
        except HomeUnknown as error:
            raise InvalidInput(f"{error}, or give a path without ~.") from error
        return replace(self, huggingface_kept=str(own), own=own)

    def endpoint(self, hub: Hub) -> str:
        """Return the address that a hub is reached at."""
        return self.huggingface_endpoint if hub == "huggingface" else self.modelscope_endpoint

    def cache(self, hub: Hub) -> Path:
        """Return the folder that downloads from a hub go to.

        Raises:
            CacheUnusable: It is in a home that nobody knows.
        """
        return self.huggingface_cache if hub == "huggingface" else self.modelscope_cache


def _hub(name: str) -> Hub:
    for hub in DEFAULT_REVISIONS:
        if name.lower() == hub:
            return hub
    raise InvalidInput(
        f"JINGPAI_HUB: {name!r} is not a hub; it can be {' or '.join(DEFAULT_REVISIONS)}."
    )


def _modelscope_endpoint(environ: Mapping[str, str]) -> str:
    domain = environ.get("MODELSCOPE_DOMAIN") or "www.modelscope.cn"
    return (environ.get("MODELSCOPE_ENDPOINT") or f"https://{domain}").rstrip("/")


def _offline_by(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the switches that are on; none, where the first that says something says no."""
    said = [name for name in _OFFLINE_SWITCHES if environ.get(name)]
    if not said or environ[said[0]].upper() not in _TRUE:
        return ()
    return tuple(name for name in said if environ[name].upper() in _TRUE)


def _own(environ: Mapping[str, str]) -> Path | None:
    try:
        return cache_folder(environ) / "modelscope"
    except HomeUnknown:
        return None


def _homeless(whose: str, variable: str) -> CacheUnusable:
    return CacheUnusable(
        f"There is no folder for models from {whose}: nothing says where the home of this user is,"
        f" as in a container that runs under a user of its own. Set {variable} to a folder that"
        " can be written, or HOME. Reranker() without a name uses the bundled model and needs none."
    )
