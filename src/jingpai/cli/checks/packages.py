"""The packages that run models: which are there, and whether they get in each other's way."""

from __future__ import annotations

import os
from importlib import metadata
from importlib.util import find_spec

from jingpai.cli.checks.finding import Fact, Finding, Problem
from jingpai.language.speech import say

_TENSORFLOW = (
    "tensorflow",
    "tensorflow-cpu",
    "tensorflow-gpu",
    "tensorflow-macos",
    "tensorflow-intel",
    "tf-nightly",
)
_ONNXRUNTIME = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-openvino")


def check() -> Finding:
    """List the versions, and look for a Keras that keeps transformers from being imported."""
    facts: dict[str, Fact] = {}
    for name in ("numpy", "tokenizers", "safetensors", "huggingface-hub"):
        facts[name] = version(name) or say("not installed")
    facts["onnxruntime"] = _onnxruntime()
    facts["int8 products"] = _int8_products()
    for name in ("torch", "transformers"):
        facts[name] = version(name) or say("not installed ({command})").format(
            command="pip install 'jingpai[torch]'"
        )
    problems = tuple(
        problem for problem in (_two_runtimes(), _keras_trap(), _keras_remains()) if problem
    )
    return Finding(facts, problems)


def version(name: str) -> str | None:
    """Return the version of an installed package without importing it, or None."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _onnxruntime() -> str:
    # Light, and a base dependency; where it cannot be imported, this check says so.
    from jingpai.backends.runtime import onnxruntime

    providers = [
        name.removesuffix("ExecutionProvider") for name in onnxruntime.get_available_providers()
    ]
    return f"{onnxruntime.__version__} ({', '.join(providers)})"


def _int8_products() -> str:
    from jingpai.backends.exact_products import has_exact_int8_products

    if has_exact_int8_products():
        return say("exact")
    return say("would overflow on this processor; models get 7 bits instead")


def _two_runtimes() -> Problem | None:
    there = [name for name in _ONNXRUNTIME if version(name)]
    if len(there) < 2:
        return None
    text = say("{packages} are both installed and overwrite each other's files.")
    mend = f"pip uninstall -y {' '.join(there)} && pip install {there[0]}"
    return Problem(text.format(packages=say(" and ").join(there)), mend)


def _keras_trap() -> Problem | None:
    """Return the problem that transformers 4 has beside TensorFlow with Keras 3."""
    transformers, keras = version("transformers"), version("keras")
    tensorflow = next(filter(None, map(version, _TENSORFLOW)), None)
    if not (transformers and keras and tensorflow) or version("tf-keras"):
        return None
    if _major(transformers) >= 5 or _major(keras) < 3:
        return None
    # With USE_TF=0, or a choice for torch, transformers leaves TensorFlow alone.
    if os.environ.get("USE_TF", "AUTO").upper() in ("0", "OFF", "NO", "FALSE"):
        return None
    text = say(
        "TensorFlow {tensorflow} with Keras {keras} breaks the import of transformers"
        " {transformers} (\"module 'keras' has no attribute 'utils'\", or \"Keras 3 is not yet"
        ' supported").'
    )
    mend = say("{install}\nor, if you do not need TensorFlow: {remove}\nor: {switch}")
    return Problem(
        text.format(tensorflow=tensorflow, keras=keras, transformers=transformers),
        mend.format(
            install="pip install tf-keras",
            remove="pip uninstall tensorflow keras",
            switch="export USE_TF=0",
        ),
    )


def _keras_remains() -> Problem | None:
    """Return the problem that an uninstalled Keras leaves behind: a folder that can be imported."""
    spec = find_spec("keras")
    if spec is None or spec.origin is not None or not spec.submodule_search_locations:
        return None
    folder = next(iter(spec.submodule_search_locations))
    text = say(
        "{folder} is left over from a Keras that was removed: it can be imported, but is empty"
        " (\"module 'keras' has no attribute 'utils'\")."
    )
    mend = say("delete the folder, or run: {command}")
    return Problem(
        text.format(folder=folder), mend.format(command="pip install --force-reinstall tf-keras")
    )


def _major(text: str) -> int:
    digits = text.partition(".")[0]
    return int(digits) if digits.isdigit() else 0
