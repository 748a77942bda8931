"""Files of a site: a study's folder is read as it lies there, and what is private is copied to the private store."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from parsing_help import make_cohort

from ingestion.errors import AddressNotFoundError, CatalogError
from ingestion.fetching.archives import iter_members
from ingestion.fetching.fetch import FetchedFile, Fetcher
from ingestion.fetching.own_files import fetch_all, local_address, local_sha256
from ingestion.fetching.sources_lock import SourcesLock
from ingestion.fetching.store import ContentStore

STUDY = {"id": "study", "kind": "cbioportal_study", "address": "file:our_study"}


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "files" / "our_study"
    (folder / "case_lists").mkdir(parents=True)
    (folder / "meta_study.txt").write_text("cancer_study_identifier: our_study\n")
    (folder / "case_lists" / "cases_sequenced.txt").write_text("case_list_ids: S1\tS2\n")
    (folder / ".DS_Store").write_bytes(b"\0")
    return folder


def fetched(tmp_path: Path, private: frozenset[str] = frozenset(), **file: str) -> FetchedFile:
    data, cohort = tmp_path / "data", make_cohort(STUDY | file)
    lock = SourcesLock(data / "lock.json", now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    closed = ContentStore(data, is_private=True), private
    with Fetcher(ContentStore(data), None, lock, private=closed) as fetcher:
        (found,) = fetch_all(fetcher, cohort, cohort.files[0], tmp_path, tmp_path / "files")
    return found


def test_the_folder_of_a_study_is_read_as_the_archive_of_its_files(tmp_path: Path, study: Path) -> None:
    members = dict(iter_members(fetched(tmp_path).path, source="our_study"))
    assert set(members) == {"our_study/meta_study.txt", "our_study/case_lists/cases_sequenced.txt"}
    assert members["our_study/case_lists/cases_sequenced.txt"] == b"case_list_ids: S1\tS2\n"


def test_a_folder_is_the_same_until_the_content_of_a_file_changes(tmp_path: Path, study: Path) -> None:
    before = fetched(tmp_path).sha256
    os.utime(study / "meta_study.txt", (0, 0))
    (study / "meta_study.txt").chmod(0o600)
    assert local_sha256(study) == fetched(tmp_path).sha256 == before
    (study / "meta_study.txt").write_text("cancer_study_identifier: our_studY\n")
    assert local_sha256(study) == fetched(tmp_path).sha256 != before
    assert local_sha256(study / "meta_study.txt") is not None and local_sha256(study / "none") is None


def test_only_a_study_is_a_folder(tmp_path: Path, study: Path) -> None:
    with pytest.raises(AddressNotFoundError, match=r"is a folder.*name the file in it"):
        fetched(tmp_path, kind="clinical", patient_id="p")
    with pytest.raises(AddressNotFoundError, match="there is no file"):
        fetched(tmp_path, address="file:another_study")


def test_a_private_file_of_the_site_is_copied_where_only_its_owner_reads(tmp_path: Path, study: Path) -> None:
    opened = fetched(tmp_path)
    assert opened.path.is_relative_to(tmp_path / "data" / "raw")
    closed = fetched(tmp_path, private=frozenset({"file:our_study"}))
    assert closed.path.is_relative_to(tmp_path / "data" / "private")
    assert stat.S_IMODE(closed.path.stat().st_mode) == 0o600
    assert closed.sha256 == opened.sha256 and not opened.path.exists()


def test_a_path_is_named_below_the_folder_of_files_or_refused(tmp_path: Path, study: Path) -> None:
    files = tmp_path / "files"
    assert local_address(study, files) == "file:our_study"
    assert local_address(study / "meta_study.txt", files) == "file:our_study/meta_study.txt"
    (files / "empty").mkdir()
    for path, said in (
        (files / "none", "there is no such file"),
        (files / "empty", "the folder is empty"),
        (tmp_path, "does not lie under the folder of files"),
    ):
        with pytest.raises(CatalogError, match=said):
            local_address(path, files)
