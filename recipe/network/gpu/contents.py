"""What a run needs: the network that it begins with, groups to learn, and groups held out.

`pack.zip` holds these arrays (arrays.py):

    about                JSON: config of the network, names of sources and of kinds of groups
    ids, lengths         token ids of each text, end to end; a text that comes again stands once
    groups               a row each: query (a text), number of passages, of answers, source, kind,
                         whether it is held out
    passages             of all groups, end to end: which text
    cosines              of each passage
    looked, evidence     of each passage: nobody looked for evidence, none, some; and of those with
                         some, a bit for each token
    weights/NAME         the network's state: large tensors as bfloat16, all others as float32
    blocks, scales       4-bit word embeddings of the ids that occur

Ids are numbered anew: the special tokens as they were, then the others, the most frequent first.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jingpai.backends.graph.embeddings import BLOCKS_TENSOR, SCALES_TENSOR
from jingpai.backends.graph.inputs import SPECIAL_TOKENS
from jingpai.training.networks.two_segment import TwoSegmentEncoder
from jingpai.training.networks.two_segment_files import word_embeddings
from recipe.network.gpu.arrays import read_arrays, write_arrays
from recipe.network.gpu.parts import LARGE
from recipe.network.groups import Group

FILE = "pack.zip"
WEIGHTS = "weights/"
FLOAT32_MANTISSA, BFLOAT16_MANTISSA = 23, 7  # bits
UNKNOWN = 3  # the id of <unk>
NOBODY_LOOKED, NONE, SOME = range(3)


@dataclass(frozen=True)
class Pack:
    """Network and groups; as read back, with ids of their own and those word embeddings alone."""

    model: TwoSegmentEncoder
    groups: list[Group]
    held_out: list[Group]


def write_pack(
    folder: Path,
    pack: Pack,
    *,
    table: dict[str, NDArray],
    mantissa: int = BFLOAT16_MANTISSA,
    fewest: int = 1,
) -> Path:
    """Write the file, and return its path.

    Args:
        folder: Where to; made if it is not there.
        pack: A network and groups with ids of the whole vocabulary.
        table: Word embeddings in 4-bit blocks, as embeddings.safetensors holds them.
        mantissa: Bits that are kept of a large tensor's mantissa. Those left out compress to
            nothing: each makes the pack smaller by a bit for each weight.
        fewest: Times that an id has to occur in all texts together; rarer ones become unknown, and
            their word embeddings are left out.
    """
    arrays, about = groups_as_arrays(pack)
    used, arrays["ids"] = numbered_anew(arrays["ids"], fewest=fewest)
    arrays |= {"blocks": table[BLOCKS_TENSOR][used], "scales": table[SCALES_TENSOR][used]}
    about["config"] = dict(pack.model.config) | {"vocab_size": len(used)}
    about["has_evidence"] = pack.model.evidence is not None
    for name, value in pack.model.state_dict().items():
        weights = value.numpy()
        arrays[WEIGHTS + name] = (
            as_bfloat16(weights, mantissa=mantissa) if weights.size > LARGE else weights
        )
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    write_arrays(folder / FILE, arrays)
    return folder / FILE


def read_pack(folder: Path) -> Pack:
    """Read what write_pack left."""
    arrays = read_arrays(folder / FILE)
    about = json.loads(arrays["about"].tobytes())
    model = TwoSegmentEncoder(about["config"])
    if about["has_evidence"]:
        model.add_evidence()
    model.load_state_dict(
        {
            name.removeprefix(WEIGHTS): as_tensor(value)
            for name, value in arrays.items()
            if name.startswith(WEIGHTS)
        }
    )
    table = {BLOCKS_TENSOR: arrays["blocks"], SCALES_TENSOR: arrays["scales"]}
    model.words.copy_(word_embeddings(table))
    groups, held_out = [], []
    for group, is_held_out in groups_of(arrays, about):
        (held_out if is_held_out else groups).append(group)
    return Pack(model, groups, held_out)


def as_bfloat16(weights: NDArray, *, mantissa: int) -> NDArray:
    """The bits of bfloat16, as integers, rounded to so many of the mantissa."""
    dropped = FLOAT32_MANTISSA - mantissa
    bits = weights.view(np.uint32)
    rounded = (bits + np.uint32(1 << (dropped - 1))) >> dropped << dropped
    return (rounded >> 16).astype(np.uint16).view(np.int16)


def as_tensor(stored: NDArray) -> Tensor:
    """A weight in float32; integers are the bits of bfloat16."""
    tensor = torch.from_numpy(stored)
    return tensor.view(torch.bfloat16).float() if tensor.dtype == torch.int16 else tensor


def numbered_anew(ids: NDArray, *, fewest: int) -> tuple[NDArray, NDArray]:
    """The ids in use, in their new order, and all ids by their places in it."""
    occurring, counts = np.unique(ids, return_counts=True)
    others = (occurring >= SPECIAL_TOKENS) & (counts >= fewest)
    by_frequency = occurring[others][np.argsort(-counts[others], kind="stable")]
    used = np.concatenate([np.arange(SPECIAL_TOKENS), by_frequency])
    places = np.full(max(int(ids.max()) + 1, SPECIAL_TOKENS), UNKNOWN, np.uint32)
    places[used] = np.arange(len(used))
    return used, places[ids]


def groups_as_arrays(pack: Pack) -> tuple[dict[str, NDArray], dict[str, Any]]:
    """The groups as arrays, and the names that they refer to."""
    texts: dict[bytes, int] = {}

    def place(ids: Sequence[int]) -> int:
        return texts.setdefault(np.array(ids, np.uint32).tobytes(), len(texts))

    every = [*pack.groups, *pack.held_out]
    sources = sorted({group.source for group in every})
    kinds = sorted({group.kind for group in every})
    rows = [
        (
            place(group.query),
            len(group.passages),
            group.answers,
            sources.index(group.source),
            kinds.index(group.kind),
            number >= len(pack.groups),
        )
        for number, group in enumerate(every)
    ]
    evidence = [labels for group in every for labels in group.evidence]
    looked = [NOBODY_LOOKED if of is None else SOME if any(of) else NONE for of in evidence]
    marked = [of for of, found in zip(evidence, looked, strict=True) if of and found == SOME]
    passages = [place(passage) for group in every for passage in group.passages]
    arrays = {
        "ids": np.frombuffer(b"".join(texts), np.uint32),
        "lengths": np.array([len(text) // 4 for text in texts], np.uint32),
        "groups": np.array(rows, np.int32),
        "passages": np.array(passages, np.uint32),
        "cosines": np.array([of for group in every for of in group.cosines], np.float32),
        "looked": np.array(looked, np.uint8),
        "evidence": np.packbits(np.array(list(chain.from_iterable(marked)), bool)),
    }
    return arrays, {"sources": sources, "kinds": kinds}


def groups_of(arrays: dict[str, NDArray], about: dict[str, Any]) -> Iterator[tuple[Group, bool]]:
    """Each group, and whether it is held out."""
    ends = np.cumsum(arrays["lengths"], dtype=np.int64)[:-1]
    texts = [text.tolist() for text in np.split(arrays["ids"], ends)]
    bits = iter(np.unpackbits(arrays["evidence"]).tolist())

    def labels(found: int, tokens: int) -> list[int] | None:
        if found == NOBODY_LOOKED:
            return None
        return [next(bits) for _ in range(tokens)] if found == SOME else [0] * tokens

    passages = zip(
        *(arrays[name].tolist() for name in ("passages", "cosines", "looked")), strict=True
    )
    for query, number, answers, source, kind, is_held_out in arrays["groups"].tolist():
        found = [next(passages) for _ in range(number)]
        group = Group(
            query=texts[query],
            passages=[texts[place] for place, _, _ in found],
            cosines=[cosine for _, cosine, _ in found],
            evidence=[labels(looked, len(texts[place])) for place, _, looked in found],
            answers=answers,
            source=about["sources"][source],
            kind=about["kinds"][kind],
        )
        yield group, bool(is_held_out)
