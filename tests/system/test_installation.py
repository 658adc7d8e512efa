from __future__ import annotations

import sys

from jingpai.system.installation import repair_command


def test_a_package_is_repaired_by_pip_and_a_frozen_program_is_made_anew(monkeypatch, tmp_path):
    assert repair_command("a") == "pip install --force-reinstall --no-deps jingpai a"
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert "--collect-all jingpai --collect-all a " in repair_command("a")
