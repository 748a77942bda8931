"""The dbt project and the Python rooms agree, and its SQL stays portable, so that it can leave one machine."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
import yaml

from analytics.questions.specs import COVARIATES
from ingestion.catalog.panels import ASSAY_WORDS
from ingestion.raw_schema import RAW_TABLES, REJECTION_RULES
from ingestion.raw_tables import DATA_TABLES
from warehouse.frames import patients

PROJECT = Path(__file__).resolve().parents[2]
DBT = PROJECT / "dbt_project"
MODELS = sorted((DBT / "models").rglob("*.sql"))
#: Raw tables that no model reads yet.
NOT_STAGED: set[str] = set()
#: is_icb is true, false or by_patient: two flags.
FLAGS_OF_ONE_WORD = {"cohorts": {"is_mixed_treatment"}}


def rows(seed: Path) -> list[dict[str, str]]:
    with seed.open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def test_every_raw_table_has_a_staging_model_with_its_columns() -> None:
    for table in RAW_TABLES.keys() - NOT_STAGED:
        text = (DBT / "models" / "staging" / f"stg_{table}.sql").read_text()
        selected = re.findall(r"^    (?:.* as )?(\w+),?$", text.split("select\n")[-1], flags=re.M)
        expected = [
            "copy_number_level" if table.startswith("copy_number") and c == "value" else c
            for c in RAW_TABLES[table]
        ]
        # Beside a number its text may stand, so that what is no number can be shown.
        texts = {f"{c}_raw" for c in RAW_TABLES[table]} - set(RAW_TABLES[table])
        texts |= FLAGS_OF_ONE_WORD.get(table, set())
        assert [c for c in selected if c not in texts] == expected, table


def test_every_rejection_rule_is_described() -> None:
    assert {
        row["rule_id"]: row["description"] for row in rows(DBT / "seeds" / "rejection_rules.csv")
    } == REJECTION_RULES


def test_words_for_the_exome_are_the_same_before_and_in_dbt() -> None:
    assert {
        row["word"]: row["assay_kind"]
        for row in rows(PROJECT / "catalog" / "vocabularies" / "assay_words.csv")
    } == ASSAY_WORDS


def test_every_mart_has_a_contract_a_description_and_a_test() -> None:
    files = sorted((DBT / "models" / "marts").rglob("*.yml"))
    marts = [mart for path in files for mart in yaml.safe_load(path.read_text()).get("models", [])]
    assert {m["name"] for m in marts} == {p.stem for p in (DBT / "models" / "marts").rglob("*.sql")}
    for mart in marts:
        assert mart["description"]
        assert all(column.get("description") and column.get("data_type") for column in mart["columns"]), mart[
            "name"
        ]
        has_test = mart.get("data_tests") or any(column.get("data_tests") for column in mart["columns"])
        assert has_test, mart["name"]


def test_every_raw_table_of_a_source_has_a_test_that_no_row_of_it_is_lost() -> None:
    files = sorted((DBT / "models" / "marts").rglob("*.yml"))
    marts = [mart for path in files for mart in yaml.safe_load(path.read_text()).get("models", [])]
    tests = [test for mart in marts for test in mart.get("data_tests", []) if isinstance(test, dict)]
    conserved = {
        arguments["arguments"]["raw_table"]
        for test in tests
        for name, arguments in test.items()
        if name in ("conserved", "samples_conserved")
    }
    # an empty or a neutral cell of a copy-number table is no row that could be lost: it is one without a call
    without_rows = {"source_files", "rejected_rows", "copy_number_no_calls"}
    assert conserved == set(DATA_TABLES) - without_rows


def test_every_model_is_described() -> None:
    described = {
        model["name"]
        for path in (DBT / "models").rglob("*.yml")
        for model in yaml.safe_load(path.read_text()).get("models", [])
    }
    assert {path.stem for path in MODELS} == described


@pytest.mark.parametrize("path", MODELS, ids=lambda p: p.stem)
def test_models_use_no_sql_that_spark_lacks(path: Path) -> None:
    code = re.sub(r"--[^\n]*", "", path.read_text())
    for word in (
        *(r"\bqualify\b", r"\bexclude\b", r"\bpivot\b", r"\bby name\b", r"::", r"\bilike\b"),
        r"\bregexp_",  # another language of patterns: matches, first_group, replace_all
    ):
        assert not re.search(word, code, flags=re.I), f"{path.name} uses {word}"


def test_covariates_that_a_spec_may_name_are_read_for_a_question_and_are_columns_of_the_mart() -> None:
    columns, names = set(), set()
    for part in patients._FRAME.split("\nfrom")[0].removeprefix("\nselect").split(","):
        column, _, name = part.strip().partition(" as ")
        columns.add(column)
        names.add(name or column)
    assert set(COVARIATES) - {"burden"} <= names
    models = yaml.safe_load((DBT / "models/marts/by_patient/_by_patient.yml").read_text())["models"]
    mart = next(model for model in models if model["name"] == "analysis_frame")
    assert columns <= {column["name"] for column in mart["columns"]}


def test_the_page_of_the_catalogue_names_every_covariate() -> None:
    page = (PROJECT / "docs" / "catalogue.md").read_text()
    listed = page.split("Covariates and strata:")[1].split("\n\n")[0]
    assert set(COVARIATES) == set(re.findall(r"`([a-z_]+)`", listed))
