from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from jingpai.engine.engine import Engine
from jingpai.errors import BackendFailed, InputTooLong, InvalidInput, OutOfMemory
from jingpai.models.spec import ModelSpec, Template
from jingpai.text.fields import read_candidates
from jingpai.tokens.tokenizer import PairTokenizer
from jingpai.types import Document

if TYPE_CHECKING:
    from jingpai.types import Precision


class CountingBackend:
    """The logit is the number of passage tokens that stand in the query too.

    It has memory for `memory` tokens, and no number for rows that hold the token `poison`.
    """

    device = "cpu"
    precision: Precision = "fp32"
    padding_weight = 1.0

    def __init__(self, *, memory: int = 10**9, poison: int = -1) -> None:
        self.memory = memory
        self.poison = poison
        self.shapes: list[tuple[int, int]] = []

    def logits(self, batch):
        if batch.input_ids.size > self.memory:
            raise OutOfMemory(f"{batch.input_ids.size} tokens")
        self.shapes.append(batch.input_ids.shape)
        result = []
        for ids, length, first in zip(
            batch.input_ids.tolist(), batch.lengths, batch.query_lengths, strict=True
        ):
            query, passage = set(ids[1 : first - 1]), ids[first : length - 1]
            number = float(sum(token in query for token in passage))
            result.append([float("nan") if self.poison in passage else number])
        return np.array(result, dtype=np.float32)

    def close(self) -> None:
        self.memory = 0


def engine(tokenizer, backend=None, *, max_tokens=24, template=Template(), **settings) -> Engine:
    settings = {"batch_tokens": 200, **settings}
    return Engine(
        ModelSpec("tiny", max_tokens=max_tokens, template=template),
        tokenizer=PairTokenizer(tokenizer, max_tokens=max_tokens),
        backend=backend or CountingBackend(),
        **settings,
    )


def rows_of(encoded):
    return [row for document in encoded for row in document.rows]


def test_rows_come_back_in_input_order_whatever_the_batches(bert_tokenizer):
    tiny = engine(bert_tokenizer, batch_tokens=30)
    documents = ["panda " * n for n in (3, 1, 9, 2, 7, 0, 5)]
    scored = tiny.score(rows_of(tiny.encode(read_candidates("panda", documents))))
    assert scored.logits.tolist() == [3, 1, 9, 2, 7, 0, 5]
    assert scored.errors == {}


def test_progress_counts_rows_to_the_end(bert_tokenizer):
    tiny = engine(bert_tokenizer, batch_tokens=30)
    seen = []
    documents = ["panda " * n for n in range(9)]
    tiny.score(
        rows_of(tiny.encode(read_candidates("panda", documents))),
        progress=lambda *done: seen.append(done),
    )
    assert seen[-1] == (9, 9)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_a_long_document_is_scored_in_passages_that_cover_it(bert_tokenizer):
    tiny = engine(bert_tokenizer)
    text = "The bear eats. " * 12 + "A panda eats bamboo. " + "It is a bear. " * 12
    (document,) = tiny.encode(read_candidates("panda bamboo", [text]))
    assert len(document.rows) > 3
    assert all(len(row.ids) <= 24 for row in document.rows)
    assert not document.truncated
    covered = {i for start, end in document.spans for i in range(start, end)}
    assert all(i in covered for i, char in enumerate(text) if not char.isspace())
    best = int(np.argmax(tiny.score(document.rows).logits))
    start, end = document.spans[best]
    assert "A panda eats bamboo." in text[start:end]


def test_truncation_keeps_the_beginning_and_says_so(bert_tokenizer):
    tiny = engine(bert_tokenizer, long_documents="truncate", max_tokens=10)
    text = "the giant panda is a bear"
    (document, short) = tiny.encode(read_candidates("what is a panda", [text, "a panda"]))
    assert document.truncated
    assert [text[start:end] for start, end in document.spans] == ["the giant panda"]
    assert not short.truncated


def test_truncation_reads_past_a_first_look_that_says_little(bert_tokenizer):
    tiny = engine(bert_tokenizer, long_documents="truncate", max_tokens=10)
    (document,) = tiny.encode(read_candidates("what is a panda", ["x" * 5000 + " panda"]))
    assert not document.truncated
    assert document.rows[0].dropped == 0


def test_spans_are_those_of_the_text_as_handed_in(bert_tokenizer):
    tiny = engine(bert_tokenizer, max_tokens=10, long_documents="truncate")
    text = "<p>the   <b>giant</b> panda</p> is a bear"
    (document,) = tiny.encode(read_candidates("what is a panda", [text]))
    start, end = document.spans[0]
    assert text[start:end].endswith("panda")


def test_cleaning_can_be_switched_off(bert_tokenizer):
    kept = engine(bert_tokenizer, is_cleaning=False).encode(read_candidates("hi", ["<b>panda</b>"]))
    cleaned = engine(bert_tokenizer).encode(read_candidates("hi", ["<b>panda</b>"]))
    assert len(kept[0].rows[0].ids) > len(cleaned[0].rows[0].ids)


