"""The files in deploy/ray name what exists: an application, settings, flags, and each other."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from jingpai.cli.app import app as program
from jingpai.errors import InvalidInput

pytest.importorskip("ray", reason="needs the extra `ray`")
# Said by Ray's own models while they are imported.
pytestmark = pytest.mark.filterwarnings("ignore:Using extra keyword arguments")

FOLDER = Path(__file__).parents[2] / "deploy" / "ray"
CONFIG = yaml.safe_load((FOLDER / "serve.yaml").read_text("utf-8"))
SERVICE = yaml.safe_load((FOLDER / "rayservice.yaml").read_text("utf-8"))
JOB = yaml.safe_load((FOLDER / "rayjob.yaml").read_text("utf-8"))

# Of KubeRay's ray_v1 types: what a spec may hold. A misspelt key would be dropped in silence.
SPEC = {
    "RayService": {"serveConfigV2", "rayClusterConfig"},
    "RayJob": {
        *("entrypoint", "backoffLimit", "rayClusterSpec"),
        *("shutdownAfterJobFinishes", "ttlSecondsAfterFinished"),
    },
}
CLUSTER = {
    *("rayVersion", "authOptions", "enableInTreeAutoscaling", "autoscalerOptions"),
    *("headGroupSpec", "workerGroupSpecs"),
}
GROUP = {"rayStartParams", "template"}
WORKERS = GROUP | {"groupName", "replicas", "minReplicas", "maxReplicas"}
CONTAINER = {"name", "image", "env", "envFrom", "resources"}


def cluster_of(manifest: dict[str, Any]) -> dict[str, Any]:
    return manifest["spec"].get("rayClusterConfig") or manifest["spec"]["rayClusterSpec"]


def containers_of(cluster: dict[str, Any]) -> list[dict[str, Any]]:
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    return [one for group in groups for one in group["template"]["spec"]["containers"]]


def test_ray_serve_takes_the_configuration_file():
    from ray.serve.schema import ServeDeploySchema

    schema = ServeDeploySchema.model_validate(CONFIG)
    (application,) = schema.applications
    assert application.import_path == "jingpai.distributed.serve:build"


def test_its_arguments_make_an_application_once_there_are_keys(monkeypatch):
    from ray import serve

    from jingpai.distributed.serve import NAME, build

    (described,) = CONFIG["applications"]
    monkeypatch.delenv("JINGPAI_API_KEYS", raising=False)
    with pytest.raises(InvalidInput, match="JINGPAI_API_KEYS"):
        build(described["args"])
    monkeypatch.setenv("JINGPAI_API_KEYS", "secret")
    assert isinstance(build(described["args"]), serve.Application)
    assert described["name"] == NAME
    assert [one["name"] for one in described["deployments"]] == [NAME]


def test_its_policy_is_the_one_of_this_package():
    from ray.serve.config import AutoscalingConfig

    from jingpai.distributed.autoscaling import TOKENS_A_REPLICA

    (deployment,) = CONFIG["applications"][0]["deployments"]
    policy = AutoscalingConfig.model_validate(deployment["autoscaling_config"]).policy
    assert policy.get_policy()(**policy.policy_kwargs)
    # The default is for the two cores of deploy/kubernetes.yaml.
    threads = CONFIG["applications"][0]["args"]["threads"]
    assert policy.policy_kwargs == {"tokens_a_replica": TOKENS_A_REPLICA * threads // 2}


def test_the_service_holds_the_configuration_file():
    assert yaml.safe_load(SERVICE["spec"]["serveConfigV2"]) == CONFIG


@pytest.mark.parametrize("manifest", [SERVICE, JOB], ids=lambda one: one["kind"])
def test_a_manifest_has_no_key_that_kuberay_does_not_know(manifest):
    cluster = cluster_of(manifest)
    assert manifest["apiVersion"] == "ray.io/v1"
    assert set(manifest["spec"]) <= SPEC[manifest["kind"]]
    assert set(cluster) <= CLUSTER
    assert set(cluster["headGroupSpec"]) <= GROUP
    assert all(set(group) <= WORKERS for group in cluster["workerGroupSpecs"])
    assert all(set(one) <= CONTAINER for one in containers_of(cluster))


@pytest.mark.parametrize("manifest", [SERVICE, JOB], ids=lambda one: one["kind"])
def test_all_pods_run_one_image_of_the_ray_that_is_named(manifest):
    cluster = cluster_of(manifest)
    (image,) = {one["image"] for one in containers_of(cluster)}
    build = (FOLDER / "Dockerfile").read_text("utf-8")
    assert f"docker build -f deploy/ray/Dockerfile -t {image} ." in build
    assert f"ARG RAY={cluster['rayVersion']}-" in build


def test_replicas_find_as_many_cores_as_they_have_threads():
    (group,) = cluster_of(SERVICE)["workerGroupSpecs"]
    (container,) = group["template"]["spec"]["containers"]
    scaling = CONFIG["applications"][0]["deployments"][0]["autoscaling_config"]
    assert (
        int(container["resources"]["requests"]["cpu"])
        == CONFIG["applications"][0]["args"]["threads"]
    )
    assert group["minReplicas"] == scaling["min_replicas"]
    assert group["maxReplicas"] >= 1.2 * scaling["max_replicas"]  # with those of an update


def test_every_pod_of_the_service_has_the_keys():
    for container in containers_of(cluster_of(SERVICE)):
        assert "JINGPAI_API_KEYS" in {one["name"] for one in container["env"]}


def test_the_job_starts_a_command_with_flags_that_it_has():
    _, command, *arguments = shlex.split(JOB["spec"]["entrypoint"])
    options = get_command(program).commands[command].params  # type: ignore[attr-defined]
    flags = {flag for option in options for flag in option.opts}
    assert {one for one in arguments if one.startswith("--")} <= flags
    workers = int(re.search(r"--workers (\d+)", JOB["spec"]["entrypoint"]).group(1))
    assert cluster_of(JOB)["workerGroupSpecs"][0]["replicas"] == workers
