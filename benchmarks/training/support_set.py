"""Make a set of one narrow field, to train on and to measure: support notes of an invented maker.

    python benchmarks/training/support_set.py FOLDER    # writes train.csv (2,000 pairs), test.csv

The maker, its machines and all that is said of them are invented, so no model has seen them. As
makers do, it has words of its own: its notes say "signal A2" where an owner says that the lamp
flashes amber twice, and call a battery an Ostrin. Every question names a machine and one thing
about it, and its five passages are near misses: the right one; the same of a machine with a similar
name; the same machine's next signal, part or limit; another kind of fact about the machine; and a
passage that repeats the question's words and says nothing. Half are English, half Chinese. The test
set has other machines, and other wordings of each question and passage than the training set. The
same files come out each time.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

QUERIES = {"train": 400, "test": 150}
SEED = 7

STEMS = (
    "Korv",
    "Tal",
    "Mirra",
    "Osk",
    "Velt",
    "Brin",
    "Quor",
    "Sanda",
    "Ferro",
    "Lumi",
    "Drax",
    "Hel",
)
ENDS = ("ex", "on", "ix", "ara", "um", "et", "ine", "or")
SERIES = ("S", "X", "M", "R", "T")
# What owners say, in both languages -> what the maker says.
LIGHTS = {
    (f"{colour} {times}", f"{colour_zh}{times_zh}"): f"{colour[0].upper()}{count}"
    for colour, colour_zh in (
        ("amber", "琥珀色"),
        ("red", "红色"),
        ("blue", "蓝色"),
        ("green", "绿色"),
    )
    for count, (times, times_zh) in enumerate(
        (("once", "一次"), ("twice", "两次"), ("three times", "三次"), ("four times", "四次")),
        start=1,
    )
}
PARTS = {
    ("filter", "滤芯"): "Noravel",
    ("battery", "电池"): "Ostrin",
    ("seal", "密封圈"): "Pellia",
    ("belt", "传动带"): "Quanda",
    ("fuse", "保险丝"): "Tezzo",
}
LIMITS = {
    ("pressure", "压力"): "bar",
    ("load", "载重"): "kg",
    ("temperature", "温度"): "°C",
    ("speed", "转速"): "rpm",
}
FAULTS = {
    "the intake filter is clogged": "进气滤网堵塞",
    "the pump runs dry": "水泵空转",
    "the lid is not locked": "上盖没有锁好",
    "the heating plate is too hot": "加热板过热",
    "the water tank is empty": "水箱没水",
    "the drive belt slips": "传动带打滑",
    "the memory card is full": "存储卡已满",
    "the radio link is lost": "无线连接中断",
}
# Kinds of facts: what is asked about -> the maker's word, or the unit.
WORDS = {"light": LIGHTS, "part": PARTS, "limit": LIMITS}

WORDINGS = Path(__file__).with_suffix(".toml")


class Maker:
    """Invents facts, and words them."""

    def __init__(self, part: str) -> None:
        self._rng = random.Random(f"{SEED} {part}")  # noqa: S311 - a fixed set, no secret
        self._part = part
        self._wordings = tomllib.loads(WORDINGS.read_text(encoding="utf-8"))
        # No machine of the test set is in the training set.
        self._stems = STEMS[:8] if part == "train" else STEMS[8:]

    def query(self, language: str) -> list[tuple[str, str, int]]:
        """Return the pairs of one question: (question, passage, label), in a random order."""
        rng = self._rng
        kind, away = rng.sample(list(WORDS), 2)
        machine, other = self._machines()
        key, near = rng.sample(list(WORDS[kind]), 2)
        far = rng.choice(list(WORDS[away]))
        said = [
            (self._text("said", kind, key=key, machine=machine, language=language), 1),
            (self._text("said", kind, key=key, machine=other, language=language), 0),
            (self._text("said", kind, key=near, machine=machine, language=language), 0),
            (self._text("said", away, key=far, machine=machine, language=language), 0),
            (self._text("echo", kind, key=key, machine=machine, language=language), 0),
        ]
        rng.shuffle(said)
        asked = self._text("asked", kind, key=key, machine=machine, language=language)
        return [(asked, passage, label) for passage, label in said]

    def _machines(self) -> tuple[str, str]:
        """A machine, and one whose name is as good as the same."""
        rng = self._rng
        stem, end, series = rng.choice(self._stems), rng.choice(ENDS), rng.choice(SERIES)
        number = rng.randrange(11, 99)
        other = rng.choice(
            (
                f"{stem}{end} {series}{number + rng.choice((-10, -1, 1, 10))}",
                f"{stem}{end} {rng.choice([one for one in SERIES if one != series])}{number}",
                f"{stem}{rng.choice([one for one in ENDS if one != end])} {series}{number}",
            )
        )
        return f"{stem}{end} {series}{number}", other

    def _text(
        self, what: str, kind: str, *, key: tuple[str, str], machine: str, language: str
    ) -> str:
        """Word a question, a fact with a new value, or the question's echo."""
        rng, word = self._rng, WORDS[kind][key]
        wordings = self._wordings[kind][language][what]
        wording = rng.choice(wordings[:-1]) if self._part == "train" else wordings[-1]
        values = {
            "light": rng.choice(list(FAULTS.items())),
            "part": 2 * (f"{rng.randrange(100, 999)}-{rng.randrange(10, 99)}",),
            "limit": 2 * (f"{rng.randrange(2, 95)} {word}",),
        }
        is_chinese = language == "zh"
        return wording.format(m=machine, k=key[is_chinese], w=word, v=values[kind][is_chinese])


def write(folder: Path) -> None:
    """Write both files."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, count in QUERIES.items():
        maker, asked = Maker(part), set[str]()
        with (folder / f"{part}.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(("query", "document", "label"))
            while len(asked) < count:
                pairs = maker.query("zh" if len(asked) % 2 else "en")
                if pairs[0][0] not in asked:
                    asked.add(pairs[0][0])
                    table.writerows(pairs)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    write(parser.parse_args().folder)


if __name__ == "__main__":
    main()
