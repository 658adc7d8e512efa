import pytest

from jingpai.errors import InvalidInput
from jingpai.text.prompt import apply_prompt


def test_the_text_stands_in_the_place_of_the_placeholder():
    assert apply_prompt("query: {query}", text="a", field="query") == "query: a"
    assert apply_prompt("<{passage}>", text="a", field="passage") == "<a>"


@pytest.mark.parametrize("text", ["{query}", "{passage}", "{", "}}", "{0}", "%s", "\\1", ""])
def test_nothing_in_the_text_is_interpreted(text):
    assert apply_prompt("query: {query}!", text=text, field="query") == f"query: {text}!"


def test_other_braces_of_the_template_stay():
    assert apply_prompt('{"q": "{query}", {}}', text="a", field="query") == '{"q": "a", {}}'


def test_a_title_stands_on_its_own_line_before_the_text():
    template = "passage: {passage}"
    assert apply_prompt(template, text="a", title="T", field="passage") == "passage: T\na"
    assert apply_prompt(template, text="a", title="", field="passage") == "passage: a"


def test_an_instruction_stands_before_the_text_and_nothing_in_either_is_interpreted():
    written = apply_prompt(
        "{instruction}: {query}!",
        text="a {instruction}",
        field="query",
        instruction="{query} {instruction}",
    )
    assert written == "{query} {instruction}: a {instruction}!"


@pytest.mark.parametrize("template", ["", "query: ", "{query} {query}", "{passage}"])
def test_a_template_without_exactly_one_placeholder_is_an_error_that_shows_it(template):
    with pytest.raises(InvalidInput, match=r"holds \{query\} \d times; write it once"):
        apply_prompt(template, text="a", field="query")
