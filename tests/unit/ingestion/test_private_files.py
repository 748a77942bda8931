"""Files with private columns, and cohorts that are private: where they lie, who can read them, who may ask for them."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from parsing_help import make_catalog, make_cohort

from ingestion.catalog.cohorts import Catalog
from ingestion.catalog.privacy import NOT_ASKED_FOR, private_addresses, without_private
from ingestion.errors import CatalogError
from ingestion.fetching.fetch import Fetcher
from ingestion.fetching.sources_lock import SourcesLock
from ingestion.fetching.store import ContentStore

SECRET = "https://example.org/born.csv"
OPEN = "https://example.org/open.csv"


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "mirror" / "example.org"
    folder.mkdir(parents=True)
    (folder / "born.csv").write_text("patient,born\nA,1950-01-02\n", encoding="utf-8")
    (folder / "open.csv").write_text("patient,sex\nA,F\n", encoding="utf-8")
    return tmp_path / "mirror"


def fetcher(data: Path, mirror: Path, private: frozenset[str]) -> Fetcher:
    lock = SourcesLock(data / "lock.json", now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    stores = ContentStore(data), ContentStore(data, is_private=True)
    return Fetcher(stores[0], mirror, lock, private=(stores[1], private))


def test_a_file_with_private_columns_is_kept_where_only_its_owner_can_read_it(
    tmp_path: Path, mirror: Path
) -> None:
    data = tmp_path / "data"
    with fetcher(data, mirror, frozenset({SECRET})) as reading:
        secret, other = (reading.fetch(address, licence="x") for address in (SECRET, OPEN))
    assert secret.path.is_relative_to(data / "private") and other.path.is_relative_to(data / "raw")
    assert stat.S_IMODE(secret.path.stat().st_mode) == 0o600
    assert stat.S_IMODE((data / "private").stat().st_mode) == 0o700
    assert not [p for p in (data / "raw").rglob("*") if p.is_file() and b"1950-01-02" in p.read_bytes()]


def test_a_copy_that_was_made_before_the_column_was_private_does_not_stay(
    tmp_path: Path, mirror: Path
) -> None:
    data = tmp_path / "data"
    with fetcher(data, mirror, frozenset()) as reading:
        before = reading.fetch(SECRET, licence="x")
    with fetcher(data, mirror, frozenset({SECRET})) as reading:
        after = reading.fetch(SECRET, licence="x")
    assert after.sha256 == before.sha256 and not before.path.exists()
    assert stat.S_IMODE(after.path.stat().st_mode) == 0o600


def test_one_entry_with_a_private_column_makes_the_file_private() -> None:
    closed = make_cohort(
        {"id": "a", "kind": "clinical", "patient_id": "p", "private": ["born"], "address": SECRET},
        {"id": "b", "kind": "clinical", "patient_id": "p", "address": SECRET},
        {"id": "c", "kind": "clinical", "patient_id": "p", "address": OPEN},
    )
    assert private_addresses(make_catalog(closed)) == {SECRET}
    all_of_it = closed.model_copy(update={"private": True})
    assert private_addresses(make_catalog(all_of_it)) == {SECRET, OPEN}


def catalog() -> Catalog:
    cohort = make_cohort({"id": "a", "kind": "clinical", "patient_id": "p", "address": OPEN})
    names = [("open_2020", False), ("our_hospital", True), ("their_hospital", True)]
    cohorts = tuple(
        cohort.model_copy(update={"cohort_id": name, "private": is_private}) for name, is_private in names
    )
    return make_catalog(cohort).model_copy(update={"cohorts": cohorts})


def test_a_private_cohort_is_there_when_it_is_asked_for_by_name_and_only_then() -> None:
    assert [c.cohort_id for c in without_private(catalog(), (), ()).cohorts] == ["open_2020"]
    assert [c.cohort_id for c in without_private(catalog(), ("our_hospital",), ()).cohorts] == [
        "open_2020",
        "our_hospital",
    ]


def test_of_a_private_cohort_that_no_analysis_names_not_even_the_name_is_left() -> None:
    found = without_private(catalog(), (), {"open_2020", "their_hospital"})
    assert [(c.cohort_id, c.sentence) for c in found.left_out] == [("their_hospital", NOT_ASKED_FOR)]
    assert "our_hospital" not in found.model_dump_json()


@pytest.mark.parametrize("name", ["open_2020", "our"])
def test_only_a_private_cohort_can_be_asked_for(name: str) -> None:
    with pytest.raises(CatalogError, match=f"'{name}' is not a private cohort.*our_hospital, their_hospital"):
        without_private(catalog(), (name,), ())
