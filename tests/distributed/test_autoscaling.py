"""The number of replicas that the work which waits is worth."""

from __future__ import annotations

from typing import Any

import pytest

from jingpai.distributed.autoscaling import QUEUED_TOKENS, QueuedTokens

config = pytest.importorskip("ray.serve.config", reason="needs the extra `ray`")


def wanted(metrics: dict[str, Any] | None, *, share: int = 1000, now: int = 3) -> float:
    context = config.AutoscalingContext(
        deployment_id=None,
        deployment_name="jingpai",
        app_name="jingpai",
        current_num_replicas=now,
        target_num_replicas=now,
        running_replicas=[],
        total_num_requests=0,
        total_queued_requests=0,
        aggregated_metrics=metrics,
        raw_metrics=None,
        capacity_adjusted_min_replicas=1,
        capacity_adjusted_max_replicas=10,
        policy_state={},
        last_scale_up_time=None,
        last_scale_down_time=None,
        current_time=None,
        config=None,
    )
    number, _ = QueuedTokens(share)(context)
    return number


def test_replicas_share_the_tokens_that_wait():
    assert wanted({QUEUED_TOKENS: {"one": 4000.0, "two": 1500.0}}) == 5.5


def test_where_nothing_waits_no_replica_is_needed():
    assert wanted({QUEUED_TOKENS: {"one": 0.0}}) == 0


@pytest.mark.parametrize("metrics", [None, {}, {QUEUED_TOKENS: {}}, {"requests": {"one": 5.0}}])
def test_as_long_as_no_replica_has_reported_their_number_stays(metrics):
    assert wanted(metrics) == 3
