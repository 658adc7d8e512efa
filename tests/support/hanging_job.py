"""A job that hangs in the middle of a shard, as a process of its own.

python hanging_job.py ENGINE INPUT OUTPUT MODEL MARKER AFTER
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from jingpai.batch.job import Executor, LocalExecutor, run_batch
from jingpai.batch.settings import BatchSettings
from support.hanging_model import open_hanging


def main() -> None:
    engine, source, output, model, marker, after = sys.argv[1:]
    chosen: Executor
    if engine == "ray":
        from jingpai.distributed.batch import RayExecutor

        chosen = RayExecutor(workers=1)
    else:
        chosen = LocalExecutor()
    run_batch(
        source,
        output,
        settings=BatchSettings(model=model, shard_rows=10),
        engine=chosen,
        open_model=partial(open_hanging, marker=Path(marker), after=int(after)),
    )


if __name__ == "__main__":
    main()
