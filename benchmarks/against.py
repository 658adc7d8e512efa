"""How fast jingpai and its peers score the same pairs with the same weights on this machine's CPU.

    python benchmarks/against.py --shape large

Makes a cross-encoder of random weights of the true shape (no download), installs every peer of
peers.toml in a virtual environment of its own, and lets each prepare the checkpoint as its
documentation tells (export, quantisation). Then come the rounds: in each, every peer is a process
of its own, one after the other, loads, warms up and scores all pairs. A peer whose scores are not
those of the reference has done another job: it is named, but not compared.

Environments and models are kept in --environments (about 12 GB, and 10 GB more for the large
model), so that only the first run installs and exports; after a change in peers.toml delete the
folder `models` in it. Writes benchmarks/results/against-<shape>.json and .md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, replace
from datetime import datetime, timezone
from pathlib import Path

from tokenizers import Tokenizer

from against_report import Verdict, judge, to_markdown
from pair_texts import Request, requests
from peer_table import Peer, python_of, read_peers
from peers import protocol
from random_checkpoint import Shape, write_checkpoint, write_tokenizer

HERE = Path(__file__).parent
SHAPES = {
    "tiny": Shape(layers=2, hidden=64, heads=2, positions=514),
    "small": Shape(layers=12, hidden=384, heads=12, positions=514),
    "large": Shape(layers=24, hidden=1024, heads=16, positions=8194),
}
# Pairs, repeats in a process, rounds: minutes for a machine of two cores.
SIZES = {"tiny": (8, 1, 1), "small": (96, 3, 3), "large": (24, 1, 2)}
DOCUMENTS_A_QUERY = {"tiny": 4, "small": 24, "large": 12}


def main() -> None:
    arguments = read_arguments()
    work: Path = arguments.environments.resolve()
    peers = read_peers(shape=arguments.shape, only=arguments.peers)
    folder = work / "models" / arguments.shape
    pairs = make_model(folder, arguments)
    failures: dict[str, str] = {}
    outcomes: dict[str, list[protocol.Outcome]] = {}
    job = protocol.Job(
        step="prepare",
        variant="",
        batch_size=None,
        folder=folder,
        requests=[protocol.Request(one.query, one.documents) for one in pairs],
        repeats=arguments.repeats,
    )
    for peer in peers:
        run_step(peer, job, work=work, failures=failures, timeout=arguments.timeout)
    for number in range(0 if arguments.prepare_only else arguments.rounds):
        for peer in peers:
            if peer.name in failures:
                continue
            scoring = replace(job, step="score")
            found = run_step(peer, scoring, work=work, failures=failures, timeout=arguments.timeout)
            if found is not None:
                outcomes.setdefault(peer.name, []).append(found)
                speed = len(found.scores) / statistics.median(found.seconds)
                print(f"round {number + 1}: {peer.name:<44} {speed:8.2f} pairs/s", flush=True)
    if not arguments.prepare_only:
        verdicts = judge(peers, outcomes, failures)
        write_results(arguments.out, verdicts, facts(arguments, pairs), arguments.shape)
    if arguments.prepare_only:
        print("\n".join(f"{name}: {reason}" for name, reason in failures.items()) or "prepared")


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--shape", choices=SHAPES, default="small")
    parser.add_argument("--pairs", type=int, help="pairs to score (24 for large, 96 for small)")
    parser.add_argument("--rounds", type=int, help="processes of each peer")
    parser.add_argument("--repeats", type=int, help="times that a process scores all pairs")
    parser.add_argument("--peers", nargs="+", default=[], help="only those whose name begins so")
    parser.add_argument("--environments", type=Path, default=HERE / "work")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    parser.add_argument("--timeout", type=float, default=1800, help="seconds for one process")
    parser.add_argument("--prepare-only", action="store_true", help="install, export, time nothing")
    arguments = parser.parse_args()
    for name, usual in zip(("pairs", "repeats", "rounds"), SIZES[arguments.shape], strict=True):
        if getattr(arguments, name) is None:
            setattr(arguments, name, usual)
        elif getattr(arguments, name) < 1:
            parser.error(f"--{name} {getattr(arguments, name)}: at least 1")
    return arguments


def make_model(folder: Path, arguments: argparse.Namespace) -> list[Request]:
    """Write the checkpoint where it is not there yet, and return what is to be scored."""
    checkpoint, shape = folder / "checkpoint", SHAPES[arguments.shape]
    finished = checkpoint / "special_tokens_map.json"  # the last file to be written
    if not finished.is_file():
        print(f"writing random weights of the shape {arguments.shape} to {checkpoint}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        write_checkpoint(checkpoint, shape)
        write_tokenizer(checkpoint, shape)
    tokenizer = Tokenizer.from_file(str(checkpoint / "tokenizer.json"))
    documents = DOCUMENTS_A_QUERY[arguments.shape]
    return requests(tokenizer, pairs=arguments.pairs, documents=documents)


def run_step(
    peer: Peer, job: protocol.Job, *, work: Path, failures: dict[str, str], timeout: float
) -> protocol.Outcome | None:
    """Run one process; a peer that cannot do the job is entered in `failures`."""
    job = replace(job, variant=peer.variant, batch_size=peer.batch_size)
    path = work / "job.json"
    log = work / "logs" / f"{peer.runner}-{peer.variant}-{job.step}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(job.to_json(), encoding="utf-8")
    try:
        done = subprocess.run(
            [str(python_of(peer, work)), str(peer.script), str(path)],
            capture_output=True,
            text=True,
            check=True,
            timeout=timeout,
            env=environment(work),
            cwd=work,
        )
    except subprocess.CalledProcessError as error:
        log.write_text(f"{error.stdout}\n{error.stderr}", encoding="utf-8")
        failures[peer.name] = f"{job.step} failed: {last_line(error.stderr)}"
    except subprocess.TimeoutExpired:
        failures[peer.name] = f"{job.step} took longer than {timeout:.0f} s"
    else:
        log.write_text(f"{done.stdout}\n{done.stderr}", encoding="utf-8")
        if job.step == "prepare":
            return None
        return protocol.Outcome(**json.loads(done.stdout.strip().splitlines()[-1]))
    print(f"{peer.name}: {failures[peer.name]} (see {log})", flush=True)
    return None


def environment(work: Path) -> dict[str, str]:
    """Return the variables of a peer's process.

    Nothing is fetched, nothing is sent, all is kept in the folder of the benchmark; how many
    threads there are is each peer's own choice.
    """
    kept = {
        key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")
    }
    return {
        **kept,
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "HF_HOME": str(work / "hub"),
        "JINGPAI_CACHE": str(work / "jingpai"),
        "DO_NOT_TRACK": "1",
        "INFINITY_ANONYMOUS_USAGE_STATS": "0",
    }


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "no message"


def write_results(
    folder: Path, verdicts: list[Verdict], known: dict[str, object], shape: str
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    report = {**known, "peers": [asdict(verdict) for verdict in verdicts]}
    page = to_markdown(verdicts, known)
    for ending, text in (("json", json.dumps(report, indent=1) + "\n"), ("md", page)):
        (folder / f"against-{shape}.{ending}").write_text(text, encoding="utf-8")
    print(f"\n{page}")


def facts(arguments: argparse.Namespace, pairs: list[Request]) -> dict[str, object]:
    shape = SHAPES[arguments.shape]
    lengths = [length for request in pairs for length in request.lengths]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "model": f"XLM-RoBERTa, {shape.layers} layers of {shape.hidden}, random weights",
        "pairs": f"{len(lengths)} pairs, {len(pairs)} queries with {len(pairs[0].documents)}"
        f" documents each, rows of {min(lengths)} to {max(lengths)} tokens (mean"
        f" {statistics.mean(lengths):.0f}), scored {arguments.repeats} time(s) in each process",
        "rounds": arguments.rounds,
        "command": f"python benchmarks/against.py {' '.join(sys.argv[1:])}".strip(),
        "machine": f"{processor()}, {cores} cores, {platform.system()}, Python"
        f" {platform.python_version()}, load {os.getloadavg()[0]:.1f} at the end",
        "date": datetime.now(timezone.utc).date().isoformat(),
    }


def processor() -> str:
    """Return what the processor is called, and whether it multiplies bytes in one instruction."""
    information = Path("/proc/cpuinfo")
    if not information.is_file():
        return platform.machine()
    lines = [line.split(":", 1) for line in information.read_text().splitlines() if ":" in line]
    found = {key.strip(): value.strip() for key, value in lines}
    vnni = " with AVX-512 VNNI" if "avx512_vnni" in found.get("flags", "") else ""
    return f"{found.get('model name', platform.machine())}{vnni}"


if __name__ == "__main__":
    started = time.perf_counter()
    main()
    print(f"{(time.perf_counter() - started) / 60:.1f} minutes")
