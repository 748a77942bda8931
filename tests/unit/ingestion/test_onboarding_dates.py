"""How the dates of a table are written: nearly all of them say it, or it is asked; and no date is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from parsing_help import ATTRIBUTES, parse

from ingestion.catalog.cohorts import Catalog
from ingestion.errors import ParseError
from ingestion.onboarding.columns import guess_column
from ingestion.onboarding.proposal import Proposal, propose

GERMAN = [f"{day:02d}.03.2021" for day in range(1, 25)]


def proposed(path: Path) -> Proposal:
    return propose(
        "site", {path: f"file:{path.name}"}, Catalog(attributes=ATTRIBUTES, cohorts=()), is_icb=True
    )


def clinic(folder: Path, starts: list[str], ends: list[str]) -> Proposal:
    rows = [f"P{i};{s};{e}\n" for i, (s, e) in enumerate(zip(starts, ends, strict=True))]
    path = folder / "clinic.csv"
    path.write_text("Pat-Nr;Therapiebeginn;Letzter Kontakt\n" + "".join(rows))
    return proposed(path)


def survival(found: Proposal) -> dict[str, Any]:
    (interval,) = yaml.safe_load(found.text)["files"][0]["intervals"]
    assert interval["attribute"] == "OS_TIME"
    return dict(interval)


def test_one_date_that_does_not_exist_leaves_the_format_of_the_others_and_is_noted(tmp_path: Path) -> None:
    found = clinic(tmp_path, [*GERMAN, "31.02.2021"], [*GERMAN, "01.04.2021"])
    assert survival(found)["date_format"] == "%d.%m.%Y"
    assert "Therapiebeginn: 1 of 25 cells are no date written as %d.%m.%Y" in found.text
    assert "31.02.2021" not in found.text


def test_a_bare_year_in_a_workbook_leaves_the_format_of_the_others_and_is_noted(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Pat-Nr", "Therapiebeginn", "Letzter Kontakt"])
    for i, date in enumerate(GERMAN):
        book.active.append([f"P{i}", date if i else 2021, date])
    path = tmp_path / "clinic.xlsx"
    book.save(path)
    found = proposed(path)
    assert survival(found)["date_format"] == "%d.%m.%Y"
    assert "1 of 24 cells are no date written as %d.%m.%Y and are not read (9999)" in found.text


def test_dates_of_no_one_format_are_asked_about_with_what_they_look_like(tmp_path: Path) -> None:
    found = clinic(tmp_path, ["03.2021", "12.03.2021", "2021-03-14", "März 2021"], GERMAN[:4])
    assert survival(found)["date_format"] == ""
    asked = " ".join(found.questions)
    assert "How are the dates of Therapiebeginn written? No format fits nearly all of them" in asked
    assert "99.9999, 99.99.9999, 9999-99-99, März 9999" in asked
    assert "Write the answer under date_format of the interval OS_TIME" in asked


def test_whether_the_day_or_the_month_stands_first_is_asked_where_both_fit(tmp_path: Path) -> None:
    found = clinic(tmp_path, ["03/04/2021", "05/06/2021"], ["03/04/2022", "05/06/2022"])
    assert survival(found)["date_format"] == ""
    assert any("%d/%m/%Y and %m/%d/%Y both fit" in question for question in found.questions)


def test_the_other_date_of_an_interval_may_tell_which_stands_first(tmp_path: Path) -> None:
    found = clinic(tmp_path, ["03/04/2021", "05/06/2021"], ["03/24/2022", "05/16/2022"])
    assert survival(found)["date_format"] == "%m/%d/%Y"


def test_an_interval_between_dates_written_in_two_ways_is_asked_about(tmp_path: Path) -> None:
    found = clinic(tmp_path, GERMAN, [f"2022-03-{day:02d}" for day in range(1, 25)])
    assert survival(found)["date_format"] == ""
    assert any("OS_TIME are written in different ways" in question for question in found.questions)


def test_a_spreadsheets_numbers_of_dates_are_dates_and_no_numbers() -> None:
    found = guess_column("Geburtsdatum", ["21257", "15067"], ".", ATTRIBUTES, {})
    assert (found.holds, found.date_role, found.words) == ("date", "birth", ())
    assert "look like 99999" in found.why


@pytest.mark.parametrize("written", ["", " "])
def test_an_empty_date_format_is_refused_in_a_whole_sentence(written: str, tmp_path: Path) -> None:
    path = tmp_path / "clinic.tsv"
    path.write_text("ID\tstart\tend\nP1\t01.02.2021\t01.03.2021\n")
    interval = {"attribute": "OS_TIME", "start": "start", "end": "end", "date_format": written}
    file = {"kind": "clinical", "patient_id": "ID", "intervals": [interval]}
    with pytest.raises(
        ParseError, match=r"nothing says how the dates of start and end are written; write date_format"
    ):
        parse(path, file)
