"""Which first stages are there, and what are they called?"""

from __future__ import annotations

from typing import Literal, TypeAlias

FirstStage: TypeAlias = Literal["similarity", "bm25"]
"""What a document is found by: how close its meaning is, or which words it shares."""

FirstStageName: TypeAlias = Literal["embedder", "bm25"]
"""The same as `jingpai eval` and its reports call it: there it is the embedder in the package."""

BY_NAME: dict[FirstStageName, FirstStage] = {"embedder": "similarity", "bm25": "bm25"}
