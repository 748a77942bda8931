"""The lock of sources that belongs to the checkout: no run writes it, and it is written when asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.errors import ChecksumMismatchError, StorageError
from ingestion.fetching.sources_lock import SourcesLock
from warehouse.project_lock import take_over
from warehouse.settings import PROJECT_LOCK, Settings

PINNED = next(a for a, e in SourcesLock(PROJECT_LOCK).entries().items() if e.pinned)
UNPINNED = "https://files.example/table.tsv"
A, B = "a" * 64, "b" * 64


@pytest.mark.parametrize(("mirror", "demo"), [(None, False), (Path("m"), False), (Path("m"), True)])
def test_a_run_writes_beside_its_data_and_never_into_the_checkout(
    tmp_path: Path, mirror: Path | None, demo: bool
) -> None:
    before = PROJECT_LOCK.read_bytes()
    lock = Settings(data=tmp_path, catalog=tmp_path, mirror=mirror, demo=demo).lock()
    lock.record(UNPINNED, sha256=A, n_bytes=1, licence="CC0")
    assert lock.path.parent == tmp_path and lock.path.exists()
    assert PROJECT_LOCK.read_bytes() == before


@pytest.mark.parametrize("mirror", [None, Path("m")])
def test_what_is_pinned_must_be_the_bytes_that_the_project_has_read(
    tmp_path: Path, mirror: Path | None
) -> None:
    lock = Settings(data=tmp_path, catalog=tmp_path, mirror=mirror, demo=False).lock()
    with pytest.raises(ChecksumMismatchError, match=r"sources\.lock\.json recorded"):
        lock.record(PINNED, sha256=A, n_bytes=1, licence="CC0")
    assert not lock.path.exists()


def test_the_project_takes_over_what_was_read_and_says_what_has_changed(tmp_path: Path) -> None:
    own, project = SourcesLock(tmp_path / "own.json"), SourcesLock(tmp_path / "project.json")
    with pytest.raises(StorageError, match="nothing has been read over https"):
        take_over(own, project)
    project.record(UNPINNED, sha256=A, n_bytes=1, licence="CC0")
    own.record(UNPINNED, sha256=B, n_bytes=2, licence="CC0", etag='"v2"')
    own.record(PINNED, sha256=B, n_bytes=3, licence="CC0")
    (change,) = take_over(own, project)
    assert (change.address, change.old_sha256, change.new_sha256) == (UNPINNED, A, B)
    entry = project.get(UNPINNED)
    assert entry is not None and entry.etag == '"v2"' and entry.previous[0].sha256 == A
    assert project.get(PINNED) is not None
