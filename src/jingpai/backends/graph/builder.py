"""A graph under construction: nodes, constants and weights in, a `model.onnx` out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from jingpai.backends.graph.onnx_format import (
    EXTERNAL,
    IR_VERSION,
    MICROSOFT,
    OPSET,
    AttributeType,
    DataType,
    OnnxMessages,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike, DTypeLike, NDArray

    from jingpai.backends.graph.weight_file import Stretch, WeightFile

Attribute: TypeAlias = int | float | str

MICROSOFT_OPERATORS = frozenset(
    {
        "BiasGelu",
        "FastGelu",
        "MatMulIntegerToFloat",
        "MatMulNBits",
        "MultiHeadAttention",
    }
)

DATA_TYPES: Mapping[np.dtype[Any], DataType] = {
    np.dtype(np.float32): DataType.FLOAT,
    np.dtype(np.uint8): DataType.UINT8,
    np.dtype(np.int8): DataType.INT8,
    np.dtype(np.int32): DataType.INT32,
    np.dtype(np.int64): DataType.INT64,
    np.dtype(np.bool_): DataType.BOOL,
    np.dtype(np.float16): DataType.FLOAT16,
}


class GraphBuilder:
    """Collects a graph. Values are known by their names, which every method returns."""

    def __init__(self) -> None:
        self._messages = OnnxMessages()
        self._graph = self._messages.new("GraphProto")
        self._graph.name = "jingpai"
        self._constants: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._counts: dict[str, int] = {}

    def input(self, name: str, *, dtype: DTypeLike, shape: Sequence[int | str]) -> str:
        """Declare an input; a dimension that varies is given by a name."""
        self._declare(self._graph.input, name, dtype=dtype, shape=shape)
        return name

    def setting(self, name: str, value: NDArray[Any]) -> str:
        """Declare an input that has `value` where the caller does not feed it."""
        self.input(name, dtype=value.dtype, shape=value.shape)
        self._tensor(name, value.dtype, shape=value.shape).raw_data = value.tobytes()
        return name

    def output(self, name: str, value: str, *, shape: Sequence[int | str]) -> None:
        """Declare a float32 output under a name of its own."""
        node = self._graph.node.add(op_type="Identity", name=self._fresh("Identity"))
        node.input.append(value)
        node.output.append(name)
        self._declare(self._graph.output, name, dtype=np.float32, shape=shape)

    def constant(self, value: ArrayLike, *, dtype: DTypeLike) -> str:
        """A small tensor, stored in the graph; equal ones are stored once."""
        array = np.asarray(value, dtype)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            name = self._fresh("constant")
            self._tensor(name, array.dtype, shape=array.shape).raw_data = key[2]
            self._constants[key] = name
        return self._constants[key]

    def weight(self, value: NDArray[Any], *, into: WeightFile) -> str:
        """A large tensor, stored in a file beside the graph."""
        array = np.ascontiguousarray(value)
        return self.streamed([array], dtype=array.dtype, shape=array.shape, into=into)

    def streamed(
        self,
        chunks: Iterable[NDArray[Any]],
        *,
        dtype: DTypeLike,
        shape: Sequence[int],
        into: WeightFile,
    ) -> str:
        """A tensor too large for memory, handed over in contiguous chunks."""
        name = self._fresh("weight")
        tensor = self._tensor(name, np.dtype(dtype), shape=shape)
        tensor.data_location = EXTERNAL
        for key, text in _external_entries(into.append(chunks)):
            tensor.external_data.add(key=key, value=text)
        return name

    def add(
        self,
        operator: str,
        inputs: Sequence[str],
        *,
        attributes: Mapping[str, Attribute] | None = None,
    ) -> str:
        """Append a node and return the name of its first output; an empty input name skips it."""
        name = self._fresh(operator)
        node = self._graph.node.add(op_type=operator, name=name)
        node.input.extend(inputs)
        node.output.append(f"{name}:0")
        if operator in MICROSOFT_OPERATORS:
            node.domain = MICROSOFT
        for key, value in (attributes or {}).items():
            _set_attribute(node.attribute.add(name=key), value)
        return f"{name}:0"

    def to_bytes(self, *, metadata: Mapping[str, str]) -> bytes:
        """Return the content of a `model.onnx`."""
        model = self._messages.new("ModelProto")
        model.ir_version = IR_VERSION
        model.producer_name = "jingpai"
        model.opset_import.add(domain="", version=OPSET)
        model.opset_import.add(domain=MICROSOFT, version=1)
        for key, value in metadata.items():
            model.metadata_props.add(key=key, value=value)
        model.graph.CopyFrom(self._graph)
        return bytes(model.SerializeToString())

    def _fresh(self, stem: str) -> str:
        number = self._counts.get(stem, 0)
        self._counts[stem] = number + 1
        return f"{stem}_{number}"

    def _tensor(self, name: str, dtype: np.dtype[Any], *, shape: Sequence[int]) -> Any:  # noqa: ANN401
        return self._graph.initializer.add(name=name, data_type=DATA_TYPES[dtype], dims=shape)

    def _declare(
        self,
        values: Any,  # noqa: ANN401 - a protobuf container
        name: str,
        *,
        dtype: DTypeLike,
        shape: Sequence[int | str],
    ) -> None:
        tensor = values.add(name=name).type.tensor_type
        tensor.elem_type = DATA_TYPES[np.dtype(dtype)]
        tensor.shape.SetInParent()  # a scalar has a shape too, an empty one
        for size in shape:
            if isinstance(size, str):
                tensor.shape.dim.add(dim_param=size)
            else:
                tensor.shape.dim.add(dim_value=size)


def _external_entries(stretch: Stretch) -> tuple[tuple[str, str], ...]:
    return (
        ("location", stretch.file),
        ("offset", str(stretch.offset)),
        ("length", str(stretch.length)),
    )


def _set_attribute(attribute: Any, value: Attribute) -> None:  # noqa: ANN401 - a protobuf message
    if isinstance(value, str):
        attribute.type, attribute.s = AttributeType.STRING, value.encode()
    elif isinstance(value, float):
        attribute.type, attribute.f = AttributeType.FLOAT, value
    else:
        attribute.type, attribute.i = AttributeType.INT, value
