"""The whole graph on the mirror, from an empty data folder, and again with nothing changed: seconds and peak memory.

Example: ICB_MIRROR=../shared/mirror python benchmarks/graph/run.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

PROJECT = Path(__file__).resolve().parents[2]


def measured(data: Path) -> tuple[float, float]:
    """Wall seconds and peak resident gigabytes of one ``icb run`` with its child processes."""
    environment = os.environ | {
        "ICB_DATA": str(data),
        "DAGSTER_HOME": str(data / "dagster"),
        "PYTHONPATH": str(PROJECT),
    }
    started, peak = time.monotonic(), 0
    process = subprocess.Popen(
        [sys.executable, "-m", "interfaces.cli.main", "run"], cwd=PROJECT, env=environment
    )
    while process.poll() is None:
        try:
            root = psutil.Process(process.pid)
            family = [root, *root.children(recursive=True)]
            peak = max(peak, sum(member.memory_info().rss for member in family))
        except psutil.NoSuchProcess:
            pass
        time.sleep(0.2)
    if process.returncode:
        sys.exit(f"icb run ended with {process.returncode}")
    return time.monotonic() - started, peak / 1e9


def main() -> None:
    """Two runs in a folder that is removed afterwards."""
    if not os.environ.get("ICB_MIRROR"):
        sys.exit("Set ICB_MIRROR to the folder of the public files.")
    with tempfile.TemporaryDirectory() as folder:
        for label in ("from nothing", "nothing changed"):
            seconds, gigabytes = measured(Path(folder))
            print(f"{label}: {seconds:.0f} s, peak {gigabytes:.1f} GB")


if __name__ == "__main__":
    main()
