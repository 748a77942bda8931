"""Times that end at the first of several dates, and events that are a filled date or a word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from parsing_help import ATTRIBUTES, all_text, listed, make_cohort, parse
from pydantic import ValidationError

from ingestion.catalog.attributes import check_cohort
from ingestion.errors import CatalogError

PFS: dict[str, Any] = {
    "attribute": "PFS_TIME",
    "start": "begin",
    "end": ["progress", "contact"],
    "date_format": "%d.%m.%Y",
    "event": {"attribute": "PFS_STATUS", "if_filled": ["progress"], "if_word": {"alive": ["dead"]}},
}
TABLE = (
    "ID\tbegin\tprogress\tcontact\talive\n"
    "progressed\t01.01.2020\t11.01.2020\t01.06.2020\tyes\n"
    "died\t01.01.2020\t\t31.01.2020\tDead\n"
    "well\t01.01.2020\t\t31.01.2020\tyes\n"
    "no_start\t\t11.01.2020\t31.01.2020\tdead\n"
)


def values(tmp_path: Path, **interval: Any) -> tuple[dict[tuple[str, str], str], set[str]]:
    path = tmp_path / "clinic.tsv"
    path.write_text(TABLE)
    tables = parse(path, {"kind": "clinical", "patient_id": "ID", "intervals": [PFS | interval]})
    cells = listed(tables, "clinical_values", "patient_id", "column_name", "value")
    return {(p, c): v for p, c, v in cells if c.startswith("interval:")}, all_text(tables)


def test_the_earliest_of_several_dates_ends_the_interval(tmp_path: Path) -> None:
    found, _ = values(tmp_path)
    days = {patient: value for (patient, column), value in found.items() if column == "interval:PFS_TIME"}
    assert days == {"progressed": "10", "died": "30", "well": "30"}


def test_a_filled_date_or_a_word_is_an_event_and_who_has_no_time_has_no_status(tmp_path: Path) -> None:
    found, _ = values(tmp_path)
    status = {patient: value for (patient, column), value in found.items() if column == "interval:PFS_STATUS"}
    assert status == {"progressed": "event", "died": "event", "well": "censored"}


def test_no_date_is_kept(tmp_path: Path) -> None:
    _, text = values(tmp_path)
    assert not [word for word in text if ".2020" in word]


def test_an_event_without_a_rule_is_refused() -> None:
    with pytest.raises(ValidationError, match="when is it one"):
        make_cohort(
            {
                "kind": "clinical",
                "patient_id": "ID",
                "intervals": [PFS | {"event": {"attribute": "PFS_STATUS"}}],
            }
        )


def test_an_event_is_written_to_a_status_and_to_nothing_else() -> None:
    interval = PFS | {"event": {"attribute": "SEX", "if_filled": ["progress"]}}
    cohort = make_cohort({"kind": "clinical", "patient_id": "ID", "intervals": [interval]})
    with pytest.raises(CatalogError, match="no status"):
        check_cohort(Path("syn.yaml"), cohort, ATTRIBUTES)
