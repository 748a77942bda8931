"""Why a run failed, in one sentence: in the words of the error itself, and for a full disk or a folder that may not be
written with the folder, whoever ran into it first (a step, DuckDB, dbt, or Dagster's own history).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from ingestion.errors import IngestionError
from ingestion.storage_faults import storage_fault

#: Errors of these packages are sentences already.
_ROOMS = ("ingestion", "analytics", "warehouse", "orchestration")
#: Characters from which a message is somebody else's, quoted.
_LONG = 600


class RunError(IngestionError):
    """A step of the run failed; the last published file stays as it was."""


def failure_sentence(events: Sequence[dg.DagsterEvent], data: Path | None = None) -> str:
    """What went wrong first, in the words of the error itself (not of Dagster, which wraps it, nor of what caused it),
    and how much else. ``data`` : the data folder, named when a storage fault does not say where it was."""
    failures = [event for event in events if event.is_step_failure and event.step_key]
    if not failures:
        return _failure_of_the_job(events, data)
    error = failures[0].step_failure_data.error
    said_by_all = _all_of(error)
    while error is not None and error.cause is not None and (error.cls_name or "").startswith("Dagster"):
        error = error.cause
    if error is not None and error.cls_name in ("DagsterExecutionInterruptedError", "KeyboardInterrupt"):
        return f"the run was stopped in step {failures[0].step_key}"
    said = " ".join(error.message.split()) if error else "no reason was given"
    name, _, text = said.partition(": ")  # a message is "<module>.<class>: <text>"; the text is for users
    is_class = error is not None and name.endswith(error.cls_name or " ")
    others = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
    # our own errors are sentences already, but dbt's in one of them may tell of a full disk at some length
    is_our_own = is_class and name.split(".")[0] in _ROOMS and len(said) < _LONG
    storage = None if is_our_own else storage_fault(said_by_all, data)
    return f"step {failures[0].step_key} failed{others}: {storage or (text if is_class else said)}"


def _failure_of_the_job(events: Sequence[dg.DagsterEvent], data: Path | None) -> str:
    """A job that failed outside of its steps: what Dagster ran into, not that it ran into something."""
    for event in events:
        if event.is_job_failure:
            # a run that was closed from outside, for its process was gone, has no error of its own
            error = event.job_failure_data.error if event.event_specific_data else None
            if (storage := storage_fault(_all_of(error), data)) is not None:
                return str(storage)
            while error is not None and error.cause is not None:
                error = error.cause
            return " ".join((error.message if error else event.message or "the run failed").split())
    return "the run failed"


@contextmanager
def storage_faults_told(data: Path) -> Iterator[None]:
    """Turn what a full disk or a refused folder raises, wherever it is met, into one sentence.

    Raises
    ------
    DiskFullError, StorageError
        Names the folder.
    """
    try:
        yield
    except Exception as exc:
        if isinstance(exc, IngestionError) and len(str(exc)) < _LONG:
            raise
        fault = storage_fault(_chain(exc), data)
        if fault is None:
            raise
        raise fault from exc


def _chain(error: BaseException | None) -> str:
    """The words of an error and of everything that led to it, the cause first."""
    said: list[str] = []
    while error is not None and len(said) < 20:
        said.append(str(error))
        error = error.__cause__ or error.__context__
    return "\n".join(reversed(said))


def _all_of(error: object) -> str:
    """As :func:`_chain`, of an error as Dagster keeps it."""
    said: list[str] = []
    while error is not None and len(said) < 20:
        said.append(str(getattr(error, "message", "")))
        error = getattr(error, "cause", None) or getattr(error, "context", None)
    return "\n".join(reversed(said))
