"""Groups made from sentences: parallel templates in twelve languages, filled with names and values.

What `facts/*.toml` states about a thing (a city's population in a year, a phone's price, whether a
hotel takes pets) becomes a question, passages that answer it, and passages that only look like it:
the same thing's other facts, the same fact of another thing, of another year, the opposite, the
question echoed. Every text exists in twelve languages, so a question meets its answer in another
one as easily. Used by mine.py.
"""

import random
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date

import tomllib
from babel.dates import format_date
from babel.numbers import format_decimal

from recipe.places import FACTS

LANGUAGES = ("en", "zh", "ja", "ko", "fr", "es", "de", "ru", "vi", "th", "ar", "hi")
NEGATIVES = 4
CROSS = 0.4  # of the questions have their answer in another language
TRANSLATIONS = 0.25  # of the answers are there in two languages

# From, to (inclusive). By the fact where its kind of value is not narrow enough.
RANGES = {
    "population": (2_000, 9_000_000),
    "year": (1820, 2024),
    "count": (11, 99_000),
    "height_m": (600, 7_900),
    "length_km": (21, 5_200),
    "area_km2": (12, 4_900),
    "price": (11, 2_900),
    "weight_kg": (2, 290),
    "duration_minutes": (61, 99),
    "age": (3, 90),
    "product_battery_life": (11, 48),
    "product_warranty": (12, 60),
    "software_minimum_memory": (2, 64),
    "club_titles": (2, 38),
    "medicine_daily_dose": (2, 6),
    "museum_ticket_price": (3, 34),
}
NAMED = ("person", "city", "company", "country")  # values that are names


@dataclass(frozen=True)
class Thing:
    """What a passage is about."""

    kind: str
    names: dict[str, str]  # by language

    @classmethod
    def of(cls, kind: str, entry: dict[str, str]) -> "Thing":
        """From an entry of names.toml, where a language left out is written as in English."""
        return cls(kind, {language: entry.get(language, entry["en"]) for language in LANGUAGES})


@dataclass(frozen=True)
class Statement:
    """A fact about a thing, with everything filled in; it can be told in any language."""

    fact: dict
    thing: Thing
    year: int
    value: dict[str, str]

    def told(self, language: str, rng: random.Random) -> str:
        """A sentence that states it."""
        return self._filled(rng.choice(self.fact[language]["tell"]), language)

    def asked(self, language: str, rng: random.Random) -> str:
        """A question that it answers."""
        return self._filled(rng.choice(self.fact[language]["ask"]), language)

    def _filled(self, template: str, language: str) -> str:
        text = template.format(
            name=self.thing.names[language], year=self.year, value=self.value.get(language, "")
        )
        # Some names bring the word along that a template also has: "sông sông Alder".
        text = re.sub(r"\b(\w+) \1\b", r"\1", text, flags=re.IGNORECASE)
        return text[0].upper() + text[1:]


