"""A row that sums a table up is asked about, takes no part in what is guessed, and is still read."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from parsing_help import ATTRIBUTES, listed, parse

from ingestion.catalog.cohorts import Catalog
from ingestion.onboarding.proposal import Proposal, propose

CLINIC = "Pat-Nr;Geschlecht;Alter;OS Monate\n" + "".join(f"P-{i};w;{40 + i};{i}\n" for i in range(1, 9))


def proposed(folder: Path, text: str, **further: str) -> Proposal:
    paths = {}
    for name, content in {"clinic": text, **further}.items():
        path = folder / f"{name}.csv"
        path.write_text(content)
        paths[path] = f"file:{name}.csv"
    return propose("site", paths, Catalog(attributes=ATTRIBUTES, cohorts=()), is_icb=True)


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ("Summe;;1523;36", "Summe"),
        ("Total;;;36", "Total"),
        ("Gesamt: 8;;44;", "Gesamt: 8"),
        ("Mean;w;44.5;4.5", "Mean"),
        (";Mittelwert;44.5;", "Mittelwert"),
        ("total (n=8);;;4", "total (n=8)"),
        ("SD;;;2.4", "SD"),
        ("N = 8;;;36", "N = 8"),
    ],
)
def test_a_row_that_sums_up_is_asked_about(row: str, word: str, tmp_path: Path) -> None:
    found = proposed(tmp_path, CLINIC + row + "\n")
    (asked,) = [question for question in found.questions if "sum the table up" in question]
    assert f"Row 10 of clinic.csv begins with '{word}'" in asked
    (age,) = [column for column in found.columns if column.column == "Alter"]
    assert (age.attribute, age.high, age.question) == ("AGE", 48, "")


@pytest.mark.parametrize("row", ["P-9;m;44;9", "Max;m;44;9", "P-9;;;", "Totalkamp;m;44;9"])
def test_a_patients_row_is_none(row: str, tmp_path: Path) -> None:
    asked = " ".join(proposed(tmp_path, CLINIC + row + "\n").questions)
    assert "sum the table up" not in asked


def test_a_word_of_several_rows_is_the_tables_own(tmp_path: Path) -> None:
    table = "Resektion;Pat-Nr;Alter\n" + "".join(f"total;P-{i};6{i}\n" for i in range(1, 9))
    assert "sum the table up" not in " ".join(proposed(tmp_path, table).questions)


def test_samples_are_still_cut_to_the_patients_above_the_sum(tmp_path: Path) -> None:
    calls = "Gene;Sample;HGVSp_Short\nTP53;P-1-T;p.R175H\nKRAS;P-2-T;p.G12D\nTotal;;2\n"
    found = proposed(tmp_path, CLINIC + "Summe;;356;36\n", calls=calls)
    files = {file["id"]: file for file in yaml.safe_load(found.text)["files"]}
    assert files["calls"]["sample_id"] == {"column": "Sample", "pattern": r"^(P-\d+)"}
    assert sum("sum the table up" in question for question in found.questions) == 2


@pytest.mark.parametrize(("missing", "is_read"), [([""], True), (["", "Summe"], False)])
def test_the_row_is_read_until_its_word_is_declared_as_missing(
    missing: list[str], is_read: bool, tmp_path: Path
) -> None:
    path = tmp_path / "clinic.csv"
    path.write_text(CLINIC + "Summe;;356;36\n")
    written = {"delimiter": ";", "missing": missing}
    file = {"kind": "clinical", "format": written, "patient_id": "Pat-Nr", "columns": {"Alter": "AGE"}}
    assert ("Summe" in listed(parse(path, file), "clinical_values", "patient_id")) is is_read
