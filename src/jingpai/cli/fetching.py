"""Fetching a model before it is loaded, so that people know what they are waiting for."""

from __future__ import annotations

from jingpai.cli.terminal.console import notices
from jingpai.language.speech import say
from jingpai.system.folders import exists


def fetch_if_missing(model: str | None) -> None:
    """Say so and fetch a model that is not on this disk.

    Raises:
        JingpaiError: As `Reranker` says.
    """
    from jingpai.models.resolve import is_local, resolve

    # A folder that lacks files is not fetched: loading it says which.
    if model is None or exists(model):
        return
    if not is_local(model):
        notices().print(
            say("{model} is not on this disk yet; fetching it once.").format(model=model)
        )
        resolve(model)
