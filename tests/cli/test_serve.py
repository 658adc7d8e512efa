"""`jingpai serve`: its flags, its variables, its refusals, and its page in the documentation."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from support.settings_table import BESIDE, OPTIONS, PAGES, rows, table_in
from typer.testing import CliRunner

from jingpai.cli.app import app
from jingpai.cli.commands.serve.values import is_loopback, keys_in
from jingpai.cli.settings import bytes_of, listed
from jingpai.errors import InvalidInput
from jingpai.server.http.app import build_app
from jingpai.server.http.metrics import Metrics
from jingpai.server.settings import ServerSettings

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("page", "chinese"), PAGES.items())
def test_the_documentation_lists_every_flag_with_its_variable_default_and_meaning(page, chinese):
    assert table_in((DOCS / page).read_text("utf-8")) == rows(chinese=chinese)


def test_there_is_a_flag_for_every_setting_and_a_setting_for_every_flag():
    assert {option.name for option in OPTIONS} - set(BESIDE) == {
        field.name for field in fields(ServerSettings)
    }


def test_every_flag_but_the_lists_has_the_variable_of_its_name():
    variables = {option.name: option.envvar for option in OPTIONS if not option.multiple}
    assert variables == {name: f"JINGPAI_{name.upper()}" for name in variables}


def test_no_flag_has_a_default_of_its_own():
    assert {option.default for option in OPTIONS} == {None}


@pytest.fixture
def serve(environment, tmp_path, monkeypatch):
    """Run the command where it will not get as far as serving."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("JINGPAI_")]:
        monkeypatch.delenv(name)

    def invoke(*arguments: str | Path, **env: str):
        return CliRunner(env=environment | env).invoke(
            app, ["serve", *(str(one) for one in arguments)]
        )

    return invoke


def test_the_help_is_there_in_both_languages(serve):
    assert "--max-queue-tokens N" in serve("--help").stdout
    assert "监听端口" in serve("--help", JINGPAI_LANG="zh").stdout


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.com"])
def test_an_address_that_others_reach_needs_a_key(serve, host):
    result = serve("--host", host)
    assert result.exit_code == 2
    assert f"jingpai serve --host {host} --no-auth" in result.stderr
    assert "JINGPAI_API_KEYS=" in result.stderr
    chinese = serve(JINGPAI_HOST=host, JINGPAI_LANG="zh")
    assert chinese.exit_code == 2
    assert f"jingpai serve --host {host} --no-auth" in chinese.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--max-body", "many"), "--max-body: got 'many'; allowed are sizes such as 16MB"),
        (("--max-body-total", "0"), "--max-body-total: got '0'"),
        (("--max-memory", "-1GB"), "--max-memory: got '-1GB'"),
        (("--port", "70000"), "--port"),
        (("--workers", "0"), "--workers"),
        (("--body-timeout", "0"), "--body-timeout"),
        (("--log-format", "xml"), "xml"),
        (("--api-key-file", "missing.txt"), "missing.txt: no such file"),
        (("--model", "=x"), "NAME=MODEL"),
        (("--model", "x="), "NAME=MODEL"),
        (("--host", "no.such.host.invalid", "--no-auth"), "no.such.host.invalid"),
        (("--engine", "spark"), "spark"),
        (("--replicas", "2"), "--replicas is for Ray; add --engine ray"),
        (("--max-replicas", "0", "--engine", "ray"), "--max-replicas"),
        (("--address", "auto"), "--address is for Ray; add --engine ray"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_message(serve, arguments, message):
    result = serve(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


# Said by Ray's own models while they are imported.
@pytest.mark.filterwarnings("ignore:Using extra keyword arguments")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--workers", "2"), "workers: got 2, but on Ray it is replicas that are several"),
        (("--device", "cuda:1"), "device: got 'cuda:1'; on Ray write cuda"),
        (("--replicas", "3", "--max-replicas", "2"), "replicas: got 3, at most 2"),
    ],
)
def test_what_is_of_no_use_on_ray_is_refused_before_ray_starts(serve, arguments, message):
    pytest.importorskip("ray", reason="needs the extra `ray`")
    result = serve("--engine", "ray", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_variable_that_cannot_be_used_is_refused_too(serve):
    result = serve(JINGPAI_PORT="http")
    assert result.exit_code == 2
    assert "JINGPAI_PORT" in result.stderr or "--port" in result.stderr


def test_a_port_that_is_taken_is_refused_with_a_command(serve):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = serve("--port", str(port))
    assert result.exit_code == 2
    assert "jingpai serve --host 127.0.0.1 --port" in result.stderr


def test_an_unknown_model_is_named_before_anything_listens(serve):
    result = serve("--model", "big=bge-reranker-v2-m4")
    assert result.exit_code == 1
    assert "Did you mean BAAI/bge-reranker-v2-m3" in result.stderr
    assert "http://" not in result.stderr


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1", 1),
        ("16MB", 16_000_000),
        ("16mib", 16 * 2**20),
        ("1.5 GiB", 3 * 2**29),
        ("64k", 64_000),
        ("2G", 2_000_000_000),
        (None, None),
    ],
)
def test_sizes_are_read_as_people_write_them(text, size):
    assert bytes_of("max_body", text) == size


