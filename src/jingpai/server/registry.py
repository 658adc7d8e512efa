"""Which models the server loads, and which of them a request means."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from jingpai.engine.engine import Engine
from jingpai.errors import InvalidInput, OutOfMemory
from jingpai.scores.calibration import Calibration
from jingpai.server.hosted import HostedModel, batch_tokens_on
from jingpai.server.problems import Problem
from jingpai.server.requests import ModelFacts
from jingpai.system.memory import read_memory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jingpai.server.scheduler import Observer
    from jingpai.server.settings import Settings

# No model is called so: the name of a calibration that was given without one.
_DEFAULT = ""


def load_models(settings: Settings, *, observer: Observer | None = None) -> dict[str, HostedModel]:
    """Load all models of the settings; the first one is the default.

    Raises:
        InvalidInput: Two models have one name, a calibration is of no use for its model, or memory
            is to be limited where the system does not say how much there is.
        OutOfMemory: The process is over its limit with the models loaded so far.
        JingpaiError: A model cannot be loaded, as `Reranker` says.
    """
    calibrations = _read_calibrations(settings.calibrations)
    hosted: dict[str, HostedModel] = {}
    _check_memory(settings.max_memory, loaded="nothing")
    for name, model in wanted(settings.models):
        engine = Engine.load(model, settings, default_batch_tokens=batch_tokens_on)
        facts = _facts(engine, name=name, model=model)
        if facts.name in hosted:
            raise InvalidInput(
                f"models: two are called {facts.name!r}; name them: --model one={model or ''}"
            )
        calibration = calibrations.pop(facts.name, None)
        if not hosted and calibration is None:
            calibration = calibrations.pop(_DEFAULT, None)
        if calibration is not None:
            engine.check_calibration(calibration)
        hosted[facts.name] = HostedModel(
            engine, facts=facts, calibration=calibration, observer=observer
        )
        _check_memory(settings.max_memory, loaded=facts.name)
    if calibrations:
        unused = ", ".join(repr(name) for name in calibrations)
        raise InvalidInput(
            f"calibrations: no model is called {unused}; these are loaded: {', '.join(hosted)}."
        )
    return hosted


def find(hosted: Mapping[str, HostedModel], name: str | None, *, is_strict: bool) -> HostedModel:
    """Return the model that a request means.

    Raises:
        Problem: `not_found`, where no model has the name and no other may answer for it.
    """
    if name is not None and name in hosted:
        return hosted[name]
    if name and is_strict:
        allowed = ", ".join(hosted)
        raise Problem(
            "not_found", f"model: {name!r} is not loaded; these are: {allowed}.", param="model"
        )
    return next(iter(hosted.values()))


def wanted(models: tuple[str, ...]) -> Iterator[tuple[str | None, str | None]]:
    """Yield each model, and the name that it was given; None is the bundled model."""
    if not models:
        yield None, None
    for text in models:
        name, equals, model = text.partition("=")
        if equals and not (name and model):
            raise InvalidInput(
                f"models: got {text!r}; write MODEL, or NAME=MODEL to serve it under another name."
            )
        yield (name, model) if equals else (None, text)


def _read_calibrations(given: tuple[str, ...]) -> dict[str, Calibration]:
    """Return the calibrations by the names of their models, that of the default under ''."""
    found: dict[str, Calibration] = {}
    for text in given:
        name, equals, path = text.partition("=")
        if not equals:
            name, path = _DEFAULT, text
        if name in found:
            raise InvalidInput(
                f"calibrations: two are for {name or 'the default model'}; give one a model:"
                " --calibration NAME=FILE"
            )
        found[name] = Calibration.load(path)
    return found


def _facts(engine: Engine, *, name: str | None, model: str | None) -> ModelFacts:
    spec = engine.spec
    # Clients do not see paths of this machine.
    is_folder = model is not None and Path(model).exists()
    source = Path(model).resolve().name if model is not None and is_folder else spec.name
    return ModelFacts(
        name=name or source,
        source=source,
        revision=None if is_folder or model is None else spec.revision,
        max_tokens=spec.max_tokens,
        device=engine.backend.device,
        precision=engine.backend.precision,
        loaded=int(time.time()),
    )


def _check_memory(limit: int | None, *, loaded: str) -> None:
    if limit is None:
        return
    now = read_memory().now
    if now is None:
        raise InvalidInput(
            f"max_memory: got {limit}, but this system does not say how much memory a process has,"
            " so the limit cannot be kept. Leave out --max-memory, or set a limit where the process"
            " is started: that of its container or service."
        )
    if now > limit:
        raise OutOfMemory(
            f"with {loaded} loaded, the process has {now >> 20} MiB, and {limit >> 20} MiB are"
            " allowed; raise --max-memory, or serve fewer or smaller models."
        )
