"""Write the model card in English and Chinese, its numbers taken from the results.

    python -m recipe.card

Reads `results/` (dev.json by evaluate.py, and traps.json, realistic.json, evidence.json,
refusal.json and calibration.json by the scripts of these names), `data/sources.toml`,
`data/mix.toml` and `run.toml`; prose comes from `text.<language>.md`, words of the tables from
`words.toml`. Writes the cards to `docs/` and beside the model in the package. Edit those sources,
never the cards: a test holds them to what this script would write.
"""

from pathlib import Path
from string import Template

from recipe.card.goals import Goals
from recipe.card.results import FILES, HERE, check_weights, read_results, read_run, read_toml
from recipe.card.sources import evaluation_splits, machine_translated, sources_table
from recipe.card.tables import Tables
from recipe.places import BUNDLED, RECIPE, RESULTS, option_parser

FOLDERS = (RECIPE.parent / "docs", BUNDLED)


def numbers(found: dict[str, dict], run: dict, *, section: dict) -> dict[str, str]:
    """Single numbers and words within sentences; `section` is the run in this language."""
    dev = found["dev"]
    settings, calibration = dev["settings"], found["calibration"]
    spread = calibration["translations"]
    evidence, refusal = found["evidence"], found["refusal"]
    return {
        "megabytes": f"{model_bytes() / 1e6:.0f}",
        "weights": settings["weights"],
        "depth": str(settings["depth"]),
        "dev_command": dev["command"],
        "calibration_command": calibration["command"],
        "traps_command": found["traps"]["command"],
        "traps_cases": str(found["traps"]["results"]["all"]["all"]["cases"]),
        "realistic_command": found["realistic"]["command"],
        "realistic_cases": str(found["realistic"]["results"]["all"]["cases"]),
        "evidence_command": evidence["command"],
        "evidence_sets": str(evidence["groups"]["all"]["sets"]),
        "long_passages": str(evidence["long"]["passages"]),
        "long_sentences": str(evidence["long"]["sentences"]),
        "refusal_command": refusal["command"],
        "refusal_threshold": str(refusal["advised"]),
        "refusal_queries": str(refusal["queries"]),
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


def model_bytes() -> int:
    """Size of what the package carries, without the cards themselves."""
    return sum(path.stat().st_size for path in BUNDLED.iterdir() if path.suffix != ".md")


def cards(results: Path, run: Path) -> dict[str, str]:
    """The text of each card by the name of its file."""
    found, ran, words = read_results(results), read_run(run), read_toml(HERE / "words.toml")
    texts = {}
    for language, name in FILES.items():
        tables = Tables(words[language], found)
        template = Template((HERE / f"text.{language}.md").read_text(encoding="utf-8"))
        texts[name] = template.substitute(
            numbers(found, ran, section=ran[language]),
            families_table=tables.families(),
            required_table=Goals(words[language], found).table(),
            languages_table=tables.one_language(),
            across_table=tables.across(),
            traps_table=tables.traps(),
            realistic_table=tables.realistic(),
            evidence_table=tables.evidence(),
            pruning_table=tables.pruning(),
            refusal_table=tables.refusal(),
            refusal_families_table=tables.refusal_families(),
            calibration_table=tables.calibration(),
            scores_table=tables.score_languages(),
            sources_table=sources_table(words[language]),
            evaluation_splits=evaluation_splits(),
            machine_translated=machine_translated(),
        )
    return texts


def main() -> None:
    parser = option_parser(__doc__)
    parser.add_argument("--results", type=Path, default=RESULTS)
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
