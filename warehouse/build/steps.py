"""Which steps of the build are done, and of what each was made.

A step is an asset that writes: ``marts/patients``, ``analyses/tcga_alk``. Each writing has a stamp of its own, and
notes the stamps of what it read: whatever is materialised, in any order, after any fault, a table that was not made of
what stands beside it now can be told (`warehouse.build.whole`). Steps that write the build file are kept in it, as
``build.steps``; the result of an analysis or a scan lies in files, and so does its stamp (``results/steps``), so that
several can be computed at a time.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import duckdb
from pydantic import BaseModel, ConfigDict

from ingestion.fetching.store import write_atomically
from warehouse.tables import has_table

#: Steps whose results are files.
RESULT_LAYERS = ("analyses", "scans")
IN_PROGRESS, COMPLETE, FAILED = "in progress", "complete", "failed"

_TABLE = """
create schema if not exists build;
create table if not exists build.steps (
    step varchar primary key, layer varchar, status varchar, stamp varchar, run_id varchar, changed_at timestamp,
    made_from map(varchar, varchar)
);
create or replace view build.layers as
select
    layer,
    case
        when bool_or(status = 'in progress') then 'in progress'
        when bool_or(status = 'failed') then 'failed at ' || min(step) filter (where status = 'failed')
        else 'complete'
    end as state,
    count(*) as n_steps,
    max(changed_at) as changed_at
from build.steps
group by layer
"""


class Step(BaseModel):
    """One step as it was left.

    Attributes
    ----------
    stamp : of the writing, new each time.
    made_from : what it read -> the stamp that this had then.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: str
    status: Literal["in progress", "complete", "failed"]
    stamp: str
    run_id: str
    changed_at: datetime
    made_from: dict[str, str]


@contextmanager
def in_one_step(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Everything that is written within, or, after a fault or the end of the process, nothing of it."""
    con.begin()
    try:
        yield
    except BaseException:
        con.rollback()
        raise
    con.commit()


def begin(con: duckdb.DuckDBPyConnection, steps: Collection[str], run_id: str) -> None:
    """Say that a run is about to write these steps. If it is killed, that is what remains."""
    _write(con, [_step(step, IN_PROGRESS, run_id, _new_stamp(), {}) for step in steps])


def fail(con: duckdb.DuckDBPyConnection, steps: Collection[str], run_id: str) -> None:
    """Say that a run did not get these steps written."""
    _write(con, [_step(step, FAILED, run_id, _new_stamp(), {}) for step in steps])


def complete(
    con: duckdb.DuckDBPyConnection,
    upstream: Mapping[str, Collection[str]],
    run_id: str,
    stamp: str | None = None,
) -> str:
    """Say that a run has written these steps, all of them under one stamp, which is given back.

    Parameters
    ----------
    upstream : step -> the steps that it reads, others that are written with it among them.
    stamp : a name that the writing has already; else it gets a new one.
    """
    mine = stamp or _new_stamp()
    now = {name: step.stamp for name, step in steps_in(con).items()} | dict.fromkeys(upstream, mine)
    _write(
        con,
        [
            _step(step, COMPLETE, run_id, mine, {name: now[name] for name in reads if name in now})
            for step, reads in upstream.items()
        ],
    )
    return mine


def steps_in(con: duckdb.DuckDBPyConnection) -> dict[str, Step]:
    """The steps that write an open build file."""
    if not _is_kept(con):
        return {}
    rows = con.execute(
        "select step, status, stamp, run_id, changed_at, made_from from build.steps"
    ).fetchall()
    names = list(Step.model_fields)
    return {row[0]: Step.model_validate(dict(zip(names, row, strict=True))) for row in rows}


def stamps_of(con: duckdb.DuckDBPyConnection, steps: Collection[str]) -> dict[str, str]:
    """The stamps of what is about to be read from an open build file."""
    return {name: step.stamp for name, step in steps_in(con).items() if name in steps}


def begin_result(results: Path, step: str) -> None:
    """The result of an analysis or a scan is about to be replaced: until it is complete there is none."""
    _place(results, step).unlink(missing_ok=True)


def complete_result(results: Path, step: str, made_from: Mapping[str, str], run_id: str) -> None:
    """The result has been written. ``made_from`` : `stamps_of` what was read, taken as it was read."""
    done = _step(step, COMPLETE, run_id, _new_stamp(), made_from)
    write_atomically(_place(results, step), done.model_dump_json().encode())


def is_result(step: str) -> bool:
    """Whether a step's stamp lies beside its files; the build file has a copy, as of when its tables were gathered."""
    return step.split("/")[0] in RESULT_LAYERS


def result_steps(results: Path) -> dict[str, Step]:
    """Analyses and scans whose results are complete."""
    found = [
        Step.model_validate_json(path.read_text(encoding="utf-8"))
        for path in sorted((results / "steps").glob("*/*.json"))
    ]
    return {step.step: step for step in found}


def gather_results(con: duckdb.DuckDBPyConnection, results: Path) -> None:
    """Take the stamps of analyses and scans into the build file, as its tables take in their results."""
    gathered = result_steps(results)
    _make(con)
    con.execute("delete from build.steps where list_contains(?, layer)", [list(RESULT_LAYERS)])
    _write(con, list(gathered.values()))


def _place(results: Path, step: str) -> Path:
    return results / "steps" / f"{step}.json"


def _new_stamp() -> str:
    return uuid.uuid4().hex[:12]


def _step(step: str, status: str, run_id: str, stamp: str, made_from: Mapping[str, str]) -> Step:
    return Step.model_validate(
        {
            "step": step,
            "status": status,
            "stamp": stamp,
            "run_id": run_id,
            "changed_at": datetime.now(UTC).replace(tzinfo=None),
            "made_from": dict(made_from),
        }
    )


def _is_kept(con: duckdb.DuckDBPyConnection) -> bool:
    return has_table(con, "build", "steps")


def _make(con: duckdb.DuckDBPyConnection) -> None:
    if not _is_kept(con):
        con.execute(_TABLE)


def _write(con: duckdb.DuckDBPyConnection, steps: Collection[Step]) -> None:
    _make(con)
    values: list[object] = []
    for step in steps:
        values += [
            step.step,
            step.step.split("/")[0],
            step.status,
            step.stamp,
            step.run_id,
            step.changed_at,
            list(step.made_from),
            list(step.made_from.values()),
        ]
    if values:  # in one statement: each has its own price, and a run writes 600 steps
        rows = ", ".join(["(?, ?, ?, ?, ?, ?, map(?::varchar[], ?::varchar[]))"] * len(steps))
        con.execute(f"insert or replace into build.steps values {rows}", values)
