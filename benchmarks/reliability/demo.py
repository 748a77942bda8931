"""kill -9 at random moments of whole runs of the demo: what was published stays whole, and the next run succeeds."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from publishing import ROOT, Tally

from warehouse.versions.layout import version_in_force
from warehouse.versions.manifest import faults_of

_COMMAND = (sys.executable, "-m", "interfaces.cli.main", "run", "--demo", "--force")


@dataclass(frozen=True)
class Begun:
    """A demo that was published before: its data folder, of which a copy is made, and the seconds that a run takes."""

    data: Path
    seconds: float


def killed_runs(
    folder: Path, rng: random.Random, stop: Callable[[int], bool], begun: Begun | None = None
) -> Tally:
    """Kills between a first run and a last one, both to their end. The time of the first is the span in which later
    ones are killed.

    Parameters
    ----------
    begun : what stands for the first run.
    """
    tally = Tally()
    if begun is not None:
        shutil.copytree(begun.data, folder, symlinks=True, dirs_exist_ok=True)
        usual = begun.seconds
    else:
        started = time.monotonic()
        if (code := _run(folder, None)) != 0:
            tally.wrong.append(f"the first run ended with {code}")
            return tally
        usual = time.monotonic() - started
    while not stop(tally.n):
        code = _run(folder, rng.uniform(0, usual))
        tally.n += 1
        tally.note("had ended" if code is not None else "killed in the midst of it")
        version = version_in_force(folder / "published")
        tally.wrong += [f"{version.name}: {fault}" for fault in faults_of(version)]
    if (code := _run(folder, None)) != 0:
        tally.wrong.append(f"the last run ended with {code}")
    tally.note("seconds of a run", round(usual))
    return tally


def _run(folder: Path, kill_after: float | None) -> int | None:
    """Exit code; None when it was killed, with every process that it had started."""
    environment = os.environ | {
        "ICB_DATA": str(folder), "DAGSTER_HOME": str(folder / "dagster"), "PYTHONPATH": str(ROOT), "DO_NOT_TRACK": "1",
    }  # fmt: skip
    with open(folder / "said", "ab") as said:
        process = subprocess.Popen(
            _COMMAND, env=environment, stdout=said, stderr=said, start_new_session=True
        )
        try:
            return process.wait(kill_after)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return None
