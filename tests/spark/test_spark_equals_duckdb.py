"""The same dbt project gives the same tables on Spark as on DuckDB: of the generated cohorts, with dirt planted among
them on which engines differ (`dirt`). One build an engine, shared by all tests here; Spark's is a run of the graph,
from the raw tables to an analysis.

Needs Java 17 (Debian: openjdk-17-jre-headless) and ``make setup-spark``; CI installs both and fails without them
(ICB_REQUIRE_SPARK).
"""

from __future__ import annotations

import csv
import os
import shutil
from pathlib import Path

import dirt
import duckdb
import pandas as pd
import pytest
from graph_runs import ROOT, Run
from two_engines import RELATIVE, SMALL, TwoEngines, build_on_both, dbt_in

from warehouse.build.spark import SparkError, require_spark, spark_environment, write_raw
from warehouse.catalog.analyses import load_analysis, run_analysis

ANALYSIS = "demo_alk_control"
MUST = os.environ.get("ICB_REQUIRE_SPARK") == "1"


def what_is_missing() -> str | None:
    try:
        require_spark()
    except SparkError as exc:
        return str(exc)
    return None


pytestmark = pytest.mark.skipif(
    what_is_missing() is not None and not MUST, reason=what_is_missing() or "Spark is here"
)


@pytest.fixture(scope="module")
def engines(demo: Run, tmp_path_factory: pytest.TempPathFactory) -> TwoEngines:
    require_spark()
    folder = tmp_path_factory.mktemp("two_engines")
    shutil.copyfile(demo.settings.build_file, folder / "icb.duckdb")
    with duckdb.connect(str(folder / "icb.duckdb")) as con:
        dirt.plant(con)
    return build_on_both(folder, ANALYSIS)


def test_every_table_has_the_same_columns_types_rows_and_values_on_both_engines(engines: TwoEngines) -> None:
    assert len(engines.tables) > 140
    apart = {f"{schema}.{table}": engines.differences(schema, table) for schema, table in engines.tables}
    assert {name: said for name, said in apart.items() if said} == {}


def test_a_whole_number_is_digits_or_a_double_that_is_whole(engines: TwoEngines) -> None:
    texts = list(dirt.WHOLE_NUMBERS)
    expected = list(dirt.WHOLE_NUMBERS.values())
    for found in engines.ask(
        "select t_ref_count from {staging.stg_mutations} "
        f"where source_file_id = '{dirt.CALLS}' and source_row < {dirt.FIRST_ROW + len(texts)} order by source_row"
    ):
        assert dict(zip(texts, (n for (n,) in found), strict=True)) == dict(zip(texts, expected, strict=True))


def test_a_number_is_strictly_spelled(engines: TwoEngines) -> None:
    first = dirt.FIRST_ROW + len(dirt.WHOLE_NUMBERS)
    for found in engines.ask(
        "select variant_allele_fraction from {staging.stg_mutations} "
        f"where source_file_id = '{dirt.CALLS}' and source_row >= {first} "
        f"and source_row < {first + len(dirt.NUMBERS)} order by source_row"
    ):
        assert dict(zip(dirt.NUMBERS, (n for (n,) in found), strict=True)) == dirt.NUMBERS


def test_a_position_may_have_marks_between_its_thousands(engines: TwoEngines) -> None:
    first = dirt.FIRST_ROW + len(dirt.WHOLE_NUMBERS) + len(dirt.NUMBERS)
    for found in engines.ask(
        "select start_position_raw, start_position from {staging.stg_mutations} "
        f"where source_file_id = '{dirt.CALLS}' and source_row >= {first} "
        f"and source_row < {first + len(dirt.POSITIONS)}"
    ):
        assert dict(found) == dirt.POSITIONS


def test_behind_a_decimal_comma_a_point_is_a_question(engines: TwoEngines) -> None:
    for found in engines.ask(
        "select value_raw, value from {staging.stg_expression} where source_file_id = 'planted_expression'"
    ):
        assert dict(found) == dirt.COMMA_NUMBERS


def test_an_age_that_is_no_number_is_none(engines: TwoEngines) -> None:
    for found in engines.ask(
        "select value_raw, value_number from {intermediate.int_clinical_attributes} "
        f"where source_file_id = '{dirt.CLINIC}' and attribute = 'AGE' and patient_id <> '{dirt.AGED}'"
    ):
        assert dict(found) == dirt.AGES


def test_blanks_of_every_kind_and_quotes_are_no_part_of_a_symbol_or_a_class(engines: TwoEngines) -> None:
    for found in engines.ask(
        "select hugo_symbol, variant_classification from {marts.mutations} "
        f"where source_file_id = '{dirt.CALLS}' and variant_classification_raw = '{dirt.CLASS}'"
    ):
        assert found == [("KRAS", "Missense_Mutation")]


def test_calls_that_differ_in_which_allele_is_not_given_are_two_variants(engines: TwoEngines) -> None:
    for found in engines.ask(
        "select source_row, is_duplicate from {intermediate.int_mutations} "
        f"where source_file_id = '{dirt.CALLS}' and source_row in ({dirt.NULL_REFERENCE}, {dirt.NULL_ALTERNATIVE}) "
        "order by source_row"
    ):
        assert found == [(dirt.NULL_REFERENCE, False), (dirt.NULL_ALTERNATIVE, False)]


def test_of_two_samples_in_one_cell_the_first_by_name_gives_its_patient_a_type(engines: TwoEngines) -> None:
    expected = dict(dirt.TWO_SAMPLES)[min(sample for sample, _ in dirt.TWO_SAMPLES)]
    for found in engines.ask(
        "select value_text from {intermediate.int_patient_attributes} "
        f"where patient_id = '{dirt.PATIENT}' and attribute = 'SAMPLE_TYPE'"
    ):
        assert found == [(expected,)]


