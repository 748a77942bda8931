"""The content-addressed store: complete or absent, read-only, never overwritten."""

from __future__ import annotations

import errno
import hashlib
import os
import resource
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from waiting import CI_LIMIT_S

from ingestion.errors import ChecksumMismatchError, DiskFullError, StorageError, TooLargeError
from ingestion.fetching.store import ContentStore, StoredFile, write_atomically

ROOT = Path(__file__).parents[3]
CONTENT = b"PATIENT_ID\nP1\n"
Keep = Callable[[bytes], StoredFile]


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    return ContentStore(tmp_path)


@pytest.fixture
def keep(store: ContentStore, tmp_path_factory: pytest.TempPathFactory) -> Keep:
    """Puts a file with the given bytes into the store; the file itself lies elsewhere."""
    source = tmp_path_factory.mktemp("elsewhere") / "table.tsv"

    def copied(content: bytes) -> StoredFile:
        source.write_bytes(content)
        return store.add_file(source, max_bytes=1 << 20)

    return copied


def files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@contextmanager
def file_size_limit(n_bytes: int) -> Iterator[None]:
    """The kernel itself refuses to let any file grow beyond ``n_bytes``."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_file_lies_under_its_checksum_and_is_read_only(keep: Keep, tmp_path: Path) -> None:
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    stored = keep(CONTENT)
    assert stored.path == tmp_path / "raw" / "sha256" / sha256[:2] / sha256
    assert stored.path.read_bytes() == CONTENT and stored.bytes == len(CONTENT)
    assert stat.S_IMODE(stored.path.stat().st_mode) == 0o444
    assert files_below(tmp_path) == [stored.path]


def test_an_empty_file_can_be_kept(keep: Keep) -> None:
    assert keep(b"").sha256 == hashlib.sha256(b"").hexdigest()


def test_a_file_that_is_there_already_is_never_written_again(
    store: ContentStore, keep: Keep, tmp_path: Path
) -> None:
    path = keep(CONTENT).path
    before = path.stat()
    source = tmp_path / "copy.tsv"
    source.write_bytes(CONTENT)
    assert store.add_file(source, max_bytes=100).path == path
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert files_below(tmp_path) == sorted([path, source])


def test_a_copied_file_is_left_alone_at_its_place(store: ContentStore, tmp_path: Path) -> None:
    source = tmp_path / "table.tsv"
    source.write_bytes(CONTENT)
    source.chmod(0o640)
    store.add_file(source, max_bytes=100)
    assert source.read_bytes() == CONTENT and stat.S_IMODE(source.stat().st_mode) == 0o640


def test_a_file_beyond_the_limit_is_refused_and_leaves_nothing(store: ContentStore, tmp_path: Path) -> None:
    source = tmp_path / "table.tsv"
    source.write_bytes(CONTENT)
    with pytest.raises(TooLargeError, match=r"table\.tsv: .*limit of 5 bytes"):
        store.add_file(source, max_bytes=5)
    assert files_below(tmp_path) == [source]


def test_damage_is_found_when_verification_is_asked_for(store: ContentStore, keep: Keep) -> None:
    stored = keep(CONTENT)
    stored.path.chmod(0o644)
    stored.path.write_bytes(CONTENT[::-1])
    assert store.get(stored.sha256) == stored
    with pytest.raises(ChecksumMismatchError, match=r"damaged.*delete this file and run again"):
        store.get(stored.sha256, verify=True)


def test_a_stored_file_of_the_wrong_size_does_not_count_and_is_mended(
    store: ContentStore, keep: Keep
) -> None:
    stored = keep(CONTENT)
    stored.path.chmod(0o644)
    stored.path.write_bytes(b"PAT")
    assert not store.has(stored.sha256, len(CONTENT))
    assert keep(CONTENT).path.read_bytes() == CONTENT


def test_a_missing_file_is_one_sentence(store: ContentStore) -> None:
    with pytest.raises(StorageError, match="the stored file is missing; run again"):
        store.get("0" * 64)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63])
def test_only_a_checksum_can_name_a_stored_file(store: ContentStore, name: str) -> None:
    with pytest.raises(ValueError, match="not a sha256"):
        store.path_of(name)


def test_when_the_system_refuses_to_write_more_no_half_file_is_left(
    store: ContentStore, keep: Keep, tmp_path: Path
) -> None:
    kept = keep(CONTENT)
    source = tmp_path / "table.tsv"
    source.write_bytes(b"x" * 300_000)
    with file_size_limit(100_000), pytest.raises(DiskFullError, match="no space is left"):
        store.add_file(source, max_bytes=1 << 20)
    assert files_below(tmp_path) == sorted([kept.path, source])


def test_a_disk_that_fills_up_at_the_last_step_leaves_nothing(
    keep: Keep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFullError, match=r"raw: no space is left.*point ICB_DATA at a larger disk"):
        keep(CONTENT)
    assert files_below(tmp_path) == []


def test_a_data_folder_that_is_a_file_is_one_sentence(keep: Keep, tmp_path: Path) -> None:
    (tmp_path / "raw").write_text("not a folder")
    with pytest.raises(StorageError, match="cannot be written or read"):
        keep(CONTENT)


def test_a_small_file_is_replaced_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "notes.json"
    write_atomically(path, b"old")
    with file_size_limit(10), pytest.raises(DiskFullError):
        write_atomically(path, b"n" * 50)
    assert path.read_bytes() == b"old" and files_below(tmp_path) == [path]
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new" and files_below(tmp_path) == [path]


def test_copies_that_a_killed_process_left_are_swept_but_fresh_ones_and_downloads_stay(
    store: ContentStore,
) -> None:
    store.partial_dir.mkdir(parents=True)
    stale, fresh, download = (store.partial_dir / name for name in ("tmp-1-a", "tmp-2-b", "abc.part"))
    for path in (stale, fresh, download):
        path.write_bytes(b"x")
    two_days_ago = time.time() - 48 * 3600
    os.utime(stale, (two_days_ago, two_days_ago))
    os.utime(download, (two_days_ago, two_days_ago))
    store.sweep_temporaries()
    assert files_below(store.partial_dir) == sorted([fresh, download])


def test_two_processes_that_keep_the_same_files_do_not_disturb_each_other(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    code = f"""
import sys
from pathlib import Path
from ingestion.fetching.store import ContentStore
folder, source = Path({str(tmp_path)!r}), Path(sys.argv[1])
store = ContentStore(folder)
for i in range(100):
    source.write_bytes(b"%d" % i * 5000)
    store.add_file(source, max_bytes=100_000)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    sources = [tmp_path_factory.mktemp("elsewhere") / "table.tsv" for _ in range(2)]
    runs = [subprocess.Popen([sys.executable, "-c", code, source], env=environment) for source in sources]
    assert [run.wait(timeout=CI_LIMIT_S) for run in runs] == [0, 0]
    files = files_below(tmp_path)
    assert {path.name for path in files} == {hashlib.sha256(b"%d" % i * 5000).hexdigest() for i in range(100)}
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == path.name for path in files)
