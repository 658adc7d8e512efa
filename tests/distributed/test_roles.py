"""Each program that shares a machine says so of its process, before it loads a model."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from jingpai.system.processor import physical_cores

pytest.importorskip("ray", reason="needs the extra `ray`")

WHERE = """
import sys
from jingpai.system.threads import WAITS, Waits, threads_for
WAITS.update({role: Waits("sleep", "sleep") for role in WAITS})
WAITS[sys.argv[1]] = Waits("spin", "spin")
"""

BEGINNINGS = {
    "server": """
from jingpai.server.http.app import build_app
from jingpai.server.settings import ServerSettings
build_app(ServerSettings())
""",
    "batch": """
from typer.testing import CliRunner
from jingpai.cli.app import app
assert CliRunner().invoke(app, ["batch", "no-such-file.jsonl", "scored"]).exit_code
""",
    "ray": """
from jingpai.distributed.replica import Replica
from jingpai.server.settings import ServerSettings
Replica(ServerSettings(metrics=False))
""",
    "ray ": """
from jingpai.distributed.batch import ShardActor
ShardActor(None)
""",
}


@pytest.mark.skipif(physical_cores() < 2, reason="a single thread waits for nobody")
@pytest.mark.parametrize("role", BEGINNINGS)
def test_a_process_that_shares_the_machine_says_who_it_is(role, tmp_path):
    code = f"{WHERE}{BEGINNINGS[role]}\nprint(threads_for(None).waiting)"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, role.strip()],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.stdout.split() == ["spin"], done.stderr
