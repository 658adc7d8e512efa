"""Kill the process whose number stands in a file, once there is one.

python killer.py FILE SECONDS
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path


def main() -> None:
    marker, patience = Path(sys.argv[1]), float(sys.argv[2])
    deadline = time.monotonic() + patience
    while not marker.exists():
        if time.monotonic() > deadline:
            sys.exit("no process came")
        time.sleep(0.05)
    os.kill(int(marker.read_text()), signal.SIGKILL)


if __name__ == "__main__":
    main()
