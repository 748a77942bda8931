"""The schema ``docs`` of the published file: every key, reference, unit, query and macro that it states holds in it."""

from __future__ import annotations

import duckdb
import file_says
import pandas as pd
from graph_runs import Run

from warehouse.packing.packed import PACKED
from warehouse.self_description.words import closed_words


def test_every_documented_query_and_macro_runs(demo: Run) -> None:
    with demo.connect() as con:
        assert file_says.failing_queries(con) == []


def test_no_key_is_twice_and_no_reference_without_its_row(demo: Run) -> None:
    with demo.connect() as con:
        assert file_says.repeated_keys(con) == []
        assert file_says.broken_references(con) == []


def test_every_table_and_column_is_described_and_within_its_unit(demo: Run) -> None:
    with demo.connect() as con:
        assert file_says.unexplained(con) == {"tables": [], "columns": [], "units": []}
        assert file_says.beyond_their_unit(con) == []


def test_the_share_of_nulls_is_that_of_the_rows_over_all_and_by_cohort(demo: Run) -> None:
    said = demo.query(
        "select share_null, share_null_by_cohort from docs.columns "
        "where table_name = 'patients' and column_name = 'age_years'"
    ).iloc[0]
    ages = demo.query("select cohort_id, age_years from marts.patients")
    assert said["share_null"] == ages["age_years"].isna().mean()
    counted = ages["age_years"].isna().groupby(ages["cohort_id"]).mean().to_dict()
    assert dict(said["share_null_by_cohort"]) == counted and len(set(counted.values())) > 1


def test_who_is_in_a_study_is_never_unknown(demo: Run) -> None:
    assert demo.value("select count(*) from marts.patients where is_in_study is null") == 0


def test_calls_that_count_are_the_usable_ones_of_samples_that_can_be_judged(demo: Run) -> None:
    counted = demo.query(
        "select source_file_id, source_row from marts.mutations as m where is_usable and exists (select 1 "
        "from marts.profiling as p where p.is_judged and p.cohort_id = m.cohort_id and p.sample_id = m.sample_id) "
        "order by all"
    )
    said = demo.query("select source_file_id, source_row from marts.mutations where is_counted order by all")
    view = demo.query("select source_file_id, source_row from marts.counted_mutations order by all")
    pd.testing.assert_frame_equal(said, counted)
    pd.testing.assert_frame_equal(view, counted)


def test_an_attached_file_describes_itself_under_its_own_name(demo: Run) -> None:
    con = duckdb.connect()
    con.execute(f"attach '{demo.published}' as elsewhere (read_only)")
    found = con.execute(
        "select refers_to from elsewhere.docs.columns where table_name = 'mutations' and column_name = 'source_file_id'"
    ).fetchall()
    con.close()
    assert found == [("marts.source_files(source_file_id)",)]


def test_every_table_of_the_file_says_what_the_build_says_whether_it_is_packed_or_not(demo: Run) -> None:
    with demo.connect() as con:
        assert file_says.unlike_the_build(con, demo.settings.build_file) == []
        stored = con.execute("select table_name from duckdb_tables() where schema_name = 'stored'").fetchall()
        kinds = con.execute(
            "select distinct kind from docs.tables where schema_name || '.' || table_name in ?",
            [list(PACKED)],
        ).fetchall()
    assert {packed.name for packed in PACKED.values()} <= {name for (name,) in stored}
    assert kinds == [("table",)]


def test_every_column_of_a_closed_vocabulary_is_an_enum_of_its_words_and_says_them(demo: Run) -> None:
    found = {
        (f"{schema}.{table}", column): tuple(words)
        for schema, table, column, words in demo.query(
            "select schema_name, table_name, column_name, words from docs.columns where data_type = 'ENUM'"
        ).itertuples(index=False)
    }
    declared = {
        (table, column): words
        for table, of_table in closed_words().items()
        for column, words in of_table.items()
        if demo.value("select count(*) from docs.tables where schema_name || '.' || table_name = ?", table)
    }
    assert len(declared) > 70 and declared.items() <= found.items()
    # views have them of the tables that they read
    assert {("stats.every_stat", "scale"), ("stats.lineage", "role")} <= {*found}
    with demo.connect() as con:
        types = con.execute("select typeof(status) from marts.gene_status('TP53') limit 1").fetchall()
    assert types == [("ENUM('mutated', 'not_profiled', 'undetermined', 'wild_type')",)]


def test_enums_sort_and_group_as_their_text_does(demo: Run) -> None:
    for table, column in (("marts.patient_summary", "recist"), ("marts.treatments", "drug_class")):
        of_words = demo.query(
            f"select {column} as word, count(*) as n from {table} group by 1 order by 1 nulls last"
        )
        of_text = demo.query(
            f"select cast({column} as varchar) as word, count(*) as n from {table} group by 1 order by 1 nulls last"
        )
        assert of_words.astype({"word": "object"}).equals(of_text) and len(of_text) > 3


def test_nothing_is_null_and_a_day_is_a_date(demo: Run) -> None:
    texts = demo.query(
        "select schema_name || '.' || table_name as place, column_name from docs.columns join docs.tables "
        "using (schema_name, table_name) where kind = 'table' and data_type = 'VARCHAR' and share_null < 1 "
        # a value that was refused may be nothing but quotes
        "and (table_name, column_name) <> ('rejected_rows', 'value') order by all"
    )
    assert len(texts) > 500
    with demo.connect() as con:
        for place, columns in texts.groupby("place")["column_name"]:
            counted = ", ".join(f"count(*) filter (\"{name}\" = '')" for name in columns)
            found = con.execute(f"select {counted} from {place}").fetchall()[0]
            assert dict(zip(columns, found, strict=True)) == dict.fromkeys(columns, 0), place
        days = con.execute(
            "select distinct data_type from docs.columns where column_name in ('registered_on', 'prespecified')"
        ).fetchall()
        ((n, first),) = con.execute(
            "select count(registered_on), min(registered_on) from stats.hypotheses"
        ).fetchall()
    assert days == [("DATE",)] and n > 10 and first.year >= 2026
