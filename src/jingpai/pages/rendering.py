"""How a page comes out of a template: what is put in is escaped, and nothing may be missing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from jingpai.errors import InvalidInput
from jingpai.files.whole import write_whole
from jingpai.language.speech import language, say


def render(template: str, values: Mapping[str, object]) -> str:
    """Return the page of a template, in the user's language."""
    return environment().get_template(template).render(values)


@cache
def environment() -> Environment:
    """Return the templates; they say their own texts, with `say`."""
    templates = Environment(
        loader=PackageLoader("jingpai.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals.update(say=say, language=language)
    return templates


def write_page(page: str, file: Path) -> None:
    """Write a page as a whole; half a surrogate pair, which no file can hold, becomes `?`.

    Raises:
        InvalidInput: The file cannot be written.
    """
    try:
        with write_whole(file) as stream:
            stream.write(page.encode(errors="replace"))
    except OSError as error:
        message = say("--html: {file} cannot be written ({reason})")
        raise InvalidInput(
            message.format(file=file, reason=error.strerror or str(error))
        ) from error
