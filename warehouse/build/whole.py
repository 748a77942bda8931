"""Whether the build is whole: every step done, and each made of what stands beside it now."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingestion.errors import IngestionError
from warehouse.build.steps import COMPLETE, IN_PROGRESS, Step, is_result, result_steps, steps_in
from warehouse.versions.layout import Version

#: Layers in the order in which they are made: what is named first is what the rest waits for.
LAYERS = ("raw", "vocabulary", "staging", "intermediate", "marts", "analyses", "scans", "stats", "draft")
#: Its stamp is the build's: the raw tables are loaded together, and all else is made of them.
RAW_STEP = "raw/cohorts"
#: What makes the build whole again, whatever is wrong with it.
REMEDY_JOB = "build_from_sources"


class BuildStateError(IngestionError):
    """The build is unfinished, or its tables do not belong together; the last published version stays."""


@dataclass(frozen=True)
class Fault:
    """A step that keeps the build from being whole, and why in a clause."""

    step: str
    why: str


def require_whole(
    con: duckdb.DuckDBPyConnection, results: Path, expected: Mapping[str, Collection[str]]
) -> dict[str, Step]:
    """The steps of a build that may be published.

    Parameters
    ----------
    con : the build file.
    expected : step -> the steps that it reads, for every step that a version consists of.

    Raises
    ------
    BuildStateError
        Names the step to materialise.
    """
    in_the_file = {name: step for name, step in steps_in(con).items() if not is_result(name)}
    steps = in_the_file | result_steps(results)
    faults = list(faults_of(steps, expected))
    if faults:
        first = faults[0]
        more = f" (and {len(faults) - 1} more steps)" if len(faults) > 1 else ""
        raise BuildStateError(
            f"the build is not whole: {first.why}{more}",
            remedy=f"materialise {first.step} and everything downstream of it, or run the job '{REMEDY_JOB}'; "
            "the last published version is unchanged",
        )
    return {name: steps[name] for name in expected}


def require_draft(draft: Version, step: Step) -> None:
    """The draft that lies there is the one of the build's last step.

    Raises
    ------
    BuildStateError
        It is another one.
    """
    if step.stamp != draft.name:
        raise BuildStateError(
            f"the version in the making, {draft.name}, is not that of the build, {step.stamp}",
            where=str(draft.folder),
            remedy=f"materialise {step.step} and everything downstream of it; "
            "the last published version is unchanged",
        )


def faults_of(steps: Mapping[str, Step], expected: Mapping[str, Collection[str]]) -> Iterator[Fault]:
    """Every step that is missing, unfinished or out of step with what it reads, the most upstream first."""
    for name in sorted(expected, key=lambda step: (LAYERS.index(step.split("/")[0]), step)):
        why = _fault(name, steps, expected[name])
        if why is not None:
            yield Fault(name, why)


def _fault(name: str, steps: Mapping[str, Step], reads: Collection[str]) -> str | None:
    step = steps.get(name)
    if step is None:
        return f"{name} has not been made"
    run = f"run {step.run_id[:8]}"
    if step.status == IN_PROGRESS:
        return f"{run} was writing {name} and did not end"
    if step.status != COMPLETE:
        return f"{name} failed in {run}"
    for other in sorted(reads):
        if other not in steps or step.made_from.get(other) != steps[other].stamp:
            return f"{name} was made before {other} was made again"
    gone = sorted(step.made_from.keys() - set(reads))
    return f"{name} was made of {gone[0]}, which it reads no more" if gone else None
