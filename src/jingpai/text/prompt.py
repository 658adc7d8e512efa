"""How is a text written for a model?"""

from __future__ import annotations

from typing import Literal

from jingpai.errors import InvalidInput
from jingpai.text.fields import under_title


def apply_prompt(
    template: str,
    *,
    text: str,
    field: Literal["query", "passage"],
    title: str | None = None,
    instruction: str | None = None,
) -> str:
    """Put a text into a template such as `"query: {query}"`.

    Nothing in the text is interpreted, braces included.

    Args:
        template: Any string that holds the placeholder `{query}` or `{passage}` once.
        text: The query or the passage.
        field: Which placeholder is meant.
        title: Written on a line of its own in front of the text.
        instruction: Takes the place of `{instruction}`, which stands in front of the text.

    Raises:
        InvalidInput: The template does not hold the placeholder exactly once.
    """
    placeholder = f"{{{field}}}"
    if template.count(placeholder) != 1:
        raise InvalidInput(
            f"template {template!r} holds {placeholder} {template.count(placeholder)} times; "
            f"write it once, for example '{field}: {placeholder}'"
        )
    before, _, after = template.partition(placeholder)
    if instruction is not None:
        before = before.replace("{instruction}", instruction)
    return before + under_title(text, title) + after
