"""Write the model card in English and Chinese, its numbers taken from the results.

    python recipe/card.py

Reads `results/` (dev.json and dev-fp32.json by evaluate.py, traps.json by traps.py,
calibration.json by calibrate.py), `sources.toml`, `mix.toml` and `run.toml`; prose comes from
`card.<language>.md`, words of the tables from `card.toml`. Writes the cards to `docs/` and beside
the model in the package. Edit those sources, never the cards: a test holds them to what this script
would write.
"""

import argparse
import json
import sys
from pathlib import Path
from string import Template

from report import FAMILIES, MEASURES, ORDERS, SCIFACT, family, fingerprint, languages, signed

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
BUNDLED = HERE.parent / "src" / "jingpai" / "bundled"
FOLDERS = (HERE.parent / "docs", BUNDLED)
FILES = {"en": "model-card.md", "zh-CN": "model-card.zh-CN.md"}
RESULTS = {
    "dev": "evaluate.py --data DATA --against fp32",
    "traps": "traps.py",
    "calibration": "calibrate.py --data DATA",
}
TRAPS_GOAL = 0.85


def read_results(folder: Path) -> dict[str, dict]:
    """The results by name; stops with the command that makes what is missing."""
    found = {}
    for name, script in RESULTS.items():
        path = folder / f"{name}.json"
        if not path.exists():
            raise SystemExit(f"{path} is not there; python recipe/{script} writes it")
        found[name] = json.loads(path.read_text(encoding="utf-8"))
        if name == "dev" and "required" not in found[name]:
            raise SystemExit(f"{path} is of an older kind; run python recipe/{script}")
    if found["dev"]["against"] is None:
        # float32 was held against int8 in a run of its own.
        found["dev-fp32"] = json.loads((folder / "dev-fp32.json").read_text(encoding="utf-8"))
    return found


def read_run(path: Path) -> dict:
    run = tomllib.loads(path.read_text(encoding="utf-8"))
    sections = [("", run), *((f"{name}.", run[name]) for name in FILES)]
    empty = [
        f"{front}{key}" for front, part in sections for key, value in part.items() if not value
    ]
    if empty:
        raise SystemExit(f"{path}: fill in {', '.join(empty)}")
    return run


def check_weights(found: dict[str, dict], package: Path) -> None:
    """The results must be those of the model that the package carries."""
    weights = fingerprint(package / "weights.bin")
    measured = {
        name: found[name]["settings"]["weights"] for name in ("dev", "dev-fp32") if name in found
    }
    measured["calibration"] = found["calibration"]["weights"]
    for name, theirs in measured.items():
        if theirs != weights:
            raise SystemExit(
                f"results/{name}.json measured the weights {theirs}, but {package} carries "
                f"{weights}; run python recipe/{RESULTS.get(name, RESULTS['dev'])}"
            )


def row(*cells: object) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def head(*cells: str) -> list[str]:
    """The first column is text, the others are numbers."""
    return [row(*cells), "|---|" + "---:|" * (len(cells) - 1)]


