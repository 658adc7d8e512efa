"""`jingpai doctor`: each check alone, and all of them together."""

from __future__ import annotations

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from jingpai.cli.app import app
from jingpai.cli.checks import caches, gpu, machine, network, packages

if TYPE_CHECKING:
    from pathlib import Path

UNREACHABLE = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def _environment(environment, monkeypatch):
    for name in ("USE_TF", "JINGPAI_LANG", "http_proxy", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("JINGPAI_CACHE", "HF_HOME", "HF_ENDPOINT", "MODELSCOPE_ENDPOINT", "LC_ALL"):
        monkeypatch.setenv(name, environment[name])


@pytest.fixture
def install(environment, tmp_path, monkeypatch):
    """Install packages: their metadata only, found before what is really there."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(site)
    environment["PYTHONPATH"] = f"{site}{os.pathsep}{environment['PYTHONPATH']}"
    monkeypatch.setenv("PYTHONPATH", environment["PYTHONPATH"])

    def add(**versions: str) -> Path:
        for name, version in versions.items():
            info = site / f"{name}-{version}.dist-info"
            info.mkdir()
            text = f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {version}\n"
            (info / "METADATA").write_text(text)
        return site

    return add


def texts(finding) -> str:
    return "\n".join(f"{problem.text}\n{problem.mend}" for problem in finding.problems)


def test_the_machine_is_described():
    finding = machine.check()
    assert not finding.problems
    assert str(finding.facts["Python"]).startswith(sys.version.split()[0])
    assert finding.facts["processor"]
    assert "GB" in finding.facts["memory"] or "MB" in finding.facts["memory"]


def test_packages_are_listed_and_a_sound_install_has_no_problem(install):
    install(torch="2.9.1", transformers="5.1.0")
    finding = packages.check()
    assert finding.facts["torch"] == "2.9.1"
    assert "CPU" in finding.facts["onnxruntime"]
    assert not finding.problems


def test_keras_3_beside_tensorflow_is_a_trap_for_transformers_4(install):
    install(tensorflow="2.18.0", keras="3.6.0", transformers="4.46.0")
    finding = packages.check()
    assert "TensorFlow 2.18.0 with Keras 3.6.0 breaks" in texts(finding)
    assert "module 'keras' has no attribute 'utils'" in texts(finding)
    for mend in ("pip install tf-keras", "pip uninstall tensorflow keras", "USE_TF=0"):
        assert mend in texts(finding)


@pytest.mark.parametrize(
    "versions",
    [
        {"tensorflow": "2.18.0", "keras": "3.6.0", "transformers": "4.46.0", "tf_keras": "2.18.0"},
        {"tensorflow": "2.12.0", "keras": "2.12.0", "transformers": "4.46.0"},
        {"tensorflow": "2.18.0", "keras": "3.6.0", "transformers": "5.0.0"},
        {"keras": "3.6.0", "transformers": "4.46.0"},
    ],
)
def test_other_installs_of_keras_are_none(install, versions):
    install(**versions)
    assert not packages.check().problems


def test_the_trap_is_disarmed_by_use_tf(install, monkeypatch):
    install(tensorflow="2.18.0", keras="3.6.0", transformers="4.46.0")
    monkeypatch.setenv("USE_TF", "0")
    assert not packages.check().problems


def test_what_a_removed_keras_left_behind_is_found(install):
    (install() / "keras" / "src").mkdir(parents=True)
    finding = packages.check()
    assert "is left over from a Keras that was removed" in texts(finding)


def test_two_onnxruntimes_are_a_problem(install):
    install(onnxruntime="1.23.0", onnxruntime_gpu="1.23.0")
    assert "pip uninstall -y onnxruntime onnxruntime-gpu && pip install onnxruntime" in texts(
        packages.check()
    )


TORCH = """
from types import SimpleNamespace as Space
{first}
def ones(count, *, device):
    {ones}
version = Space(cuda={built_for!r}, hip=None)
cuda = Space(device_count=lambda: {count}, get_device_name=lambda index: "H200", is_available=None)
backends = Space(mps=Space(is_built=lambda: False))
"""
NVIDIA = f"""#!{sys.executable}
import sys
if "--query-gpu" in sys.argv[1]:
    print("0, NVIDIA H200, 143771, 9000, 570.86")
else:
    print('4242, /usr/bin/python3, 130000\\n4243, "a, b", 12')
"""


@pytest.fixture
def torch(install):
    """Install a torch that says what a test wants."""

    def add(*, count: int = 1, built_for: str | None = "12.6", ones: str = "", first: str = ""):
        works = "t = Space(cpu=lambda: None); t.add_ = lambda x: t; return t"
        text = TORCH.format(first=first, ones=ones or works, built_for=built_for, count=count)
        (install(torch="2.9.1") / "torch.py").write_text(text)

    return add


@pytest.fixture
def nvidia(tmp_path, monkeypatch):
    """Install an nvidia-smi that sees one card and two processes on it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "nvidia-smi").write_text(NVIDIA)
    (folder / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


POSIX = pytest.mark.skipif(sys.platform == "win32", reason="scripts that run by their first line")


@POSIX
def test_a_gpu_that_works_is_named_with_its_memory_and_who_holds_it(torch, nvidia):
    torch()
    finding = gpu.check()
    assert finding.facts == {
        "NVIDIA cards": ["0: NVIDIA H200, 9000 of 143771 MiB free, driver 570.86"],
        "GPU memory held by": [
            "/usr/bin/python3 (pid 4242): 130000 MiB",
            "a, b (pid 4243): 12 MiB",
        ],
        "device": "cuda: torch can use H200",
    }
    assert not finding.problems


@POSIX
@pytest.mark.parametrize(
    ("settings", "text", "mend"),
    [
        ({"built_for": None, "count": 0}, "is the build for CPUs", "download.pytorch.org/whl/cu"),
        ({"count": 0}, "(built for 12.6) cannot use it", "update the GPU's driver"),
        ({"ones": "raise RuntimeError('no kernel image')"}, "cuda: no kernel image", "driver"),
        ({"first": "raise ImportError"}, "`import torch` fails", "--force-reinstall torch"),
        ({"first": "import os; os.abort()"}, "`import torch` fails", "--force-reinstall torch"),
    ],
)
def test_a_gpu_that_torch_cannot_use_is_a_problem(torch, nvidia, settings, text, mend):
    torch(**settings)
    finding = gpu.check()
    assert str(finding.facts["device"]).startswith("cpu: ")
    assert text in texts(finding)
    assert mend in texts(finding)


@POSIX
def test_a_broken_nvidia_smi_is_no_driver(torch, tmp_path, monkeypatch):
    torch(count=0)
    (tmp_path / "nvidia-smi").write_text(f"#!{sys.executable}\nraise SystemExit(9)\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    finding = gpu.check()
    assert finding.facts["NVIDIA driver"] == "none found (no nvidia-smi)"
    assert finding.facts["device"] == "cpu: torch finds no GPU that it can use"
    assert not finding.problems


def test_a_cache_below_a_file_or_in_a_home_of_nobody_is_a_problem(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("where a folder should be")
    monkeypatch.setenv("JINGPAI_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setenv("HF_HOME", "~/hf")
    monkeypatch.setenv("HOME", "~")  # nothing says where it is
    monkeypatch.setenv("USERPROFILE", "~")
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    own, shared = caches.check().problems
    assert "cannot be written" in own.text
    assert "JINGPAI_CACHE" in own.mend
    assert "home of this user" in shared.text
    assert "HF_HOME" in shared.mend


def test_caches_are_measured(tmp_path):
    (tmp_path / "jingpai-cache" / "graphs").mkdir(parents=True)
    (tmp_path / "jingpai-cache" / "graphs" / "weights.bin").write_bytes(b"0" * 2_500_000)
    finding = caches.check()
    assert str(finding.facts["jingpai"]).startswith(f"{tmp_path / 'jingpai-cache'}: 2 MB, ")
    assert str(finding.facts["Hugging Face"]).startswith(f"{tmp_path / 'hf-home' / 'hub'}: 0 kB, ")


@pytest.fixture
def hub(request):
    """A server on this machine that answers every request with one status."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(request.param)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("hub", [200, 401, 403, 404, 405], indirect=True)
def test_a_hub_that_answers_anything_is_reached(hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", hub)
    finding = network.check()
    assert str(finding.facts["Hugging Face hub"]).startswith(f"{hub}: reached in ")
    assert str(finding.facts["ModelScope"]).startswith(f"{UNREACHABLE}: not reached (")
    assert not finding.problems


@pytest.mark.parametrize("hub", [502, 503, 407], indirect=True)
def test_an_answer_of_something_in_between_is_not_the_hub(hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", hub)
    assert f"{hub} cannot be reached" in texts(network.check())


@pytest.mark.parametrize("hub", [200], indirect=True)
def test_a_hub_out_of_reach_is_a_problem_with_mirrors_as_its_mend(hub, monkeypatch):
    assert "export HF_ENDPOINT=https://hf-mirror.com" in texts(network.check())
    assert "HTTPS_PROXY" in texts(network.check())
    monkeypatch.setenv("MODELSCOPE_ENDPOINT", hub)
    assert "export JINGPAI_HUB=modelscope" in texts(network.check())


def test_a_nonsense_endpoint_is_out_of_reach(monkeypatch):
    for address in ("hf-mirror.com", "http://", "http://[", "file:///etc/passwd"):
        monkeypatch.setenv("HF_ENDPOINT", address)
        assert network.check().problems


def test_offline_nothing_is_asked(monkeypatch):
    finding = network.check(is_offline=True)
    assert finding.facts["Hugging Face hub"] == f"{UNREACHABLE}: not asked"
    assert not finding.problems
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    finding = network.check()
    assert "models are never fetched" in finding.facts["HF_HUB_OFFLINE"]
    assert not finding.problems


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://user:secret@proxy:8080", "http://***@proxy:8080"),
        ("http://user:se@cret@proxy:8080/x", "http://***@proxy:8080/x"),
        ("user:secret@proxy:8080", "***@proxy:8080"),
        ("socks5h://token@[::1]:1080", "socks5h://***@[::1]:1080"),
        ("http://proxy:8080", "http://proxy:8080"),
        ("proxy:8080", "proxy:8080"),
    ],
)
def test_passwords_in_addresses_are_hidden(address, shown, monkeypatch):
    assert network.without_password(address) == shown
    monkeypatch.setenv("HTTPS_PROXY", address)
    monkeypatch.setenv("HF_ENDPOINT", address)
    finding = network.check(is_offline=True)
    assert f"https: {shown}" in finding.facts["proxies"]
    assert "secret" not in str(finding)
    assert "cret@" not in str(finding)


@pytest.fixture
def doctor(environment, torch):
    torch(count=0)

    def run(*arguments: str, **env: str):
        return CliRunner(env=environment | env).invoke(app, ["doctor", *arguments])

    return run


def test_the_exit_code_says_whether_the_bundled_model_works(doctor):
    result = doctor("--offline", "--json")
    answer = json.loads(result.stdout)
    assert result.exit_code == (0 if answer["works"] else 1)
    assert " ".join(answer["checks"]) == "machine packages device caches network bundled model"
    has_scores = "scores" in answer["checks"]["bundled model"]
    assert has_scores == answer["works"]
    if not answer["works"]:
        assert answer["problems"][-1]["check"] == "bundled model"
        assert "pip install --force-reinstall" in answer["problems"][-1]["mend"]


def test_a_check_that_fails_is_reported_and_the_others_are_made(doctor):
    result = doctor("--offline", "--json", JINGPAI_HUB="nonsense")
    answer = json.loads(result.stdout)
    failed = [one["check"] for one in answer["problems"] if "could not be made" in one["problem"]]
    assert failed == ["caches", "network"]
    assert answer["checks"]["machine"]["Python"]
    assert answer["checks"]["packages"]["numpy"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_people_get_sections_and_a_list_of_problems_with_their_mends(doctor, lang):
    result = doctor(JINGPAI_LANG=lang)
    assert "Traceback" not in result.output
    assert "hf-mirror.com" in result.stdout
    assert "→ " in result.stdout
    assert "1. " in result.stdout
    words = {
        "en": ["machine", "bundled model", "instructions"],
        "zh": ["本机", "内置模型", "指令集"],
    }
    assert all(word in result.stdout for word in words[lang])
