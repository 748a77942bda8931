"""A site's own catalogue beside the project's: which folders count, where its files lie, and what cannot be meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.catalog.cohorts import Cohort
from ingestion.catalog.loading import files_of, load_catalog
from ingestion.errors import AddressNotFoundError, CatalogError, InvalidAddressError
from ingestion.fetching.fetch import Fetcher
from ingestion.fetching.own_files import fetch_all
from ingestion.fetching.store import ContentStore
from warehouse.settings import PROJECT, Settings, SettingsError

COHORT = """
cohort_id: clinic
title: SYNTHETIC clinic
citation: none
licence: private
is_icb: true
precedence: 900
assay: {name: none, kind: none}
files:
  - {id: clinical, address: "file:export/clinic.csv", kind: clinical, patient_id: ID}
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    (folder / "cohorts").mkdir(parents=True)
    (folder / "cohorts" / "clinic.yaml").write_text(COHORT)
    (folder / "files" / "export").mkdir(parents=True)
    (folder / "files" / "export" / "clinic.csv").write_text("ID\nA\n")
    return folder


def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, catalog: str) -> Settings:
    monkeypatch.setenv("ICB_CATALOG", catalog)
    monkeypatch.setenv("ICB_DATA", str(tmp_path / "data"))
    for name in ("ICB_DEMO", "ICB_MIRROR", "ICB_FILES"):
        monkeypatch.delenv(name, raising=False)
    return Settings.from_environment()


def clinic(found: Settings) -> Cohort:
    return load_catalog(found.catalogs, found.attributes).cohort("clinic")


def fetched(found: Settings, cohort: Cohort) -> bytes:
    with Fetcher(ContentStore(found.data), None, found.lock()) as fetcher:
        (file,) = fetch_all(fetcher, cohort, cohort.files[0], found.own_sources, found.files)
    assert file.read_from == "file"
    return file.path.read_bytes()


def test_a_site_alone_has_its_own_cohorts_and_no_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, site: Path
) -> None:
    found = settings(monkeypatch, tmp_path, str(site))
    assert [c.cohort_id for c in load_catalog(found.catalogs, found.attributes).cohorts] == ["clinic"]
    assert found.catalogue_name == "own"


def test_public_stands_for_the_cohorts_of_the_project(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, site: Path
) -> None:
    found = settings(monkeypatch, tmp_path, f"public:{site}")
    assert found.catalogs == (PROJECT / "catalog", site)
    cohorts = [c.cohort_id for c in load_catalog(found.catalogs, found.attributes).cohorts]
    assert {"clinic", "tmb_mskcc_2018"} <= set(cohorts)


def test_without_the_setting_the_catalogue_is_that_of_the_project(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = settings(monkeypatch, tmp_path, "")
    assert found.catalogs == (PROJECT / "catalog",) and found.catalogue_name == "public"


def test_a_folder_that_is_not_there_is_an_error_that_names_the_setting(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="ICB_CATALOG"):
        settings(monkeypatch, tmp_path, str(tmp_path / "absent"))


def test_two_folders_with_a_file_of_one_name_are_refused(tmp_path: Path, site: Path) -> None:
    other = tmp_path / "other"
    (other / "cohorts").mkdir(parents=True)
    (other / "cohorts" / "clinic.yaml").write_text(COHORT)
    with pytest.raises(CatalogError, match="rename one of them"):
        files_of((site, other), "cohorts")


def test_a_local_file_is_read_from_the_files_of_the_site(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, site: Path
) -> None:
    found = settings(monkeypatch, tmp_path, str(site))
    assert fetched(found, clinic(found)) == b"ID\nA\n"


def test_a_changed_local_file_is_read_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, site: Path
) -> None:
    found = settings(monkeypatch, tmp_path, str(site))
    fetched(found, clinic(found))
    (site / "files" / "export" / "clinic.csv").write_text("ID\nB\n")
    assert fetched(found, clinic(found)) == b"ID\nB\n"


def test_the_folder_of_files_can_be_another_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, site: Path
) -> None:
    found = settings(monkeypatch, tmp_path, str(site))
    monkeypatch.setenv("ICB_FILES", str(tmp_path))
    with pytest.raises(AddressNotFoundError, match="ICB_FILES"):
        fetched(Settings.from_environment(), clinic(found))


def test_a_local_path_cannot_leave_its_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, site: Path
) -> None:
    (tmp_path / "secret.csv").write_text("ID\nA\n")
    path = site / "cohorts" / "clinic.yaml"
    path.write_text(COHORT.replace("export/clinic.csv", "../../secret.csv"))
    found = settings(monkeypatch, tmp_path, str(site))
    with pytest.raises(InvalidAddressError, match="leaves the folder"):
        fetched(found, clinic(found))
