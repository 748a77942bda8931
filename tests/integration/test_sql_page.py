"""Every query of docs/sql.md runs on the generated cohorts and says what was planted there, by a second route."""

from __future__ import annotations

import re
from typing import Any

import duckdb
import pandas as pd
import pytest
from graph_runs import ROOT, Run

from analytics.biomarkers.evaluate import evaluate
from warehouse.frames.biomarker_inputs import WarehouseInputs

_PAGE = (ROOT / "docs" / "sql.md").read_text(encoding="utf-8")
#: Name of a query (its first line, a comment) -> query.
QUERIES = {
    name: query for name, query in re.findall(r"```sql\n-- ([^\n]+)\n(.*?)```", _PAGE, flags=re.DOTALL)
}


def answer(demo: Run, name: str) -> pd.DataFrame:
    return demo.query(QUERIES[name])


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_of_the_page_has_an_answer(demo: Run, name: str) -> None:
    assert len(answer(demo, name)) > 0


def test_every_person_is_counted_once(demo: Run) -> None:
    found = answer(demo, "people").iloc[0]
    assert found["n_people"] == demo.value("select count(*) from marts.persons")
    repeated = answer(demo, "repeated people")
    assert (
        repeated["n_rows"].sum() - len(repeated)
        == demo.value("select count(*) from marts.patients") - found["n_people"]
    )


def test_frequencies_by_panel_are_those_of_the_status_of_each_gene(demo: Run) -> None:
    by_panel = demo.query("select * from marts.gene_frequencies()").set_index("hugo_symbol")
    assert len(by_panel) > 100
    for gene in ("TP53", "IGF1R", "ALK", "TTN"):
        said = demo.query(
            "with rows as (select g.status, row_number() over (partition by g.person_id order by p.precedence, "
            "g.cohort_id, g.patient_id) as place from marts.patient_gene_status(?) as g inner join "
            "marts.patient_summary as p using (cohort_id, patient_id) where p.has_dna) "
            "select status, count(*) as n from rows where place = 1 group by status",
            gene,
        ).set_index("status")["n"]
        assert by_panel.loc[gene, "n_mutated"] == said["mutated"], gene
        assert by_panel.loc[gene, "n_judged"] == said["mutated"] + said["wild_type"], gene


def test_a_burden_without_megabases_is_above_no_threshold_and_below_none(demo: Run) -> None:
    rows = demo.query("select * from marts.tmb")
    assert not rows.duplicated(["cohort_id", "sample_id"]).any()
    unknown = rows["tmb_mut_per_mb"].isna()
    assert (
        ~unknown
    ).any()  # the generator states every size: what is without one, dbt's unit test of the model has
    assert (
        rows.loc[unknown, "is_10_or_more"].isna().all() and rows.loc[unknown, "no_rate_reason"].notna().all()
    )
    assert (rows.loc[~unknown, "is_10_or_more"] == (rows.loc[~unknown, "tmb_mut_per_mb"] >= 10)).all()
    stated = demo.query(
        "select cohort_id, sample_id, tmb_mut_per_mb as stated from marts.burdens "
        "where numerator_rule = 'rate stated by the source' and tmb_mut_per_mb is not null"
    )
    both = rows.merge(stated, on=["cohort_id", "sample_id"])
    assert len(both) == len(stated) > 0 and (both["tmb_mut_per_mb"] == both["stated"]).all()


def test_people_behind_a_statistic_are_as_many_as_it_says(demo: Run) -> None:
    found = answer(demo, "people behind")
    assert len(found) > 3 and (found["n"] == found["members"]).all()


def test_the_rows_of_one_statistic_are_those_of_the_view(demo: Run) -> None:
    name = demo.value("select min(stat_id) from stats.every_stat where estimate_key = 'os.cox_univariable'")
    of_macro = demo.query(
        "select role, count(*) as n from stats.lineage_of(?) group by role order by role", name
    )
    of_view = demo.query(
        "select role, count(*) as n from stats.lineage where stat_id = ? group by role order by role", name
    )
    pd.testing.assert_frame_equal(of_macro, of_view)


def test_a_protein_change_is_in_one_letter_and_the_source_s_beside_it(demo: Run) -> None:
    changes = demo.query(
        "select distinct hgvsp_short, hgvsp_raw from marts.mutations where hgvsp_short is not null"
    )
    assert not changes["hgvsp_short"].str.contains(r"[A-Z][a-z][a-z]\d").any()
    long = changes["hgvsp_raw"].dropna()
    assert len(long) > 10 and long.str.contains(r"[A-Z][a-z][a-z]").all()


def test_calls_that_count_are_of_samples_that_can_be_judged(demo: Run) -> None:
    assert (
        demo.value(
            "select count(*) from marts.counted_mutations as c inner join marts.profiling as p "
            "using (cohort_id, sample_id) where not p.is_judged"
        )
        == 0
    )


