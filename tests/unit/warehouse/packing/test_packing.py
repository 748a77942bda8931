"""A packed table says, through its view, what the table in the build says: columns, types and every value."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from warehouse.packing.packed import PACKED, PEOPLE, tables_of
from warehouse.packing.store import store_packed

_PERSON = "'c1' as cohort_id, 'P' || i % 3 as patient_id, 'c1:P' || i % 3 as person_id"
_MUTATIONS = f"""
create table build.marts.mutations as select {_PERSON},
    case when i % 7 = 0 then null else 'S' || i % 4 end as sample_id,
    case when i % 5 = 0 then null else 'G' || i % 6 end as hugo_symbol, 'g' || i % 6 as hugo_symbol_raw,
    'as given' as gene_rule, cast(i % 6 as bigint) as entrez_gene_id,
    cast(start_position as bigint) as start_position, cast(end_position as bigint) as end_position,
    'A' as reference_allele, case when i % 2 = 0 then 'T' end as tumor_seq_allele2,
    'Silent' as variant_classification, null::varchar as variant_classification_raw, 'SNP' as variant_type,
    false as is_nonsynonymous, null::boolean as is_truncating, 'p.V' || i || 'E' as hgvsp_short,
    cast(t_ref_count as bigint) as t_ref_count, cast(t_alt_count as bigint) as t_alt_count,
    cast(t_depth as bigint) as t_depth, cast(fraction as double) as variant_allele_fraction,
    'GRCh37' as ncbi_build, 'PASS' as filter_raw, 'Somatic' as mutation_status, 'SOMATIC' as mutation_status_raw,
    null::varchar as center, true as is_passing, true as is_somatic, false as is_duplicate, true as is_understood,
    null::varchar as problem, true as is_usable, i % 2 = 0 as is_counted, 'f' || i % 2 as source_file_id,
    cast(i as bigint) as source_row
from (values
    (1, 100, 100, 70, 30, 100, 0.3),                -- what follows from the counts
    (2, 100, 103, 60, 30, 100, 0.3),                -- ten reads are neither
    (3, null, 55, null, 30, 100, 0.25),             -- an end without a start, a fraction of the source's own
    (4, 200, null, 70, 30, 100, null),              -- no fraction although one could be worked out
    (5, 300, 290, 0, 0, 0, null),                   -- no reads, an end before its start
    (6, null, null, null, null, null, 0.1e0 + 0.2e0),   -- a fraction alone, with every digit of a double
    (7, 7, 7, 1, 1, 3, 1 / 3), (8, 8, 8, 2, 1, 3, 0.333)
) as t(i, start_position, end_position, t_ref_count, t_alt_count, t_depth, fraction)
"""
_CALLS = f"""
create table build.marts.gene_calls as select {_PERSON}, 'S' || i % 2 as sample_id, 'G' || i as hugo_symbol,
    cast(i % 2 as bigint) as n_nonsynonymous, cast(0 as bigint) as n_truncating,
    case when i % 3 = 0 then cast(i as bigint) end as n_people_at_residue, i = 4 as is_doubtful,
    case when i = 4 then 'said twice' end as doubt_reason
from range(9) as t(i)
"""
_TABLES = ["marts.mutations", "marts.gene_calls"]


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """``build`` with two tables, and a new file with their packed likes in use."""
    con = duckdb.connect()
    con.execute(f"attach '{tmp_path / 'build.duckdb'}' as build")
    con.execute(f"attach '{tmp_path / 'fresh.duckdb'}' as fresh")
    for database in ("build", "fresh"):
        con.execute(f"create schema {database}.marts")
    con.execute(_MUTATIONS)
    con.execute(_CALLS)
    con.execute("use fresh")
    store_packed(con, {table: f"select * from build.{table}" for table in _TABLES})
    yield con
    con.close()


@pytest.mark.parametrize("table", _TABLES)
def test_columns_types_and_every_value_are_those_of_the_build(
    con: duckdb.DuckDBPyConnection, table: str
) -> None:
    described = [
        [row[:2] for row in con.execute(f"describe {side}.{table}").fetchall()] for side in ("build", "fresh")
    ]
    assert described[0] == described[1]
    rows = [
        con.execute(f"select * from {side}.{table} order by all").fetchall() for side in ("build", "fresh")
    ]
    assert len(rows[0]) > 7
    assert rows[0] == rows[1]


def test_a_value_that_follows_from_others_is_not_kept_and_one_that_does_not_is(
    con: duckdb.DuckDBPyConnection,
) -> None:
    kept = con.execute(
        "select source_row, variant_allele_fraction from stored.mutations "
        "where variant_allele_fraction is not null order by source_row"
    ).fetchall()
    assert kept == [(3, 0.25), (6, 0.1 + 0.2), (8, 0.333)]


def test_a_person_is_kept_once_for_all_tables(con: duckdb.DuckDBPyConnection) -> None:
    ((n, n_unlike),) = con.execute(
        f"select count(*), count(distinct ({', '.join(PEOPLE)})) from stored.people"
    ).fetchall()
    asked = " union ".join(f"select {', '.join(PEOPLE)} from build.{table}" for table in _TABLES)
    ((people,),) = con.execute(f"select count(*) from ({asked})").fetchall()
    assert n == n_unlike == people


def test_readers_see_a_packed_table_as_a_table_and_what_holds_it_not_at_all(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute("create view marts.counted as select * from marts.mutations where is_counted")
    assert tables_of(con) == [("marts", "gene_calls"), ("marts", "mutations")] == tables_of(con, "build")


def test_no_two_packed_tables_and_no_two_groups_of_one_share_a_name() -> None:
    assert len({packed.name for packed in PACKED.values()} | {"people"}) == len(PACKED) + 1
    for packed in PACKED.values():
        columns = [*PEOPLE, *(column for group in packed.together for column in group.columns)]
        assert len(set(columns)) == len(columns), packed.table
        assert not set(columns) & (set(packed.computed) | set(packed.distances)), packed.table
