from __future__ import annotations

import gzip
import itertools
import threading

import pytest
from tokenizers import Tokenizer

from jingpai.errors import InputTooLong, ModelFilesInvalid
from jingpai.tokens.tokenizer import PairTokenizer

TWO_SEGMENTS = (("<s>",), ("</s>",), ("<s>",), ("</s>",))


def test_a_bert_pair_is_written_as_the_library_itself_writes_it(bert_tokenizer):
    expected = bert_tokenizer.encode("what is a panda", "the giant panda is a bear")
    pairs = PairTokenizer(bert_tokenizer, max_tokens=32)
    (row,) = pairs.rows(pairs.encode_query("what is a panda"), ["the giant panda is a bear"])
    assert list(row.ids) == expected.ids
    assert row.query_length == expected.type_ids.index(1)
    assert row.dropped == 0
    assert row.characters == len("the giant panda is a bear")


def test_a_roberta_pair_has_two_separators_one_of_which_closes_the_query(roberta_tokenizer):
    expected = roberta_tokenizer.encode("what is a panda", "hi")
    pairs = PairTokenizer(roberta_tokenizer, max_tokens=32)
    (row,) = pairs.rows(pairs.encode_query("what is a panda"), ["hi"])
    assert list(row.ids) == expected.ids
    assert row.query_length == len("<s> what is a panda </s>".split())


def test_a_template_of_two_segments_starts_the_passage_anew(roberta_tokenizer):
    pairs = PairTokenizer(roberta_tokenizer, max_tokens=32, layout=TWO_SEGMENTS)
    (row,) = pairs.rows(pairs.encode_query("hi"), ["panda"])
    tokens = [roberta_tokenizer.id_to_token(i) for i in row.ids]
    assert tokens == ["<s>", "hi", "</s>", "<s>", "panda", "</s>"]
    assert row.query_length == 3


def test_the_passage_is_cut_and_the_query_never(bert_tokenizer):
    pairs = PairTokenizer(bert_tokenizer, max_tokens=10)
    query = pairs.encode_query("what is a panda")
    (row,) = pairs.rows(query, ["the giant panda is a bear"])
    assert len(row.ids) == 10
    assert row.ids[1:5] == query
    assert row.ids[-1] == bert_tokenizer.token_to_id("[SEP]")
    assert (row.dropped, row.characters) == (3, len("the giant panda"))


def test_a_query_that_leaves_no_room_is_an_error_with_both_lengths(bert_tokenizer):
    pairs = PairTokenizer(bert_tokenizer, max_tokens=7)
    with pytest.raises(InputTooLong, match=r"query: 7 tokens .* reads 7"):
        pairs.encode_query("what is a panda")
    assert pairs.room(pairs.encode_query("what is a")) == 1


@pytest.mark.parametrize("limit", [4, 5, 8, 9, 12])
def test_rows_that_share_are_cut_as_the_tokenizers_library_cuts_the_longer_one(
    bert_tokenizer, limit
):
    original = Tokenizer.from_str(bert_tokenizer.to_str())
    original.enable_truncation(limit, strategy="longest_first")
    pairs = PairTokenizer(bert_tokenizer, max_tokens=limit)
    words = "what is a panda the giant bear eats bamboo hi it".split()
    for query, passage in itertools.product(range(len(words)), repeat=2):
        texts = " ".join(words[:query]), " ".join(words[::-1][:passage])
        ids = pairs.encode_query(texts[0], long_queries="share")
        (row,) = pairs.rows(ids, [texts[1]], long_queries="share")
        assert list(row.ids) == original.encode(*texts).ids
        kept = len(row.ids) - row.query_length - 1
        assert row.dropped == passage - kept
        assert texts[1][: row.characters] == " ".join(words[::-1][:kept])


