"""A first stage that needs no model: how many pairs of characters two texts share."""

from __future__ import annotations

import math
import re
from collections import Counter


def shared_character_pairs(query: str, document: str) -> float:
    """Return the cosine of the counts of character pairs within words, in [0, 1].

    This is what matching by keywords sees: it works in any script, and it cannot tell a passage
    that answers from one that repeats the question's words.
    """
    left, right = _character_pairs(query), _character_pairs(document)
    shared = sum(count * right[pair] for pair, count in left.items())
    length = math.sqrt(_squares(left) * _squares(right))
    return shared / length if length else 0.0


def _character_pairs(text: str) -> Counter[str]:
    words = re.findall(r"\w+", text.lower())
    return Counter(word[i : i + 2] for word in words for i in range(len(word) - 1))


def _squares(counts: Counter[str]) -> int:
    return sum(count * count for count in counts.values())
