"""``icb cohort check`` on generated sources: it refuses what a run would, names every fault, and shows the receipt."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from command_line import Icb, command
from tiny import STUDY, TABLE, Tiny


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    made = Tiny(tmp_path / "data", tmp_path / "mirror", tmp_path / "catalog")
    made.write_sources()
    return made


@pytest.fixture
def icb(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tiny: Tiny) -> Icb:
    return command(monkeypatch, capfd, tiny.settings)


@pytest.mark.parametrize(
    "address", ["ftp://files.example/a.csv", "file:///etc/passwd", "/data/a.csv", "a.csv"]
)
def test_an_address_that_is_not_https_is_refused_with_its_key(icb: Icb, tiny: Tiny, address: str) -> None:
    text = tiny.cohort_yaml.read_text().splitlines()
    lines = [f"    address: {address}" if "address:" in line else line for line in text]
    tiny.cohort_yaml.write_text("\n".join(lines) + "\n")
    icb("cohort", "check", TABLE).is_one_sentence(
        str(tiny.cohort_yaml), "'files.0.address'", f"'{address}'", "https"
    )


def test_check_names_every_absent_column_of_a_table(icb: Icb, tiny: Tiny) -> None:
    text = tiny.cohort_yaml.read_text()
    tiny.cohort_yaml.write_text(text.replace("months: {", "months_alive: {").replace("dead: {", "died: {"))
    said = icb("cohort", "check", TABLE)
    faults = [line for line in said.err.splitlines() if line.startswith("icb: ")]
    assert said.code == 1 and len(faults) == 2
    assert "'months_alive'" in faults[0] and "'died'" in faults[1]
    assert icb("cohort", "check", TABLE, "--no-files").code == 0


def test_check_names_every_word_that_stands_for_no_value_and_still_opens_the_files(
    icb: Icb, tiny: Tiny
) -> None:
    text = tiny.cohort_yaml.read_text()
    text = text.replace('"1": event', '"1": Event happened').replace('"0": censored', '"0": censored')
    tiny.cohort_yaml.write_text(
        text.replace("months: {attribute: OS_TIME, unit: months}", "sex: {attribute: SEX, words: {w: Frau}}")
    )
    said = icb("cohort", "check", TABLE)
    faults = [line for line in said.err.splitlines() if line.startswith("icb: ")]
    assert said.code == 1 and len(faults) == 3, faults
    assert "'Event happened'" in said.err and "'Frau'" in said.err and "no column 'sex'" in said.err


def test_check_refuses_a_panel_that_nobody_describes(icb: Icb, tiny: Tiny) -> None:
    path = tiny.catalog / "cohorts" / f"{STUDY}.yaml"
    path.write_text(
        re.sub(r"assay: \{.*\}\n", "assay: {name: x, kind: panel, panel_id: X9}\n", path.read_text())
    )
    icb("cohort", "check", STUDY).is_one_sentence("'X9'", STUDY)


def test_check_refuses_a_panel_of_the_assay_that_nobody_describes_though_nobody_was_sequenced(
    icb: Icb, tiny: Tiny
) -> None:
    tiny.cohort_yaml.write_text(
        tiny.cohort_yaml.read_text().replace(
            "{name: none, kind: none}", "{name: x, kind: panel, panel_id: X9}"
        )
    )
    icb("cohort", "check", TABLE).is_one_sentence(str(tiny.cohort_yaml), "'assay.panel_id'", "'X9'")


def test_check_says_of_an_awaited_file_that_it_is_not_there_and_does_not_refuse_it(
    icb: Icb, tiny: Tiny
) -> None:
    tiny.cohort_yaml.write_text(
        tiny.cohort_yaml.read_text().replace(
            "    kind: clinical\n", "    kind: clinical\n    awaited: embargo\n"
        )
    )
    tiny.table_file.unlink()
    said = icb("cohort", "check", TABLE, "--no-receipt")
    assert said.code == 0 and "is awaited and not there: embargo" in said.out


def test_check_says_what_each_file_became(icb: Icb, tiny: Tiny) -> None:
    tiny.table_file.write_bytes(b"patient,months,dead,colour\nA,1,1,red\n,2,0,blue\nC,3,1,red\n")
    said = icb("cohort", "check", TABLE, "--columns", "--no-receipt")
    assert said.code == 0 and "1 missing_key" in said.out and "months: OS_TIME" in said.out
    assert "not mapped: colour\n" in said.out
    (file,) = json.loads(icb("cohort", "check", STUDY, "--no-receipt", "--format", "json").out)[0]["files"]
    assert file["rows"]["mutations"] == 4 and file["rows"]["profiled_samples"] == 12
    assert "OS_MONTHS: OS_TIME" in file["columns"] and file["not_mapped"] == ["FAVOURITE_COLOUR"]


def test_check_names_every_absent_column_of_a_study_whatever_it_is_declared_for(icb: Icb, tiny: Tiny) -> None:
    path = tiny.catalog / "cohorts" / f"{STUDY}.yaml"
    file = f"""  - id: study
    address: "https://datahub.assets.cbioportal.org/{STUDY}.tar.gz"
    kind: cbioportal_study
    columns: {{WEIGHT: AGE, SEX: SEX, HEIGHT: AGE}}
    private: [BORN]
    intervals: [{{attribute: BIOPSY_DAY, start: FROM_DATE, end: TO_DATE, date_format: "%Y"}}]
    keep_rows: {{ARM: [A]}}
"""
    text = path.read_text()
    path.write_text(text[: text.index("files:")] + "files:\n" + file)
    said = icb("cohort", "check", STUDY)
    faults = [line for line in said.err.splitlines() if line.startswith("icb: ")]
    absent = [re.findall(r"no column '(\w+)'", fault)[0] for fault in faults]
    # the ends of an interval are one declaration: without its start the end is not asked for
    assert said.code == 1 and absent == ["WEIGHT", "HEIGHT", "BORN", "FROM_DATE", "ARM"]


# --- the receipt: of a sound cohort it is held to that of a run in test_left_out_cohorts ------------------------------


def lines_of(icb: Icb, cohort: str) -> tuple[int, dict[tuple[str, str], tuple[int, float | None]], list[str]]:
    """Exit code, (section, item) -> n and value, and the faults of one checked cohort."""
    said = icb("cohort", "check", cohort, "--format", "json")
    (found,) = json.loads(said.out)
    lines: list[dict[str, Any]] = found["receipt"]
    return said.code, {(x["section"], x["item"]): (x["n"], x["value"]) for x in lines}, found["faults"]


def test_a_cohort_that_a_run_would_leave_out_is_refused_with_its_check_and_still_has_its_receipt(
    icb: Icb, tiny: Tiny
) -> None:
    # ten complete responders of whom all died, ten progressors of whom nobody did
    rows = [f"Z{i},{i + 1},{int(i < 10)},{'CR' if i < 10 else 'PD'}" for i in range(20)]
    tiny.table_file.write_text("\n".join(["patient,months,dead,best", *rows]) + "\n")
    tiny.cohort_yaml.write_text(tiny.cohort_yaml.read_text() + "      best: BEST_RESPONSE\n")
    code, lines, faults = lines_of(icb, TABLE)
    assert code == 1 and len(faults) == 1
    assert faults[0].startswith(f"cohort '{TABLE}': it fails the check event_polarity in 1 row")
    assert lines["two routes", "deaths among responders"] == (10, 1.0)
    assert lines["two routes", "deaths among progressors"] == (10, 0.0)
