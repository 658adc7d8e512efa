"""How do real clients write "not set", "yes" and "all"? Field types that take it as they do.

Each type is as true in the OpenAPI document as in the code: what its schema allows is accepted,
and nothing else.
"""

import json
from typing import Annotated, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import PydanticCustomError
from typing_extensions import LiteralString

from jingpai.text.clean import replace_surrogates
from jingpai.text.fields import read_query

# The kinds of error that the fields raise. The first completes "got ...; allowed are ...", the
# second is a sentence of its own.
NOT_ALLOWED = "not_allowed"
SENTENCE = "sentence"
# There is nothing to rank, for which TEI has a type of its own.
EMPTY = "empty"

# A query needs a character that can be read: no white space, no control or format character.
# The same as `read_query` looks for, as far as JSON Schema can say it. Characters over U+FFFF stand
# as they are: Python and JavaScript escape them differently.
_READABLE = (
    r"[^\s\u0000-\u0020\u007f-\u00a0\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    r"\u180e\u200b-\u200f\u2028-\u202f\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0001\U000e0020-\U000e007f]"
)
_BOOLEANS = {"true": True, "false": False, "True": True, "False": False}


def allowed(what: LiteralString) -> WrapValidator:
    """Have the error say what is allowed, in place of one error for each type of a union."""

    def check(value: object, handler: ValidatorFunctionWrapHandler) -> object:
        try:
            return handler(value)
        except ValidationError as error:
            location = error.errors(include_url=False)[0]["loc"]
            if location and isinstance(location[0], int):
                raise  # one item of a list is wrong: its own error says more
            raise PydanticCustomError(NOT_ALLOWED, what) from None

    return WrapValidator(check)


def shown(value: object) -> str:
    """Return a value as an error shows it: as JSON, and never more than its beginning."""
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return "an object"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return replace_surrogates(text if len(text) <= 60 else f"{text[:56]} ...")


def _whole_characters(value: object) -> object:
    """JavaScript cuts strings between the halves of a character; a half becomes U+FFFD."""
    return replace_surrogates(value) if isinstance(value, str) else value


def _whole(value: object) -> object:
    """JSON does not part 3 from 3.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _boolean(value: object) -> object:
    return _BOOLEANS.get(value, value) if isinstance(value, str) else value


def _blank_is_none(value: str | None) -> str | None:
    return value if value and value.strip() else None


def _all_is_none(value: int | None) -> int | None:
    return value or None


Text: TypeAlias = Annotated[StrictStr, BeforeValidator(_whole_characters), allowed("strings")]
"""A text, which may be empty."""

Query: TypeAlias = Annotated[
    StrictStr,
    BeforeValidator(_whole_characters),
    AfterValidator(read_query),
    allowed("strings with something to read, not only white space"),
    WithJsonSchema({"type": "string", "minLength": 1, "pattern": _READABLE}),
]
"""What is asked."""

Name: TypeAlias = Annotated[
    StrictStr | None, BeforeValidator(_whole_characters), allowed("strings and null")
]
"""A model's name. Many clients send none, or that of another product."""

Instruction: TypeAlias = Annotated[
    StrictStr | None,
    BeforeValidator(_whole_characters),
    AfterValidator(_blank_is_none),
    allowed("strings and null"),
]
"""What the model should look for; a blank one counts as none."""

Flag: TypeAlias = Annotated[
    StrictBool | None,
    BeforeValidator(_boolean),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"enum": list(_BOOLEANS)}, {"type": "null"}]}),
    allowed("true, false and null"),
]
"""A boolean; RAGFlow writes it as a string."""

TopN: TypeAlias = Annotated[
    Annotated[StrictInt, Field(ge=0)] | None,
    BeforeValidator(_whole),
    AfterValidator(_all_is_none),
    allowed("null and whole numbers from 0, where 0 and null mean all"),
]
"""How many to keep. vLLM writes 0 for all; more than there are is all as well."""

Number: TypeAlias = Annotated[
    Annotated[StrictFloat, Field(allow_inf_nan=False)] | None, allowed("numbers and null")
]
