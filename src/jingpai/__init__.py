"""jingpai (精排, fine ranking): put the passages that answer first.

>>> from jingpai import Reranker
>>> ranking = Reranker().rank("Who wrote Hamlet?", ["It rains.", "Shakespeare wrote Hamlet."])
>>> ranking[0].index
1
"""

from jingpai.cascade import Cascade, CascadeScores
from jingpai.compat import BGEM3Reranker
from jingpai.embedder import Embedder
from jingpai.engine.cache import ScoreCache
from jingpai.errors import (
    BackendFailed,
    CacheUnusable,
    ClusterFailed,
    DeviceUnavailable,
    DownloadFailed,
    InputTooLong,
    InvalidInput,
    JingpaiError,
    MissingExtra,
    ModelFilesInvalid,
    ModelNotFound,
    OutOfMemory,
    StorageFailed,
    TrainingStopped,
)
from jingpai.reranker import Reranker
from jingpai.settings import ModelSettings
from jingpai.types import Document, EvidenceSpan, RankedDocument, Ranking, Span
from jingpai.version import __version__

__all__ = [
    "BGEM3Reranker",
    "BackendFailed",
    "CacheUnusable",
    "Cascade",
    "CascadeScores",
    "ClusterFailed",
    "DeviceUnavailable",
    "Document",
    "DownloadFailed",
    "Embedder",
    "EvidenceSpan",
    "InputTooLong",
    "InvalidInput",
    "JingpaiError",
    "MissingExtra",
    "ModelFilesInvalid",
    "ModelNotFound",
    "ModelSettings",
    "OutOfMemory",
    "RankedDocument",
    "Ranking",
    "Reranker",
    "ScoreCache",
    "Span",
    "StorageFailed",
    "TrainingStopped",
    "__version__",
]
