"""The tables of results in one language's card."""

from recipe.measures.report import signed
from recipe.measures.sets import FAMILIES, MEASURES, ORDERS, SCIFACT, family, languages


def row(*cells: object) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def head(*cells: str) -> list[str]:
    """The first column is text, the others are numbers."""
    return [row(*cells), "|---|" + "---:|" * (len(cells) - 1)]


class Tables:
    """Of one language, whose words these are."""

    def __init__(self, words: dict, found: dict[str, dict]) -> None:
        self.words, self.found = words, found

    def measured(self, rows: dict[str, dict], heading: str) -> str:
        """Development results, a row each."""
        words = self.words
        columns = [f"{label}: {words['parent']}" for label in MEASURES.values()]
        ndcg, mrr = ([column, "BM25", words["ours"]] for column in columns)
        lines = head(
            words[heading], words["queries"], *ndcg, *mrr, words["gain"], words["over_bm25"]
        )
        for name, measured in rows.items():
            numbers = [
                f"{measured[order][measure]:.3f}" for measure in MEASURES for order in ORDERS
            ]
            gains = [signed(measured[f"over_{order}"]["mrr"]) for order in ("parent", "bm25")]
            lines.append(row(name, measured["queries"], *numbers, *gains))
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
            f"{self.words['languages'][languages(name)[0]]}, {name}": measured
            for name, measured in self.found["dev"]["sets"].items()
            if len(set(languages(name))) == 1 and family(name) != SCIFACT
        }
        return self.measured(dict(sorted(named.items())), "language")

    def across(self) -> str:
        """MLQA as a square: our MRR@10, and how far it is above the parent's."""
        cells = {
            languages(name): (
                f"{measured['ours']['mrr']:.3f} ({measured['over_parent']['mrr']['mean']:+.3f})"
            )
            for name, measured in self.found["dev"]["sets"].items()
            if name.startswith("mlqa")
        }
        names = sorted({name for pair in cells for name in pair})
        words = self.words["languages"]
        lines = head(self.words["asks"], *(words[name] for name in names))
        for asks in names:
            lines.append(row(words[asks], *(cells.get((asks, answers), "") for answers in names)))
        return "\n".join(lines)

    def traps(self) -> str:
        """Share of the traps that are passed, by language and kind."""
        kinds, lines = self.words["kinds"], []
        lines += head(self.words["traps"], self.words["accuracy"], *kinds.values())
        special = {
            "right passage in another language": self.words["across"],
            "all": self.words["all"],
        }
        for name, counts in self.found["traps"]["results"].items():
            shares = [
                f"{counts[kind]['won']}/{counts[kind]['cases']}" if counts[kind]["cases"] else ""
                for kind in kinds
            ]
            share = f"{counts['all']['won'] / counts['all']['cases']:.0%}"
            label = special.get(name) or self.words["languages"][name]
            lines.append(row(label, share, *shares))
        return "\n".join(lines)

    def calibration(self) -> str:
        """How far scores are off, before and after the fit."""
        words, lines = self.words, []
        error, before, right = (words[name] for name in ("error", "before", "right"))
        lines += head(words["pairs"], words["number"], f"{error}, {before}", error, right)
        for name in ("held_out", "dev"):
            found = self.found["calibration"][name]
            after = found["after"]
            lines.append(
                row(
                    words[name],
                    found["pairs"],
                    f"{found['before']['error']:.3f}",
                    f"{after['error']:.3f}",
                    f"{after['accuracy']:.1%}",
                )
            )
        return "\n".join(lines)

    def score_languages(self) -> str:
        """Where relevant and irrelevant candidates score, by the language of the passage."""
        words, lines = self.words, []
        lines += head(words["language"], words["relevant"], words["irrelevant"], words["right"])
        for name, found in self.found["calibration"]["dev"]["languages"].items():
            lines.append(
                row(
                    words["languages"][name],
                    f"{found['relevant']:.2f}",
                    f"{found['irrelevant']:.2f}",
                    f"{found['accuracy']:.0%}",
                )
            )
        return "\n".join(lines)
