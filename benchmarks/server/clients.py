"""Clients of a server, in a process of their own that costs next to nothing.

Reads one job in JSON from stdin and writes what came of it to stdout. Each connection is a thread
that blocks in `http.client`: the bodies are made beforehand and the replies are not parsed, so
that the processor is left to the server. (Under a load of thousands a second a tool like wrk would
be needed; a reranker on a CPU answers tens.)
"""

from __future__ import annotations

import http.client
import itertools
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_HEADERS = {"content-type": "application/json"}
_PATIENCE_S = 300
_KEPT_S = 5


@dataclass(frozen=True)
class Job:
    """What to send.

    Attributes:
        port: Of this computer.
        bodies: Requests to /v1/rerank, in turn.
        connections: How many wait for an answer at once, at most.
        seconds: For how long requests are begun.
        rate: Requests a second, begun whether others are answered or not; 0 begins one as soon as
            one is answered.
        most: Most requests in all.
    """

    port: int
    bodies: list[str]
    connections: int
    seconds: float
    rate: float = 0.0
    most: int = 10**9


@dataclass(frozen=True)
class Outcome:
    """What came of a request.

    Attributes:
        body: Which of the job's bodies.
        began: Seconds since the job began.
        seconds: Until the last byte of the reply.
        status: Of HTTP; 0 where the connection broke.
        reply: What came.
    """

    body: int
    began: float
    seconds: float
    status: int
    reply: str


class Clients:
    """The process of the clients while it runs."""

    def __init__(self, job: Job) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._replies: list[str] = []
        self._reader = threading.Thread(target=self._talk, args=(json.dumps(asdict(job)),))
        self._reader.start()

    def _talk(self, job: str) -> None:
        self._replies.append(self._process.communicate(job)[0])

    @property
    def are_running(self) -> bool:
        """Whether they still send."""
        return self._reader.is_alive()

    def outcomes(self) -> list[Outcome]:
        """Wait for the end, and return all outcomes in the order the requests were begun."""
        self._reader.join()
        if self._process.returncode:
            raise SystemExit("the clients failed")
        return [Outcome(**outcome) for outcome in json.loads(self._replies[0])]


def send(job: Job) -> list[Outcome]:
    """Do a job in a process of its own."""
    return Clients(job).outcomes()


def _work(job: Job, *, numbers: Iterator[int], began: float, found: list[Outcome]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", job.port, timeout=_PATIENCE_S)
    for number in numbers:
        start = max(time.monotonic(), began + number / job.rate if job.rate else began)
        if start - began > job.seconds or number >= job.most:
            return
        pause = max(0.0, start - time.monotonic())
        if pause > _KEPT_S:
            connection.close()  # it is opened again; the server would close one that is idle
        time.sleep(pause)
        which = number % len(job.bodies)
        try:
            connection.request("POST", "/v1/rerank", job.bodies[which], _HEADERS)
            response = connection.getresponse()
            status, reply = response.status, response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            status, reply = 0, repr(error)
            connection.close()
        found.append(Outcome(which, start - began, time.monotonic() - start, status, reply))


def _run(job: Job) -> list[Outcome]:
    numbers = itertools.count()
    found: list[Outcome] = []
    began = time.monotonic()
    threads = [
        threading.Thread(
            target=_work, args=(job,), kwargs={"numbers": numbers, "began": began, "found": found}
        )
        for _ in range(job.connections)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(found, key=lambda outcome: outcome.began)


def seconds_of(outcomes: Sequence[Outcome]) -> list[float]:
    """Return how long each took; a benchmark in which one failed means nothing."""
    if failed := [outcome for outcome in outcomes if outcome.status != 200]:
        raise SystemExit(f"{len(failed)} requests failed: {failed[0].status} {failed[0].reply}")
    return [outcome.seconds for outcome in outcomes]


if __name__ == "__main__":
    threading.stack_size(256 * 1024)
    json.dump([asdict(outcome) for outcome in _run(Job(**json.load(sys.stdin)))], sys.stdout)
