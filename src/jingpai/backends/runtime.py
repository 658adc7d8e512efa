"""ONNX Runtime with its telemetry off: import it from here and nowhere else.

Since 1.29 its official builds send events to their makers unless `ORT_DISABLE_TELEMETRY` is set
before the first import. jingpai works offline and sends nothing, so it is set here, unless the user
has set it to something else. It also keeps away the sender's thread, for which a forked process
would wait for ever when it exits.
"""

from __future__ import annotations

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as errors

__all__ = ["errors", "onnxruntime"]
