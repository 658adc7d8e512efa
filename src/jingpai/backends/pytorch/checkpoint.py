"""How a checkpoint is opened with `transformers`, and what is refused."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from huggingface_hub.errors import StrictDataclassError
from transformers import AutoConfig
from transformers.utils import logging as transformers_logging

from jingpai.backends.extra_tensors import check_extra_tensors
from jingpai.backends.keras_trap import MENDS, is_keras_trap
from jingpai.errors import BackendFailed, ModelFilesInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


_LOADING_ERRORS = (
    OSError,
    ValueError,
    KeyError,
    ImportError,
    AttributeError,
    RuntimeError,
    StrictDataclassError,  # of a config whose values are of other types
    TypeError,  # numbers of 8 bits, which no network can be made of
)


def load_checkpoint(
    folder: Path,
    *,
    model_class: Any,  # noqa: ANN401
    kind: str,
    config: Any = None,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    """Return a checkpoint's model, as `transformers` loads it, on the CPU.

    Args:
        folder: Holds config.json and safetensors files.
        model_class: A class of `transformers` with `from_pretrained`.
        kind: What the folder should hold, for errors: "a cross-encoder".
        config: Takes the place of the folder's own; its network may be a part of what the
            checkpoint holds.

    Raises:
        ModelFilesInvalid: The checkpoint is broken, lacks tensors, or is of another kind.
        BackendFailed: `transformers` itself cannot be used.
    """
    own = {"trust_remote_code": False, "local_files_only": True}
    try:
        with _silence():
            described = AutoConfig.from_pretrained(folder, **own) if config is None else config
            model, info = model_class.from_pretrained(
                folder,
                config=described,
                use_safetensors=True,
                output_loading_info=True,
                ignore_mismatched_sizes=True,  # they are listed, and refused below by their names
                # The best that is here. What config.json names may be slow or missing, or a
                # repository whose code would be fetched and run.
                attn_implementation=None,
                **own,
            )
    except _LOADING_ERRORS as error:
        if is_keras_trap(error):
            raise BackendFailed(MENDS) from error
        raise ModelFilesInvalid(
            f"transformers cannot load {folder}: {error}. It must hold config.json and safetensors "
            f"files of {kind} that needs no code of its own."
        ) from error
    _check_tensors(info, folder=folder, kind=kind)
    if config is None:
        check_extra_tensors(
            info["unexpected_keys"], encoder=f"{model.base_model_prefix}.", folder=folder
        )
    return model


def _check_tensors(info: Mapping[str, Any], *, folder: Path, kind: str) -> None:
    """Refuse what transformers would fill up with random numbers."""
    if info["mismatched_keys"]:
        name, stored, asked = min(info["mismatched_keys"])
        raise ModelFilesInvalid(
            f"{folder}: {name} has the shape {list(stored)}, but config.json asks for"
            f" {list(asked)}. Copy the config.json that was published with the weights."
        )
    missing = sorted(info["missing_keys"])
    if missing:
        raise ModelFilesInvalid(
            f"{folder} lacks {', '.join(missing[:3])} ({len(missing)} tensors in all): this is not "
            f"the checkpoint of {kind} of the sort that its config.json names."
        )


@contextmanager
def _silence() -> Iterator[None]:
    """Keep transformers from drawing bars and tables on the terminal of whoever uses this."""
    switches: Any = transformers_logging  # it has no types
    was_enabled, level = switches.is_progress_bar_enabled(), switches.get_verbosity()
    switches.disable_progress_bar()
    switches.set_verbosity_error()  # what its table of tensors tells is checked by the caller
    try:
        yield
    finally:
        switches.set_verbosity(level)
        if was_enabled:
            switches.enable_progress_bar()
