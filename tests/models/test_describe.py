import json

import pytest

from jingpai.errors import ModelFilesInvalid
from jingpai.models.describe import describe
from jingpai.models.known.catalog import find


def configure(folder, *, tokenizer=None, **changes):
    config = json.loads((folder / "config.json").read_text())
    config.update(changes)
    (folder / "config.json").write_text(json.dumps(config))
    if tokenizer is None:
        (folder / "tokenizer_config.json").unlink(missing_ok=True)
    else:
        (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer))
    return folder


def test_a_checkpoint_describes_itself(folder):
    spec = describe(folder, name="mine", revision="v2")
    assert (spec.name, spec.revision, spec.max_tokens, spec.head) == ("mine", "v2", 128, "single")


@pytest.mark.parametrize(
    ("model_type", "positions", "tokens"),
    [
        ("bert", 512, 512),
        ("xlm-roberta", 514, 512),
        ("xlm-roberta", 8194, 8192),
        ("roberta", 514, 512),
    ],
)
def test_positions_that_start_behind_the_padding_id_are_not_tokens(
    folder, model_type, positions, tokens
):
    configure(folder, model_type=model_type, max_position_embeddings=positions)
    assert describe(folder, name="mine").max_tokens == tokens


def test_the_tokenizer_may_set_a_lower_limit(folder):
    configure(folder, tokenizer={"model_max_length": 100})
    assert describe(folder, name="mine").max_tokens == 100


def test_a_tokenizer_without_a_limit_sets_none(folder):
    configure(folder, tokenizer={"model_max_length": 10**30})
    assert describe(folder, name="mine").max_tokens == 128


@pytest.mark.parametrize("limit", [None, float("nan"), float("inf")])
def test_a_model_without_any_limit_is_given_a_cautious_one(folder, limit):
    configure(folder, max_position_embeddings=limit)
    assert describe(folder, name="mine").max_tokens == 512


@pytest.mark.parametrize(
    ("labels", "head"),
    [({"0": "LABEL_0"}, "single"), ({"0": "irrelevant", "1": "relevant"}, "two_class")],
)
def test_the_number_of_labels_decides_the_head(folder, labels, head):
    configure(folder, id2label=labels)
    assert describe(folder, name="mine").head == head


def test_a_config_that_names_no_labels_means_two_as_in_transformers(folder):
    configure(folder, id2label=None)
    assert describe(folder, name="mine").head == "two_class"


def test_a_classifier_of_three_classes_is_no_reranker(folder):
    configure(folder, id2label={"0": "no", "1": "maybe", "2": "yes"})
    with pytest.raises(ModelFilesInvalid, match=r"3 classes"):
        describe(folder, name="mine")


@pytest.mark.parametrize(
    "architectures", [["XLMRobertaModel"], ["T5ForConditionalGeneration"], [], None]
)
def test_a_model_of_another_kind_is_told_so(folder, architectures):
    configure(folder, architectures=architectures)
    with pytest.raises(ModelFilesInvalid, match=r"holds no reranker"):
        describe(folder, name="mine")


def test_a_model_that_needs_its_own_code_is_refused(folder):
    configure(folder, auto_map={"AutoModelForSequenceClassification": "modeling.NewModel"})
    with pytest.raises(ModelFilesInvalid, match=r"modeling.NewModel.* never executes"):
        describe(folder, name="mine")


def test_a_known_language_model_is_told_by_its_name(folder):
    configure(
        folder,
        architectures=["Qwen3ForCausalLM"],
        model_type="qwen3",
        max_position_embeddings=40960,
    )
    spec = describe(folder, name="Qwen3-Reranker-0.6B", revision="v2")
    known = find("Qwen/Qwen3-Reranker-0.6B")
    assert (spec.answers, spec.template, spec.head) == (known.answers, known.template, known.head)
    assert (spec.max_tokens, spec.revision) == (32768, "v2")
    configure(folder, max_position_embeddings=4096)
    assert describe(folder, name="Qwen/Qwen3-Reranker-0.6B").max_tokens == 4096


@pytest.mark.parametrize("name", ["mine", "BAAI/bge-reranker-base"])
def test_a_language_model_without_a_known_prompt_is_told_which_have_one(folder, name):
    configure(folder, architectures=["Qwen3ForCausalLM"])
    with pytest.raises(ModelFilesInvalid, match=r"the prompt of .* is not known. Known are Qwen/"):
        describe(folder, name=name)


def test_a_cross_encoder_with_the_name_of_a_language_model_describes_itself(folder):
    configure(folder, architectures=["Qwen3ForSequenceClassification"])
    spec = describe(folder, name="Qwen3-Reranker-0.6B")
    assert (spec.answers, spec.head) == ((), "single")


def test_a_language_model_that_needs_its_own_code_is_refused_unless_jingpai_has_some(folder):
    settings = {
        "architectures": ["LayerWiseMiniCPMForCausalLM"],
        "auto_map": {"AutoModelForCausalLM": "modeling.LayerWise"},
    }
    configure(folder, **settings)
    with pytest.raises(ModelFilesInvalid, match=r"modeling.LayerWise.* never executes"):
        describe(folder, name="Qwen3-Reranker-0.6B")
    configure(folder, **settings)
    assert describe(folder, name="bge-reranker-v2-minicpm-layerwise").layer == 28


@pytest.mark.parametrize("content", ["", "{", "[]", "[" * 100_000])
def test_a_config_that_cannot_be_read_is_named(folder, content):
    (folder / "config.json").write_text(content)
    with pytest.raises(ModelFilesInvalid, match=r"config.json"):
        describe(folder, name="mine")
