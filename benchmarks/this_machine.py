"""What a results file says of the machine that it comes from."""

from __future__ import annotations

import os
import platform
from datetime import datetime, timezone
from importlib.metadata import version


def machine() -> dict[str, object]:
    return {
        "date": datetime.now(timezone.utc).date().isoformat(),
        "python": platform.python_version(),
        "cores": len(os.sched_getaffinity(0)),
        "load_before": round(os.getloadavg()[0], 1),
        **{name: version(name) for name in ("onnxruntime", "torch", "transformers")},
    }
