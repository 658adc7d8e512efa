"""What was trained on, in one language's card."""

from recipe.card.results import DATA, read_toml
from recipe.card.tables import row


def sources_table(words: dict) -> str:
    """What was trained on, whence, under which licence."""
    names = ("source", "origin", "licence", "same", "cross")
    lines = [row(*(words[name] for name in names)), "|---|---|---|---:|---:|"]
    sources, mix = read_toml(DATA / "sources.toml"), read_toml(DATA / "mix.toml")
    for name, counts in mix.items():
        source = sources[name]
        pairs = (counts.get("same", 0), counts.get("cross", 0))
        lines.append(row(name, source["origin"], source["licence"], *pairs))
    sums = [sum(counts.get(kind, 0) for counts in mix.values()) for kind in ("same", "cross")]
    return "\n".join([*lines, row(words["total"], "", "", *sums)])


def evaluation_splits() -> str:
    """What others measure with, and this model has seen."""
    sources = read_toml(DATA / "sources.toml")
    return "\n".join(
        f"- {sources[name]['evaluation_split']} (`{name}`)"
        for name in read_toml(DATA / "mix.toml")
        if "evaluation_split" in sources[name]
    )


def machine_translated() -> str:
    """The sources that no person translated, in whole or in part."""
    sources = read_toml(DATA / "sources.toml")
    return ", ".join(
        f"`{name}`"
        for name in read_toml(DATA / "mix.toml")
        if sources[name].get("machine_translated")
    )
