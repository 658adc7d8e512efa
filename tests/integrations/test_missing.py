"""Without a framework, its module says what to install."""

from __future__ import annotations

import importlib
import sys

import pytest

from jingpai.errors import MissingExtra


@pytest.mark.parametrize(
    ("module", "package", "extra"),
    [
        ("langchain", "langchain_core", "langchain"),
        ("llama_index", "llama_index", "llama-index"),
        ("haystack", "haystack", "haystack"),
        ("mteb", "mteb", "mteb"),
    ],
)
def test_a_missing_framework_is_named_with_the_command_that_installs_it(
    monkeypatch, module, package, extra
):
    monkeypatch.setitem(sys.modules, package, None)  # as if it were not installed
    with pytest.raises(MissingExtra, match=rf'{package}.*pip install "jingpai\[{extra}\]"'):
        importlib.import_module(f"jingpai.integrations.{module}")
