"""Groups of single sentences: short passages that answer plainly, often in the question's words.

Without them the short passages of training would be those written to fool, and a network learns to
distrust what is short and shares words with the question. Used by mine.py.
"""

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jingpai.text.sentences import split_sentences
from jingpai.training.networks.two_segment_files import load
from recipe.data.counterfeits import Counterfeits
from recipe.network.inference import ParentTokenizer, embed

NEGATIVES = 4
ECHO = 0.08
SHORTEST, LONGEST = 12, 300  # characters


def sentences_of(text: str) -> list[str]:
    """The sentences of a stretch that can stand alone."""
    found = [text[span.start : span.end].strip() for span in split_sentences(text)]
    return [sentence for sentence in found if SHORTEST <= len(sentence) <= LONGEST]


def passage_names(pair: dict, records: list[dict]) -> set[tuple[str, str]]:
    """The passages that answer a pair's query, or may."""
    places = [*pair["related"], *(place for answer in pair["answers"] for place in answer)]
    return {(pair["source"], records[place]["pid"]) for place in places}


@dataclass(frozen=True)
class Sentences:
    """The sentences of the answers of some pairs, as the parent sees them."""

    texts: list[str]
    vectors: np.ndarray
    origins: np.ndarray  # the pair that a sentence comes from
    queries: np.ndarray  # the vectors of the pairs' queries
    names: list[set[tuple[str, str]]]  # the passages that answer a pair's query, or may
    languages: np.ndarray  # of the pairs' answers

    @classmethod
    def of(cls, pairs: list[dict], records: list[dict], *, base: Path) -> "Sentences":
        """Take the answers of pairs apart; `records` is the pool that their places mean."""
        model, tokenizer = load(base), ParentTokenizer(base)
        texts: list[str] = []
        origins: list[int] = []
        for number, pair in enumerate(pairs):
            for place in pair["answers"][0]:
                found = sentences_of(records[place]["text"])
                texts += found
                origins += [number] * len(found)
        asked = tokenizer.queries([pair["query"] for pair in pairs])
        return cls(
            texts=texts,
            vectors=embed(model, tokenizer.passages(texts), budget=1024).numpy(),
            origins=np.array(origins),
            queries=embed(model, asked, budget=1024).numpy(),
            names=[passage_names(pair, records) for pair in pairs],
            languages=np.array([records[pair["answers"][0][0]]["language"] for pair in pairs]),
        )

    def rivals(
        self, number: int, answer: int, *, similarity: np.ndarray, rng: random.Random
    ) -> list[int]:
        """Sentences of other passages near to a query: half in the answer's language, half in any.

        Args:
            number: The pair's.
            answer: The place of the sentence that answers.
            similarity: Of every sentence with the query.
            rng: Draws.
        """
        # A sentence nearer to the query than the answer may be an answer, too.
        below = np.where(similarity < similarity[answer], similarity, -1)
        found: list[int] = []
        is_same = self.languages[self.origins] == self.languages[number]
        for allowed in (is_same, np.ones(len(self.origins), dtype=bool)):
            scores = np.where(allowed, below, -1)
            usable = [
                int(place)
                for place in np.argsort(-scores)[:40]
                if scores[place] > 0
                and place not in found
                and not self.names[self.origins[place]] & self.names[number]
            ]
            found += [place for place in usable if rng.random() < 0.4][: NEGATIVES // 2]
        return found


def sentence_groups(
    pairs: list[dict], records: list[dict], *, base: Path, count: int, forge: Counterfeits
) -> list[dict]:
    """A group for each of `count` pairs: the sentence nearest to the query, and others.

    Args:
        pairs: As prepare.py wrote them.
        records: The pool of stretches that their places mean.
        base: Folder of the parent, which finds the sentences.
        count: How many pairs are drawn.
        forge: Writes the echoes; its generator draws.
    """
    rng = forge.rng
    drawn = rng.sample(pairs, min(count, len(pairs)))
    sentences = Sentences.of(drawn, records, base=base)
    groups = []
    for number, pair in enumerate(drawn):
        own = np.flatnonzero(sentences.origins == number)
        if not len(own):
            continue
        similarity = sentences.vectors @ sentences.queries[number]
        answer = int(own[similarity[own].argmax()])
        rivals = sentences.rivals(number, answer, similarity=similarity, rng=rng)
        group = {
            "query": pair["query"],
            "lang_query": pair["lang_query"],
            "lang_passage": str(sentences.languages[number]),
            "source": pair["source"],
            "held_out": pair["held_out"],
            "passages": [sentences.texts[place] for place in (answer, *rivals)],
            "kinds": ["answer"] + ["another sentence"] * len(rivals),
            "cosines": [float(similarity[place]) for place in (answer, *rivals)],
        }
        if rng.random() < ECHO:
            group["passages"][-1] = forge.echo(pair["query"], pair["lang_query"])
            group["kinds"][-1] = "the question itself"
            group["cosines"][-1] = None
        groups.append(group)
    return groups
