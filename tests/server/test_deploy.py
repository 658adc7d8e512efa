"""The files in deploy/ name what exists: settings, probes, metrics, and times that fit together."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from jingpai.cli.app import app as program
from jingpai.server.http.metrics import Metrics
from jingpai.server.settings import Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
FILES = sorted(path for path in DEPLOY.iterdir() if path.is_file())

OPTIONS = get_command(program).commands["serve"].params  # type: ignore[attr-defined]
LISTS = {"JINGPAI_MODELS", "JINGPAI_API_KEYS", "JINGPAI_CORS_ORIGINS"}
VARIABLES = {option.envvar for option in OPTIONS} | LISTS | {"JINGPAI_CACHE"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_variable_is_one_that_is_read(path):
    assert set(re.findall(r"JINGPAI_[A-Z_]*[A-Z]", path.read_text("utf-8"))) <= VARIABLES


@pytest.fixture(scope="module")
def manifests() -> dict[str, dict[str, Any]]:
    text = (DEPLOY / "kubernetes.yaml").read_text("utf-8")
    return {part["kind"]: part for part in yaml.safe_load_all(text)}


def test_kubernetes_probes_what_there_is_and_waits_for_what_was_accepted(manifests):
    pod = manifests["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    paths = {
        probe: container[probe]["httpGet"]["path"]
        for probe in ("startupProbe", "readinessProbe", "livenessProbe")
    }
    assert paths == {
        "startupProbe": "/health/ready",
        "readinessProbe": "/health/ready",
        "livenessProbe": "/health/live",
    }
    (_, seconds) = container["lifecycle"]["preStop"]["exec"]["command"]
    assert pod["terminationGracePeriodSeconds"] > Settings().drain_timeout + int(seconds)


def test_kubernetes_starts_the_command_with_flags_that_it_has(manifests):
    (container,) = manifests["Deployment"]["spec"]["template"]["spec"]["containers"]
    flags = {flag for option in OPTIONS for flag in option.opts}
    assert {argument for argument in container["args"] if argument.startswith("-")} <= flags


def test_kubernetes_scales_by_a_metric_that_exists(manifests):
    (metric,) = manifests["HorizontalPodAutoscaler"]["spec"]["metrics"]
    name = metric["pods"]["metric"]["name"]
    assert f"\n{name} ".encode() in Metrics().page()


def test_all_objects_speak_of_the_same_pods(manifests):
    labels = manifests["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert manifests["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert manifests["Service"]["spec"]["selector"] == labels
    assert manifests["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    target = manifests["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", "jingpai")


def test_compose_has_a_server_for_cpus_and_one_for_gpus_with_keys():
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    for name, service in compose["services"].items():
        assert service["profiles"] == [name]
        assert "JINGPAI_API_KEYS" in service["environment"]
        assert int(service["stop_grace_period"].rstrip("s")) > Settings().drain_timeout


def test_systemd_waits_for_what_was_accepted():
    unit = (DEPLOY / "jingpai.service").read_text("utf-8")
    (seconds,) = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert int(seconds) > Settings().drain_timeout