@pytest.mark.parametrize("text", ["", "MB", "1e6", "16 bits", "1TB2", "-1", "0", "٣MB", "nan"])
def test_other_sizes_are_refused(text):
    with pytest.raises(InvalidInput, match="--max-body: got"):
        bytes_of("max_body", text)


def test_lists_come_from_flags_or_from_a_variable_with_commas(monkeypatch):
    monkeypatch.setenv("JINGPAI_API_KEYS", " a, b,,c ")
    assert listed("api_keys", None) == ("a", "b", "c")
    assert listed("api_keys", []) == ("a", "b", "c")
    assert listed("api_keys", ["x,y", "z"]) == ("x,y", "z")
    monkeypatch.setenv("JINGPAI_API_KEYS", "")
    assert listed("api_keys", None) is None


def test_keys_come_from_a_file_with_one_a_line(tmp_path):
    file = tmp_path / "keys"
    file.write_text("# of the team\nfirst\n\n  second  \n", "utf-8")
    assert keys_in(file) == ("first", "second")
    assert keys_in(None) == ()
    file.write_text("# none\n", "utf-8")
    with pytest.raises(InvalidInput, match="no key in"):
        keys_in(file)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        *((host, True) for host in ("127.0.0.1", "127.1.2.3", "::1", "localhost", "LOCALHOST")),
        *((host, False) for host in ("0.0.0.0", "::", "10.0.0.1", "localhost.example.com", "")),
    ],
)
def test_it_is_known_which_addresses_others_reach(host, expected):
    assert is_loopback(host) is expected


def test_without_the_extra_the_command_that_installs_it_is_named(jingpai, environment, tmp_path):
    shadow = tmp_path / "shadow"
    shadow.mkdir()
    missing = "raise ModuleNotFoundError('uvicorn', name='uvicorn')\n"
    (shadow / "uvicorn.py").write_text(missing)
    paths = os.pathsep.join([str(shadow), environment["PYTHONPATH"]])
    result = jingpai("serve", env={"PYTHONPATH": paths})
    assert result.returncode == 1
    assert 'pip install "jingpai[server]"' in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM is of POSIX")
@pytest.mark.parametrize("secrets", [{}, {"JINGPAI_API_KEYS": "my-secret"}])
def test_the_start_says_where_it_is_and_how_to_try_it(environment, model_folder, tmp_path, secrets):
    log = tmp_path / "log"
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "jingpai", "serve", "--port", "0", "--model", model_folder],
            stderr=stderr,
            env=environment | secrets,
        )
    try:
        while "ready: " not in log.read_text("utf-8"):
            assert process.poll() is None, log.read_text("utf-8")
    finally:
        process.terminate()
        process.wait(60)
    shown = log.read_text("utf-8")
    assert "http://127.0.0.1:" in shown
    assert "this computer only" in shown
    assert f"API key: {'' if secrets else 'none '}needed" in shown
    assert ("Authorization: Bearer KEY" in shown) is bool(secrets)
    assert "my-secret" not in shown
    assert "curl http://127.0.0.1:" in shown
    assert "ready: tiny-reranker on cpu (int8)" in shown


def test_the_documentation_says_the_same_in_both_languages():
    pages = [(DOCS / name).read_text("utf-8") for name in ("server.md", "server.zh-CN.md")]
    code = [re.findall(r"^```.*?^```$", page, re.MULTILINE | re.DOTALL) for page in pages]
    assert code[0] == code[1]
    for mark in ("\n## ", "\n| ", "\n- "):
        assert pages[0].count(mark) == pages[1].count(mark)


@pytest.mark.parametrize("page", ["server.md", "server.zh-CN.md"])
def test_the_documentation_names_every_route_and_every_metric(page):
    text = (DOCS / page).read_text("utf-8")
    app = build_app(ServerSettings())
    paths = [path.replace("{name}", "NAME") for path in app.openapi()["paths"]]
    assert [path for path in paths if f"`{path}`" not in text] == []
    metrics = re.findall(r"^# TYPE (jingpai_\w+) ", Metrics().page().decode(), re.MULTILINE)
    names = [name for name in metrics if not name.endswith("_created")]
    assert [name for name in names if f"`{name}" not in text] == []
