"""How the recipe's training draws its groups, and marks the evidence in them."""

from __future__ import annotations

from collections import Counter

import pytest
from support.tiny_models import write_tiny_text_encoder

pytest.importorskip("torch")

from recipe.network.groups import Group, Mixture
from recipe.network.inference import ParentTokenizer
from recipe.network.settings import TrainingSettings
from recipe.network.steps import evidence_weights


def group(source: str, number: int = 0) -> Group:
    return Group(
        query=[0, number, 2],
        passages=[[0, 5, 6, 2], [0, 7, 2]],
        cosines=[0.9, 0.8],
        evidence=[[0, 1, 1, 0], [0, 0, 0]],
        source=source,
    )


def test_a_round_takes_the_share_of_each_source_and_other_groups_the_next_time():
    groups = [group("written", number) for number in range(10)]
    groups += [group("public", number) for number in range(10)]
    mixture = Mixture(groups, {"written": 1.0, "public": 0.5}, seed=1)
    first, second = mixture.round(), mixture.round()
    assert Counter(one.source for one in first) == {"written": 10, "public": 5}
    public = [one.query[1] for one in (*first, *second) if one.source == "public"]
    assert sorted(public) == list(range(10))


def test_evidence_weighs_answers_as_much_as_all_others_and_nothing_where_nobody_looked():
    answer, other = evidence_weights(group("written"))
    assert 4 * answer == 3 * other == 0.5
    unmarked = Group(
        query=[0, 2], passages=[[0, 2], [0, 2]], cosines=[0, 0], evidence=[None, [0, 0]]
    )
    assert evidence_weights(unmarked) == [0.0, 0.25]


def test_tokens_of_a_marked_stretch_are_labelled(tmp_path):
    write_tiny_text_encoder(tmp_path)
    tokenizer = ParentTokenizer(tmp_path)
    text = "It stands in the North. It is one of the houses."
    rows, labels = tokenizer.marked_passages([text, text, text], [["in the North."], None, []])
    assert rows[0] == tokenizer.passages([text])[0]
    marked = [token for token, label in zip(rows[0], labels[0] or [], strict=True) if label]
    assert tokenizer.tokenizer.decode(marked).replace(" ", "") == "intheNorth."
    assert labels[1] is None
    assert labels[2] == [0] * len(rows[2])


def test_settings_are_changed_by_name_and_others_refused():
    changed = TrainingSettings().changed(["encoder_rate=1e-4", "share.public=2"])
    assert changed.encoder_rate == 1e-4
    assert changed.shares["public"] == 2.0
    assert changed.shares["written"] == TrainingSettings().shares["written"]
    with pytest.raises(SystemExit, match="the settings are"):
        TrainingSettings().changed(["enoder_rate=1"])
