"""The peers of peers.toml, and the virtual environments that they are installed in."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tomllib

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Peer:
    """One library in one configuration.

    Attributes:
        name: What it is called in the table.
        runner: peers/with_<runner>.py.
        variant: Which engine and number format the runner takes.
        precision: What it computes in; says how near its scores have to come to the reference.
        environment: Where it is installed; None is the Python that runs the benchmark.
        batch_size: Pairs a batch; None is the peer's own default.
        reference: Whether its scores are the right ones.
        shapes: The shapes it runs with; empty is all.
        note: What a reader of its numbers has to know.
    """

    name: str
    runner: str
    variant: str
    precision: Literal["fp32", "bf16", "int8"]
    environment: str | None = None
    batch_size: int | None = None
    reference: bool = False
    shapes: tuple[str, ...] = ()
    note: str = ""

    @property
    def script(self) -> Path:
        """The program that runs in the peer's environment."""
        return HERE / "peers" / f"with_{self.runner}.py"


def read_peers(*, shape: str, only: list[str]) -> list[Peer]:
    """Return the peers of a shape in the order of the table.

    Args:
        shape: Peers that are not timed with this shape are left out.
        only: Words; a peer stays whose name begins with one of them. The first peer and the
            reference always stay. Empty keeps all.
    """
    peers = [Peer(**row) for row in _table()["peers"]]
    peers = [peer for peer in peers if not peer.shapes or shape in peer.shapes]
    unknown = [word for word in only if not any(_is_named(peer, word) for peer in peers)]
    if unknown:
        names = "\n  ".join(peer.name for peer in peers)
        raise SystemExit(f"--peers {unknown[0]}: no peer's name begins so. There are:\n  {names}")
    return [
        peer
        for peer in peers
        if not only
        or peer is peers[0]
        or peer.reference
        or any(_is_named(peer, word) for word in only)
    ]


def environments() -> dict[str, list[str]]:
    """Return what pip installs into each environment."""
    return _table()["environments"]


def python_of(peer: Peer, folder: Path) -> Path:
    """Return the Python that has a peer; make its environment in `folder` where it is not there.

    Raises:
        CalledProcessError: It cannot be installed; `stderr` says why.
    """
    if peer.environment is None:
        return Path(sys.executable)
    requirements = "\n".join(environments()[peer.environment]) + "\n"
    home = folder / peer.environment
    installed = home / "installed.txt"
    python = home / "bin" / "python"
    if not installed.is_file() or installed.read_text(encoding="utf-8") != requirements:
        print(f"installing {peer.environment} into {home} ...", flush=True)
        _quietly([sys.executable, "-m", "venv", "--clear", str(home)])
        wanted = home / "requirements.txt"
        wanted.write_text(requirements, encoding="utf-8")
        pip = [str(python), "-m", "pip"]
        _quietly([*pip, "install", "--quiet", "--requirement", str(wanted)])
        for package in _table()["removed"].get(peer.environment, []):
            _quietly([*pip, "uninstall", "--quiet", "--yes", package])
        wanted.replace(installed)
    return python


def _is_named(peer: Peer, word: str) -> bool:
    return peer.name.casefold().startswith(word.casefold())


def _table() -> dict:
    return tomllib.loads((HERE / "peers.toml").read_text(encoding="utf-8"))


def _quietly(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
