"""Whose process carries out a run: a tag that says host and process, so that a run whose process was killed is told
from one that waits, or that another host is at work on (several hosts may share one Dagster).
"""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass

import dagster as dg
import psutil

from warehouse.settings import Settings

#: Tag of a run: the data folder that it is at work on.
DATA_TAG = "icb/data"
#: Tag of a run: its worker, as JSON.
WORKER_TAG = "icb/worker"
#: Births of processes are counted from the start of the machine, whose own time may be set right by a second.
_SAME_BIRTH_SECONDS = 2


@dataclass(frozen=True)
class Worker:
    """The process of one run.

    Attributes
    ----------
    run_id : Dagster copies the tags of a run to the one that is launched in its place, which this process is not of.
    born : when it began, in seconds since 1970: its number may be given to another.
    """

    run_id: str
    host: str
    pid: int
    born: float

    @classmethod
    def here(cls, run_id: str) -> Worker:
        """This process."""
        return cls(run_id, socket.gethostname(), os.getpid(), psutil.Process().create_time())

    @classmethod
    def of(cls, run: dg.DagsterRun) -> Worker | None:
        """Whoever has begun a run; None when nobody has."""
        tag = run.tags.get(WORKER_TAG)
        worker = cls(**json.loads(tag)) if tag else None
        return worker if worker is not None and worker.run_id == run.run_id else None

    @property
    def tag(self) -> str:
        return json.dumps(asdict(self))

    @property
    def is_of_this_host(self) -> bool:
        return self.host == socket.gethostname()

    def is_alive(self) -> bool:
        """Whether the very process lives; only its own host can tell."""
        try:
            found = psutil.Process(self.pid)
            is_same = abs(found.create_time() - self.born) < _SAME_BIRTH_SECONDS
            return is_same and found.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


def worker_tags(run_id: str, settings: Settings) -> dict[str, str]:
    """Tags of a run that this process carries out."""
    return {DATA_TAG: str(settings.data), WORKER_TAG: Worker.here(run_id).tag}
