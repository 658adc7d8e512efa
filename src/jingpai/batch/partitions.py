"""Columns that stand in the names of folders, as Hive and Spark write them: `lang=zh/part.parquet`.

An output keeps these folders, so that whoever reads it finds the columns where they were.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from jingpai.errors import InvalidInput
from jingpai.language.speech import say

if TYPE_CHECKING:
    from jingpai.batch.settings import Columns


def partition_of(name: str) -> str:
    """Return the folders of a file that are columns: `lang=zh` of `2026/lang=zh/a.parquet`.

    Args:
        name: Of the file, within the input or the output.
    """
    folders = posixpath.dirname(name).split("/")
    return "/".join(folder for folder in folders if folder.partition("=")[0] and "=" in folder)


def is_partition(folders: str) -> bool:
    """Return whether folders are nothing but columns; so is where there is none."""
    return partition_of(f"{folders}/") == folders


def check_not_added(name: str, columns: Columns) -> None:
    """Check that no column in a file's path is called as one that is to be added.

    Raises:
        InvalidInput: One is.
    """
    for key in _keys(name):
        if key in columns.added:
            text = say(
                "{name}: there is a column {column!r} already, in the name of a folder; give the"
                " new ones other names with --prefix, for example --prefix jingpai_"
            )
            raise InvalidInput(text.format(name=name, column=key))


def missing_from_file(name: str, columns: Columns) -> InvalidInput | None:
    """Return the error for a file without a column that its path has; None where it has none."""
    wanted = {columns.query, columns.document or "document", columns.documents or "documents"}
    for key in _keys(name):
        if key in wanted | {columns.title}:
            text = say(
                "{name}: the column {column!r} is only in the name of a folder, and is read from"
                " files alone; write it into the files"
            )
            return InvalidInput(text.format(name=name, column=key))
    return None


def _keys(name: str) -> list[str]:
    return [folder.partition("=")[0] for folder in partition_of(name).split("/") if folder]
