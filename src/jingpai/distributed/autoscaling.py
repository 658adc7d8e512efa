"""How many replicas the work that waits is worth.

Ray carries this module to its controller as it stands, so it imports nothing of jingpai.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ray.serve.config import AutoscalingContext

QUEUED_TOKENS = "queued_tokens"
"""What replicas report: tokens of the requests they have accepted and not answered."""

# About two seconds of work for two cores with the bundled model, as in deploy/kubernetes.yaml.
TOKENS_A_REPLICA = 16_000


class QueuedTokens:
    """Asks for so many replicas that each has its share of the tokens: a policy of Ray Serve.

    Requests are a poor measure, for one may hold a document and the next one ten thousand. Ray
    itself keeps the answer within the least and the most replicas, and applies its delays.
    """

    def __init__(self, tokens_a_replica: int = TOKENS_A_REPLICA) -> None:
        """Take the share that a replica should have."""
        self._share = tokens_a_replica

    def __call__(self, context: AutoscalingContext) -> tuple[float, dict[str, Any]]:
        """Return the wanted number of replicas, and no state of its own."""
        reported = (context.aggregated_metrics or {}).get(QUEUED_TOKENS)
        if not reported:  # no replica has said anything yet
            return context.target_num_replicas, {}
        return sum(reported.values()) / self._share, {}
