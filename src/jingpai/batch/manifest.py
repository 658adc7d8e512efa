"""The manifest of a job: what it was made from, with what, and what happened in each run."""

from __future__ import annotations

import posixpath
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from jingpai.batch.partitions import is_partition
from jingpai.batch.storage import Place
from jingpai.batch.work import ERRORS, MANIFEST, SHARDS, TEMPORARY, Done, Work, errors_of
from jingpai.errors import InvalidInput
from jingpai.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jingpai.batch.plan import Plan

# Small files are read side by side: far away, each takes long to come.
_READERS = 16


@dataclass
class Totals:
    """What all finished shards come to.

    Attributes:
        shards: How many are done.
        rows: Rows of the input that they hold.
        scored: Of these, with scores.
        bad: Of these, without.
        pairs: Documents scored.
        repeated: Attempts that were killed in the middle of a shard, which was then done again.
        ran_on: Shards by number format and kind of device.
        with_errors: Shards that have bad rows.
    """

    shards: int = 0
    rows: int = 0
    scored: int = 0
    bad: int = 0
    pairs: int = 0
    repeated: int = 0
    ran_on: Counter[str] = field(default_factory=Counter)
    with_errors: set[int] = field(default_factory=set)

    def add(self, done: Done) -> None:
        """Count a shard."""
        self.shards += 1
        self.rows += done.rows
        self.scored += done.scored
        self.bad += done.bad
        self.pairs += done.pairs
        self.repeated += done.attempts - 1
        self.ran_on[done.ran_on] += 1
        if done.bad:
            self.with_errors.add(done.shard)

    def as_json(self) -> dict[str, Any]:
        """Return the counts."""
        values = asdict(self)
        del values["with_errors"]
        return {**values, "ran_on": dict(sorted(self.ran_on.items()))}


class Manifest:
    """The manifest of an output folder, and the shards that are done."""

    def __init__(self, output: Place, *, facts: dict[str, Any], runs: list[dict[str, Any]]) -> None:
        """Begin a run.

        Args:
            output: The folder.
            facts: What decides the output.
            runs: What happened in those before.
        """
        self._output = output
        self._facts = facts
        self._runs = runs

    @classmethod
    def begin(cls, work: Work, plan: Plan, *, engine: str) -> tuple[Manifest, Totals, set[int]]:
        """Open an output folder for a run; return what is done in it, and which shards.

        Raises:
            InvalidInput: It holds something else, or what is done was done with other arguments.
            StorageFailed: It cannot be read or written.
        """
        output = Place.of(work.output)
        facts = {
            "jingpai": __version__,
            "model": {"name": work.settings.model or "jingpai-small", "sha": work.fingerprint},
            "settings": {"format": plan.format, **work.settings.deciding()},
            "input": {"files": [asdict(file) for file in plan.files], "rows": plan.rows},
            "plan": {"shards": len(plan.shards), "sha": plan.digest},
        }
        before = _read_before(output)
        finished = _manifests(output) if before else []
        if finished:
            _check_same(before, facts, where=work.output)
        else:
            _remove_remains(output)
        totals, done = _read_done(output, finished)
        runs = before.get("runs", []) if finished else []
        for run in runs:
            run.setdefault("outcome", "killed")
        runs.append({"began": _now(), "engine": engine, "done_before": len(done)})
        for folder in (output, output / SHARDS, output / TEMPORARY):
            folder.make_folder()
        manifest = cls(output, facts=facts, runs=runs)
        manifest.write("running", totals)
        return manifest, totals, done

    def end(self, outcome: str, totals: Totals) -> None:
        """Write down how the run ended.

        Raises:
            StorageFailed: The manifest cannot be written.
        """
        self._runs[-1] |= {"ended": _now(), "outcome": outcome}
        self.write("finished" if outcome == "finished" else "stopped", totals)

    def write(self, state: str, totals: Totals) -> None:
        """Write the file as a whole.

        Raises:
            StorageFailed: It cannot be written.
        """
        value = {"state": state, "totals": totals.as_json(), "runs": self._runs, **self._facts}
        place = self._output / MANIFEST
        place.write_json(value, by_way_of=self._output / TEMPORARY)


