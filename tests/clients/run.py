"""Do clients made for other services work with `jingpai serve`, unchanged but for the address?

    make test-clients                  every group of groups.toml
    make test-clients GROUP=modern     one of them

Installs the clients' own packages, each group in an environment under .venv/clients, starts two
servers on this computer, and runs the tests of each package. Ends with 1 if one fails.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from environments import HERE, Group, Package, environments_of, install, read_groups
from serving import serving

if TYPE_CHECKING:
    from pathlib import Path

LOGS = environments_of(HERE) / "logs"
_GROUP_TIMEOUT_S = 900
# Nothing is sent to makers of packages, and nothing fetched.
_QUIET = {
    "DO_NOT_TRACK": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "LANGSMITH_TRACING": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "NO_PROXY": "127.0.0.1",
}


@dataclass(frozen=True)
class Outcome:
    """How the tests of a package went."""

    package: Package
    passed: int
    failed: int

    @property
    def is_good(self) -> bool:
        """Whether there are tests, and all passed."""
        return self.passed > 0 and self.failed == 0


def main() -> int:
    groups = read_groups(sys.argv[1:])
    for group in groups:
        started = time.perf_counter()
        install(group)
        print(f"{group.name}: installed in {time.perf_counter() - started:.0f} s", flush=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    with serving(LOGS) as asked:
        told = {"JINGPAI_CLIENTS": json.dumps(asked)}
        outcomes = [outcome for group in groups for outcome in run_tests(group, told=told)]
    print(f"\n{table(outcomes)}")
    if all(outcome.is_good for outcome in outcomes):
        return 0
    print(f"What the servers wrote is in {LOGS}")
    return 1


def run_tests(group: Group, *, told: dict[str, str]) -> list[Outcome]:
    """Run the tests of a group in its environment; return how each package did.

    Args:
        group: An installed one.
        told: Variables that the tests read.
    """
    report = group.folder / "report.xml"
    report.unlink(missing_ok=True)
    subprocess.run(
        [
            *(str(group.python), "-m", "pytest", str(group.home / group.name)),
            *("--quiet", "-c", str(group.home / "pytest.ini"), f"--junitxml={report}"),
            *("-p", "no:cacheprovider"),
        ],
        env={**environment(), **told},
        timeout=_GROUP_TIMEOUT_S,
        check=False,  # the report says what failed
    )
    passed, failed = count(report)
    return [
        Outcome(package, passed=passed[package.tests.stem], failed=failed[package.tests.stem])
        for package in group.packages
    ]


def environment() -> dict[str, str]:
    """Return the variables of the tests: no key and no address of a real service among them."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONPATH", "VIRTUAL_ENV") and not name.endswith(("_KEY", "_TOKEN"))
    }
    return {**kept, **_QUIET}


def count(report: Path) -> tuple[Counter[str], Counter[str]]:
    """Return how many tests passed and failed by the name of their file; skipped is failed."""
    passed: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    cases = ElementTree.parse(report).iter("testcase") if report.is_file() else ()
    for case in cases:
        # A file that could not be imported is a case with its path as its name.
        path = case.get("classname") or case.get("name", "")
        (failed if len(case) else passed)[path.rpartition(".")[2]] += 1
    return passed, failed


def table(outcomes: list[Outcome]) -> str:
    rows = [
        f"{outcome.package.name:<44} {outcome.package.version:>9}  {outcome.package.group:<10}"
        f" {outcome.passed:>3} passed {outcome.failed:>3} failed"
        f" {'' if outcome.is_good else '  <-'}".rstrip()
        for outcome in outcomes
    ]
    good = sum(outcome.is_good for outcome in outcomes)
    return "\n".join((*rows, f"{good} of {len(outcomes)} packages work"))


if __name__ == "__main__":
    sys.exit(main())