def test_the_title_stands_before_every_passage(bert_tokenizer):
    tiny = engine(bert_tokenizer)
    document = Document(text="the bear eats bamboo. " * 12, title="giant panda")
    (encoded,) = tiny.encode(read_candidates("hi", [document]))
    title = [bert_tokenizer.token_to_id(word) for word in ("giant", "panda")]
    assert len(encoded.rows) > 1
    assert all(list(row.ids[3:5]) == title for row in encoded.rows)
    assert all(end <= len(document.text) for _, end in encoded.spans)
    assert not encoded.truncated


def test_a_title_that_would_crowd_out_the_text_is_cut_and_that_is_said(bert_tokenizer):
    (encoded,) = engine(bert_tokenizer).encode(
        read_candidates("hi", [{"text": "a panda", "title": "bear " * 100}])
    )
    assert encoded.truncated


def test_the_templates_prefixes_are_read_by_the_model_and_count(bert_tokenizer):
    template = Template(query="query : {query}", passage="passage : {passage}")
    tiny = engine(bert_tokenizer, template=template)
    (encoded,) = tiny.encode(read_candidates("panda", ["bear"]))
    tokens = [bert_tokenizer.id_to_token(i) for i in encoded.rows[0].ids]
    assert tokens == "[CLS] query : panda [SEP] passage : bear [SEP]".split()
    assert encoded.spans == [(0, 4)]


def test_equal_rows_are_scored_once_and_each_gets_the_number(bert_tokenizer):
    backend = CountingBackend()
    tiny = engine(bert_tokenizer, backend)
    documents = ["panda panda", "hi", "panda panda", "panda", "hi"]
    scored = tiny.score(rows_of(tiny.encode(read_candidates("panda", documents))))
    assert scored.logits.tolist() == [2, 0, 2, 1, 0]
    assert sum(rows for rows, _ in backend.shapes) == 3


def test_equal_rows_share_their_error(bert_tokenizer):
    poison = bert_tokenizer.token_to_id("hi")
    tiny = engine(bert_tokenizer, CountingBackend(poison=poison))
    scored = tiny.score(rows_of(tiny.encode(read_candidates("panda", ["hi", "panda", "hi"]))))
    assert sorted(scored.errors) == [0, 2]
    assert scored.logits[1] == 1


def test_batches_that_do_not_fit_are_halved_and_nothing_is_lost(bert_tokenizer):
    backend = CountingBackend(memory=40)
    tiny = engine(bert_tokenizer, backend, batch_tokens=500)
    documents = ["panda " * (n % 10) for n in range(40)]
    scored = tiny.score(rows_of(tiny.encode(read_candidates("panda", documents))))
    assert scored.logits.tolist() == [n % 10 for n in range(40)]
    assert all(rows * length <= 40 for rows, length in backend.shapes)


def test_the_lesson_of_a_full_memory_is_remembered(bert_tokenizer):
    backend = CountingBackend(memory=40)
    tiny = engine(bert_tokenizer, backend, batch_tokens=500)
    words = "what is a panda the bear".split()
    documents = [f"{one} {two}" for one in words for two in words]
    rows = rows_of(tiny.encode(read_candidates("panda", documents)))
    tiny.score(rows)
    failures_before = tiny._runner._batch_tokens
    tiny.score(rows)
    assert tiny._runner._batch_tokens == failures_before <= 40


def test_a_row_that_does_not_fit_alone_is_named_and_the_others_are_scored(bert_tokenizer):
    tiny = engine(bert_tokenizer, CountingBackend(memory=12))
    scored = tiny.score(
        rows_of(tiny.encode(read_candidates("panda", ["panda", "panda " * 15, "panda panda"])))
    )
    assert scored.logits[[0, 2]].tolist() == [1, 2]
    assert list(scored.errors) == [1]
    assert isinstance(scored.errors[1], OutOfMemory)
    assert "19 tokens" in str(scored.errors[1])


def test_a_row_without_a_number_is_named_and_the_others_are_scored(bert_tokenizer):
    poison = bert_tokenizer.token_to_id("bamboo")
    tiny = engine(bert_tokenizer, CountingBackend(poison=poison))
    scored = tiny.score(
        rows_of(tiny.encode(read_candidates("panda", ["panda", "bamboo panda", "bear"])))
    )
    assert scored.logits[[0, 2]].tolist() == [1, 0]
    assert np.isnan(scored.logits[1])
    assert type(scored.errors[1]) is BackendFailed


def test_a_query_over_the_limit_names_both_lengths(bert_tokenizer):
    with pytest.raises(InputTooLong, match=r"query: 33 tokens .* 24"):
        engine(bert_tokenizer).encode(read_candidates("panda " * 30, ["bear"]))


@pytest.mark.parametrize("bad", [None, 3, b"bytes", ["list"], {"title": "no text"}])
def test_a_document_that_is_not_one_is_named_by_its_index(bert_tokenizer, bad):
    with pytest.raises(InvalidInput, match=r"documents\[1\]"):
        engine(bert_tokenizer).encode(read_candidates("hi", ["fine", bad]))


def test_no_documents_make_no_rows(bert_tokenizer):
    tiny = engine(bert_tokenizer)
    assert tiny.encode(read_candidates("hi", [])) == []
    assert tiny.score([]).logits.tolist() == []