class Card:
    """The tables of one language's card."""

    def __init__(self, words: dict, found: dict[str, dict], run: dict) -> None:
        self.words, self.found, self.run = words, found, run

    def measured(self, rows: dict[str, dict], heading: str) -> str:
        """Development results, a row each."""
        words = self.words
        columns = [f"{label}: {words['parent']}" for label in MEASURES.values()]
        ndcg, mrr = ([column, "BM25", words["ours"]] for column in columns)
        lines = head(
            words[heading], words["queries"], *ndcg, *mrr, words["gain"], words["over_bm25"]
        )
        for name, one in rows.items():
            numbers = [f"{one[order][measure]:.3f}" for measure in MEASURES for order in ORDERS]
            gains = [signed(one[f"over_{order}"]["mrr"]) for order in ("parent", "bm25")]
            lines.append(row(name, one["queries"], *numbers, *gains))
        return "\n".join(lines)

    def families(self) -> str:
        """Development results, a row a family."""
        rows = self.found["dev"]["families"]
        return self.measured(
            {self.words["families"][name]: rows[name] for name in FAMILIES if name in rows},
            "family",
        )

    def one_language(self) -> str:
        """Sets whose queries and passages share a language, by its name."""
        named = {
            f"{self.words['languages'][languages(name)[0]]}, {name}": one
            for name, one in self.found["dev"]["sets"].items()
            if len(set(languages(name))) == 1 and family(name) != SCIFACT
        }
        return self.measured(dict(sorted(named.items())), "language")

    def across(self) -> str:
        """MLQA as a square: our MRR@10, and how far it is above the parent's."""
        cells = {
            languages(name): f"{one['ours']['mrr']:.3f} ({one['over_parent']['mrr']['mean']:+.3f})"
            for name, one in self.found["dev"]["sets"].items()
            if name.startswith("mlqa")
        }
        names = sorted({name for pair in cells for name in pair})
        words = self.words["languages"]
        lines = head(self.words["asks"], *(words[name] for name in names))
        for asks in names:
            lines.append(row(words[asks], *(cells.get((asks, one), "") for one in names)))
        return "\n".join(lines)

    def verdict(self, one: dict) -> str:
        """How a goal went."""
        words = self.words
        if one["key"] == "int8":
            return self.int8()
        if one["verdict"] == "not measured":
            return Template(words["not_measured"]).substitute(one)
        if one["verdict"] == "reached":
            least = one["least"]
            return Template(words["reached"]).substitute(
                by=f"{least['by']:.3f}", what=least["what"]
            )
        worst = words["join"].join(
            Template(words["worst"]).substitute(what=name, by=f"{abs(by):.3f}")
            for name, by in list(one["missed"].items())[:6]
        )
        more = words["more"] if len(one["missed"]) > 6 else ""
        return Template(words["missed"]).substitute(
            missed=len(one["missed"]), of=one["of"], worst=worst, more=more
        )

    def int8(self) -> str:
        """What int8 costs, on the sets where it was held against float32."""
        against = self.found.get("dev-fp32", self.found["dev"])["against"]
        return Template(self.words["int8"]).substitute(
            sets=against["sets"],
            all=len(self.found["dev"]["sets"]),
            queries=against["queries"],
            **{name: signed(against[name]) for name in MEASURES},
        )

    def required(self) -> str:
        """The goals, and how each went."""
        lines = [row(self.words["goal"], self.words["result"]), "|---|---|"]
        goals = self.words["goals"]
        lines += [
            row(goals[one["key"]], self.verdict(one)) for one in self.found["dev"]["required"]
        ]
        by = self.traps_share() - TRAPS_GOAL
        traps = {
            "key": "traps",
            "verdict": "reached" if by >= 0 else "missed",
            "missed": {self.words["all"]: by},
            "of": 1,
            "least": {"what": self.words["all"], "by": by},
        }
        return "\n".join([*lines, row(goals["traps"], self.verdict(traps))])

    def traps_share(self) -> float:
        """Share of the traps that are passed."""
        counts = self.found["traps"]["results"]["all"]["all"]
        return counts["won"] / counts["cases"]

    def traps(self) -> str:
        """Share of the traps that are passed, by language and kind."""
        kinds, lines = self.words["kinds"], []
        lines += head(self.words["traps"], self.words["accuracy"], *kinds.values())
        special = {
            "right passage in another language": self.words["across"],
            "all": self.words["all"],
        }
        for name, one in self.found["traps"]["results"].items():
            shares = [
                f"{one[kind]['won']}/{one[kind]['cases']}" if one[kind]["cases"] else ""
                for kind in kinds
            ]
            share = f"{one['all']['won'] / one['all']['cases']:.0%}"
            label = special.get(name) or self.words["languages"][name]
            lines.append(row(label, share, *shares))
        return "\n".join(lines)

    def calibration(self) -> str:
        """How far scores are off, before and after the fit."""
        words, lines = self.words, []
        error, before, right = (words[name] for name in ("error", "before", "right"))
        lines += head(words["pairs"], words["number"], f"{error}, {before}", error, right)
        for name in ("held_out", "dev"):
            one = self.found["calibration"][name]
            after = one["after"]
            lines.append(
                row(
                    words[name],
                    one["pairs"],
                    f"{one['before']['error']:.3f}",
                    f"{after['error']:.3f}",
                    f"{after['accuracy']:.1%}",
                )
            )
        return "\n".join(lines)

    def score_languages(self) -> str:
        """Where relevant and irrelevant candidates score, by the language of the passage."""
        words, lines = self.words, []
        lines += head(words["language"], words["relevant"], words["irrelevant"], words["right"])
        for name, one in self.found["calibration"]["dev"]["languages"].items():
            lines.append(
                row(
                    words["languages"][name],
                    f"{one['relevant']:.2f}",
                    f"{one['irrelevant']:.2f}",
                    f"{one['accuracy']:.0%}",
                )
            )
        return "\n".join(lines)

    def sources(self) -> str:
        """What was trained on, whence, under which licence."""
        words, lines = self.words, []
        names = ("source", "origin", "licence", "same", "cross")
        lines += [row(*(words[name] for name in names)), "|---|---|---|---:|---:|"]
        sources, mix = read_toml("sources"), read_toml("mix")
        for name, counts in mix.items():
            one = sources[name]
            lines.append(
                row(
                    name,
                    one["origin"],
                    one["licence"],
                    counts.get("same", 0),
                    counts.get("cross", 0),
                )
            )
        sums = [sum(c.get(kind, 0) for c in mix.values()) for kind in ("same", "cross")]
        return "\n".join([*lines, row(words["total"], "", "", *sums)])

    def evaluation_splits(self) -> str:
        """What others measure with, and this model has seen."""
        sources = read_toml("sources")
        return "\n".join(
            f"- {sources[name]['evaluation_split']} (`{name}`)"
            for name in read_toml("mix")
            if "evaluation_split" in sources[name]
        )

    def numbers(self, section: dict) -> dict[str, str]:
        """Single numbers and words within sentences; `section` is the run in this language."""
        dev, run = self.found["dev"], self.run
        settings, calibration = dev["settings"], self.found["calibration"]
        spread = calibration["translations"]
        return {
            "megabytes": f"{model_bytes() / 1e6:.0f}",
            "weights": settings["weights"],
            "depth": str(settings["depth"]),
            "dev_command": dev["command"],
            "calibration_command": calibration["command"],
            "traps_command": self.found["traps"]["command"],
            "traps_cases": str(self.found["traps"]["results"]["all"]["all"]["cases"]),
            "slope": f"{calibration['scale']['slope']:.3f}",
            "shift": f"{calibration['scale']['shift']:+.3f}",
            "spread_score": f"{spread['score']['both']:.3f}",
            "spread_logit": f"{spread['logit']['both']:.2f}",
            "spread_all": f"{spread['all_pairs']['score']:.3f}",
            "spread_questions": str(spread["questions"]),
            "spread_pairs": str(spread["pairs"]),
            "steps": f"{run['steps']:,}",
            "groups": f"{run['groups']:,}",
            "pairs": f"{run['pairs']:,}",
            "minutes": str(run["minutes"]),
            "hardware": section["hardware"],
            "data_minutes": section["data_minutes"],
            "changes": "\n".join(f"- {change}" for change in section["changes"]),
            "checkpoint_sets": ", ".join(run["checkpoint_sets"]),
        }


