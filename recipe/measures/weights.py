"""The model in its three forms: which file holds the weights, and what tells them from others'."""

import hashlib
from pathlib import Path

from jingpai.files.model_folder import WEIGHTS
from recipe.places import BUNDLED

FORMS = (
    "packaged",  # the int8 graph in src/jingpai/bundled: what users run
    "fp32",  # the float32 graph in work/fp32, by export.py
    "torch",  # the network in work/model, by finish.py, in bfloat16
)
GRAPH_WEIGHTS = "weights.bin"


def find(form: str, *, work: Path, package: Path = BUNDLED) -> Path:
    """The file that holds the weights of a form."""
    path = {
        "packaged": package / GRAPH_WEIGHTS,
        "fp32": work / "fp32" / GRAPH_WEIGHTS,
        "torch": work / "model" / WEIGHTS,
    }[form]
    if not path.exists():
        script = "finish" if form == "torch" else "export"
        raise SystemExit(f"{path} is not there; python -m recipe.network.{script} writes it")
    return path


def of_reranker(model: str | None) -> str:
    """The fingerprint of the packaged graph, or the name of another model that was measured."""
    return model or fingerprint(BUNDLED / GRAPH_WEIGHTS)


def fingerprint(weights: Path) -> str:
    """Tells one training from another, so that no result is taken for another model's."""
    return hashlib.sha256(weights.read_bytes()).hexdigest()[:16]
