import pytest

from jingpai.models.hub.repository import Repository, is_address, take_apart


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("org/name", (None, "org/name", None)),
        ("org/name@v1.0", (None, "org/name", "v1.0")),
        ("modelscope:org/name", ("modelscope", "org/name", None)),
        ("huggingface:org/name@refs/pr/1", ("huggingface", "org/name", "refs/pr/1")),
        ("C:/models/name", (None, "C:/models/name", None)),
    ],
)
def test_a_written_name_comes_apart_into_hub_name_and_revision(text, parts):
    assert take_apart(text) == parts


@pytest.mark.parametrize("name", ["org/name", "Org-1/na.me_v2-m3", "BAAI/bge-reranker-v2-m3"])
def test_an_organisation_and_a_name_are_an_address(name):
    assert is_address(name)


@pytest.mark.parametrize(
    "name", ["name", "a/b/c", "/name", "org/", "org/na me", "../name", "org/a--b", "./x", "组织/名"]
)
def test_anything_else_is_no_address(name):
    assert not is_address(name)


@pytest.mark.parametrize(
    ("repository", "argument"),
    [
        (Repository("org/name", "main", "huggingface"), "org/name"),
        (Repository("org/name", "v1", "huggingface"), "org/name@v1"),
        (Repository("org/name", "master", "modelscope"), "modelscope:org/name"),
        (Repository("org/name", "v1", "modelscope"), "modelscope:org/name@v1"),
    ],
)
def test_the_argument_of_pull_leaves_out_what_goes_without_saying(repository, argument):
    assert repository.argument == argument
    hub, name, revision = take_apart(argument)
    assert (hub or "huggingface", name) == (repository.hub, repository.name)
    assert revision in (None, repository.revision)