def read_toml(name: str) -> dict:
    return tomllib.loads((HERE / f"{name}.toml").read_text(encoding="utf-8"))


def model_bytes() -> int:
    """Size of what the package carries, without the cards themselves."""
    return sum(path.stat().st_size for path in BUNDLED.iterdir() if path.suffix != ".md")


def cards(results: Path, run: Path) -> dict[str, str]:
    """The text of each card by the name of its file."""
    found, ran, words = read_results(results), read_run(run), read_toml("card")
    texts = {}
    for language, name in FILES.items():
        card = Card(words[language], found, ran)
        template = Template((HERE / f"card.{language}.md").read_text(encoding="utf-8"))
        texts[name] = template.substitute(
            card.numbers(ran[language]),
            families_table=card.families(),
            required_table=card.required(),
            languages_table=card.one_language(),
            across_table=card.across(),
            traps_table=card.traps(),
            calibration_table=card.calibration(),
            scores_table=card.score_languages(),
            sources_table=card.sources(),
            evaluation_splits=card.evaluation_splits(),
        )
    return texts


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--results", type=Path, default=HERE / "results")
    parser.add_argument("--run", type=Path, default=HERE / "run.toml")
    parser.add_argument("--out", type=Path, nargs="*", default=FOLDERS, help="folders to write to")
    options = parser.parse_args()
    check_weights(read_results(options.results), BUNDLED)
    for name, text in cards(options.results, options.run).items():
        for folder in options.out:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
            print(f"wrote {folder / name}")


if __name__ == "__main__":
    main()
