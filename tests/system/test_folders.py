from __future__ import annotations

import sys

import pytest

from jingpai.system.folders import HomeUnknown, cache_folder, exists, expanded


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


def test_only_a_path_in_a_home_needs_one(monkeypatch):
    monkeypatch.setenv("HOME", "~")  # nothing says where it is
    monkeypatch.setenv("USERPROFILE", "~")
    assert expanded("a/b").as_posix() == "a/b"
    with pytest.raises(HomeUnknown, match="~/b.*set HOME"):
        expanded("~/b")


@pytest.mark.parametrize("path", ["~nobody-of-this-name/model", "a" * 5000, "a\0b"])
def test_what_can_be_no_path_is_not_there(path):
    assert not exists(path)
