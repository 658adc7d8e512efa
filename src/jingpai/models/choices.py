"""What users may choose about a known model: an instruction, and the layer where it stops."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jingpai.errors import InvalidInput
from jingpai.models.known.catalog import CATALOG
from jingpai.types import is_whole

if TYPE_CHECKING:
    from jingpai.models.spec import ModelSpec


def query_template(spec: ModelSpec, instruction: str | None) -> str:
    """Return the query's template of a model, with a place for an instruction if there is one.

    Raises:
        InvalidInput: The instruction is empty or no text, or the model reads none.
    """
    if instruction is None:
        return spec.template.query
    if not isinstance(instruction, str) or not instruction.strip():
        raise InvalidInput(f"instruction: got {instruction!r}; allowed are None and a text.")
    if spec.template.instructed_query is None:
        readers = ", ".join(known.name for known in CATALOG if known.template.instructed_query)
        raise InvalidInput(
            f"instruction: {spec.name} reads none; leave it out. Models that read one: {readers}."
        )
    return spec.template.instructed_query


def with_layer(spec: ModelSpec, layer: int | None) -> ModelSpec:
    """Return the spec of a model that stops at a layer; None is where it stops by itself.

    Raises:
        InvalidInput: The layer is no number from 1, or the model cannot stop at a layer.
    """
    if layer is None:
        return spec
    if not is_whole(layer) or layer < 1:
        raise InvalidInput(f"layer: got {layer!r}; allowed are None and whole numbers from 1.")
    if spec.layer is None:
        names = ", ".join(known.name for known in CATALOG if known.layer is not None)
        raise InvalidInput(
            f"layer: {spec.name} answers at its last layer only; leave the layer out. Models that"
            f" may stop before: {names}."
        )
    return replace(spec, layer=int(layer))
