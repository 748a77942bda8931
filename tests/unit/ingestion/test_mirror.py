"""Reading the same addresses from a mirror folder (ICB_MIRROR)."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from loopback import BIG, PINNED, TABLE, UNPINNED, House

from ingestion.errors import (
    AddressNotFoundError,
    ChecksumMismatchError,
    NotTheExpectedFileError,
    TooLargeError,
    TruncatedError,
)
from ingestion.fetching.addresses import mirror_path
from ingestion.fetching.sources_lock import SourcesLock


@pytest.fixture
def mirrored(tmp_path: Path) -> House:
    mirror = tmp_path / "mirror"
    for address in (PINNED, UNPINNED):
        path = mirror_path(mirror, address)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(TABLE)
    return House(tmp_path, None, mirror)


def test_a_mirror_serves_the_same_address_without_a_client(mirrored: House) -> None:
    fetched = mirrored.fetch(PINNED, expected="text")
    assert (fetched.read_from, fetched.address) == ("mirror", PINNED)
    assert fetched.path.read_bytes() == TABLE and fetched.path.is_relative_to(mirrored.store.root)


def test_an_address_that_the_mirror_lacks_names_the_path_and_the_remedy(mirrored: House) -> None:
    missing = "https://files.example/absent.tsv"
    with pytest.raises(AddressNotFoundError) as caught:
        mirrored.fetch(missing)
    assert missing in str(caught.value) and f"{mirrored.mirror}/files.example/absent.tsv" in str(caught.value)
    assert "ICB_MIRROR" in caught.value.remedy


def test_a_changed_file_on_the_mirror_is_reported_when_unpinned_and_refused_when_pinned(
    mirrored: House,
) -> None:
    assert mirrored.mirror is not None
    for address in (PINNED, UNPINNED):
        mirrored.fetch(address)
        mirror_path(mirrored.mirror, address).write_bytes(TABLE + b"P3\t9\n")
    change = mirrored.fetch(UNPINNED).change
    assert change is not None and change.difference is not None
    assert (change.difference.lines_added, change.difference.lines_removed) == (1, 0)
    stored = mirrored.stored_files()
    mirror_path(mirrored.mirror, PINNED).write_bytes(b"damaged\n")
    with pytest.raises(ChecksumMismatchError, match="pinned"):
        mirrored.fetch(PINNED)
    assert mirrored.stored_files() == stored, "what was refused is not kept"


def test_a_mirror_is_held_to_the_pinned_checksums_of_the_project(mirrored: House, tmp_path: Path) -> None:
    project = SourcesLock(tmp_path / "project.lock.json")
    project.record(PINNED, sha256="a" * 64, n_bytes=1, licence="CC0")
    project.record(UNPINNED, sha256="b" * 64, n_bytes=1, licence="CC0")
    mirrored.lock = SourcesLock(tmp_path / "sources.mirror.lock.json", baseline=project.path)
    with pytest.raises(ChecksumMismatchError, match=r"project\.lock\.json"):
        mirrored.fetch(PINNED)
    assert mirrored.fetch(UNPINNED).change is None, "an unpinned address may differ"


def test_a_bad_file_on_the_mirror_is_refused_like_one_from_the_net(mirrored: House) -> None:
    assert mirrored.mirror is not None
    path = mirror_path(mirrored.mirror, UNPINNED)
    path.write_bytes(b"<html><head><title>404</title></head></html>")
    with pytest.raises(NotTheExpectedFileError, match="HTML"):
        mirrored.fetch(UNPINNED)
    path.write_bytes(BIG)
    with pytest.raises(TooLargeError):
        mirrored.fetch(UNPINNED, max_bytes=10)
    path.write_bytes(gzip.compress(BIG)[:1000])
    with pytest.raises(TruncatedError):
        mirrored.fetch(UNPINNED)
    assert mirrored.stored_files() == []


def test_limit_and_demanded_checksum_hold_on_a_mirror_also_for_bytes_that_are_stored(
    mirrored: House,
) -> None:
    mirrored.fetch(UNPINNED)
    with pytest.raises(TooLargeError, match="limit of 10 bytes"):
        mirrored.fetch(UNPINNED, max_bytes=10)
    with pytest.raises(ChecksumMismatchError, match="catalogue demands 0000"):
        mirrored.fetch(UNPINNED, sha256="0" * 64)
