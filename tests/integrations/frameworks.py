"""Is jingpai a good part of other frameworks? Asks their real releases, offline.

    make test-integrations                 every group of groups.toml
    make test-integrations GROUP=haystack  one of them

Installs each group in an environment under .venv/integrations, and runs the tests of each package,
the page and the examples among them. Ends with 1 if one fails.
"""

from __future__ import annotations

import sys
from pathlib import Path

# Of tests/clients, which make puts on the path.
from environments import install, read_groups
from run import run_tests, table

HERE = Path(__file__).resolve().parent


def main() -> int:
    outcomes = []
    for group in read_groups(sys.argv[1:], home=HERE):
        install(group)
        outcomes += run_tests(group, told={"JINGPAI_INTEGRATIONS": group.name})
    print(f"\n{table(outcomes)}")
    return 0 if all(outcome.is_good for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
