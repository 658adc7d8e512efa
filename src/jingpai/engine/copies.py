"""How does an engine travel: what is written of it, so that a copy can be loaded elsewhere?

Sessions, threads and the memory of a device cannot be copied. A pickle, and with it whatever copies
in depth or starts processes, therefore holds how a model was loaded, and loads it anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jingpai.models.resolve import lasting_name
from jingpai.settings import ModelName, ModelSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    from jingpai.engine.cache import ScoreCache
    from jingpai.engine.engine import Engine
    from jingpai.scores.calibration import Calibration


@dataclass(frozen=True)
class Origin:
    """How an engine was loaded.

    Attributes:
        model: A name that means the same everywhere; of a folder, its absolute path.
        settings: How it was loaded, and nothing else of what they may have been part of.
        cache: Logits of rows that were scored before.
        default_batch_tokens: As for `Engine.load`.
    """

    model: str | None
    settings: ModelSettings
    cache: ScoreCache | None
    default_batch_tokens: Callable[[str, int | None], int]

    @classmethod
    def of(
        cls,
        model: ModelName | None,
        settings: ModelSettings,
        *,
        cache: ScoreCache | None,
        default_batch_tokens: Callable[[str, int | None], int],
    ) -> Self:
        """Write down how an engine is loaded; the arguments are those of `Engine.load`."""
        own = ModelSettings(**settings.by_name())  # those of a server hold its keys
        return cls(lasting_name(model), own, cache, default_batch_tokens)


def load_again(kind: type[Engine], origin: Origin, calibration: Calibration | None) -> Engine:
    """Load a copy of an engine; what unpickling calls.

    Args:
        kind: The engine's class.
        origin: How it was loaded.
        calibration: What its logits were found to fit; those of other weights must not pass for
            its own.

    Raises:
        JingpaiError: As `Engine.load` and `Engine.check_calibration` say.
    """
    engine = kind.load(
        origin.model,
        origin.settings,
        cache=origin.cache,
        default_batch_tokens=origin.default_batch_tokens,
    )
    if calibration is not None:
        engine.check_calibration(calibration)
    return engine
