"""Negatives are near the query, and what may be an answer that nobody marked is left alone."""

from __future__ import annotations

import pytest
from support.tiny_field import groups_of, write_lines

from jingpai.evaluation.kept import Kept
from jingpai.training.mining import Miner

PANDA = "Giant pandas live almost entirely on bamboo."
TWIN = "Giant pandas eat bamboo, and hardly anything else."
FIELD = {
    "What do giant pandas eat?": PANDA,
    "Where do giant pandas live?": "Wild giant pandas are found in the mountains of Sichuan.",
    "How tall is the Eiffel Tower?": "The Eiffel Tower is 330 metres high.",
    "Who painted the Mona Lisa?": "Leonardo da Vinci painted the Mona Lisa.",
    "When does the train leave?": "The train to Basel leaves at six in the morning.",
    "How do I bake bread?": "Knead flour, water, salt and yeast, and bake for an hour.",
    "What is the capital of Peru?": "Lima is the capital of Peru.",
    "How fast is light?": "Light travels 299,792 kilometres in a second.",
    "Who wrote Hamlet?": "Hamlet was written by William Shakespeare.",
    "What do giant pandas like to eat?": TWIN,
}


@pytest.fixture(scope="module")
def groups(tmp_path_factory):
    lines = [{"query": query, "pos": [answer]} for query, answer in FIELD.items()]
    return groups_of(write_lines(tmp_path_factory.mktemp("field") / "a.jsonl", *lines))


@pytest.fixture(scope="module")
def miner(groups, tmp_path_factory):
    with Miner(groups, kept=Kept(tmp_path_factory.mktemp("kept"))) as miner:
        yield miner


def mined(group):
    documents = zip(group.judged.documents, group.grades, strict=True)
    return [document.text for document, grade in documents if not grade]


def test_the_nearest_documents_of_other_queries_become_negatives(miner, groups):
    filled = miner.fill(groups, negatives=3, among=groups)
    assert [group.negatives for group in filled] == 10 * [3]
    assert [group.mined for group in filled] == 10 * [3]
    # The other facts about pandas come before those about bread and trains.
    assert mined(filled[1])[0] in (PANDA, TWIN)
    for group in filled:
        assert len({one.id for one in group.judged.documents}) == 4


def test_what_is_nearer_to_the_query_than_its_answer_is_no_negative(tmp_path):
    lines = [
        {"query": "What do giant pandas eat?", "pos": ["The tower is high."]},
        *({"query": query, "pos": [answer]} for query, answer in list(FIELD.items())[1:9]),
        {"query": "Do pandas eat?", "pos": [TWIN]},
    ]
    groups = groups_of(write_lines(tmp_path / "a.jsonl", *lines))
    with Miner(groups, kept=Kept(tmp_path / "kept")) as miner:
        filled = miner.fill(groups, negatives=9, among=groups)
    assert TWIN not in mined(filled[0])
    assert filled[0].negatives < 9


def test_negatives_come_from_the_allowed_part_alone(miner, groups):
    (filled,) = miner.fill(groups[:1], negatives=9, among=groups[2:5])
    assert set(mined(filled)) == {one.judged.documents[0].text for one in groups[2:5]}


def test_a_group_with_enough_negatives_stays_as_it_is(miner, groups):
    (full,) = miner.fill(groups[:1], negatives=2, among=groups)
    assert miner.fill([full], negatives=2, among=groups) == (full,)
