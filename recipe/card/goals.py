"""The goals in one language's card, and how each went."""

from string import Template

from recipe.card.tables import row
from recipe.measures.report import signed
from recipe.measures.sets import MEASURES

TRAPS_GOAL = 0.85


class Goals:
    """Of one language, whose words these are."""

    def __init__(self, words: dict, found: dict[str, dict]) -> None:
        self.words, self.found = words, found

    def verdict(self, goal: dict) -> str:
        """How a goal went."""
        words = self.words
        if goal["key"] == "int8":
            return self.int8()
        if goal["verdict"] == "not measured":
            return Template(words["not_measured"]).substitute(goal)
        if goal["verdict"] == "reached":
            least = goal["least"]
            return Template(words["reached"]).substitute(
                by=f"{least['by']:.3f}", what=least["what"]
            )
        worst = words["join"].join(
            Template(words["worst"]).substitute(what=name, by=f"{abs(by):.3f}")
            for name, by in list(goal["missed"].items())[:6]
        )
        more = words["more"] if len(goal["missed"]) > 6 else ""
        return Template(words["missed"]).substitute(
            missed=len(goal["missed"]), of=goal["of"], worst=worst, more=more
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

    def table(self) -> str:
        """The goals, and how each went."""
        lines = [row(self.words["goal"], self.words["result"]), "|---|---|"]
        goals = self.words["goals"]
        lines += [
            row(goals[goal["key"]], self.verdict(goal)) for goal in self.found["dev"]["required"]
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