@pytest.mark.parametrize(("asked", "meant"), [("PD-L1", "CD274"), (" her2 ", "ERBB2"), ("p53", "TP53")])
def test_usual_names_mean_their_gene(demo: Run, asked: str, meant: str) -> None:
    known = demo.value("select count(*) from marts.gene_panels where hugo_symbol = ?", meant)
    if not known:
        pytest.skip(f"no generated panel has {meant}")
    assert demo.value("select distinct hugo_symbol from marts.gene_status(?)", asked) == meant


@pytest.mark.parametrize("macro", ["gene_status", "patient_gene_status"])
def test_a_name_that_is_no_gene_is_refused_with_names_near_it(demo: Run, macro: str) -> None:
    with (
        demo.connect() as con,
        pytest.raises(duckdb.Error, match=r"no gene of the warehouse is named 'TP35'; near it: .*TP53"),
    ):
        con.execute(f"select count(*) from marts.{macro}('TP35')").fetchall()


@pytest.mark.parametrize(
    "asked",
    [
        "TP53", "!TP53", "TP53:truncating", "TP53:missense", "APC:frameshift", "KRAS:G12C", "STK11 | KEAP1",
        "STK11:trunc & KRAS:G12C", "TP53:splice | !KRAS", "tp53:r175h|BRAF:V600E", "IGF1R & ALK",
    ],
)  # fmt: skip
def test_a_biomarker_in_sql_is_that_of_the_language(demo: Run, asked: str) -> None:
    with demo.connect() as con:
        cohorts = [row[0] for row in con.execute("select cohort_id from marts.cohorts").fetchall()]
        found = evaluate(asked, WarehouseInputs(con, cohorts))
        said = con.execute(
            "select cohort_id, sample_id, status, status_reason from marts.biomarker(?) where sample_id is not null",
            [asked],
        ).df()
    words = {group.key: "negative" if group.is_reference else "positive" for group in found.groups}
    members = found.member_status()
    both = said.merge(members, on=["cohort_id", "sample_id"], suffixes=("", "_there"))
    assert len(both) == len(said) > 2_000
    assert (both["status"] == both["status_there"].map(lambda word: words.get(word, word))).all()
    assert {"positive", "negative", "not_profiled", "undetermined"} == set(both["status"])
    is_unknown = both["status"].isin(["not_profiled", "undetermined"])
    assert both["status_reason"].notna().equals(is_unknown)


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("TP35", "no gene of the warehouse is named 'TP35'; near it: .*TP53"),
        ("TP53 & KRAS | ALK", "one kind of sign"),
        ("any(TP53, ALK)", "does not read"),
        ("TP53:hotspot", "does not read 'TP53:hotspot'.*icb ask takes the whole language"),
        ("TMB >= 10", "does not read"),
    ],
)
def test_a_biomarker_that_sql_cannot_say_is_refused(demo: Run, asked: str, part: str) -> None:
    with demo.connect() as con, pytest.raises(duckdb.Error, match=part):
        con.execute("select count(*) from marts.biomarker(?)", [asked]).fetchall()


@pytest.mark.parametrize("name", ["icb", "the file"])
def test_macros_and_views_work_in_an_attached_file_whatever_its_name(demo: Run, name: str) -> None:
    here = demo.value("select count(*) from marts.gene_status('TP53') where status = 'mutated'")
    con: Any = duckdb.connect()
    con.execute(f"attach '{demo.published}' as \"{name}\" (read_only)")
    asked = "select count(*) from {}marts.gene_status('TP53'{}) where status = 'mutated'"
    assert con.execute(asked.format(f'"{name}".', f", file := '{name}'")).fetchall() == [(here,)]
    assert con.execute(f'select count(*) > 0 from "{name}".stats.lineage').fetchall() == [(True,)]
    assert con.execute(
        f"select count(*) > 0 from \"{name}\".marts.gene_frequencies(file := '{name}')"
    ).fetchall() == [(True,)]
    con.execute(f'use "{name}"')
    assert con.execute(asked.format("", "")).fetchall() == [(here,)]
    con.close()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("'TP53'", "in the cohort 'TP53'; near it: "),
        ("in_cancer_type := 'melanoma'", "'melanoma'; near it: Melanoma"),
    ],
)
def test_frequencies_of_nobody_are_refused_with_near_names(demo: Run, asked: str, said: str) -> None:
    with pytest.raises(duckdb.Error, match=said):
        demo.query(f"select * from marts.gene_frequencies({asked})")


def test_keys_of_claims_are_null_where_there_is_none(demo: Run) -> None:
    texts = demo.query(
        "select column_name from duckdb_columns() where schema_name = 'stats' and table_name = 'claim_checks' "
        "and data_type = 'VARCHAR'"
    )["column_name"]
    for column in texts:
        assert demo.value(f"select count(*) from stats.claim_checks where {column} = ''") == 0, column


