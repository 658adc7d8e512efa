"""The groups of a groups.toml, and the virtual environments that their packages are installed in.

tests/integrations has groups of its own, which are installed and run the same way.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

import tomllib

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


@dataclass(frozen=True)
class Package:
    """A client, and the tests that are named after it."""

    name: str
    version: str
    group: str
    home: Path

    @property
    def tests(self) -> Path:
        """Where its tests are."""
        return self.home / self.group / f"test_{self.name.replace('-', '_')}.py"


@dataclass(frozen=True)
class Group:
    """Packages that can be installed beside each other.

    Attributes:
        name: Its folder of tests, and the name of its environment.
        packages: The clients.
        pins: What pip installs.
        home: The folder of groups.toml.
    """

    name: str
    packages: tuple[Package, ...]
    pins: tuple[str, ...]
    home: Path

    @property
    def folder(self) -> Path:
        """The virtual environment."""
        return environments_of(self.home) / self.name

    @property
    def python(self) -> Path:
        """The Python of the environment."""
        return self.folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def environments_of(home: Path) -> Path:
    """Return the folder of the environments of a table: in the environment that runs this."""
    is_virtual = sys.prefix != sys.base_prefix
    return (Path(sys.prefix) if is_virtual else ROOT / ".venv") / home.name


def read_groups(only: list[str], *, home: Path = HERE) -> list[Group]:
    """Return the groups of the table, or those that are named.

    What a group has under `besides` is installed with it, and not tested.
    """
    table = tomllib.loads((home / "groups.toml").read_text(encoding="utf-8"))
    unknown = sorted(set(only) - set(table["groups"]))
    if unknown:
        raise SystemExit(
            f"no group is called {unknown[0]}; there are: {', '.join(table['groups'])}"
        )
    groups = []
    for name, pins in table["groups"].items():
        packages = tuple(Package(*pin.split("=="), group=name, home=home) for pin in pins)
        besides = table.get("besides", {}).get(name, ())
        groups.append(Group(name, packages, pins=(*table["tools"], *pins, *besides), home=home))
    return [group for group in groups if group.name in (only or table["groups"])]


def install(group: Group) -> None:
    """Make the environment of a group, unless it is there with the same pins."""
    finished = group.folder / "pins.txt"
    pins = "\n".join((f"python {sys.version}", *group.pins))
    if finished.is_file() and finished.read_text(encoding="utf-8") == pins:
        return
    venv.create(group.folder, clear=True)
    pip = [sys.executable, "-m", "pip", "--python", str(group.python)]
    # The tests import little of what is installed; to compile all of it takes half of the time.
    command = [*pip, "install", "--quiet", "--no-compile", *group.pins]
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        raise SystemExit(f"{group.name}: pip could not install {' '.join(group.pins)}")
    finished.write_text(pins, encoding="utf-8")
