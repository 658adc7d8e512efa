import re

import pytest

from jingpai.errors import InvalidInput
from jingpai.text.fields import Fields, read_document, read_query
from jingpai.types import Document


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ("text", Fields("text")),
        ("", Fields("")),
        ("\ud800", Fields("\ud800")),
        ({"text": "t"}, Fields("t")),
        ({"text": "t", "title": "T", "id": 3, "url": "u"}, Fields("t", "T")),
        ({"text": "t", "title": None}, Fields("t")),
        (Document("t"), Fields("t")),
        (Document("t", id="1", title="T", metadata={"a": 1}), Fields("t", "T")),
    ],
)
def test_strings_mappings_and_documents_are_read(document, fields):
    assert read_document(document, index=0) == fields


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (None, "documents[7] is None; a document is a string, a mapping with the key 'text'"),
        (3, "documents[7] is of type int; a document is"),
        (float("nan"), "documents[7] is a missing value (nan); a document is"),
        (b"x", '.decode("utf-8")'),
        (bytearray(b"x"), '.decode("utf-8")'),
        (["a", "b"], "documents[7] is of type list; a document is"),
        (["a", "b"], "one string at a time"),
        ({}, "documents[7] is a mapping without the key 'text'; its keys are: none"),
        ({"b": 1, "a": 2}, "its keys are: 'a', 'b'. Put what is to be ranked under 'text'"),
        ({"page_content": "x"}, "Hand in {'text': document['page_content']}"),
        ({str(n): n for n in range(20)}, ", ..."),
        ({"text": None}, "documents[7]: 'text' is None; it must be a string"),
        ({"text": 5}, "documents[7]: 'text' is of type int; it must be a string"),
        ({"text": b"x"}, '.decode("utf-8")'),
        ({"text": "t", "title": 1}, "documents[7]: 'title' is of type int"),
        (Document(text=None), "documents[7]: 'text' is None"),  # type: ignore[arg-type]
    ],
)
def test_anything_else_is_an_error_that_names_index_type_and_remedy(document, said):
    with pytest.raises(InvalidInput, match=re.escape(said)):
        read_document(document, index=7)


def test_the_error_for_a_document_of_another_framework_says_which_attribute_to_hand_in():
    class PageDocument:
        page_content = "text"

    with pytest.raises(InvalidInput, match=re.escape("hand in document.page_content")):
        read_document(PageDocument(), index=0)


@pytest.mark.parametrize("query", ["a", " ?", "你好", "\u200bx", "👍", "<p></p>"])
def test_a_query_with_something_to_read_is_returned_as_it_is(query):
    assert read_query(query) == query


@pytest.mark.parametrize("query", ["", " \n\t", "\u3000\u00a0", "\u200b\ufeff", "\ud800", "\x00"])
def test_a_query_without_anything_to_read_is_an_error(query):
    with pytest.raises(InvalidInput, match="nothing can be ranked by it"):
        read_query(query)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (None, "query is None; it must be a string"),
        (1, "query is of type int; it must be a string; convert it"),
        (b"x", '.decode("utf-8")'),
        (["a"], "query is of type list; it must be a string; hand in one string at a time"),
    ],
)
def test_a_query_that_is_no_string_is_an_error_that_says_what_to_do(query, said):
    with pytest.raises(InvalidInput, match=re.escape(said)):
        read_query(query)
