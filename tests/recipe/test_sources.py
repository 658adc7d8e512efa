"""Every source of the training pairs says whence it comes."""

from __future__ import annotations

from recipe.card.results import DATA, read_toml
from recipe.card.sources import evaluation_splits, machine_translated

SOURCES = read_toml(DATA / "sources.toml")


def test_every_source_of_the_mix_has_an_origin_a_licence_and_a_size():
    for name in read_toml(DATA / "mix.toml"):
        missing = {"origin", "licence", "pairs", "passages", "languages"} - SOURCES[name].keys()
        assert not missing, name


def test_what_others_measure_with_is_listed_where_the_notes_say_so():
    listed = evaluation_splits()
    for name, source in SOURCES.items():
        if "never report" in source.get("notes", "") or "test split" in source.get("notes", ""):
            assert f"(`{name}`)" in listed, name


def test_machine_translated_sources_are_listed_where_the_notes_say_so():
    listed = machine_translated()
    for name, source in SOURCES.items():
        if "MACHINE TRANSLATED" in source.get("notes", ""):
            assert f"`{name}`" in listed, name
