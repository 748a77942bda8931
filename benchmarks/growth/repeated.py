"""A build file with more people, or fewer: the rows of another, repeated under other patients, samples and files, or
those of one patient in so many.

Cohorts keep their names, so that they are larger cohorts of the same catalogue, and every analysis and scan of it can
be asked of them. Calls are moved along the chromosome, or every copy would be found to be the same people by them.
What has nobody's rows (catalogue, panels, gene sets) is there once.
"""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import duckdb

#: Columns that say whose a row is, or which file it stands in: a copy has others.
IDENTIFIERS = (
    "patient_id", "person_id", "sample_id", "sample_raw", "aliquot_raw", "first_sample_id", "second_sample_id",
    "pair_id", "source_file_id", "first_source_file_id", "second_source_file_id", "member_id",
)  # fmt: skip
POSITIONS = ("start_position", "end_position")


def repeat_rows(source: Path, file: Path, copies: Fraction) -> int:
    """Write a build file with the raw tables of another, repeated, and with its results, those of people repeated.

    Parameters
    ----------
    copies : a whole number, or one over a whole number.

    Returns
    -------
    Rows of the raw tables.
    """
    rows = 0
    making = file.with_suffix(".making")
    making.unlink(missing_ok=True)
    with duckdb.connect(
        str(making), config={"memory_limit": "3GB", "preserve_insertion_order": False}
    ) as con:
        con.execute(f"attach '{source}' as given (read_only)")
        tables = con.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'given' "
            "and schema_name in ('raw', 'stats') order by all"
        ).fetchall()
        for schema, table in tables:
            given = f'given."{schema}"."{table}"'
            types = {row[0]: row[1] for row in con.execute(f"describe {given}").fetchall()}
            kept = _of_one_in(copies.denominator, types) if copies < 1 else ""
            con.execute(f'create schema if not exists "{schema}"')
            con.execute(f'create table "{schema}"."{table}" as select * from {given}{kept}')
            for copy in range(1, copies.numerator if _is_of_people(types) else 1):
                chosen = ", ".join(_in_copy(column, kind, copy, table) for column, kind in types.items())
                con.execute(f'insert into "{schema}"."{table}" select {chosen} from {given}')
            counted = con.execute(f'select count(*) from "{schema}"."{table}"').fetchone()
            rows += int(counted[0]) if counted and schema == "raw" else 0
    os.replace(making, file)  # one that is half written is never taken for a whole one
    return rows


def _of_one_in(n: int, types: dict[str, str]) -> str:
    """The rows of every n-th patient, by a hash; a sample's where no patient is named. A table of nobody is whole."""
    if "cohort_id" not in types or {"patient_id", "sample_id"}.isdisjoint(types):
        return ""
    chosen = f"hash(cohort_id || patient_id) % {n} = 0"
    if "sample_id" not in types:
        return f" where {chosen}"
    samples = f"(select (cohort_id, sample_id) from given.marts.samples where {chosen})"
    of_sample = f"(cohort_id, sample_id) in {samples}"
    if "patient_id" not in types:
        return f" where {of_sample}"
    return f" where case when patient_id is null then {of_sample} else {chosen} end"  # the hash of a null is a number


def _is_of_people(types: dict[str, str]) -> bool:
    """A statistic (``stat_id``) is of all of them."""
    own = not {"cohort_id", "member_id"}.isdisjoint(types)
    return own and "stat_id" not in types and not set(IDENTIFIERS).isdisjoint(types)


def _in_copy(column: str, kind: str, copy: int, table: str) -> str:
    if column in IDENTIFIERS:
        return f'xor("{column}", {copy})' if kind == "BIGINT" else f"\"{column}\" || '_{copy}'"
    if column in POSITIONS and table == "mutations":
        return f'coalesce(cast(try_cast("{column}" as bigint) + {13 * copy} as varchar), "{column}")'
    return f'"{column}"'