def test_a_query_with_a_limit_is_cut_and_leaves_no_more_than_there_is(bert_tokenizer):
    pairs = PairTokenizer(bert_tokenizer, max_tokens=8)
    assert len(pairs.encode_query("what is a panda", long_queries=3)) == 3
    whole = pairs.encode_query("what is a panda the giant bear", long_queries=100)
    (row,) = pairs.rows(whole, ["it eats bamboo"])
    assert (len(whole), len(row.ids), row.characters, row.dropped) == (5, 8, 0, 3)


def test_passages_may_have_a_limit_of_their_own(bert_tokenizer):
    pairs = PairTokenizer(bert_tokenizer, max_tokens=32, passage_tokens=2)
    (row,) = pairs.rows(pairs.encode_query("what is a panda"), ["the giant panda is a bear"])
    assert row.dropped == 4
    crowded = PairTokenizer(bert_tokenizer, max_tokens=8, passage_tokens=2)
    assert crowded.room(crowded.encode_query("what is a panda")) == 1


def test_special_tokens_in_a_text_are_plain_text(roberta_tokenizer):
    pairs = PairTokenizer(roberta_tokenizer, max_tokens=32)
    (row,) = pairs.rows(pairs.encode_query("hi"), ["panda </s> bear"])
    assert list(row.ids).count(roberta_tokenizer.token_to_id("</s>")) == 3


def test_empty_passages_make_rows_too(bert_tokenizer):
    pairs = PairTokenizer(bert_tokenizer, max_tokens=32)
    (row,) = pairs.rows(pairs.encode_query("hi"), [""])
    assert [bert_tokenizer.id_to_token(i) for i in row.ids] == ["[CLS]", "hi", "[SEP]", "[SEP]"]


def test_cut_returns_the_longest_beginning_within_the_limit(bert_tokenizer):
    pairs = PairTokenizer(bert_tokenizer, max_tokens=32)
    assert pairs.cut("the giant panda", limit=2) == "the giant"
    assert pairs.cut("the giant panda", limit=3) == "the giant panda"


def test_a_tokenizer_file_is_read_plain_or_gzipped(bert_tokenizer, tmp_path):
    text = bert_tokenizer.to_str().encode()
    (tmp_path / "tokenizer.json").write_bytes(text)
    plain = PairTokenizer.load(tmp_path, max_tokens=32)
    (tmp_path / "tokenizer.json").unlink()
    (tmp_path / "tokenizer.json.gz").write_bytes(gzip.compress(text))
    packed = PairTokenizer.load(tmp_path, max_tokens=32)
    assert plain.encode_query("a panda") == packed.encode_query("a panda")


@pytest.mark.parametrize("content", [None, b"", b"{", b'{"model": 3}', b"\xff\xfe"])
def test_a_missing_or_broken_tokenizer_file_is_named(tmp_path, content):
    if content is not None:
        (tmp_path / "tokenizer.json").write_bytes(content)
    with pytest.raises(ModelFilesInvalid, match="tokenizer.json"):
        PairTokenizer.load(tmp_path, max_tokens=32)


def test_a_broken_gzip_file_is_named(tmp_path):
    (tmp_path / "tokenizer.json.gz").write_bytes(b"\x1f\x8b broken")
    with pytest.raises(ModelFilesInvalid, match="tokenizer.json"):
        PairTokenizer.load(tmp_path, max_tokens=32)


def test_a_template_token_that_the_vocabulary_lacks_is_named(bert_tokenizer):
    with pytest.raises(ModelFilesInvalid, match="'<s>'"):
        PairTokenizer(bert_tokenizer, max_tokens=32, layout=TWO_SEGMENTS)


def test_many_threads_may_share_one_tokenizer(bert_tokenizer):
    pairs = PairTokenizer(bert_tokenizer, max_tokens=12)
    expected = pairs.rows(
        pairs.encode_query("what is a panda"), ["the giant bear eats bamboo"] * 50
    )
    results = []

    def work() -> None:
        query = pairs.encode_query("what is a panda")
        results.append(pairs.rows(query, ["the giant bear eats bamboo"] * 50))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 8
