from __future__ import annotations

import json
import math

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from support.batches import batch_of, random_rows
from support.tiny_language_models import TINY, llama_tokenizer

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from jingpai import Reranker  # noqa: E402
from jingpai.backends.loader import open_backend  # noqa: E402
from jingpai.backends.pytorch.layerwise import LayerwiseBackend  # noqa: E402
from jingpai.errors import InvalidInput, ModelFilesInvalid  # noqa: E402

pytestmark = pytest.mark.torch

LENGTHS = (7, 30, 12, 55, 3, 55, 1)
LAYERS, FIRST = 5, 2
SCALES = {"scale_emb": 12, "scale_depth": 1.4, "dim_model_base": 16}


def minicpm_config(**settings):
    return {
        **TINY,
        "architectures": ["LayerWiseMiniCPMForCausalLM"],
        "auto_map": {
            "AutoConfig": "org/name--configuration_minicpm_reranker.LayerWiseMiniCPMConfig",
            "AutoModelForCausalLM": "org/name--modeling_minicpm_reranker.LayerWise",
        },
        "model_type": "minicpm",
        "vocab_size": llama_tokenizer().get_vocab_size(),
        "num_hidden_layers": LAYERS,
        "start_layer": FIRST,
        "head_type": "simple",
        "head_multi": True,
        "hidden_act": "silu",
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "rope_scaling": None,
        "bos_token_id": 1,
        "eos_token_id": 2,
        **SCALES,
        **settings,
    }


def llama(layers):
    config = minicpm_config()
    shared = ["vocab_size", "hidden_size", "intermediate_size", "num_attention_heads"]
    shared += ["num_key_value_heads", "rms_norm_eps", "max_position_embeddings"]
    return transformers.LlamaModel(
        transformers.LlamaConfig(**{key: config[key] for key in shared}, num_hidden_layers=layers)
    ).eval()


def write_minicpm(folder, **settings):
    """The tensors of the published checkpoint, by the names that they have there."""
    random = np.random.default_rng(0)
    tensors = {
        f"model.{name}": (random.standard_normal(value.shape) * 0.3).astype(np.float32)
        for name, value in llama(LAYERS).state_dict().items()
    }
    for number in range(LAYERS - FIRST + 1):
        weight = random.standard_normal((1, TINY["hidden_size"])).astype(np.float32)
        tensors[f"lm_head.{number}.linear_head.weight"] = weight
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(minicpm_config(**settings)))
    llama_tokenizer().save(str(folder / "tokenizer.json"))
    return folder


def folded_llama_logits(folder, rows, *, layer):
    """MiniCPM as a plain Llama: its scales are multiplied into the weights; padding in front."""
    tensors = load_file(folder / "model.safetensors")
    model = llama(layer)
    depth = SCALES["scale_depth"] / math.sqrt(LAYERS)
    scales = {"embed_tokens": SCALES["scale_emb"], "o_proj": depth, "down_proj": depth}
    weights = {
        name: torch.from_numpy(tensors[f"model.{name}"]) * scales.get(name.split(".")[-2], 1)
        for name in model.state_dict()
    }
    model.load_state_dict(weights)
    width = max(len(row) for row in rows)
    ids = torch.tensor([[0] * (width - len(row)) + list(row) for row in rows])
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
    with torch.no_grad():
        hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state[:, -1]
    head = torch.from_numpy(tensors[f"lm_head.{layer - FIRST}.linear_head.weight"])
    return (hidden @ head.T).numpy()


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return write_minicpm(tmp_path_factory.mktemp("models") / "bge-reranker-v2-minicpm-layerwise")


@pytest.mark.parametrize("layer", [FIRST, 3, LAYERS])
def test_every_layer_that_has_an_output_can_be_the_last(checkpoint, layer):
    rows = random_rows(LENGTHS)
    backend = LayerwiseBackend(checkpoint, layer=layer, device="cpu", precision="fp32")
    found = backend.logits(batch_of(rows))
    expected = folded_llama_logits(checkpoint, [row.ids for row in rows], layer=layer)
    assert found.shape == (len(rows), 1)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)
    assert np.ptp(expected) > 0.1


