"""What users may choose about a known model: an instruction, and the layer where it stops."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jingpai.errors import InvalidInput
from jingpai.guards import check_whole
from jingpai.models.known.catalog import CATALOG

if TYPE_CHECKING:
    from jingpai.models.spec import ModelSpec


def query_template(spec: ModelSpec, instruction: str | None) -> str:
    """Return the query's template of a model, with a place for an instruction if there is one.

    Raises:
        InvalidInput: The instruction is empty or no text, or the model reads none.
    """
    if instruction is None:
        return spec.template.query
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
    check_whole("layer", layer)
    if spec.layer is None:
        names = ", ".join(known.name for known in CATALOG if known.layer is not None)
        raise InvalidInput(
            f"layer: {spec.name} answers at its last layer only; leave the layer out. Models that"
            f" may stop before: {names}."
        )
    return replace(spec, layer=int(layer))
