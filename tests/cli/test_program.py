"""The program as a process: pipes, signals, terminals, exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from jingpai import __version__
from jingpai.cli.terminal.progress import progress

if TYPE_CHECKING:
    from pathlib import Path

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals, pipes and terminals of POSIX")
ESCAPE = "\x1b"


def test_the_version_is_printed(jingpai):
    done = jingpai("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"jingpai {__version__}\n", "")


@pytest.mark.parametrize(
    "command", ["rank", "models", "pull", "optimize", "verify", "doctor", "demo"]
)
def test_every_command_has_a_help_page_and_a_line_in_the_list(jingpai, command):
    overview, page = jingpai("--help"), jingpai(command, "-h")
    assert (overview.returncode, page.returncode) == (0, 0)
    assert re.search(rf"\b{command} ", overview.stdout)
    assert page.stdout.lstrip().startswith(f"Usage: jingpai {command}")
    assert ESCAPE not in overview.stdout + page.stdout


@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_chinese_help_is_complete_at_any_width(jingpai, columns):
    env = {"LC_ALL": "zh_CN.UTF-8", "COLUMNS": columns}
    page = jingpai("rank", "--help", env=env).stdout
    assert page.lstrip().startswith("用法：jingpai rank")
    assert "选项" in page
    assert "显示帮助并退出。" in page
    assert max(map(cell_len, page.splitlines())) <= int(columns)
    assert "不给文件或写-时读取标准输入。" in re.sub(r"\s", "", page)  # nothing was cut off
    assert not re.search(r"\b(Options|Arguments|Show|Usage)\b", page)


def test_jingpai_lang_goes_before_the_locale(jingpai):
    env = {"LC_ALL": "zh_CN.UTF-8", "JINGPAI_LANG": "en"}
    assert "Usage: jingpai" in jingpai("--help", env=env).stdout
    assert "用法：jingpai" in jingpai("--help", env={"JINGPAI_LANG": "zh"}).stdout


def test_help_does_not_wait_for_libraries_that_run_models(environment):
    code = (
        "import sys, jingpai.cli;"
        "heavy = {'onnxruntime', 'torch', 'transformers', 'huggingface_hub', 'google.protobuf',"
        " 'jinja2', 'matplotlib', 'psutil', 'bm25s'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, env=environment, check=True, timeout=60)
    assert done.stdout.strip() == b"[]"


def test_documents_come_through_a_pipe_and_json_goes_into_one(jingpai, model_folder):
    done = jingpai("rank", "熊猫", "-m", model_folder, "--json", stdin="熊猫\n雨\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert {one["text"] for one in json.loads(done.stdout)["results"]} == {"熊猫", "雨"}
    assert "熊猫" in done.stdout


def test_json_is_utf8_and_valid_where_stdout_is_ascii(jingpai, model_folder):
    env = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = jingpai("rank", "q", "-m", model_folder, "--json", stdin='"熊猫 \\ud800"\n', env=env)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["results"][0]["text"] == '"熊猫 \\ud800"'
    assert jingpai("rank", "q", "-m", model_folder, stdin="熊猫\n", env=env).returncode == 0


def test_a_table_in_a_pipe_has_no_escape_codes(jingpai, model_folder):
    done = jingpai("rank", "q", "-m", model_folder, stdin="a\nb\n", env={"TERM": "xterm-256color"})
    assert done.returncode == 0
    assert "tiny-reranker" in done.stdout
    assert ESCAPE not in done.stdout + done.stderr
    failed = jingpai("rank", "q", "missing.txt", env={"TERM": "xterm-256color"})
    assert failed.stderr == "error: missing.txt: no such file\n"


def test_an_error_is_one_line_however_narrow_the_terminal(jingpai):
    name = "a-folder-with-a-long-name/" * 4 + "missing.txt"
    done = jingpai("rank", "q", name, env={"COLUMNS": "40"})
    assert (done.returncode, done.stderr) == (2, f"error: {name}: no such file\n")


def test_a_warning_of_the_library_is_one_line(environment):
    code = (
        "import warnings, typer; from jingpai.cli import app;"
        "app.app.command('warn')(lambda: warnings.warn('mind the gap', RuntimeWarning)); app.main()"
    )
    command = [sys.executable, "-c", code, "warn"]
    done = subprocess.run(command, capture_output=True, env=environment, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"warning: mind the gap\n")


@POSIX
@pytest.mark.parametrize("option", [[], ["--json"]])
def test_a_reader_that_has_enough_ends_the_program_without_a_word(
    environment, model_folder, tmp_path, option
):
    path = tmp_path / "many.txt"
    path.write_text("熊猫吃竹子。\n" * 3000, encoding="utf-8")
    command = [sys.executable, "-m", "jingpai", "rank", "q", path, "-m", model_folder, *option]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=120) == 1


@POSIX
def test_ctrl_c_is_one_line_and_exit_code_130(environment, model_folder, tmp_path):
    pipe = tmp_path / "documents"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [sys.executable, "-m", "jingpai", "rank", "q", pipe, "-m", model_folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    with pipe.open("w"):  # returns when the program has opened the other end
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=60)
    assert (process.returncode, out, error) == (130, b"", b"error: interrupted\n")


def in_terminal(command: list[str | Path], env: dict[str, str]) -> tuple[int, str]:
    """Run a command with a terminal of 80 columns as its stdin, stdout and stderr."""
    import fcntl
    import pty
    import struct
    import termios

    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=follower, env=env | {"TERM": "xterm"}
    )
    os.close(follower)
    output = b""
    while True:
        try:
            block = os.read(leader, 65536)
        except OSError:  # the other end is closed
            break
        if not block:
            break
        output += block
    os.close(leader)
    return process.wait(timeout=60), output.decode()


@POSIX
def test_a_terminal_gets_colours(environment, model_folder, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("熊猫\n雨\n", encoding="utf-8")
    command = [sys.executable, "-m", "jingpai", "rank", "q", path, "-m", model_folder]
    code, shown = in_terminal(command, environment)
    assert code == 0
    assert f"{ESCAPE}[" in shown
    assert "熊猫" in shown
    code, shown = in_terminal(command, environment | {"NO_COLOR": "1"})
    assert not re.search(rf"{ESCAPE}\[[0-9;]*3[0-7]m", shown)


@POSIX
def test_a_terminal_without_documents_is_told_how_to_give_them(environment, model_folder):
    command = [sys.executable, "-m", "jingpai", "rank", "q", "-m", model_folder]
    code, shown = in_terminal(command, environment)
    assert code == 2
    assert "no documents: name files, or pipe them in" in shown


WORK = """
import sys
from jingpai.cli.terminal.progress import progress
with progress("working", patience_s=float(sys.argv[1])) as advance:
    for done in range(20):
        advance(done, 20)
        {wait}
"""


@POSIX
def test_progress_is_shown_on_a_terminal_once_it_takes_long(environment):
    slow = WORK.format(wait="__import__('time').sleep(0.03)")
    code, shown = in_terminal([sys.executable, "-c", slow, "0"], environment)
    assert code == 0
    assert "working" in shown
    code, shown = in_terminal([sys.executable, "-c", WORK.format(wait="pass"), "60"], environment)
    assert (code, shown) == (0, "")


def test_progress_is_not_shown_in_a_pipe(capsys):
    with progress("working", patience_s=0.0) as advance:
        advance(1, 2)
        time.sleep(0.05)
    assert capsys.readouterr() == ("", "")