@pytest.mark.parametrize("layer", [1, LAYERS + 1])
def test_a_layer_without_an_output_is_an_error_that_says_which_have_one(checkpoint, layer):
    with pytest.raises(InvalidInput, match=rf"got {layer}, but .* at layers 2 to 5"):
        LayerwiseBackend(checkpoint, layer=layer, device="cpu", precision="fp32")


@pytest.mark.parametrize(
    "wrong",
    [
        {"head_type": "complex"},
        {"head_multi": False},
        {"model_type": "llama"},
        {"scale_emb": 0},
        {"start_layer": "8"},
    ],
)
def test_a_configuration_of_another_kind_is_named(tmp_path, wrong):
    write_minicpm(tmp_path, **wrong)
    with pytest.raises(ModelFilesInvalid, match=f"config.json: it says .*{next(iter(wrong))}"):
        LayerwiseBackend(tmp_path, layer=3, device="cpu", precision="fp32")


def test_a_configuration_without_the_scales_is_named(tmp_path):
    write_minicpm(tmp_path)
    config = minicpm_config()
    del config["scale_depth"]
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelFilesInvalid, match=r"config\.json: KeyError\('scale_depth'\)"):
        LayerwiseBackend(tmp_path, layer=3, device="cpu", precision="fp32")


def test_missing_tensors_are_an_error_and_not_random_numbers(tmp_path):
    write_minicpm(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    for lost in ("model.layers.1.mlp.up_proj.weight", "lm_head.1.linear_head.weight"):
        kept = {name: value for name, value in tensors.items() if name != lost}
        save_file(kept, tmp_path / "model.safetensors", metadata={"format": "pt"})
        with pytest.raises(ModelFilesInvalid, match=lost.replace(".", r"\.")):
            LayerwiseBackend(tmp_path, layer=3, device="cpu", precision="fp32")


def test_loading_says_nothing_on_the_terminal(checkpoint, capfd):
    LayerwiseBackend(checkpoint, layer=3, device="cpu", precision="fp32")
    assert capfd.readouterr() == ("", "")


def test_the_loader_opens_it_where_it_is_given_a_layer(checkpoint):
    assert isinstance(open_backend(checkpoint, device="cpu", layer=3), LayerwiseBackend)
    with pytest.raises(InvalidInput, match="no int8 form"):
        open_backend(checkpoint, device="cpu", precision="int8", layer=3)


def test_scores_are_those_of_the_published_usage_code_with_the_layer_as_a_setting(checkpoint):
    tokenizer = llama_tokenizer()

    def ids(text):
        return tokenizer.encode(text, add_special_tokens=False).ids

    query, documents = "What is the capital of China?", ["Beijing.", "Paris 巴黎", "中国的首都"]
    task = (
        "Given a query A and a passage B, determine whether the passage contains an answer to the "
        "query by providing a prediction of either 'Yes' or 'No'."
    )
    rows = [
        [1, *ids(f"A: {query}"), *ids("\n"), *ids(f"B: {text}"), *ids("\n"), *ids(task)]
        for text in documents
    ]
    with Reranker(checkpoint, device="cpu", layer=3, scale="logit") as reranker:
        expected = folded_llama_logits(checkpoint, rows, layer=3)[:, 0]
        np.testing.assert_allclose(reranker.score(query, documents), expected, rtol=0, atol=1e-4)
        assert reranker.engine.spec.layer == 3
    with pytest.raises(InvalidInput, match="got 28, but"):  # what its makers advise
        Reranker(checkpoint, device="cpu")


@pytest.mark.parametrize("layer", [0, -1, True, "3", 2.0])
def test_a_layer_is_a_whole_number_from_1(checkpoint, layer):
    with pytest.raises(InvalidInput, match="layer: got .* whole numbers from 1"):
        Reranker(checkpoint, device="cpu", layer=layer)


def test_a_model_that_cannot_stop_at_a_layer_says_so(tiny_folder):
    with pytest.raises(InvalidInput, match="last layer only.*bge-reranker-v2-minicpm-layerwise"):
        Reranker(tiny_folder, device="cpu", layer=3)
