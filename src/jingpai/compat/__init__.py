"""Signatures that others made familiar, over the same engine: only the import changes."""

from jingpai.compat.cross_encoder import CrossEncoder
from jingpai.compat.flag_reranker import FlagReranker
from jingpai.compat.tutorial import BGEM3Reranker

__all__ = ["BGEM3Reranker", "CrossEncoder", "FlagReranker"]
