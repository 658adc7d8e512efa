"""An ONNX Runtime session on the CPU that can be used on both sides of a fork."""

from __future__ import annotations

import ctypes
import os
import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

from jingpai.backends.runtime import errors as ort_errors
from jingpai.backends.runtime import onnxruntime
from jingpai.system.threads import Waiting, threads_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

ORT_ERRORS = (
    ort_errors.EPFail,
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoSuchFile,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
    MemoryError,
    RuntimeError,
)
"""What opening and running a session may raise; they have no root of their own."""

WAITING_ENTRIES: dict[Waiting, dict[str, str]] = {
    "spin": {},  # as ONNX Runtime does by itself
    "spin in runs": {"session.force_spinning_stop": "1"},
    "sleep": {"session.intra_op.allow_spinning": "0"},
}
"""How a session is told what its threads do while they wait."""

FATAL = 4
"""Log severity: what goes wrong is raised, so it is not printed as well."""

_OUT_OF_MEMORY_MARKS = ("bad_alloc", "bad allocation", "Failed to allocate", "bad_array_new_length")


class _Opened(NamedTuple):
    """A session, the process that has its threads, and what lets go of it."""

    session: Any
    process: int
    finalizer: Any


class Session:
    """Runs one graph; safe to call from several threads at once.

    The threads of a session do not survive a fork. A child process therefore opens a session of
    its own at its first run, and must never destroy the inherited one: that would wait for ever
    for threads that are not there, even at the end of a child that never used it.
    """

    def __init__(self, path: Path, *, threads: int | None) -> None:
        """Open a graph with a number of threads; None is one per physical core."""
        self._path = path
        self._threads = threads
        self._opened: _Opened | None = self._open()
        self.metadata: Mapping[str, str] = self._opened.session.get_modelmeta().custom_metadata_map
        self.outputs = frozenset(output.name for output in self._opened.session.get_outputs())
        # Those with a value of their own, which a caller may feed, are listed apart.
        self.settings = frozenset(
            setting.name for setting in self._opened.session.get_overridable_initializers()
        )

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._opened is None

    def run(self, output: str, feed: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        """Return one output of the graph; not to be called once closed."""
        return self.results([output], feed)[0]

    def results(
        self, outputs: Sequence[str], feed: Mapping[str, NDArray[Any]]
    ) -> list[NDArray[Any]]:
        """Return some outputs of one run of the graph; not to be called once closed."""
        opened = self._opened
        if opened is None:
            raise RuntimeError(f"the session of {self._path} is closed")
        if opened.process != os.getpid():
            # No lock: a thread of the parent could have held it at the fork. Two threads that come
            # here at once open two sessions, of which one is dropped.
            opened = self._opened = self._open()
        results: list[NDArray[Any]] = opened.session.run(list(outputs), feed)
        return results

    def close(self) -> None:
        """Give the memory back; runs in other threads still finish. A second call does nothing."""
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.finalizer()

    def _open(self) -> _Opened:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = FATAL
        # More would put slower operators in the place of those that the graph was written with.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        threads = threads_for(self._threads)
        options.intra_op_num_threads = threads.count
        for name, value in WAITING_ENTRIES[threads.waiting].items():
            options.add_session_config_entry(name, value)
        session = onnxruntime.InferenceSession(
            os.fspath(self._path), options, providers=["CPUExecutionProvider"]
        )
        process = os.getpid()
        # One reference more than Python knows of, so that a child process never destroys it.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(session))
        return _Opened(session, process, weakref.finalize(self, _let_go, session, process))


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of ONNX Runtime says that memory ran out."""
    return isinstance(error, MemoryError) or any(
        mark in str(error) for mark in _OUT_OF_MEMORY_MARKS
    )


def _let_go(session: object, process: int) -> None:
    if os.getpid() == process:
        ctypes.pythonapi.Py_DecRef(ctypes.py_object(session))
