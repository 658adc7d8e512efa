"""The data of `eval`, `calibrate` and `compare`: read once, with what is to be said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jingpai.cli.terminal.console import show_warning
from jingpai.cli.terminal.progress import progress
from jingpai.language.speech import say
from jingpai.pages.wording import absent_line

if TYPE_CHECKING:
    from jingpai.evaluation.data.source import Source
    from jingpai.evaluation.data.testset import TestSet
    from jingpai.evaluation.kept import Kept


def read_data(source: Source, *, kept: Kept | None) -> TestSet:
    """Read a test set, and warn of judgements of documents that are not there.

    Raises:
        JingpaiError: As `read_test_set` says.
    """
    from jingpai.evaluation.data.reading import read_test_set

    with progress(say("looking for candidates")) as advance:
        test_set = read_test_set(source, kept=kept, progress=advance)
    if test_set.absent:
        show_warning(absent_line(test_set))
    return test_set
