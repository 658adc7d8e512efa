from __future__ import annotations

import sys

import pytest

from jingpai.system.folders import cache_folder


def test_the_variable_moves_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("JINGPAI_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path


@pytest.mark.skipif(sys.platform != "linux", reason="XDG is a custom of Linux")
def test_the_cache_is_where_linux_keeps_caches(monkeypatch, tmp_path):
    monkeypatch.delenv("JINGPAI_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "jingpai"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "jingpai"