@pytest.mark.parametrize(
    ("seed", "table", "column"),
    [
        ("catalog/claims/published_claims.csv", "marts.published_claims", "estimate_operator"),
        ("dbt_project/seeds/rejection_rules.csv", "vocabulary.rejection_rules", "description"),
    ],
)
def test_an_empty_cell_of_a_seed_is_null_and_an_apostrophe_is_one(
    engines: TwoEngines, seed: str, table: str, column: str
) -> None:
    """dbt-spark writes the word None, and ends a text at its apostrophe (dbt-adapters, issue 487)."""
    with (ROOT / seed).open(newline="", encoding="utf-8") as lines:
        cells = [row[column] for row in csv.DictReader(lines)]
    expected = (len(cells), sum(not cell for cell in cells), sum("'" in cell for cell in cells))
    assert expected[1] + expected[2] > 0
    asked = f"select count(*), count_if({column} is null), count_if({column} like '%''%') from {{{table}}}"
    for found in engines.ask(asked):
        assert found == [expected]


def test_of_two_rows_of_a_gene_with_the_same_values_the_first_by_name_counts(engines: TwoEngines) -> None:
    for found in engines.ask(
        "select gene_raw, is_counted from {intermediate.int_expression_rows} "
        "where hugo_symbol = 'PLANTEDTIE' order by gene_raw"
    ):
        assert found == list(zip(dirt.TIED, (True, False), strict=True))


def test_a_number_with_a_line_break_behind_it_is_not_the_number_of_a_cohorts_pattern(
    engines: TwoEngines,
) -> None:
    for found in engines.ask(
        "select person_key, rule_id from {intermediate.int_person_keys} "
        f"where cohort_id = '{dirt.COHORT}' and patient_id like 'LD-0001%' order by length(patient_id)"
    ):
        assert [rule for _, rule in found] == ["luad_number", "own_identifier"]


def test_minus_nought_and_nought_are_one_other_value(engines: TwoEngines) -> None:
    for found in engines.ask(
        f"select value_kept, value_other from {{marts.contradictions}} where patient_id = '{dirt.AGED}'"
    ):
        assert found == [dirt.AGES_OF_ONE[:2]]


def test_a_run_on_spark_leaves_a_build_file_with_the_same_views_words_and_status_of_a_gene(
    engines: TwoEngines,
) -> None:
    said = []
    for file in (engines.file, engines.settings.build_file):
        with duckdb.connect(str(file), read_only=True) as con:
            status = con.execute("select * from marts.gene_status('KRAS') order by all").fetchall()
            described = con.execute(
                "select schema_name, table_name, column_name, data_type, comment from duckdb_columns() "
                "where schema_name in ('staging', 'marts') order by all"
            ).fetchall()
            said.append((status, described))
    assert len(said[0][0]) > 2000
    assert said[0] == said[1]


def test_a_run_on_spark_goes_on_to_the_same_statistics(engines: TwoEngines) -> None:
    spec = load_analysis(ROOT / "catalog" / "demo" / "analyses" / f"{ANALYSIS}.yaml")
    with duckdb.connect(str(engines.file), read_only=True) as con:
        expected = run_analysis(con, spec, spec_sha256="", run_id="").tables
    of_spark = engines.settings.results / "tables" / ANALYSIS
    assert len(expected["survival_stats"]) > 5
    for name, table in expected.items():
        found = pd.read_parquet(of_spark / f"{name}.parquet")
        same = [column for column in table.columns if column not in ("spec_sha256", "run_id")]
        pd.testing.assert_frame_equal(
            found[same], table[same], check_dtype=False, rtol=RELATIVE, atol=0, obj=name
        )


def test_a_run_that_is_asked_for_delta_leaves_every_table_as_one(engines: TwoEngines) -> None:
    from deltalake import DeltaTable

    folders = [folder for folder in engines.spark.glob("tables/marts.db/*") if folder.is_dir()]
    assert len(folders) > 50 and all(DeltaTable.is_deltatable(str(folder)) for folder in folders)
    patients = DeltaTable(str(engines.spark / "tables" / "marts.db" / "patients")).to_pyarrow_table()
    for found in engines.ask("select count(*) from {marts.patients}"):
        assert found == [(patients.num_rows,)]


def test_a_null_that_a_contract_does_not_take_is_the_models_failure(
    engines: TwoEngines, tmp_path: Path
) -> None:
    """As on DuckDB, though Parquet tables of Spark take no constraint: the contract is asked after the table."""
    spark = tmp_path / "spark"
    with duckdb.connect(str(tmp_path / "icb.duckdb")) as con:
        con.execute(f"attach '{engines.file}' as whole (read_only)")
        con.execute("create schema raw")
        for (table,) in con.execute(
            "select table_name from duckdb_tables() where database_name = 'whole' and schema_name = 'raw'"
        ).fetchall():
            con.execute(f'create table raw."{table}" as select * from whole.raw."{table}" limit 100')
        con.execute("detach whole")
        con.execute("update raw.signature_profiles set signature = null where source_row % 2 = 0")
        ((planted,),) = con.execute(
            "select count(*) from raw.signature_profiles where signature is null"
        ).fetchall()
        write_raw(con, spark)
    selected = ("--select", "stg_signature_profiles", "signature_profiles")
    process = dbt_in(tmp_path / "target", spark_environment(spark) | SMALL, *selected)
    said, _ = process.communicate()
    assert process.returncode == 1 and planted > 10
    assert f"{planted} rows without signature, which its contract asks for" in said
