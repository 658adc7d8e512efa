"""Variables that Ray reads while it is imported, so this imports nothing of it."""

from __future__ import annotations

import os

_VARIABLES = {
    # Ray reports usage to its makers unless told otherwise; jingpai sends nothing.
    "RAY_USAGE_STATS_ENABLED": "0",
    # Lines of the log that differ in their numbers alone are still lines of their own.
    "RAY_DEDUP_LOGS": "0",
    "RAY_COLOR_PREFIX": "0",
}

# Where Ray is started here, and is no cluster of somebody else's.
_OWN = {
    # Its ports are open on all addresses of this computer: only who knows the token is answered.
    "RAY_AUTH_MODE": "token",
    # What is served is no background work that gives way to every other process.
    "RAY_worker_niceness": "0",
    # What Ray Serve says of itself, tracebacks among it, stands in its files in /tmp/ray.
    "RAY_SERVE_LOG_TO_STDERR": "0",
}


def prepare_environment(*, starts_ray: bool) -> None:
    """Set what Ray is to do, where the user has said nothing else; call it before `import ray`.

    Args:
        starts_ray: Whether Ray is started on this computer; otherwise a cluster is joined.
    """
    for name, value in {**_VARIABLES, **(_OWN if starts_ray else {})}.items():
        os.environ.setdefault(name, value)