def most_rows_of_a_step(con: duckdb.DuckDBPyConnection, query: str) -> int:
    """Rows that the widest step of a query gives."""
    ((_, profile),) = con.execute(f"explain (analyze, format json) {query}").fetchall()
    # DuckDB 2.0 calls them intermediate rows, 1.5 the cardinality of an operator
    found = re.findall(r'"(?:intermediate_rows|operator_cardinality)": (\d+)', profile)
    assert found, profile
    return max(map(int, found))


#: Table macros as they are asked, but for that of one statistic, whose rows are those of the view.
MACROS = [
    "marts.gene_status('TP53')", "marts.patient_gene_status('TP53')", "marts.gene_frequencies()",
    "marts.biomarker('STK11:truncating & KRAS:G12C')",
]  # fmt: skip


def test_no_macro_of_the_file_is_without_a_bound_on_its_steps(demo: Run) -> None:
    made = demo.query(
        "select schema_name || '.' || function_name as name from duckdb_functions() "
        "where function_type = 'table_macro' and schema_name in ('marts', 'stats')"
    )["name"]
    bounded = {"stats.lineage_of", *(macro.partition("(")[0] for macro in MACROS)}
    assert set(made) == bounded == set(demo.query("select macro_name from docs.macros")["macro_name"])


def test_the_steps_to_the_rows_of_one_statistic_are_no_more_than_the_rows_of_all_members(demo: Run) -> None:
    largest = demo.value("select count(*) from stats.member_rows")
    name = demo.value("select min(stat_id) from stats.every_stat where n > 0")
    with demo.connect() as con:
        con.execute("set memory_limit = '1GB'")
        steps = most_rows_of_a_step(con, f"select count(*) from stats.lineage_of('{name}')")
    assert 0 < steps <= largest


@pytest.mark.parametrize("macro", MACROS)
def test_no_step_of_a_macro_has_more_rows_than_the_largest_table_that_it_reads(demo: Run, macro: str) -> None:
    largest = demo.value("select count(*) from marts.mutations")
    with demo.connect() as con:
        con.execute("set memory_limit = '1GB'")
        assert 0 < most_rows_of_a_step(con, f"select count(*) from {macro}") <= largest
    people_times_genes = demo.value(
        "select (select count(*) from marts.profiling) * (select count(distinct hugo_symbol) from marts.gene_panels)"
    )
    assert people_times_genes > 10 * largest  # what the bound keeps out


def test_the_page_has_fifty_questions() -> None:
    assert len(QUERIES) == 50


#: Memory within which every view answers, without a disk to spill to.
_MEMORY = ("set memory_limit = '1GB'", "set temp_directory = ''")


def test_the_first_rows_of_a_view_take_no_more_steps_than_the_rows_of_the_largest_table(demo: Run) -> None:
    views = demo.query(
        "select schema_name || '.' || view_name as name from duckdb_views() where schema_name in ('marts', 'stats')"
    )["name"]
    largest = demo.value("select count(*) from stats.member_rows")
    with demo.connect() as con:
        for statement in _MEMORY:
            con.execute(statement)
        for view in views:
            assert most_rows_of_a_step(con, f"select * from {view} limit 100") <= largest, view


def test_the_lineage_reads_what_is_written_out_and_joins_no_calls_or_values_to_it(demo: Run) -> None:
    """Each further join is built before the first row is there: nine of them took 8 s on the public cohorts."""
    with demo.connect() as con:
        ((_, plan),) = con.execute("explain select * from stats.lineage limit 100").fetchall()
    read = set(
        re.findall(
            r"\b(member_rows|statistic_rows|mutations|expression|pair_mutations|immune_features|burdens)\b",
            plan,
        )
    )
    assert read == {"member_rows", "statistic_rows"}


def test_no_view_holds_a_loop_over_two_tables_and_the_largest_is_counted_within_a_gigabyte(demo: Run) -> None:
    views = demo.query(
        "select schema_name || '.' || view_name as name from duckdb_views() where schema_name in ('marts', 'stats')"
    )["name"]
    assert {"stats.lineage", "stats.stat_members", "stats.every_stat", "marts.counted_mutations"} <= set(
        views
    )
    with demo.connect() as con:
        for statement in _MEMORY:
            con.execute(statement)
        for view in views:
            ((_, plan),) = con.execute(f"explain select count(*) from {view}").fetchall()
            assert not re.search("NESTED_LOOP|CROSS_PRODUCT|BLOCKWISE_NL|PIECEWISE", plan), view
        ((n,),) = con.execute("select count(*) from stats.lineage").fetchall()
    assert n > 1_000_000
