"""What the environment says about hubs, read when a model is asked for, not at import.

`huggingface_hub` reads most of these variables once, when it is first imported. A program that
sets HF_ENDPOINT, HF_HOME or HF_HUB_OFFLINE in `os.environ` after that would be ignored, so the
values are read here and handed over with each call. HF_TOKEN and the proxy variables need no help:
the library asks for them at every request.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jingpai.errors import InvalidInput
from jingpai.models.hub.repository import DEFAULT_REVISIONS, Hub
from jingpai.system.folders import cache_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

_TRUE = {"1", "ON", "YES", "TRUE"}


@dataclass(frozen=True, slots=True)
class HubSettings:
    """Where models come from and where they are kept.

    Attributes:
        hub: The hub that names without a prefix mean (JINGPAI_HUB).
        offline: Whether the network must not be used (HF_HUB_OFFLINE, for both hubs).
        huggingface_endpoint: Address of the Hugging Face hub or of a mirror (HF_ENDPOINT).
        huggingface_cache: The cache shared with all programs that use `huggingface_hub`.
        modelscope_endpoint: Address of ModelScope (MODELSCOPE_ENDPOINT or MODELSCOPE_DOMAIN).
        modelscope_token: Access token for private repositories (MODELSCOPE_API_TOKEN).
        modelscope_cache: Where jingpai keeps what it fetches from ModelScope (JINGPAI_CACHE).
        modelscope_shared: The cache of the `modelscope` package, which is only read.
    """

    hub: Hub
    offline: bool
    huggingface_endpoint: str
    huggingface_cache: Path
    modelscope_endpoint: str
    modelscope_token: str | None
    modelscope_cache: Path
    modelscope_shared: Path

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> HubSettings:
        """Read the settings from environment variables.

        Raises:
            InvalidInput: JINGPAI_HUB names no hub.
        """
        caches = _folder(environ.get("XDG_CACHE_HOME") or "~/.cache")
        hf_home = _folder(environ.get("HF_HOME") or str(caches / "huggingface"))
        hf_cache = environ.get("HF_HUB_CACHE") or environ.get("HUGGINGFACE_HUB_CACHE")
        offline = environ.get("HF_HUB_OFFLINE") or environ.get("TRANSFORMERS_OFFLINE") or ""
        return cls(
            hub=_hub(environ.get("JINGPAI_HUB") or "huggingface"),
            offline=offline.upper() in _TRUE,
            huggingface_endpoint=(environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip(
                "/"
            ),
            huggingface_cache=_folder(hf_cache) if hf_cache else hf_home / "hub",
            modelscope_endpoint=_modelscope_endpoint(environ),
            modelscope_token=environ.get("MODELSCOPE_API_TOKEN") or None,
            modelscope_cache=cache_folder(environ) / "modelscope",
            modelscope_shared=_folder(environ.get("MODELSCOPE_CACHE") or "~/.cache/modelscope/hub"),
        )

    def endpoint(self, hub: Hub) -> str:
        """Return the address that a hub is reached at."""
        return self.huggingface_endpoint if hub == "huggingface" else self.modelscope_endpoint

    def cache(self, hub: Hub) -> Path:
        """Return the folder that downloads from a hub go to."""
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


def _folder(text: str) -> Path:
    return Path(os.path.expandvars(text)).expanduser()
