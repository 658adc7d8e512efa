"""A reranker as sentence-transformers trains it: one module, rows in, logits out, files back.

sentence-transformers builds a cross-encoder of modules. This one holds either network that a
reranker here may be, ours of two segments or an encoder of `transformers`, and reads the rows that
the library itself makes of a pair, so that nothing is learnt on other tokens than are ranked.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from sentence_transformers.base.modules import InputModule
from torch import Tensor, nn
from transformers import AutoModelForSequenceClassification

from jingpai.backends.graph.architecture import is_two_segment
from jingpai.backends.pytorch.checkpoint import load_checkpoint
from jingpai.files.model_folder import CONFIG, TABLE
from jingpai.models.describe import describe
from jingpai.tokens.batching import plan_batches
from jingpai.training.networks import two_segment_files
from jingpai.training.networks.held_evidence import hold_evidence
from jingpai.training.networks.two_segment import Tokens, TwoSegmentEncoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jingpai.tokens.tokenizer import Row

# The lower layers line up languages and spellings. Left as they are, they forget nothing, and a
# step takes three quarters of the time.
_FROZEN_SHARE = 1 / 3

# The evidence head is fitted on so many tokens, tens for each of its weights, in batches of these.
_EVIDENCE_TOKENS = 16_384
_BATCH_TOKENS = 4096

# What training leaves as it is, by the beginning of its name.
_KEPT = (
    *(CONFIG, TABLE, "LICENSE", "NOTICE"),
    *("tokenizer", "special_tokens_map", "added_tokens", "sentencepiece", "spiece", "spm"),
    *("vocab", "merges"),
)


class RerankerNetwork(InputModule):
    """One of the two networks, and the files that go with it.

    Attributes:
        head: How its logits become one number, as in `ModelSpec`.
    """

    def __init__(self, network: nn.Module, *, folder: Path) -> None:
        """Take over a network.

        Args:
            network: A two-segment network, or a sequence classifier of `transformers`.
            folder: The checkpoint that it is from; what training leaves alone is copied from there.
        """
        super().__init__()
        self.network = network
        self.head = describe(folder, name=folder.name).head
        self._folder = folder

    @classmethod
    def load(
        cls,
        model_name_or_path: str,
        subfolder: str = "",
        **_: Any,  # noqa: ANN401
    ) -> RerankerNetwork:
        """Open the checkpoint in a folder, frozen parts and all.

        Raises:
            ModelFilesInvalid: The files are not those of an encoder that ranks.
        """
        folder = Path(model_name_or_path, subfolder)
        network: nn.Module
        if is_two_segment(folder):
            two_segments = two_segment_files.load(folder)
            two_segments.freeze(round(len(two_segments.layers) * _FROZEN_SHARE))
            if two_segments.evidence is not None:  # pairs and grades teach it nothing
                two_segments.evidence.requires_grad_(requires_grad=False)
            network = two_segments
        else:
            network = load_checkpoint(
                folder, model_class=AutoModelForSequenceClassification, kind="a cross-encoder"
            )
            _freeze(network)
        return cls(network, folder=folder)

    def preprocess(
        self,
        inputs: Sequence[Row],
        **_: Any,  # noqa: ANN401
    ) -> dict[str, Tensor]:
        """Pad rows on the right to the longest."""
        lengths = torch.tensor([len(row.ids) for row in inputs])
        ids = torch.zeros(len(inputs), int(lengths.max()), dtype=torch.long)
        for place, row in enumerate(inputs):
            ids[place, : len(row.ids)] = torch.tensor(row.ids)
        query_lengths = torch.tensor([row.query_length for row in inputs])
        return {"input_ids": ids, "lengths": lengths, "query_lengths": query_lengths}

    def forward(self, features: dict[str, Tensor], **_: Any) -> dict[str, Tensor]:  # noqa: ANN401
        """Add `scores`: one logit a row, [rows, 1]."""
        ids, lengths, query_lengths = (
            features[name] for name in ("input_ids", "lengths", "query_lengths")
        )
        if isinstance(self.network, TwoSegmentEncoder):
            logits = self.network(Tokens.of(ids, lengths=lengths, query_lengths=query_lengths))
        else:
            logits = self._classified(ids, lengths, query_lengths)
        return {**features, "scores": logits.float()[:, None]}

    def hold_evidence(self, checkpoint: Path, rows: Sequence[Row]) -> None:
        """Have the evidence head say what that of the parent says, where there is one.

        Args:
            checkpoint: Of the parent.
            rows: Of the texts that were learnt from; as many as are needed are taken among them.
        """
        network = self.network
        if not isinstance(network, TwoSegmentEncoder) or network.evidence is None:
            return
        tokens = sum(len(row.ids) for row in rows)
        some = rows[:: max(1, tokens // _EVIDENCE_TOKENS)]
        device = network.cross_segment_bias.device
        plan = plan_batches([len(row.ids) for row in some], budget=_BATCH_TOKENS)
        batches = (self._tokens([some[place] for place in places], device) for places in plan)
        hold_evidence(network, two_segment_files.load(checkpoint).to(device), batches)

    def _tokens(self, rows: Sequence[Row], device: torch.device) -> Tokens:
        features = {name: value.to(device) for name, value in self.preprocess(rows).items()}
        return Tokens.of(features.pop("input_ids"), **features)

    def _classified(self, ids: Tensor, lengths: Tensor, query_lengths: Tensor) -> Tensor:
        columns = torch.arange(ids.shape[1], device=ids.device)
        is_token = columns < lengths[:, None]
        config: Any = self.network.config
        inputs = {
            "input_ids": ids.masked_fill(~is_token, int(config.pad_token_id or 0)),
            "attention_mask": is_token.long(),
        }
        if getattr(config, "type_vocab_size", 0) > 1:
            inputs["token_type_ids"] = (is_token & (columns >= query_lengths[:, None])).long()
        logits: Tensor = self.network(**inputs).logits
        return logits[:, 1] - logits[:, 0] if self.head == "two_class" else logits[:, 0]

    def save(self, output_path: str, *_: Any, **__: Any) -> None:  # noqa: ANN401
        """Write a checkpoint that `Reranker` opens: weights, configuration, tokenizer."""
        output = Path(output_path)
        if isinstance(self.network, TwoSegmentEncoder):
            two_segment_files.save_weights(self.network, output)
        else:
            network: Any = self.network
            network.save_pretrained(output)
        for path in self._folder.iterdir():
            if path.is_file() and path.name.startswith(_KEPT):
                shutil.copyfile(path, output / path.name)
        for path in output.glob("*.safetensors"):
            # safetensors lets nobody read but the owner; a server may be somebody else.
            path.chmod((output / CONFIG).stat().st_mode)


def _freeze(network: Any) -> None:  # noqa: ANN401 - any model of transformers
    """Keep the word embeddings, and the lower layers where there is a stack of them."""
    frozen = [network.get_input_embeddings()]
    layers = getattr(getattr(network.base_model, "encoder", None), "layer", [])
    frozen += layers[: round(len(layers) * _FROZEN_SHARE)]
    for part in frozen:
        part.requires_grad_(requires_grad=False)
