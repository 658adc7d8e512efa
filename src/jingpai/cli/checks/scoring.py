"""The bundled model: does it run here, and does it tell right from wrong?"""

from __future__ import annotations

import time

from jingpai.cli.checks.finding import Fact, Finding, Problem
from jingpai.errors import JingpaiError
from jingpai.language.speech import say
from jingpai.reranker import Reranker
from jingpai.system.installation import repair_command

_QUERY = "What do pandas eat?"
_DOCUMENTS = ("Giant pandas feed almost entirely on bamboo.", "The train to Leeds leaves at noon.")


def check() -> Finding:
    """Load the bundled model on the CPU and score two pairs with it."""
    try:
        start = time.perf_counter()
        with Reranker(device="cpu") as reranker:
            loaded = time.perf_counter()
            right, wrong = reranker.score(_QUERY, _DOCUMENTS)
            done = time.perf_counter()
    except JingpaiError as error:
        return Finding(problems=(Problem(str(error), repair_command()),))
    facts: dict[str, Fact] = {
        "model": f"{reranker.model} ({reranker.precision})",
        "loaded": f"{loaded - start:.2f} s",
        "two pairs": f"{1000 * (done - loaded):.0f} ms",
        "scores": say("{right:.4f} for a passage that answers, {wrong:.4f} for another").format(
            right=right, wrong=wrong
        ),
    }
    if right > wrong:
        return Finding(facts)
    text = say("The bundled model prefers the wrong passage: its files or ONNX Runtime are broken.")
    return Finding(facts, (Problem(text, repair_command("onnxruntime")),))
