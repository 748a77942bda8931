"""What there is of the machine for a run to take."""

from __future__ import annotations

import os

#: A process that computes analyses: DuckDB, and half a GB of Python and of numbers.
WORKER_GB, WORKER_DUCKDB_GB = 2.5, 2.0


def cores() -> int:
    """Cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


def memory_gb() -> float:
    """Memory of the machine; endless where it is not known."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    except (AttributeError, ValueError, OSError):  # not on this system
        return float("inf")


def most_workers(among: int) -> int:
    """A process a core, as far as there is memory for each: what the largest analysis takes. One where the memory is
    not known."""
    memory = memory_gb()
    return max(min(among, int(memory / WORKER_GB)), 1) if memory < float("inf") else 1
