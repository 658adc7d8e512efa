"""Numbers for Prometheus, of one process and of several."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

from prometheus_client.parser import text_string_to_metric_families

from jingpai.server.http.metrics import FOLDER_VARIABLE, Metrics
from jingpai.server.requests import Work

WORK = Work(
    tokens=300, characters=900, tokenization_s=0.01, queue_s=0.02, inference_s=0.3, total_s=0.4
)


def samples(page: bytes) -> dict[tuple[str, ...], float]:
    """The value of each sample by its name and the values of its labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
    }


def test_what_is_reported_is_on_the_page():
    metrics = Metrics()
    metrics.request("/v1/rerank", 200, 0.5)
    metrics.request("/v1/rerank", 200, 0.5)
    metrics.work(WORK, documents=7)
    metrics.batch(rows=8, tokens=512, budget=1024, seconds=0.1)
    metrics.queue(requests=3, tokens=4000)
    metrics.problem("overloaded")
    found = samples(metrics.page())
    assert found["jingpai_requests_total", "/v1/rerank", "200"] == 2
    assert found["jingpai_request_seconds_sum", "/v1/rerank"] == 1.0
    assert found["jingpai_documents_total",] == 7
    assert found["jingpai_tokens_total",] == 300
    assert found["jingpai_stage_seconds_sum", "tokenization"] == 0.01
    assert found["jingpai_stage_seconds_sum", "queue"] == 0.02
    assert found["jingpai_stage_seconds_sum", "inference"] == 0.3
    assert found["jingpai_stage_seconds_sum", "total"] == 0.4
    assert found["jingpai_batch_fill_sum",] == 0.5
    assert found["jingpai_batch_rows_sum",] == 8
    assert found["jingpai_queue_requests",] == 3
    assert found["jingpai_queue_tokens",] == 4000
    assert found["jingpai_problems_total", "overloaded"] == 1
    assert found["process_resident_memory_bytes",] > 0


def test_a_row_longer_than_a_batch_may_be_fills_it():
    metrics = Metrics()
    metrics.batch(rows=1, tokens=5000, budget=1024, seconds=0.1)
    assert samples(metrics.page())["jingpai_batch_fill_sum",] == 1.0


def test_the_metrics_of_two_servers_in_one_process_are_apart():
    one, other = Metrics(), Metrics()
    one.problem("internal")
    assert ("jingpai_problems_total", "internal") not in samples(other.page())


# Where the numbers are kept is decided when prometheus_client is imported.
WORKER = """
    import sys
    from jingpai.server.http.metrics import Metrics

    metrics = Metrics()
    metrics.request("/rerank", 200, 0.1)
    metrics.queue(requests=int(sys.argv[1]), tokens=10)
    print("reported", flush=True)
    sys.stdin.readline()
    print(metrics.page().decode())
"""


def worker(folder, queued: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WORKER), str(queued)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {FOLDER_VARIABLE: str(folder)},
    )
    assert process.stdout.readline() == "reported\n"
    return process


def page(process: subprocess.Popen[str]) -> dict[tuple[str, ...], float]:
    return samples(process.communicate("\n")[0].encode())


def test_workers_add_their_numbers_up(tmp_path):
    one, other = worker(tmp_path, 1), worker(tmp_path, 2)
    found = page(one)
    assert found["jingpai_requests_total", "/rerank", "200"] == 2
    assert found["jingpai_queue_requests",] == 3
    page(other)


def test_a_worker_that_was_killed_waits_for_nothing_but_what_it_did_counts(tmp_path):
    killed = worker(tmp_path, 5)
    killed.kill()
    killed.communicate()
    found = page(worker(tmp_path, 1))
    assert found["jingpai_requests_total", "/rerank", "200"] == 2
    assert found["jingpai_queue_requests",] == 1