def gather_errors(output: Place, shards: Iterable[int], *, name: str) -> None:
    """Put the errors of all shards into one file, in the order of the input.

    Raises:
        StorageFailed: A file cannot be read or written.
    """
    with (output / name).write_whole(by_way_of=output / TEMPORARY) as sink:
        for shard in sorted(shards):
            with (output / errors_of(shard)).open() as file:
                sink.write(file.read())


def _read_before(output: Place) -> dict[str, Any]:
    """Return the manifest in a folder, or nothing where the folder is empty or not there.

    Raises:
        InvalidInput: There is something else in it.
    """
    info = output.info()
    if info.is_file:
        raise InvalidInput(
            f"{output.path}: this is a file; the output is a folder, name a new one."
        )
    here = output.files()
    if not any(file.base_name == MANIFEST for file in here):
        if here:
            raise InvalidInput(
                f"{output.path}: there are files in it, and none is the manifest of a job"
                f" ({MANIFEST}); name a new folder."
            )
        return {}
    try:
        return (output / MANIFEST).read_json()
    except ValueError as error:
        raise InvalidInput(
            f"{output.path}: its {MANIFEST} cannot be read ({error}); name a new folder."
        ) from error


def _manifests(output: Place) -> list[str]:
    """Return the names of the manifests of shards."""
    names = (file.base_name for file in (output / SHARDS).files())
    return [name for name in names if name.endswith(".json")]


def _read_done(output: Place, manifests: Iterable[str]) -> tuple[Totals, set[int]]:
    """Count the shards whose manifest can be read and whose file is there."""
    files = output.files(deep=True)
    sizes = {posixpath.relpath(file.path, output.path): file.size for file in files}
    totals, shards = Totals(), set[int]()
    with ThreadPoolExecutor(_READERS) as pool:
        for done in pool.map(lambda name: _read_shard(output / SHARDS / name), manifests):
            if done is not None and sizes.get(done.file) == done.bytes:
                totals.add(done)
                shards.add(done.shard)
    return totals, shards


def _read_shard(place: Place) -> Done | None:
    """Return a shard's manifest; None where a dying disk has left half of one."""
    try:
        return Done(**place.read_json())
    except (ValueError, TypeError):
        return None


def _remove_remains(output: Place) -> None:
    """Remove what was written for a job of which no shard was finished; this one may have fewer."""
    (output / SHARDS).remove_folder()
    for file in output.files(deep=True):
        folder, name = posixpath.split(posixpath.relpath(file.path, output.path))
        is_part = name.startswith("part-") and is_partition(folder)
        if is_part or posixpath.join(folder, name) == ERRORS:
            Place(output.filesystem, file.path).remove()


def _check_same(before: Mapping[str, Any], now: Mapping[str, Any], *, where: str) -> None:
    """Refuse to go on with a job that was begun in another way.

    Raises:
        InvalidInput: It was; the message says what differs.
    """
    # How files are cut is in their fingerprints, so they are compared under the same settings.
    differences = list(_of_settings(before, now)) or list(_of_files(before, now))
    if differences:
        raise InvalidInput(
            f"{where} holds a job that was begun in another way: {'; '.join(differences)}. Give"
            " what was given then, or name another output folder."
        )


def _of_settings(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    if before["jingpai"] != now["jingpai"]:
        yield f"by jingpai {before['jingpai']}, and this is {now['jingpai']}"
    if before["model"]["sha"] != now["model"]["sha"]:
        yield f"the model was {_model(before)}, and is {_model(now)}"
    for name, value in now["settings"].items():
        if (then := before["settings"].get(name)) != value:
            yield f"{name} was {then!r}, and is {value!r}"


def _of_files(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    then_files, files = (
        {file["name"]: file for file in plan["input"]["files"]} for plan in (before, now)
    )
    for name in sorted(then_files.keys() | files.keys()):
        if name not in files:
            yield f"the input file {name} is gone"
        elif name not in then_files:
            yield f"the input file {name} is new"
        elif then_files[name] != files[name]:
            yield f"the input file {name} has changed"


def _model(facts: Mapping[str, Any]) -> str:
    return f"{facts['model']['name']} ({facts['model']['sha'][:12]})"


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