class FactGroups:
    """Makes groups, one at a time."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.names = tomllib.loads((FACTS / "names.toml").read_text(encoding="utf-8"))
        self.filler = tomllib.loads((FACTS / "filler.toml").read_text(encoding="utf-8"))
        self.facts: dict[str, dict] = {}
        for path in sorted(FACTS.glob("*.toml")):
            content = tomllib.loads(path.read_text(encoding="utf-8"))
            self.facts |= {fact["id"]: fact for fact in content.get("fact", [])}
        self.about: dict[str, list[dict]] = defaultdict(list)
        for fact in self.facts.values():
            self.about[fact["about"]].append(fact)

    def make(self) -> dict:
        """A group as mine.py writes it."""
        rng = self.rng
        fact = rng.choice(list(self.facts.values()))
        asks = rng.choice(LANGUAGES)
        answers = rng.choice(LANGUAGES) if rng.random() < CROSS else asks
        truth = self.state(fact, self.thing(fact["about"]))
        right = [truth, *self.others(truth, count=rng.choice((0, 0, 1, 2)))]
        query = truth.asked(asks, rng)
        passages, kinds = [self.passage(right, answers)], ["answer"]
        if rng.random() < TRANSLATIONS:
            second = rng.choice([language for language in LANGUAGES if language != answers])
            passages.append(self.passage(right, second))
            kinds.append("answer")
        for kind, statements in self.look_alikes(truth):
            language = rng.choice((asks, answers))
            passages.append(self.passage(statements, language))
            kinds.append(kind)
        if rng.random() < 0.35:
            passages[-1] = rng.choice(self.filler[asks]["echo"]).format(question=query)
            kinds[-1] = "the question itself"
        return {
            "query": query,
            "lang_query": asks,
            "lang_passage": answers,
            "source": "facts",
            "held_out": False,
            "passages": passages,
            "kinds": kinds,
            "cosines": [None] * len(passages),
        }

    def look_alikes(self, truth: Statement) -> list[tuple[str, list[Statement]]]:
        """The contents of the wrong passages."""
        rng, fact = self.rng, truth.fact
        found: list[tuple[str, list[Statement]]] = []

        def add(kind: str, statement: Statement) -> None:
            found.append((kind, [statement, *self.others(statement, count=rng.choice((0, 0, 1)))]))

        if "opposite" in fact:
            opposite = self.facts[fact["opposite"]]
            for _ in range(NEGATIVES):
                add("the opposite", self.state(opposite, self.rival(truth.thing)))
            return found
        if "year" in fact["keys"]:
            for _ in range(2):
                other = self.state(fact, truth.thing)
                if other.year != truth.year:
                    add("another year", other)
        while len(found) < NEGATIVES:
            others = self.others(truth, count=rng.choice((1, 1, 2, 3)))
            if others and rng.random() < 0.5:
                found.append(("another fact", others))
            else:
                add("another thing", self.state(fact, self.rival(truth.thing)))
        rng.shuffle(found)
        return found[:NEGATIVES]

    def others(self, truth: Statement, *, count: int) -> list[Statement]:
        """Other facts about the same thing; none that has an opposite, which would contradict."""
        fit = [
            fact
            for fact in self.about[truth.thing.kind]
            if fact is not truth.fact and "opposite" not in fact
        ]
        chosen = self.rng.sample(fit, min(count, len(fit)))
        return [self.state(fact, truth.thing) for fact in chosen]

    def passage(self, statements: list[Statement], language: str) -> str:
        """Sentences in any order, sometimes with a title, as a list, or among empty phrases."""
        rng = self.rng
        sentences = [statement.told(language, rng) for statement in statements]
        sentences += rng.sample(self.filler[language]["neutral"], rng.choice((0, 0, 1, 1, 2, 3)))
        rng.shuffle(sentences)
        spaced = language not in ("zh", "ja")
        layout = rng.random()
        if layout < 0.1:
            return "\n".join(f"- {sentence}" for sentence in sentences)
        text = (" " if spaced else "").join(sentences)
        return f"{statements[0].thing.names[language]}\n{text}" if layout < 0.2 else text

    def thing(self, kind: str) -> Thing:
        """Any thing of a kind."""
        return self.known(kind, self.rng.choice(self.names[kind]))

    def rival(self, thing: Thing) -> Thing:
        """Another thing of the kind; half the time one whose name shares a word."""
        words = set(re.findall(r"[^\W\d]+", thing.names["en"]))
        entries = self.names[thing.kind]
        near = [entry for entry in entries if words & set(english(entry).split())]
        for _ in range(20):
            chosen = self.rng.choice(near if near and self.rng.random() < 0.5 else entries)
            other = self.known(thing.kind, chosen)
            if other.names != thing.names:
                return other
        raise SystemExit(f"names.toml has too few names of the kind {thing.kind}")

    def known(self, kind: str, entry: str | dict[str, str]) -> Thing:
        """The thing of an entry of names.toml; products and programs get a number."""
        if not isinstance(entry, str):
            return Thing.of(kind, entry)
        rng = self.rng
        if kind == "software":
            return Thing.of(kind, {"en": f"{entry} {rng.randint(1, 9)}.{rng.randint(0, 9)}"})
        model = rng.randint(2, 19) * rng.choice((1, 10, 100))
        return Thing.of(kind, {"en": f"{entry}{rng.choice((' ', ''))}{model}"})

    def state(self, fact: dict, thing: Thing) -> Statement:
        """The fact with a year and a value, both made up."""
        first = 1985 if self.rng.random() < 0.7 else 1850
        return Statement(fact, thing, self.rng.randint(first, 2024), self.value(fact))

    def value(self, fact: dict) -> dict[str, str]:
        """A made-up value, as each language writes it."""
        rng, kind = self.rng, fact.get("value")
        if kind is None:
            return {}
        if kind in NAMED:
            return self.thing(kind).names
        if kind == "date":
            day = date(rng.randint(1880, 2024), rng.randint(1, 12), rng.randint(1, 28))
            return {lang: format_date(day, "long", locale=lang) for lang in LANGUAGES}
        if kind == "time":
            time = f"{rng.randint(7, 13)}:{rng.choice(('00', '15', '30', '45'))}"
            return dict.fromkeys(LANGUAGES, time)
        number = rng.randint(*RANGES.get(fact["id"], RANGES[kind]))
        if kind in ("year", "age") or rng.random() < 0.5:
            return dict.fromkeys(LANGUAGES, str(number))
        return {lang: format_decimal(number, locale=lang) for lang in LANGUAGES}


def english(entry: str | dict[str, str]) -> str:
    """The name of an entry of names.toml in English."""
    return entry if isinstance(entry, str) else entry["en"]
