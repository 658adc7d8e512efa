"""The tables of results in one language's card."""

from recipe.measures.development.goals import LEAST_KEPT, least_text
from recipe.measures.development.report import signed
from recipe.measures.sets import FAMILIES, MEASURES, ORDERS, SCIFACT, family, languages

KEPT = (0.98, 0.95, LEAST_KEPT, 0.8)  # shares of the answers, to say what each costs
THRESHOLDS = ("0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9")


def row(*cells: object) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def head(*cells: str) -> list[str]:
    """The first column is text, the others are numbers."""
    return [row(*cells), "|---|" + "---:|" * (len(cells) - 1)]


def group_names(words: dict) -> dict[str, str]:
    """What the rows of results are called in a card."""
    return words["languages"] | words["groups"]


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

    def realistic(self) -> str:
        """Share of the realistic cases that are won, by ours and by orders that read nothing."""
        words = self.words
        lines = head(words["cases"], words["number"], words["blind"], "BM25", words["ours"])
        for name, found in self.found["realistic"]["results"].items():
            shares = [f"{found[order]:.0%}" for order in ("blind", "bm25", "ours")]
            lines.append(row(group_names(words)[name], found["cases"], *shares))
        return "\n".join(lines)

    def evidence(self) -> str:
        """How often the first sentence of an order holds the answer."""
        words = self.words
        orders = ("evidence", "alone", "words")
        lines = head(words["evidence"], words["sets"], *(words[f"by_{order}"] for order in orders))
        for name, found in self.found["evidence"]["groups"].items():
            shares = [f"{found[order]:.1%}" for order in orders]
            lines.append(row(group_names(words)[name], found["sets"], *shares))
        return "\n".join(lines)

    def pruning(self) -> str:
        """How little text keeps how many answers, and at which threshold."""
        words, curve = self.words, self.found["evidence"]["long"]["curve"]
        lines = head(words["kept_at_least"], words["threshold"], words["kept"], words["kept_text"])
        for share in KEPT:
            least = least_text(curve, share)
            for threshold, found in reversed(curve.items()):
                if found["answers"] >= share and found["text"] == least:
                    shares = f"{found['answers']:.1%}", f"{least:.1%}"
                    lines.append(row(f"{share:.0%}", threshold, *shares))
                    break
        return "\n".join(lines)

    def refusal(self) -> str:
        """What each threshold keeps of the answers, and refuses where there is none."""
        words, found = self.words, self.found["refusal"]
        advised = str(found["advised"])
        lines = head(words["threshold"], words["kept"], words["refused"])
        for threshold, shares in found["curve"].items():
            if threshold in (*THRESHOLDS, advised):
                name = f"{threshold} ({words['advised']})" if threshold == advised else threshold
                lines.append(row(name, f"{shares['kept']:.1%}", f"{shares['refused']:.1%}"))
        return "\n".join(lines)

    def refusal_families(self) -> str:
        """The same at the advised threshold, a row a family."""
        words = self.words
        lines = head(words["family"], words["kept"], words["refused"])
        for name, shares in self.found["refusal"]["families"].items():
            label = words["families"][name]
            lines.append(row(label, f"{shares['kept']:.1%}", f"{shares['refused']:.1%}"))
        return "\n".join(lines)
