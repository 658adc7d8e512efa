"""Logits to probabilities, as labelled pairs have taught it: a small file that fits one model.

`jingpai calibrate` makes it; applying it needs numpy alone. Both kinds rise with the logit, so a
calibration never changes an order.
"""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from jingpai.errors import InvalidInput
from jingpai.files.json_text import load_json
from jingpai.guards import check_path
from jingpai.system.folders import expanded

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Method: TypeAlias = Literal["logistic", "isotonic"]

SCHEMA = 1
"""Rises with every change of the file that an older release would not survive."""

_ADVICE = "jingpai calibrate PAIRS --output FILE writes one."


def logistic(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 / (1 + exp(-value)) of each value; NaN stays NaN."""
    # This form does not overflow for values far below zero. NaN, where there is no logit, is no
    # news to whoever asks.
    with np.errstate(invalid="ignore"):
        curve: NDArray[np.float64] = np.exp(-np.logaddexp(0.0, -values))
    return curve


@dataclass(frozen=True, slots=True)
class Logistic:
    """Platt's curve: the logistic of a line."""

    slope: float
    intercept: float

    def __call__(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probabilities of logits; NaN stays NaN."""
        return logistic(self.slope * logits + self.intercept)


@dataclass(frozen=True, slots=True)
class Isotonic:
    """Any rising curve, as points with straight lines between them, level beyond the ends."""

    logits: tuple[float, ...]
    probabilities: tuple[float, ...]

    def __call__(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probabilities of logits; NaN stays NaN."""
        curve: NDArray[np.float64] = np.interp(logits, self.logits, self.probabilities)
        return curve


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a model's logits mean on the pairs that it was calibrated on.

    Attributes:
        model: Name of the model.
        fingerprint: Content of the model, whatever it is called.
        curve: From logits to probabilities.
        facts: What else is known of it, for people: pairs, errors, thresholds.
    """

    model: str
    fingerprint: str
    curve: Logistic | Isotonic
    facts: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, path: str | Path) -> Calibration:
        """Read a file that `jingpai calibrate` has written.

        Raises:
            InvalidInput: There is no such file, or it is of another kind.
        """
        check_path("calibration", path)
        try:
            content = load_json(expanded(path).read_text(encoding="utf-8"))
            return cls._read(content, path=path)
        except FileNotFoundError:
            raise InvalidInput(f"calibration: {path}: no such file. {_ADVICE}") from None
        except (OSError, LookupError, TypeError, AttributeError, ValueError) as error:
            if isinstance(error, InvalidInput):
                raise
            reason = f"{type(error).__name__}: {error}"
            raise InvalidInput(
                f"calibration: {path} holds no calibration ({reason}). {_ADVICE}"
            ) from error

    @classmethod
    def _read(cls, content: dict[str, Any], *, path: str | Path) -> Calibration:
        if content["schema"] != SCHEMA:
            raise InvalidInput(
                f"calibration: {path} is of form {content['schema']}, and this release reads form"
                f" {SCHEMA}. {_ADVICE}"
            )
        curves: dict[Method, Callable[[dict[str, Any]], Logistic | Isotonic]] = {
            "logistic": _logistic,
            "isotonic": _isotonic,
        }
        return cls(
            model=str(content["model"]),
            fingerprint=str(content["fingerprint"]),
            curve=curves[content["method"]](content),
            facts=dict(content["facts"]),
        )

    def as_json(self) -> dict[str, Any]:
        """Return what the file holds."""
        return {
            "schema": SCHEMA,
            "model": self.model,
            "fingerprint": self.fingerprint,
            "method": "logistic" if isinstance(self.curve, Logistic) else "isotonic",
            **asdict(self.curve),
            "facts": self.facts,
        }

    def check_model(self, *, name: str, fingerprint: str) -> None:
        """Refuse another model than the one that was calibrated.

        Raises:
            InvalidInput: It is another.
        """
        if fingerprint != self.fingerprint:
            raise InvalidInput(
                f"calibration: it is for {self.model} with fingerprint {self.fingerprint[:12]}, but"
                f" {name} has {fingerprint[:12] or 'none'}: other weights, or another instruction."
                f" Make one for this model: jingpai calibrate PAIRS --model {name} --output FILE"
            )


def _logistic(content: dict[str, Any]) -> Logistic:
    return Logistic(_number(content["slope"]), _number(content["intercept"]))


def _isotonic(content: dict[str, Any]) -> Isotonic:
    logits, probabilities = (
        tuple(_number(value) for value in content[name]) for name in ("logits", "probabilities")
    )
    if len(logits) != len(probabilities) or not logits or list(logits) != sorted(logits):
        raise ValueError("logits must rise, with as many probabilities")
    return Isotonic(logits, probabilities)


def _number(value: object) -> float:
    """Return a number; Python's JSON holds NaN and infinity as well, of which scores would be."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is no number")  # noqa: TRY004 - told with the file
    if not -sys.float_info.max <= value <= sys.float_info.max:
        raise ValueError(f"{value!r} is no number")
    return float(value)
