"""Values on their way to a terminal, a spreadsheet or a program: no control character, no formula, no age over 89."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from analytics.engine.numbers import count
from analytics.engine.smallest_count import counts_from
from interfaces.cli.tables_out import Format, print_json, say, show
from interfaces.formats import csv_text
from warehouse.export.csv_files import csv_of
from warehouse.export.disclosure import disclosed, disclosed_record, disclosed_row
from warehouse.export.readable import csv_cell, shown


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ('=HYPERLINK("http://x","y")', '\'=HYPERLINK("http://x","y")'),
        ("+1 or -1", "'+1 or -1"),
        ("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (" =1+1", "' =1+1"),
        ("\t=1+1", "'\t=1+1"),
        ("\r=1+1", "'\\x0d=1+1"),
        ("\u00a0=1+1", "'\u00a0=1+1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("\uff0bA1", "'\uff0bA1"),
        ("\uff0dA1", "'\uff0dA1"),
        ("\uff20SUM(A1)", "'\uff20SUM(A1)"),
        ("\ufeff=1+1", "\\ufeff=1+1"),
        ("\x00=1+1", "\\x00=1+1"),
        ("-1.5", "-1.5"),
        ("+2e-3", "+2e-3"),
        ("-12%", "-12%"),
        ("-", "-"),
        ("p.V600E", "p.V600E"),
        ("ALK-EML4", "ALK-EML4"),
        (-1.5, -1.5),
        (None, None),
    ],
)
def test_a_spreadsheet_carries_out_no_cell(cell: object, written: object) -> None:
    assert csv_cell(cell) == written


def test_control_characters_are_written_out() -> None:
    assert shown("a\x1b[31mred\x07 \x9b0m b\r\u202ec") == "a\\x1b[31mred\\x07 \\x9b0m b\\x0d\\u202ec"
    assert shown("\u061ca\u200bb\ufeff") == "\\u061ca\\u200bb\\ufeff", "nobody could see them"
    assert shown("two\nlines\tand é ü 漢") == "two\nlines\tand é ü 漢"


@pytest.mark.parametrize("style", list(Format))
def test_no_format_lets_a_control_character_out(style: Format, capsys: pytest.CaptureFixture[str]) -> None:
    show([{"a\x1b[2J": "x\x1b]0;title\x07\x9b\u202ey"}], ["a\x1b[2J"], style, title="t\x1b")
    out = capsys.readouterr().out
    assert not set(out) & set("\x1b\x07\x9b\u202e")
    if style is Format.json:
        assert json.loads(out) == [{"a\x1b[2J": "x\x1b]0;title\x07\x9b\u202ey"}], (
            "a program gets what is there"
        )


def test_a_sentence_with_words_of_a_file_lets_none_out_either(capsys: pytest.CaptureFixture[str]) -> None:
    say("not mapped: OS\x1b]8;;http://x\x07y")
    say("icb: \x9b2J.", is_aside=True)
    out, err = capsys.readouterr()
    assert out == "not mapped: OS\\x1b]8;;http://x\\x07y\n"
    assert err == "icb: \\x9b2J.\n"


@pytest.mark.parametrize(
    ("column", "value", "leaves"),
    [
        ("age_years", 93.0, 90),
        ("age_years", 90, 90),
        ("age_years", 89.0, 89.0),
        ("max(age_years)", 93.0, 90),
        ("max(p.age_years)", 93.0, 90),
        ("age_at_diagnosis", 101, 90),
        ("age_years_before", 101, 90),
        ("os_months", 120.0, 120.0),
        ("stage", 93, 93),
        ("coverage", 200, 200),
        ("n_packages", 100, 100),
    ],
)
def test_an_age_over_89_leaves_as_90(column: str, value: float, leaves: float) -> None:
    assert disclosed(column, value, 1) == leaves


@pytest.mark.parametrize(
    ("column", "value", "leaves"),
    [
        ("n", 4, "<5"),
        ("n", 5, 5),
        ("n", 0, 0),
        ("n_in_group", 1, "<5"),
        ("events_in_reference", 3.0, "<5"),
        ("n_patients", 2, "<5"),
        ("count_star()", 2, "<5"),
        ("count(distinct patient_id)", 2, "<5"),
        ("n_at_risk", 2, "<5"),
        ("carriers", 2, "<5"),
        ("n_people_at_residue", 2, "<5"),
        ("n_carriers_not_profiled", 2.0, "<5"),
        ("numerator", 1, "<5"),
        ("denominator", 4, "<5"),
        ("logrank_observed", 3.0, "<5"),
        ("rows_before", 4, "<5"),
        ("n_genes", 2, 2),
        ("n_mutations", 2, 2),
        ("n_nonsynonymous", 2, 2),
        ("share_carriers", 0.5, 0.5),
        ("denominator_mb", 1.1, 1.1),
        ("hr", 2.0, 2.0),
        ("p", 0.01, 0.01),
        ("n", True, True),
    ],
)
def test_with_a_smallest_cell_of_five_fewer_people_are_not_counted_out(
    column: str, value: float, leaves: object
) -> None:
    assert disclosed(column, value, 5) == leaves


def test_the_rule_of_ages_and_cells_holds_for_every_format(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ICB_SMALLEST_CELL", "5")
    for style in Format:
        show([{"age_years": 97, "n": 3, "word": "=1"}], ["age_years", "n", "word"], style)
        out = capsys.readouterr().out
        assert "90" in out and "97" not in out and "<5" in out, style
    print_json({"flow": [{"n": 3, "reason": "x"}], "age_years": 97})
    assert json.loads(capsys.readouterr().out) == {"flow": [{"n": "<5", "reason": "x"}], "age_years": 90}


@pytest.mark.parametrize(
    ("row", "leaves"),
    [
        ({"attribute": "AGE", "value_number": 93.0, "value_text": "93", "value_raw": "93.4 y"},
         {"attribute": "AGE", "value_number": 90, "value_text": "90 or over", "value_raw": "90 or over y"}),
        ({"attribute": "AGE_AT_SEQUENCING", "value_number": 61.0, "value_raw": "22280"},
         {"attribute": "AGE_AT_SEQUENCING", "value_number": 61.0, "value_raw": "22280"}),
        ({"column_name": "age in days", "example": "33970"}, {"column_name": "age in days", "example": "90 or over"}),
        ({"item": "age in years", "n": 40, "value": 91.5, "words": "23 to 101"},
         {"item": "age in years", "n": 40, "value": 90, "words": "23 to 90 or over"}),
        ({"variable": "age_years", "median_in_group": 90.5, "q3_in_reference": 71.0},
         {"variable": "age_years", "median_in_group": 90, "q3_in_reference": 71.0}),
        ({"column": "age_years", "before": 93.0, "after": "94.0"},
         {"column": "age_years", "before": 90, "after": "90 or over"}),
        ({"column": "n_in_group", "before": "3", "after": 4}, {"column": "n_in_group", "before": "<5", "after": "<5"}),
        ({"what": "events", "value": 2}, {"what": "events", "value": "<5"}),
        ({"attribute": "STAGE", "value_raw": "93"}, {"attribute": "STAGE", "value_raw": "93"}),
        ({"attribute": "DOSAGE_MG", "value_number": 200.0}, {"attribute": "DOSAGE_MG", "value_number": 200.0}),
    ],
)  # fmt: skip
def test_a_row_that_names_its_attribute_is_coarsened_by_that_name(
    row: dict[str, object], leaves: dict[str, object]
) -> None:
    """Tables of attributes, receipts and differences have an age or a count in a column of another name."""
    assert disclosed_row(list(row), list(row.values()), 5) == tuple(leaves.values())
    assert disclosed_record({"rows": [row]}, 5) == {"rows": [leaves]}
    names = list(row)
    assert csv_text([row], names, 5) == csv_text([leaves], names, 1)
    assert csv_of(pd.DataFrame([row]), 5) == csv_of(pd.DataFrame([leaves]), 1)


def test_a_list_is_one_text_with_semicolons_in_a_table_and_a_csv_and_a_list_in_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    row = {"name": "a", "cohorts": ["riaz_2017", "liu_2019"], "missing": ["Age, sex", "=1+1"], "none": []}
    columns = list(row)
    assert csv_text([row], columns, 0).splitlines()[1] == 'a,riaz_2017; liu_2019,"Age, sex; =1+1",'
    assert csv_cell(["=1+1", "b"]) == "'=1+1; b"
    show([row], columns, Format.table, least=0)
    assert "riaz_2017; liu_2019" in capsys.readouterr().out
    show([row], columns, Format.json, least=0)
    assert json.loads(capsys.readouterr().out) == [row]


def test_the_source_data_of_a_figure_is_a_safe_csv() -> None:
    table = pd.DataFrame(
        {"label": ["=x", "b", None], "age_years": [95.0, 60.0, None], "hr": [0.1, -2.0, 3.0]}
    )
    assert csv_of(table, 1) == "label,age_years,hr\n'=x,90.0,0.1\nb,60.0,-2.0\n,,3.0\n"
    assert csv_of(pd.DataFrame({"n": [3, 9]}), 5) == "n\n<5\n9\n"


def test_reports_and_answers_count_nobody_out_either() -> None:
    with counts_from(5):
        assert [count(n) for n in (0, 1, 4, 5, 1200, None)] == ["0", "<5", "<5", "5", "1,200", ""]
    assert count(1) == "1"
