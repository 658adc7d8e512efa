"""The goals in one language's card, and how each went."""

from string import Template

from recipe.card.tables import group_names, row
from recipe.measures.development.goals import of_evidence, of_realistic, of_traps
from recipe.measures.development.report import signed
from recipe.measures.sets import MEASURES

MOST_NAMED = 6  # of what missed a goal


class Goals:
    """Of one language, whose words these are."""

    def __init__(self, words: dict, found: dict[str, dict]) -> None:
        self.words, self.found = words, found
        self.names = group_names(words) | words["kinds"] | {"text": words["text"]}

    def distance(self, goal: dict, by: float) -> str:
        """How far a number is from what a goal asks."""
        if goal["is_share"]:
            return Template(self.words["points"]).substitute(by=f"{abs(by):.1%}".rstrip("%"))
        return f"{abs(by):.3f}"

    def verdict(self, goal: dict) -> str:
        """How a goal went."""
        words = self.words
        if goal["verdict"] == "not measured":
            return Template(words["not_measured"]).substitute(goal)
        if goal["verdict"] == "reached":
            return self.told("reached", goal)
        missed = list(goal["missed"].items())
        worst = words["join"].join(
            Template(words["worst"]).substitute(
                what=self.names.get(name, name), by=self.distance(goal, by)
            )
            for name, by in missed[:MOST_NAMED]
        )
        more = words["more"] if len(missed) > MOST_NAMED else ""
        return self.told("missed", goal, missed=len(missed), worst=worst + more)

    def told(self, outcome: str, goal: dict, *, missed: int = 0, worst: str = "") -> str:
        """An outcome in words; a goal of one number needs no list of them."""
        key, least = f"{outcome}_one" if goal["of"] == 1 else outcome, goal["least"]
        return Template(self.words[key]).substitute(
            missed=missed,
            worst=worst,
            of=goal["of"],
            by=self.distance(goal, least["by"]),
            what=self.names.get(least["what"], least["what"]),
        )

    def int8(self, goal: dict) -> str:
        """What int8 costs, where it was held against float32."""
        dev = self.found["dev"]
        against = dev["against"]
        if against is None:
            return self.verdict(goal)
        numbers = Template(self.words["int8"]).substitute(
            sets=against["sets"],
            all=len(dev["sets"]),
            queries=against["queries"],
            **{name: signed(against[name]) for name in MEASURES},
        )
        return f"{self.verdict(goal)}{self.words['join_sentences']}{numbers}"

    def judged(self) -> list[dict]:
        """All goals, judged by what was measured."""
        found = self.found
        return [
            *found["dev"]["required"],
            *of_traps(found["traps"]["results"]["all"]),
            *of_realistic(found["realistic"]["results"]),
            *of_evidence(found["evidence"]),
        ]

    def table(self) -> str:
        """The goals, and how each went."""
        goals = self.words["goals"]
        lines = [row(self.words["goal"], self.words["result"]), "|---|---|"]
        for goal in self.judged():
            went = self.int8(goal) if goal["key"] == "int8" else self.verdict(goal)
            lines.append(row(goals[goal["key"]], went))
        return "\n".join(lines)
