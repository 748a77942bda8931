"""Cohorts that a version is made without: where that is written down, and what analyses, scans and answers say of it.

A cohort whose file is not valid is known when the catalogue is loaded; one that cannot be fetched or parsed leaves a
note beside its parsed files; one that fails dbt's checks is taken out of the raw tables. All three end in
``stats.left_out_cohorts``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb
import pandas as pd

from ingestion.catalog.cohorts import Catalog, LeftOutCohort
from ingestion.errors import IngestionError
from ingestion.fetching.store import write_atomically
from warehouse.results.writing import write_result_table

TABLE = "left_out_cohorts"
#: The step of a flow that stands for an analysis or a scan that was skipped.
SKIPPED = "skipped"
#: Beside the parsed folders of one file, whose names are digests.
_NOTE = ".left_out.json"


def note_left_out(folder: Path, sentence: str) -> None:
    """Write down that the file of ``folder`` (``parsed/<cohort>/<file>``) cannot be used; what was parsed of it
    before stays on disk, unused, so that it need not be parsed again."""
    write_atomically(folder / _NOTE, json.dumps({"sentence": sentence}).encode())


def forget_left_out(folder: Path) -> None:
    """The file can be used again."""
    (folder / _NOTE).unlink(missing_ok=True)


def notes_left_out(catalog: Catalog, parsed: Path) -> tuple[LeftOutCohort, ...]:
    """Cohorts of the catalogue with a file that could not be used when it was read last."""
    found = []
    for cohort in catalog.cohorts:
        notes = [parsed / cohort.cohort_id / file.id / _NOTE for file in cohort.files]
        said = [json.loads(note.read_text(encoding="utf-8"))["sentence"] for note in notes if note.exists()]
        if said:
            found.append(LeftOutCohort(cohort_id=cohort.cohort_id, sentence=" ".join(said)))
    return tuple(found)


def all_notes(parsed: Path) -> list[Path]:
    """Every note, in order."""
    return sorted(parsed.glob(f"*/*/{_NOTE}"))


def write_left_out(con: duckdb.DuckDBPyConnection, left_out: Iterable[LeftOutCohort], run_id: str) -> int:
    """Replace ``stats.left_out_cohorts`` in the build; gives its number of rows."""
    con.execute("create schema if not exists stats")
    rows = [cohort.model_dump() | {"run_id": run_id} for cohort in left_out]
    return write_result_table(con, TABLE, pd.DataFrame(rows))


def left_out_cohorts(con: duckdb.DuckDBPyConnection) -> tuple[LeftOutCohort, ...]:
    """What the open file was made without, in order of name."""
    rows = con.execute(f"select cohort_id, sentence from stats.{TABLE} order by cohort_id").fetchall()
    return tuple(LeftOutCohort(cohort_id=str(name), sentence=str(said)) for name, said in rows)


def left_out_published(path: Path) -> tuple[LeftOutCohort, ...]:
    """As :func:`left_out_cohorts`, of a published file."""
    with duckdb.connect(str(path), read_only=True) as con:
        return left_out_cohorts(con)


def named_of(
    con: duckdb.DuckDBPyConnection, cohorts: Sequence[str]
) -> tuple[tuple[LeftOutCohort, ...], bool]:
    """Which of these cohorts the file was made without, and whether any of the others is in it."""
    left = tuple(cohort for cohort in left_out_cohorts(con) if cohort.cohort_id in cohorts)
    ((there,),) = con.execute(
        "select count(*) from marts.cohorts where list_contains(?, cohort_id)", [list(cohorts)]
    ).fetchall()
    return left, bool(there)


def require_not_left_out(con: duckdb.DuckDBPyConnection, cohort_id: str, error: type[IngestionError]) -> None:
    """A question that names a cohort which the file was made without is refused with the cohort's own sentence."""
    for cohort in left_out_cohorts(con):
        if cohort.cohort_id == cohort_id:
            raise error(
                str(cohort), where="--cohort", remedy="mend it and run again, or ask of other cohorts"
            )


def said_of(left: Iterable[LeftOutCohort]) -> str:
    """The sentences for a step of a flow or a note."""
    return " ".join(f"{str(cohort)[0].upper()}{str(cohort)[1:]}" for cohort in left)
