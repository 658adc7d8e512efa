"""The Chinese form of every text, by its English form; a file for each part of the program.

The English form stays where it is said, so that the code reads as the program speaks. A text has
one Chinese form, so it stands in one of these files, whoever says it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from jingpai.language.chinese.batch import BATCH
from jingpai.language.chinese.bench import BENCH
from jingpai.language.chinese.doctor import DOCTOR
from jingpai.language.chinese.documents import DOCUMENTS
from jingpai.language.chinese.evaluation import EVALUATION
from jingpai.language.chinese.explain import EXPLAIN
from jingpai.language.chinese.models import MODELS
from jingpai.language.chinese.pages import PAGES
from jingpai.language.chinese.program import PROGRAM
from jingpai.language.chinese.rank import RANK
from jingpai.language.chinese.serve import SERVE
from jingpai.language.chinese.train import TRAIN

PARTS = (
    *(PROGRAM, DOCUMENTS, RANK, MODELS, DOCTOR, EXPLAIN, EVALUATION),
    *(BATCH, BENCH, SERVE, TRAIN, PAGES),
)

CHINESE: Mapping[str, str] = MappingProxyType(
    {english: chinese for part in PARTS for english, chinese in part.items()}
)
