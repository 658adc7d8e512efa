"""What an ONNX file is made of: its protobuf messages, without the `onnx` package.

The messages are described at run time in a descriptor pool and a protobuf package of their own,
so an installed `onnx` and this module never see each other. Field numbers are those of onnx.proto;
fields that no graph of ours uses are left out, which the wire format allows.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

IR_VERSION = 10
OPSET = 21
"""The oldest pair that has every operator we use, so that every supported ONNX Runtime reads it."""

MICROSOFT = "com.microsoft"


class DataType(IntEnum):
    """Element types of a tensor."""

    FLOAT = 1
    UINT8 = 2
    INT8 = 3
    INT32 = 6
    INT64 = 7
    BOOL = 9
    FLOAT16 = 10


class AttributeType(IntEnum):
    """Which field of an attribute holds its value."""

    FLOAT = 1
    INT = 2
    STRING = 3
    TENSOR = 4
    INTS = 7


EXTERNAL = 1
"""A tensor's `data_location` when its bytes lie in another file."""


class _Field(NamedTuple):
    name: str
    number: int
    kind: str
    repeated: bool = False


_PACKAGE = "jingpai.onnx"

_MESSAGES: dict[str, tuple[_Field, ...]] = {
    "ModelProto": (
        _Field("ir_version", 1, "int64"),
        _Field("opset_import", 8, "OperatorSetIdProto", repeated=True),
        _Field("producer_name", 2, "string"),
        _Field("graph", 7, "GraphProto"),
        _Field("metadata_props", 14, "StringStringEntryProto", repeated=True),
    ),
    "OperatorSetIdProto": (_Field("domain", 1, "string"), _Field("version", 2, "int64")),
    "StringStringEntryProto": (_Field("key", 1, "string"), _Field("value", 2, "string")),
    "GraphProto": (
        _Field("node", 1, "NodeProto", repeated=True),
        _Field("name", 2, "string"),
        _Field("initializer", 5, "TensorProto", repeated=True),
        _Field("input", 11, "ValueInfoProto", repeated=True),
        _Field("output", 12, "ValueInfoProto", repeated=True),
    ),
    "NodeProto": (
        _Field("input", 1, "string", repeated=True),
        _Field("output", 2, "string", repeated=True),
        _Field("name", 3, "string"),
        _Field("op_type", 4, "string"),
        _Field("attribute", 5, "AttributeProto", repeated=True),
        _Field("domain", 7, "string"),
    ),
    "AttributeProto": (
        _Field("name", 1, "string"),
        _Field("f", 2, "float"),
        _Field("i", 3, "int64"),
        _Field("s", 4, "bytes"),
        _Field("t", 5, "TensorProto"),
        _Field("ints", 8, "int64", repeated=True),
        _Field("type", 20, "int32"),
    ),
    "TensorProto": (
        _Field("dims", 1, "int64", repeated=True),
        _Field("data_type", 2, "int32"),
        _Field("name", 8, "string"),
        _Field("raw_data", 9, "bytes"),
        _Field("external_data", 13, "StringStringEntryProto", repeated=True),
        _Field("data_location", 14, "int32"),
    ),
    "ValueInfoProto": (_Field("name", 1, "string"), _Field("type", 2, "TypeProto")),
    "TypeProto": (_Field("tensor_type", 1, "TensorTypeProto"),),
    "TensorTypeProto": (_Field("elem_type", 1, "int32"), _Field("shape", 2, "TensorShapeProto")),
    "TensorShapeProto": (_Field("dim", 1, "DimensionProto", repeated=True),),
    "DimensionProto": (_Field("dim_value", 1, "int64"), _Field("dim_param", 2, "string")),
}


class OnnxMessages:
    """Makes empty messages by name: `OnnxMessages().new("ModelProto")`."""

    def __init__(self) -> None:
        self._pool = descriptor_pool.DescriptorPool()
        self._pool.AddSerializedFile(_file_descriptor().SerializeToString())

    def new(self, name: str) -> Any:  # noqa: ANN401 - the class exists at run time only
        """Return an empty message."""
        descriptor = self._pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")
        return message_factory.GetMessageClass(descriptor)()


def _file_descriptor() -> Any:  # noqa: ANN401 - protobuf has no types here
    file = descriptor_pb2.FileDescriptorProto(
        name="jingpai/onnx.proto", package=_PACKAGE, syntax="proto2"
    )
    for message_name, fields in _MESSAGES.items():
        message = file.message_type.add(name=message_name)
        for field in fields:
            _add_field(message, field)
    return file


def _add_field(message: Any, field: _Field) -> None:  # noqa: ANN401 - protobuf has no types here
    kinds = descriptor_pb2.FieldDescriptorProto
    entry = message.field.add(name=field.name, number=field.number)
    entry.label = kinds.LABEL_REPEATED if field.repeated else kinds.LABEL_OPTIONAL
    if field.kind in _MESSAGES:
        entry.type = kinds.TYPE_MESSAGE
        entry.type_name = f".{_PACKAGE}.{field.kind}"
    else:
        entry.type = kinds.Type.Value(f"TYPE_{field.kind.upper()}")
