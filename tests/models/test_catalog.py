import re

from jingpai.models.hub.repository import is_address
from jingpai.models.known.catalog import (
    BUNDLED,
    BUNDLED_SPEC,
    CATALOG,
    closest,
    find,
    short_name,
    why_unsupported,
)
from jingpai.models.known.language_models import LANGUAGE_MODELS


def test_the_bundled_model_comes_first():
    assert CATALOG[0] is BUNDLED_SPEC
    assert BUNDLED_SPEC.name == BUNDLED


def test_every_model_but_the_bundled_one_has_an_address_on_a_hub():
    assert [spec.name for spec in CATALOG if not is_address(spec.name)] == [BUNDLED]


def test_no_two_models_share_a_short_name():
    names = [short_name(spec.name) for spec in CATALOG]
    assert len(names) == len(set(names))


def test_every_model_says_its_licence_languages_size_and_use_in_both_languages():
    for spec in CATALOG:
        assert spec.license != "unknown"
        assert spec.languages != "unknown"
        assert spec.parameters is not None
        assert spec.summary.endswith(".")
        assert re.search(r"[\u4e00-\u9fff]", spec.summary_zh)


def test_a_model_is_found_by_its_name_and_by_the_part_behind_the_slash_in_any_case():
    spec = find("BAAI/bge-reranker-v2-m3")
    assert spec is not None
    assert spec.max_tokens == 8192
    assert find("bge-reranker-v2-m3") is spec
    assert find("baai/BGE-Reranker-v2-m3") is spec


def test_a_model_of_another_organisation_is_not_taken_for_a_known_one():
    assert find("someone/bge-reranker-v2-m3") is None


def test_every_language_model_says_how_it_is_asked_and_how_it_answers():
    for spec in LANGUAGE_MODELS:
        assert spec in CATALOG
        assert spec.template.layout is not None
        assert spec.template.query.count("{query}") == 1
        assert spec.template.passage.endswith("{passage}")
        assert "{instruction}" not in spec.template.query
        instructed = spec.template.instructed_query
        assert instructed is None or instructed.count("{instruction}") == 1
        assert len(spec.answers) == {"single": 1, "two_class": 2}[spec.head] - bool(spec.layer)
        assert spec.passage_tokens is not None


def test_a_model_that_cannot_be_run_is_told_why_by_either_of_its_names():
    for name in (
        "BAAI/bge-reranker-v2.5-gemma2-lightweight",
        "bge-reranker-V2.5-gemma2-lightweight",
    ):
        assert "never executes" in (why_unsupported(name) or "")
        assert find(name) is None
    assert why_unsupported("BAAI/bge-reranker-v2-m3") is None


def test_the_closest_names_to_a_misspelt_one_are_told_in_full():
    assert closest("bge-reranker-v2m3")[0] == "BAAI/bge-reranker-v2-m3"
    assert closest("models/bge-reranker-large")[0] == "BAAI/bge-reranker-large"
    assert closest("qqqqqqqq") == []
