"""Run the whole recipe, from the parent's files to the model in the package.

    python -m recipe --data DATA                 # some five hours on two cores
    python -m recipe --data DATA --from train    # go on where it stopped

Each step is a script of this folder that can be run alone; this only runs them in order, and stops
at the first that fails. `--smoke` runs them with next to no training, to see that they work.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from recipe.places import BUNDLED, RECIPE, RESULTS, option_parser

MODULES = {
    "base": "recipe.network.base",
    "prepare": "recipe.data.prepare",
    "mine": "recipe.data.mine",
    "teacher": "recipe.data.teacher",
    "train": "recipe.network.train",
    "finish": "recipe.network.finish",
    "export": "recipe.network.export",
    "evaluate": "recipe.measures.evaluate",
    "calibrate": "recipe.measures.calibrate",
    "refusal": "recipe.measures.refusal",
    "evidence": "recipe.measures.evidence",
    "realistic": "recipe.measures.realistic",
    "traps": "recipe.measures.traps",
    "card": "recipe.card",
}


def steps(options: argparse.Namespace) -> dict[str, list[str]]:
    """What is run, with its arguments, in order."""
    base, model = options.work / "base", options.work / "model"
    data, work = ["--data", options.data], ["--work", options.work]
    results = ["--out", options.results]
    package = ["--package", options.output]
    few = ["--queries", 6] if options.smoke else []
    # A tiny network on made-up texts may say the same of all; that is no reason to stop here.
    any_spread = ["--set", "smallest_spread=0", "largest_fall=1"] if options.smoke else []
    planned = {
        "base": ["--out", base],
        "prepare": [*data, *work, "--mix", options.mix],
        "mine": [*work, *(["--facts", 20, "--sentences", 20] if options.smoke else [])],
        "teacher": [*data, *work],
        "train": [
            *data,
            *work,
            "--minutes",
            0.1 if options.smoke else options.minutes,
            *few,
            *any_spread,
        ],
        "finish": [*work, "--checkpoint", "last.pt"],
        "export": ["--model", model, "--base", base, "--output", options.output],
        "evaluate": [*data, *work, *package, *results, "--against", "fp32", *few],
        "calibrate": [*data, *work, *package, *results],
        "refusal": [*package, *results],
        "evidence": [*data, *results],
        "realistic": results,
        "traps": results,
        "card": ["--results", options.results],
    }
    if options.output != BUNDLED:  # these are about the installed package
        for name in ("evidence", "realistic", "traps", "card"):
            del planned[name]
    if options.smoke:  # needs all development sets
        del planned["calibrate"]
    return {name: [str(argument) for argument in given] for name, given in planned.items()}


def main() -> None:
    parser = option_parser(__doc__, data=True, work=True)
    parser.add_argument("--mix", type=Path, default=RECIPE / "data" / "mix.toml")
    parser.add_argument("--output", type=Path, default=BUNDLED)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--minutes", type=float, default=180, help="of training")
    parser.add_argument("--from", dest="first", help="the first step to run")
    parser.add_argument("--smoke", action="store_true")
    options = parser.parse_args()
    if sys.version_info < (3, 11):
        raise SystemExit("the scripts of this folder need Python 3.11 or newer")
    planned = steps(options)
    names = list(planned)
    if options.first and options.first not in names:
        raise SystemExit(f"--from {options.first}: the steps are {', '.join(names)}")
    for name in names[names.index(options.first) if options.first else 0 :]:
        command = [sys.executable, "-m", MODULES[name], *planned[name]]
        print("$", " ".join(command), flush=True)
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
