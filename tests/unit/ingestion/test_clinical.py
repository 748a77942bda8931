"""Clinical tables: identifiers, cells, constants, intervals, who was profiled, and what may not be stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from parsing_help import all_text, cell, listed, parse

from ingestion.errors import ParseError
from ingestion.reading.privacy import holds_date, is_date, is_date_column, mask_dates

PATIENTS = {"kind": "clinical", "patient_id": "patient"}


def parse_text(tmp_path: Path, text: str, file: dict[str, Any], **entries: Any) -> dict[str, Any]:
    path = tmp_path / "table.tsv"
    path.write_text(text)
    return parse(path, file, **entries)


def test_each_filled_cell_is_one_row_with_its_line_and_the_identifier_column_is_one_of_them(
    tmp_path: Path,
) -> None:
    found = parse_text(tmp_path, "patient\tsex\tage\nP1\tF\t\nP2\t\t61\n", PATIENTS)
    assert listed(found, "clinical_values", "source_row", "patient_id", "column_name", "value", "level") == [
        (2, "P1", "patient", "P1", "patient"),
        (3, "P2", "patient", "P2", "patient"),
        (2, "P1", "sex", "F", "patient"),
        (3, "P2", "age", "61", "patient"),
    ]


def test_the_column_name_is_the_catalogues_spelling_so_that_it_joins_column_maps(tmp_path: Path) -> None:
    found = parse_text(
        tmp_path, "patient\tSEX  at birth\nP1\tF\n", PATIENTS | {"columns": {"Sex at birth": "SEX"}}
    )
    assert cell(found, "P1", "Sex at birth") == ("F", "F")


def test_an_identifier_is_the_first_filled_column_then_pattern_template_and_corrections(
    tmp_path: Path,
) -> None:
    pick = {
        "columns": ["id", "other"],
        "pattern": r"(\d+)",
        "template": "Pt{}",
        "corrections": {"Pt9": "Pt10"},
    }
    text = "id\tother\tx\nA1\tB2\t.\nNA\tB3\t.\n\tC9\t.\n"
    found = parse_text(tmp_path, text, {"kind": "clinical", "patient_id": pick})
    assert sorted(set(listed(found, "clinical_values", "source_row", "patient_id"))) == [
        (2, "Pt1"), (3, "Pt3"), (4, "Pt10"),
    ]  # fmt: skip


def test_a_row_without_an_identifier_is_reported_and_shows_only_identifier_cells(tmp_path: Path) -> None:
    text = "patient\tname\nP1\tsomebody\nNA\tsomebody else\n"
    found = parse_text(tmp_path, text, PATIENTS)
    assert listed(found, "rejected_rows", "source_row", "rule_id", "value") == [(3, "missing_key", "NA")]
    assert "somebody else" not in all_text(found)


def test_a_sample_table_needs_the_sample_too(tmp_path: Path) -> None:
    file = PATIENTS | {"level": "sample", "sample_id": "sample"}
    found = parse_text(tmp_path, "patient\tsample\nP1\tS1\nP2\t\n", file)
    assert set(listed(found, "clinical_values", "patient_id", "sample_id")) == {("P1", "S1")}
    assert listed(found, "rejected_rows", "message") == ["the row has no sample identifier"]


def test_keep_rows_leaves_the_other_cohorts_rows_out(tmp_path: Path) -> None:
    text = "patient\tarm\tx\nP1\tA\t1\nP2\tB\t2\nP3\tA \t3\n"
    found = parse_text(tmp_path, text, PATIENTS | {"keep_rows": {"arm": ["A"]}})
    assert set(listed(found, "clinical_values", "patient_id")) == {"P1", "P3"}


def test_keep_rows_that_match_nothing_are_an_error_not_an_empty_cohort(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match=r"no row matches keep_rows \(arm: C\); correct the values"):
        parse_text(tmp_path, "patient\tarm\nP1\tA\n", PATIENTS | {"keep_rows": {"arm": ["C"]}})


def test_constants_hold_for_every_row_under_a_name_of_their_own(tmp_path: Path) -> None:
    text = "patient\tx\nP1\t1\nP2\t2\n"
    found = parse_text(tmp_path, text, PATIENTS | {"constants": {"DRUG_CLASS": "PD-1/PD-L1"}})
    assert [cell(found, p, "constant:DRUG_CLASS") for p in ("P1", "P2")] == [("PD-1/PD-L1",) * 2] * 2


@pytest.mark.parametrize(
    "file",
    [
        {"columns": {"Age": "AGE"}},
        {"keep_rows": {"Age": ["1"]}},
        {"private": ["Age"]},
        {"profiled_if": {"Age": ["1"]}},
        {"intervals": [{"attribute": "OS_TIME", "start": "Age", "end": "patient"}]},
        {"patient_id": "Age"},
    ],
    ids=lambda file: next(iter(file)),
)
def test_a_declared_column_that_is_not_there_is_an_error_that_lists_what_is(
    tmp_path: Path, file: dict[str, Any]
) -> None:
    with pytest.raises(ParseError, match=r"there is no column 'Age'.* the file has: patient, sex; correct"):
        parse_text(tmp_path, "patient\tsex\nP1\tF\n", PATIENTS | file)


def test_lists_profiled_takes_every_row_and_the_rows_own_panel(tmp_path: Path) -> None:
    file = PATIENTS | {
        "sample_id": "sample", "level": "sample", "lists_profiled": True, "columns": {"panel": "GENE_PANEL"},
    }  # fmt: skip
    text = "patient\tsample\tpanel\nP1\tS1\tIMPACT410\nP2\tS2\tNA\n"
    found = parse_text(tmp_path, text, file)
    assert listed(found, "profiled_samples", "patient_id", "sample_id", "panel_id", "rule", "source_row") == [
        ("P1", "S1", "IMPACT410", "lists_profiled", 2),
        ("P2", "S2", None, "lists_profiled", 3),
    ]


def test_a_column_of_panels_speaks_of_rows_that_another_file_lists_as_sequenced(tmp_path: Path) -> None:
    file = PATIENTS | {
        "sample_id": "sample", "level": "sample", "profiled_if": {"seq": ["1"]},
        "columns": {"panel": {"attribute": "GENE_PANEL", "pattern": "^(IMPACT[0-9]+)"}},
    }  # fmt: skip
    text = "patient\tsample\tpanel\tseq\nP1\tS1\tIMPACT410_v2\t0\nP2\tS2\tIMPACT468\t1\nP3\tS3\tNA\t0\n"
    found = parse_text(tmp_path, text, file)
    assert listed(found, "profiled_samples", "sample_id", "panel_id", "stated_by") == [
        ("S2", "IMPACT468", "declared"), ("S1", "IMPACT410", "column"),
    ]  # fmt: skip


def test_profiled_if_takes_the_rows_whose_column_says_so(tmp_path: Path) -> None:
    found = parse_text(tmp_path, "patient\tWES\nP1\t1\nP2\t0\n", PATIENTS | {"profiled_if": {"WES": ["1"]}})
    assert listed(found, "profiled_samples", "sample_id", "rule") == [("P1", "profiled_if WES=1")]


def test_an_interval_needs_both_dates_and_may_be_negative(tmp_path: Path) -> None:
    interval = {"attribute": "OS_TIME", "start": "a", "end": "b", "date_format": "%Y-%m-%d"}
    text = "patient\ta\tb\nP1\t2001-01-01\t2001-01-31\nP2\t2001-01-01\tNA\nP3\t2001-01-02\t2001-01-01\n"
    found = parse_text(tmp_path, text, PATIENTS | {"intervals": [interval]})
    days = {p: v for p, c, v in listed(found, "clinical_values", "patient_id", "column_name", "value")
            if c == "interval:OS_TIME"}  # fmt: skip
    assert days == {"P1": "30", "P3": "-1"}


def test_an_unreadable_date_of_an_interval_is_noted_without_being_shown(tmp_path: Path) -> None:
    interval = {"attribute": "OS_TIME", "start": "a", "end": "b"}
    text = "patient\ta\tb\nP1\t01/02/2001\t01/03/2001\nP2\tspring 2001\t01/03/2001\n"
    found = parse_text(tmp_path, text, PATIENTS | {"intervals": [interval]})
    notes = listed(found, "rejected_rows", "source_row", "rule_id", "column_name", "value")
    assert notes == [(3, "unreadable_date", "OS_TIME", "[withheld]")]
    assert not any("2001" in text for text in all_text(found))


def test_a_date_format_that_fits_no_row_is_an_error(tmp_path: Path) -> None:
    interval = {"attribute": "OS_TIME", "start": "a", "end": "b", "date_format": "%Y-%m-%d"}
    with pytest.raises(ParseError, match=r"no date of a and b is written as %Y-%m-%d; correct date_format"):
        text = "patient\ta\tb\nP1\t01/02/2001\t01/03/2001\n"
        parse_text(tmp_path, text, PATIENTS | {"intervals": [interval]})


def test_an_undeclared_date_column_is_withheld_with_one_masked_note(tmp_path: Path) -> None:
    text = "patient\tseen\tage\nP1\t01/02/2001\t60\nP2\tNA\t61\nP3\t3-Mar-2001\t62\n"
    found = parse_text(tmp_path, text, PATIENTS)
    assert listed(found, "rejected_rows", "rule_id", "column_name", "value", "source_row") == [
        ("private_date", "seen", "[withheld]", None)
    ]
    assert "seen" not in listed(found, "clinical_values", "column_name")
    assert listed(found, "clinical_values", "column_name").count("age") == 3


def test_a_single_date_in_a_text_column_costs_only_its_cell(tmp_path: Path) -> None:
    text = "patient\tremark\nP1\tfine\nP2\tdied 01/02/2001\nP3\tfine\n"
    found = parse_text(tmp_path, text, PATIENTS)
    assert listed(found, "rejected_rows", "source_row", "rule_id", "value") == [
        (3, "private_date", "[withheld]")
    ]
    assert listed(found, "clinical_values", "column_name").count("remark") == 2


def test_a_rejected_line_of_a_file_with_private_columns_is_not_shown(tmp_path: Path) -> None:
    text = "patient\tname\nP1\tsomebody\nP2\tsomebody else\tsurplus\n"
    found = parse_text(tmp_path, text, PATIENTS | {"private": ["name"]})
    assert listed(found, "rejected_rows", "rule_id", "value") == [("wrong_number_of_cells", "[withheld]")]
    assert not any("somebody" in text for text in all_text(found))


@pytest.mark.parametrize(
    "text",
    ["28/03/1951", "1951-03-28", "28.3.1951", "28-Mar-1951", "28 mars 1951", "March 28, 1951", "03/28/51",
     "1951-03-28 00:00:00", "1951-03-28T08:30", "19510328", "03/1951", "Mar-1951"],
)  # fmt: skip
def test_calendar_dates_are_recognised_in_their_usual_forms(text: str) -> None:
    assert is_date(text) and is_date_column([text, text, "unknown"])


@pytest.mark.parametrize(
    "text",
    ["HLA-A02:01", "61.5", "2010", "-21496", "P-0000057-T01-IM3", "Stage 4", "3x4", "1:DECEASED", "c.714C>T",
     "31-50", ">71", "TCGA-OR-A5J1-01", "10 x4", "M1c", "7-Mar", "HLA-B*15:01", "SRR3083866", "0,25"],
)  # fmt: skip
def test_other_clinical_values_are_no_dates(text: str) -> None:
    assert not is_date(text) and not holds_date(text)


def test_a_date_inside_a_text_is_found_and_masked() -> None:
    assert holds_date("died on 01/02/2001.") and mask_dates("P1\t01/02/2001\tx") == "P1\t[date]\tx"


def test_half_dates_are_not_most_of_a_column() -> None:
    assert not is_date_column(["01/02/2001", "unknown"]) and not is_date_column([])


def test_a_spreadsheets_number_is_a_date_in_a_column_that_is_called_one() -> None:
    for name in ("Death date", "date_of_birth", "Datum Progress", "DOB"):
        assert is_date_column(["42005", "42500.0", "unknown"], name)
    for name, values in (
        ("days to birth", ["20000"]), ("Birth year", ["1950"]), ("platelets", ["42005"]), ("validated", ["42005"]),
    ):  # fmt: skip
        assert not is_date_column(values, name)


def test_one_column_feeds_two_attributes_each_with_words_of_its_own(tmp_path: Path) -> None:
    outcome = {
        "attribute": "OS_STATUS",
        "words": {"dead": "event", "progressed": "censored"},
        "also": [
            {
                "attribute": "PFS_STATUS",
                "words": {"dead": "event", "progressed": "event"},
                "missing": ["lost"],
            }
        ],
    }
    found = parse_text(
        tmp_path,
        "patient\toutcome\nP1\tdead\nP2\tprogressed\nP3\tlost\n",
        PATIENTS | {"columns": {"outcome": outcome}},
    )
    assert [cell(found, p, "outcome") for p in ("P1", "P2", "P3")] == [
        ("dead", "dead"), ("progressed", "progressed"), ("lost", "lost"),
    ]  # fmt: skip
    assert [cell(found, p, "outcome -> PFS_STATUS") for p in ("P1", "P2", "P3")] == [
        ("dead", "dead"), ("progressed", "progressed"), ("lost", None),
    ]  # fmt: skip
