"""Seconds that each view and table macro of the published file takes to count its rows, to show the first of them and
to answer for one, on two threads and within 1 GB. Goal: 3 s each. ``ICB_DATA=<data> python benchmarks/sql/run.py``
"""

from __future__ import annotations

import time

import duckdb

from warehouse.published_file import published


def main() -> None:
    """Print a line a question."""
    with published() as con:
        con.execute("set threads = 2")
        con.execute("set memory_limit = '1GB'")
        con.execute("set temp_directory = ''")  # what does not fit is an error, and not a slow answer
        views = [
            f"{schema}.{name}"
            for schema, name in con.execute(
                "select schema_name, view_name from duckdb_views() where schema_name in ('marts', 'stats') order by all"
            ).fetchall()
        ]
        for view in views:
            _print_seconds(con, f"select count(*) from {view}")
            _print_seconds(con, f"select * from {view} limit 100")
        for (example,) in con.execute("select example from docs.macros order by macro_name").fetchall():
            _print_seconds(con, example)
        (stat_id,) = con.execute("select min(stat_id) from stats.every_stat where n > 0").fetchall()[0]
        for query in (
            "select * from marts.patient_gene_status('TP53') where cohort_id = 'tcga_pancan'",
            "select * from marts.biomarker('STK11 | KEAP1') where person_row_number = 1",
            "select * from marts.gene_frequencies(in_cohort := 'tcga_pancan')",
            "select * from stats.every_stat where analysis_id = 'alk_tcga'",
            "select * from stats.hypotheses where kind = 'analysis'",
            f"select * from stats.lineage_of('{stat_id}')",
            f"select * from stats.stat_members where stat_id = '{stat_id}'",
            "select * from stats.lineage where stat_id in (select stat_id from stats.meta_stats) limit 100",
            "select count(*) from stats.lineage where person_id in (select min(person_id) from marts.persons)",
            "select count(*) from stats.lineage where role = 'expression'",
            "select count(*) from marts.sample_expression where sample_id in (select sample_id from marts.rna_samples)",
            "select * from marts.counted_mutations where hugo_symbol = 'TP53'",
            "select * from marts.mutations where hugo_symbol = 'TP53'",
            "select * from marts.mutations where cohort_id = 'riaz_2017'",
            "select * from marts.expression where hugo_symbol = 'CD274'",
            "select * from marts.patient_expression where hugo_symbol = 'CD274'",
            "select cohort_id, hugo_symbol, avg(value) from marts.expression group by cohort_id, hugo_symbol",
        ):
            _print_seconds(con, query)


def _print_seconds(con: duckdb.DuckDBPyConnection, query: str) -> None:
    """By the clock, and of the processor: other work on the machine slows the first alone."""
    begun, worked = time.perf_counter(), time.process_time()
    con.execute(query).fetchall()
    print(
        f"{time.perf_counter() - begun:8.2f} s {time.process_time() - worked:8.2f} s of processor  {query}",
        flush=True,
    )


if __name__ == "__main__":
    main()
