"""Whatever is in the files of a model, of a calibration or of a cache, it is used or refused."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hostile.files import File, damaged
from support.hostile.values import hostile, places, raw_json, result_or_error, texts, written

from jingpai import CacheUnusable, JingpaiError, Reranker, ScoreCache
from jingpai.scores.calibration import Calibration

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="module")
def load(tiny_folder, place: Path) -> Callable[[str, bytes], Any]:
    """Load the tiny model with other content in one of its files."""
    folder, cache = place / "model", place / "cache"

    def go(name: str, content: bytes) -> Any:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(tiny_folder, folder)
        (folder / name).write_bytes(content)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("JINGPAI_CACHE", str(cache))  # not that of all tests: it would grow
            found = result_or_error(lambda: Reranker(folder, precision="fp32", threads=1))
        shutil.rmtree(cache, ignore_errors=True)
        if isinstance(found, Reranker):
            with found:
                ranking = result_or_error(lambda: found.rank("panda", ["a bear", "", "x" * 300]))
                assert isinstance(ranking, JingpaiError) or len(ranking) == 3
        return found

    return go


@hostile(share=0.01)
@given(data=st.data(), raw=raw_json)
@pytest.mark.filterwarnings("ignore")
def test_a_model_with_any_value_in_its_config_loads_or_is_refused(load, tiny_folder, data, raw):
    config = json.loads((tiny_folder / "config.json").read_text("utf-8"))
    path = data.draw(st.sampled_from(places(config)))
    load("config.json", written(config, path, raw).encode())


@hostile(share=0.005)
@given(data=st.data(), raw=raw_json)
@pytest.mark.filterwarnings("ignore")
def test_a_model_with_any_value_in_its_tokenizer_loads_or_is_refused(load, tiny_folder, data, raw):
    tokenizer = json.loads((tiny_folder / "tokenizer.json").read_text("utf-8"))
    found = [path for path in places(tokenizer) if len(path) < 3 or path[1] != "vocab"]
    path = data.draw(st.sampled_from(found))
    load("tokenizer.json", written(tokenizer, path, raw).encode())


@hostile(share=0.005)
@given(name=st.sampled_from(("config.json", "tokenizer.json", "model.safetensors")), data=st.data())
@pytest.mark.filterwarnings("ignore")
def test_a_model_with_a_damaged_file_loads_or_is_refused(load, tiny_folder, name, data):
    content = (tiny_folder / name).read_bytes()
    load(name, data.draw(damaged(st.just(File("", content)))).content)


CALIBRATION = {
    "schema": 1,
    "model": "tiny",
    "fingerprint": "x",
    "method": "logistic",
    "slope": 1.5,
    "intercept": 0.5,
    "facts": {"pairs": 10},
}
ISOTONIC = {
    **{key: CALIBRATION[key] for key in ("schema", "model", "fingerprint", "facts")},
    "method": "isotonic",
    "logits": [-1.0, 0.0, 2.0],
    "probabilities": [0.1, 0.5, 0.9],
}


@hostile(share=0.005)
@given(body=st.sampled_from((CALIBRATION, ISOTONIC)), data=st.data(), raw=raw_json)
def test_a_calibration_of_any_values_gives_shares_or_is_refused(place, body, data, raw):
    path = data.draw(st.sampled_from(places(body)))
    (place / "c.json").write_bytes(written(body, path, raw).encode())
    found = result_or_error(lambda: Calibration.load(place / "c.json"))
    if isinstance(found, Calibration):
        shares = found.curve(np.array([-100.0, -1.0, 0.0, 0.3, 100.0]))
        assert ((shares >= 0) & (shares <= 1)).all()
        assert (np.diff(shares) >= 0).all()
    else:
        assert "c.json" in str(found)


@hostile(share=0.005)
@given(content=st.binary(max_size=40) | texts.map(lambda text: text.encode("utf-8", "replace")))
def test_a_file_that_is_no_cache_is_refused_as_one(place, content):
    for name in ("scores.db", "scores.db-wal", "scores.db-shm"):
        (place / name).unlink(missing_ok=True)
    (place / "scores.db").write_bytes(content)
    found = result_or_error(lambda: ScoreCache(place / "scores.db"))
    if isinstance(found, ScoreCache):
        found.close()  # to SQLite a file of nothing, or of a byte, is a new one
    else:
        assert isinstance(found, CacheUnusable)
