"""sentence-transformers' trainer, set up for groups of documents."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from sentence_transformers import CrossEncoder
from sentence_transformers.cross_encoder import (
    CrossEncoderTrainer,
    CrossEncoderTrainingArguments,
)
from transformers import TrainerCallback
from transformers.utils import logging as transformers_logging

from jingpai.training.networks.two_segment import TwoSegmentEncoder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jingpai.engine.batch_runner import Progress
    from jingpai.training.networks.network import RerankerNetwork
    from jingpai.training.settings import TrainSettings

# Groups that go through the network at once, and batches whose gradients make a step.
_GROUPS_AT_ONCE, _BATCHES_A_STEP = 4, 2
_CHECKS_AN_EPOCH = 4
_WARMUP = 0.1  # share of the steps
_WEIGHT_DECAY = 0.01
# Times the rate of the encoder: what a two-segment network has above it has further to move.
_FASTER = {r"cross_segment_bias": 60, r"network\.(scale|offset)": 60, r"network\.linear": 6}


class Trainee(CrossEncoder):
    """A cross-encoder whose states are kept without a card: the card is written at the end."""

    def save_pretrained(
        self,
        path: str,
        model_name: str | None = None,
        create_model_card: bool = True,
        train_datasets: list[str] | None = None,
        safe_serialization: bool = True,
    ) -> None:
        """Write the modules of a state, and no card."""
        del model_name, create_model_card, train_datasets, safe_serialization
        self.save(path, create_model_card=False)


class QuietTrainer(CrossEncoderTrainer):
    """The trainer without what collects facts for a card and asks a hub for them."""

    def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
        """Add none."""
        del default_args_dict


class Steps(TrainerCallback):
    """Tells how far training is."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ANN401
        """Tell of a step that is done."""
        del args, control
        if self._progress is not None:
            self._progress(state.global_step, state.max_steps)


def arguments(
    work: Path, network: RerankerNetwork, *, groups: int, settings: TrainSettings, device: str
) -> CrossEncoderTrainingArguments:
    """Return how to train a network on so many groups, and to keep its states in a folder."""
    an_epoch = math.ceil(groups / _GROUPS_AT_ONCE / _BATCHES_A_STEP)
    between = max(1, an_epoch // _CHECKS_AN_EPOCH)
    faster = _FASTER if isinstance(network.network, TwoSegmentEncoder) else {}
    return CrossEncoderTrainingArguments(
        output_dir=str(work),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=_GROUPS_AT_ONCE,
        gradient_accumulation_steps=_BATCHES_A_STEP,
        learning_rate=settings.learning_rate,
        learning_rate_mapping={
            name: settings.learning_rate * times for name, times in faster.items()
        },
        warmup_steps=round(an_epoch * settings.epochs * _WARMUP),
        lr_scheduler_type="cosine",
        weight_decay=_WEIGHT_DECAY,
        bf16=_has_fast_bf16(device),
        use_cpu=device == "cpu",
        eval_strategy="steps",
        eval_steps=between,
        save_strategy="steps",
        save_steps=between,
        save_total_limit=1,  # and the best one
        load_best_model_at_end=True,
        metric_for_best_model="quality",
        greater_is_better=True,
        restore_callback_states_from_checkpoint=True,
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,
        remove_unused_columns=False,
        seed=settings.seed,
    )


def _has_fast_bf16(device: str) -> bool:
    """Whether products in bfloat16 are faster than in float32."""
    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported())
    # Older releases of PyTorch do not tell what a processor has.
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return device == "cpu" and bool(capabilities.get("avx512_bf16"))


@contextmanager
def silence() -> Iterator[None]:
    """Keep transformers from remarks about its own files; what matters is raised."""
    switches: Any = transformers_logging  # it has no types
    level = switches.get_verbosity()
    switches.set_verbosity_error()
    try:
        yield
    finally:
        switches.set_verbosity(level)
