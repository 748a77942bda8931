"""What a cohort file may say about attributes: words, units, intervals, constants and drugs, before anything is run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from parsing_help import ATTRIBUTES, listed, make_catalog, make_cohort
from pydantic import ValidationError

from ingestion.catalog.attributes import Attribute
from ingestion.catalog.columns import ColumnMap
from ingestion.catalog.loading import load_catalog
from ingestion.catalog.tables import catalog_tables
from ingestion.errors import CatalogError
from ingestion.vocabulary import is_understood

ROOT = Path(__file__).parents[3]
TABLE = {"kind": "clinical", "patient_id": "Patient"}


def loaded(folder: Path, table: dict[str, Any], **entries: Any) -> None:
    cohort = {
        "cohort_id": "made_up",
        "title": "Made up",
        "citation": "Nobody, nowhere",
        "licence": "none",
        "is_icb": True,
        "precedence": 1,
        "assay": {"name": "exome", "kind": "exome"},
        "files": [{"id": "clinical", "address": "https://example.org/c.tsv"} | TABLE | table],
    }
    (folder / "cohorts").mkdir()
    (folder / "cohorts" / "made_up.yaml").write_text(yaml.safe_dump(cohort | entries), encoding="utf-8")
    load_catalog(folder, ROOT / "catalog" / "attributes.yaml")


def interval(**changes: str) -> dict[str, Any]:
    return {"intervals": [{"attribute": "AGE", "start": "born", "end": "treated"} | changes]}


@pytest.mark.parametrize(
    ("table", "entries", "says"),
    [
        (
            {"columns": {"Progressed": {"attribute": "PFS_STATUS", "words": {"Yes": "Event happened"}}}},
            {},
            [
                "files.clinical.columns.Progressed.words.Yes",
                "'Event happened'",
                "write one of: censored, event",
            ],
        ),
        (
            {"columns": {"Drug": {"attribute": "DRUG_CLASS", "words": {"A": "PD-1"}}}},
            {},
            ["no value of DRUG_CLASS", "PD-1/PD-L1"],
        ),
        (
            {"columns": {"Lines": {"attribute": "PRIOR_LINES", "words": {"none": "zero"}}}},
            {},
            ["columns.Lines.words.none", "'zero', which is not a number"],
        ),
        ({"constants": {"SAMPLE_TYPE": "Tumour"}}, {}, ["constants.SAMPLE_TYPE", "no value of SAMPLE_TYPE"]),
        ({"constants": {"AGE": "sixty"}}, {}, ["constants.AGE", "not a number"]),
        (
            {"columns": {"ECOG": {"attribute": "ECOG", "unit": "days"}}},
            {},
            ["columns.ECOG", "ECOG is no time", "take 'unit' out"],
        ),
        (interval(attribute="PRIOR_LINES"), {}, ["intervals.PRIOR_LINES", "add 'unit:"]),
        (interval(attribute="SEX"), {}, ["intervals.SEX", "SEX is a word"]),
        (interval(unit="days"), {}, ["intervals.AGE", "AGE is in years"]),
        (
            {"intervals": interval()["intervals"] * 2},
            {},
            ["files.clinical.intervals", "names AGE twice"],
        ),
        (
            {},
            {"drug_classes": {"Demolizumab": "PD1"}},
            ["drug_classes.Demolizumab", "no value of DRUG_CLASS"],
        ),
    ],
)
def test_what_a_run_could_not_use_is_refused_when_the_catalogue_is_loaded(
    tmp_path: Path, table: dict[str, Any], entries: dict[str, Any], says: list[str]
) -> None:
    with pytest.raises(CatalogError) as caught:
        loaded(tmp_path, table, **entries)
    message = str(caught.value)
    assert str(tmp_path / "cohorts" / "made_up.yaml") in message and "\n" not in message
    for part in says:
        assert part in message


@pytest.mark.parametrize(
    ("table", "entries"),
    [
        (interval(), {}),  # days that become years
        (interval(unit="years"), {}),
        (interval(attribute="PRIOR_LINES", unit="weeks"), {}),
        (interval(attribute="OS_TIME"), {}),
        ({"columns": {"Alter (Tage)": {"attribute": "AGE", "unit": "days"}}}, {}),
        ({"columns": {"Arm": {"attribute": "DRUG_NAME", "words": {"A": "nivolumab"}}}}, {}),
        ({"columns": {"Lines": {"attribute": "PRIOR_LINES", "words": {"none": "0"}}}}, {}),
        ({"constants": {"CANCER_TYPE": "Melanoma", "DRUG_NAME": "anything"}}, {}),
        ({}, {"drug_classes": {"Demolizumab": "PD-1/PD-L1"}}),
    ],
)
def test_what_a_run_can_use_is_accepted(
    tmp_path: Path, table: dict[str, Any], entries: dict[str, Any]
) -> None:
    loaded(tmp_path, table, **entries)


@pytest.mark.parametrize(
    "attribute",
    [
        {"type": "word", "range": [0, 1]},
        {"type": "number", "range": [0]},
        {"type": "number", "range": [5, 0]},
        {"type": "number", "range": "0-5"},
    ],
)
def test_a_range_is_two_numbers_in_order_and_belongs_to_a_number(attribute: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Attribute.model_validate({"level": "patient", "description": "x"} | attribute)


def test_every_shipped_number_and_time_has_a_range_and_every_age_a_unit() -> None:
    for name, attribute in ATTRIBUTES.items():
        if attribute.type in ("number", "time"):
            assert attribute.range is not None, name
        if name.startswith("AGE") and attribute.type == "number":
            assert attribute.unit == "years"


def test_names_of_other_attributes_are_no_synonyms() -> None:
    """Ethnicity is no race, the M category no stage, the kind of an event no status, a rate no TMB."""
    everything = {s for a in ATTRIBUTES.values() for s in a.synonyms}
    assert not everything & {"ETHNICITY", "M_STAGE", "EVENT_TYPE", "MUTATION_RATE", "TREATMENT_TYPE"}


def test_no_column_name_stands_for_two_attributes() -> None:
    names = [n for name, a in ATTRIBUTES.items() for n in (a.own_column(name), *a.synonyms) if n is not None]
    assert len(names) == len(set(names))


def test_a_column_that_maps_by_itself_has_a_name_that_says_its_unit() -> None:
    study = make_catalog(make_cohort({"kind": "cbioportal_study"}))
    automatic = study.automatic_columns()
    assert automatic["OS_MONTHS"].attribute == "OS_TIME" and automatic["DFS_MONTHS"].attribute == "DFI_TIME"
    assert "OS_TIME" not in automatic and "TREATMENT_DURATION" not in automatic


def test_declared_columns_come_first_then_own_names_then_synonyms_and_never_the_alphabet() -> None:
    """ZZZ is declared before AAA; TMB_SCORE stands before TMB among the synonyms of TMB_NONSYNONYMOUS."""
    file = {
        "kind": "cbioportal_study",
        "columns": {"ZZZ": "AGE", "AAA": "AGE"},
        "constants": {"AGE": "60"},
    }
    tables = catalog_tables(make_catalog(make_cohort(file)))
    maps = listed(tables, "column_maps", "column_name", "column_order", "choice", "attribute")

    def order(attribute: str) -> list[tuple[str, str]]:
        rows = sorted((int(place), name, choice) for name, place, choice, a in maps if a == attribute)
        return [(name, choice) for _, name, choice in rows]

    assert order("AGE") == [
        ("ZZZ", "declared"),
        ("AAA", "declared"),
        ("constant:AGE", "declared"),
        ("AGE", "own_name"),
        ("AGE_AT_DIAGNOSIS", "synonym"),
        ("DIAGNOSIS_AGE", "synonym"),
    ]
    assert order("TMB_NONSYNONYMOUS") == [
        ("TMB_NONSYNONYMOUS", "own_name"),
        ("TMB_SCORE", "synonym"),
        ("TMB", "synonym"),
    ]
    assert order("OS_TIME") == [("OS_MONTHS", "own_name")]


def test_units_and_ranges_reach_the_warehouse() -> None:
    file = TABLE | {
        "columns": {
            "age_days": {"attribute": "AGE", "unit": "days"},
            "weeks": {"attribute": "OS_TIME", "unit": "weeks"},
        },
        "intervals": [{"attribute": "PRIOR_LINES", "start": "a", "end": "b", "unit": "months"}],
    }
    tables = catalog_tables(make_catalog(make_cohort(file)))
    columns = ("column_name", "unit", "attribute_unit", "range_low", "range_high")
    assert listed(tables, "column_maps", *columns) == [
        ("age_days", "days", "years", "0.0", "120.0"),
        ("weeks", "weeks", "months", "0.0", "600.0"),
        ("interval:PRIOR_LINES", "days", "months", "0.0", "30.0"),
    ]


def test_a_cohorts_own_drugs_and_the_order_of_its_files_reach_the_warehouse() -> None:
    one, two = TABLE | {"id": "one"}, TABLE | {"id": "two"}
    tables = catalog_tables(make_catalog(make_cohort(one, two, drug_classes={"Demolizumab": "CTLA-4"})))
    assert listed(tables, "drug_words", "cohort_id", "drug", "drug_class") == [
        ("syn", "Demolizumab", "CTLA-4")
    ]
    assert listed(tables, "cohort_files", "file_id", "file_order") == [("one", "0"), ("two", "1")]


@pytest.mark.parametrize(
    ("attribute", "word", "understood"),
    [
        ("PFS_STATUS", "0:NO PROGRESSION", True),
        ("PFS_STATUS", "1: Whatever", True),
        ("PFS_STATUS", "Whatever", False),
        ("PFS_STATUS", "1", False),
        ("OS_STATUS", "Deceased", True),
        ("SOMATIC_STATUS", "0:Matched", False),
    ],
)
def test_a_status_with_a_prefix_needs_no_word_of_the_vocabulary(
    attribute: str, word: str, understood: bool
) -> None:
    assert is_understood(attribute, word) is understood


def test_the_vocabulary_holds_no_word_with_a_prefix_because_the_prefix_decides_alone() -> None:
    text = (ROOT / "catalog" / "vocabularies" / "vocabulary_words.csv").read_text(encoding="utf-8")
    assert not re.findall(r"^(?:OS|PFS|DSS|DFI|PFI)_STATUS,[01]:.*$", text, flags=re.M)


def test_a_column_that_feeds_two_attributes_is_two_maps_and_cannot_name_one_twice() -> None:
    both = ColumnMap.model_validate(
        {"attribute": "OS_STATUS", "words": {"x": "event"}, "also": [{"attribute": "PFS_STATUS"}]}
    )
    assert {name: m.attribute for name, m in both.named("outcome").items()} == {
        "outcome": "OS_STATUS",
        "outcome -> PFS_STATUS": "PFS_STATUS",
    }
    with pytest.raises(ValueError, match="names an attribute twice"):
        ColumnMap.model_validate({"attribute": "OS_STATUS", "also": [{"attribute": "OS_STATUS"}]})
