"""The lock file: stable text, pinned checksums, former versions, several writers."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from waiting import CI_LIMIT_S

from ingestion.errors import ChecksumMismatchError, DiskFullError, StorageError
from ingestion.fetching.sources_lock import SourceChange, SourcesLock, TableDifference, compare_tables

ROOT = Path(__file__).parents[3]
PINNED = "https://x.example/0123456789abcdef0123456789abcdef01234567/a.tsv"
UNPINNED = "https://x.example/b.tsv"
A, B, C = "a" * 64, "b" * 64, "c" * 64


class Clock:
    """Goes on by one day at every look."""

    def __init__(self) -> None:
        self.day = 0

    def __call__(self) -> datetime:
        self.day += 1
        return datetime(2024, 1, self.day, 12, 30, 15, 999, tzinfo=UTC)


@pytest.fixture
def lock(tmp_path: Path) -> SourcesLock:
    return SourcesLock(tmp_path / "sources.lock.json", now=Clock())


def test_what_was_read_is_recorded_in_full(lock: SourcesLock) -> None:
    assert lock.record(UNPINNED, sha256=A, n_bytes=7, licence="ODbL", etag='"v1"') is None
    assert json.loads(lock.path.read_text()) == {
        "format": 1,
        "sources": {
            UNPINNED: {
                "bytes": 7,
                "etag": '"v1"',
                "first_read": "2024-01-01T12:30:15Z",
                "licence": "ODbL",
                "pinned": False,
                "previous": [],
                "sha256": A,
            }
        },
    }


def test_reading_the_same_again_does_not_touch_the_file(lock: SourcesLock) -> None:
    lock.record(PINNED, sha256=A, n_bytes=7, licence="ODbL")
    status, content = lock.path.stat(), lock.path.read_bytes()
    lock.record(PINNED, sha256=A, n_bytes=7, licence="ODbL")
    now = lock.path.stat()
    assert (now.st_ino, now.st_mtime_ns) == (status.st_ino, status.st_mtime_ns)
    assert lock.path.read_bytes() == content


def test_the_text_does_not_depend_on_the_order_of_reading(tmp_path: Path) -> None:
    texts = []
    for name, order in (("one", (PINNED, UNPINNED)), ("two", (UNPINNED, PINNED))):
        lock = SourcesLock(tmp_path / name, now=lambda: datetime(2024, 1, 1, tzinfo=UTC))
        for address in order:
            lock.record(address, sha256=A, n_bytes=1, licence="MIT")
        texts.append(lock.path.read_text())
    assert texts[0] == texts[1] and texts[0].endswith("}\n")
    assert list(json.loads(texts[0])["sources"]) == sorted([PINNED, UNPINNED])


def test_one_new_source_adds_lines_and_changes_none(lock: SourcesLock) -> None:
    lock.record(UNPINNED, sha256=A, n_bytes=1, licence="MIT")
    before = lock.path.read_text().splitlines()
    lock.record(PINNED, sha256=B, n_bytes=1, licence="MIT")
    after = lock.path.read_text().splitlines()
    remaining = iter(after)
    assert all(line in remaining for line in before), "the old lines are there, in their order"


def test_a_pinned_source_with_another_checksum_is_refused_and_the_record_stays(lock: SourcesLock) -> None:
    lock.record(PINNED, sha256=A, n_bytes=1, licence="MIT")
    text = lock.path.read_text()
    with pytest.raises(ChecksumMismatchError) as caught:
        lock.record(PINNED, sha256=B, n_bytes=2, licence="MIT")
    for part in (PINNED, A, B, str(lock.path), "remove the entry"):
        assert part in str(caught.value)
    assert lock.path.read_text() == text and lock.changes == []


def test_a_changed_unpinned_source_becomes_a_new_version_and_is_reported_for_the_run(
    lock: SourcesLock,
) -> None:
    lock.record(UNPINNED, sha256=A, n_bytes=1, licence="MIT")
    difference = TableDifference(3, 1, ("AGE",), ())
    change = lock.record(UNPINNED, sha256=B, n_bytes=2, licence="MIT", difference=difference)
    assert change == SourceChange(UNPINNED, A, B, 1, 2, difference)
    lock.record(UNPINNED, sha256=B, n_bytes=2, licence="MIT")
    lock.record(UNPINNED, sha256=C, n_bytes=3, licence="MIT")
    assert [(c.old_sha256, c.new_sha256) for c in lock.changes] == [(A, B), (B, C)]
    entry = lock.get(UNPINNED)
    assert entry is not None and (entry.sha256, entry.first_read[:10]) == (C, "2024-01-04")
    assert [(old.sha256, old.bytes, old.first_read[:10]) for old in entry.previous] == [
        (A, 1, "2024-01-01"),
        (B, 2, "2024-01-02"),
    ]


def test_a_new_licence_or_validator_is_noted_without_a_new_version(lock: SourcesLock) -> None:
    lock.record(UNPINNED, sha256=A, n_bytes=1, licence="unknown", etag='"v1"')
    assert lock.record(UNPINNED, sha256=A, n_bytes=1, licence="CC BY 4.0", etag='"v2"') is None
    entry = lock.get(UNPINNED)
    assert entry is not None and (entry.licence, entry.etag, entry.previous) == ("CC BY 4.0", '"v2"', ())
    assert entry.first_read[:10] == "2024-01-01"


def test_only_a_pinned_address_has_a_checksum_to_expect_first_its_own_then_the_baseline(
    lock: SourcesLock, tmp_path: Path
) -> None:
    lock.record(PINNED, sha256=A, n_bytes=1, licence="MIT")
    lock.record(UNPINNED, sha256=A, n_bytes=1, licence="MIT")
    assert (lock.expected_sha256(PINNED), lock.expected_sha256(UNPINNED)) == (A, None)
    of_mirror = SourcesLock(tmp_path / "data" / "sources.mirror.lock.json", baseline=lock.path)
    assert of_mirror.expected_sha256(PINNED) == A
    with pytest.raises(ChecksumMismatchError, match=r"sources\.lock\.json"):
        of_mirror.record(PINNED, sha256=B, n_bytes=1, licence="MIT")
    of_mirror.record(UNPINNED, sha256=B, n_bytes=1, licence="MIT")
    entry = lock.get(UNPINNED)
    assert entry is not None and entry.sha256 == A, "the project's file is only read"


@pytest.mark.parametrize(
    "text",
    [
        "{", "[]", '{"format": 2}', '{"format": 1, "sources": {"https://x.example/a": {}}}',
        '{"sources": {}, "surprise": 1}', "\xff",
    ],
)  # fmt: skip
def test_a_broken_lock_file_is_one_sentence_and_is_not_overwritten(lock: SourcesLock, text: str) -> None:
    lock.path.write_bytes(text.encode("latin-1"))
    with pytest.raises(StorageError, match=r"cannot be understood.*restore it from version control"):
        lock.record(UNPINNED, sha256=A, n_bytes=1, licence="MIT")
    assert lock.path.read_bytes() == text.encode("latin-1")


def test_a_full_disk_leaves_the_old_lock_file(lock: SourcesLock, monkeypatch: pytest.MonkeyPatch) -> None:
    lock.record(UNPINNED, sha256=A, n_bytes=1, licence="MIT")
    text = lock.path.read_text()

    def full(_: int, __: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(DiskFullError):
            lock.record(UNPINNED, sha256=B, n_bytes=1, licence="MIT")
    assert lock.path.read_text() == text and lock.changes == []
    assert [path.name for path in lock.path.parent.iterdir() if path.suffix == ".tmp"] == []


def test_two_processes_that_record_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from ingestion.fetching.sources_lock import SourcesLock
lock = SourcesLock(Path(sys.argv[1]))
for i in range(40):
    lock.record(f"https://x.example/{sys.argv[2]}/{i}", sha256="a" * 64, n_bytes=i, licence="MIT")
"""
    path = tmp_path / "sources.lock.json"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    runs = [
        subprocess.Popen([sys.executable, "-c", code, str(path), who], env=environment) for who in ("p", "q")
    ]
    assert [run.wait(timeout=CI_LIMIT_S) for run in runs] == [0, 0]
    assert set(SourcesLock(path).entries()) == {
        f"https://x.example/{who}/{i}" for who in "pq" for i in range(40)
    }


def test_a_writer_sees_what_another_wrote_since(tmp_path: Path) -> None:
    one, other = (SourcesLock(tmp_path / "lock.json") for _ in range(2))
    one.record(UNPINNED, sha256=A, n_bytes=1, licence="MIT")
    assert one.get(UNPINNED) == other.get(UNPINNED)
    other.record(UNPINNED, sha256=B, n_bytes=1, licence="MIT")
    entry = one.get(UNPINNED)
    assert entry is not None and entry.sha256 == B


# ---------------------------------------------------------------- what changed in a table


def difference(tmp_path: Path, old: bytes, new: bytes) -> TableDifference | None:
    (tmp_path / "old").write_bytes(old)
    (tmp_path / "new").write_bytes(new)
    return compare_tables(tmp_path / "old", tmp_path / "new")


def test_lines_are_compared_as_a_multiset_so_that_order_does_not_matter(tmp_path: Path) -> None:
    old, new = b"ID,X\nA,1\nB,2\nB,2\n", b"ID,X\nB,2\nC,3\nA,1\n"
    assert difference(tmp_path, old, new) == TableDifference(1, 1, (), ())


def test_columns_are_taken_from_the_header_below_comment_lines(tmp_path: Path) -> None:
    old = b"#version 2.4\nGene\tSample\tOld\nTP53\tS1\tx\n"
    new = b"\xef\xbb\xbf#version 2.4\r\nGene\tSample\tNew\r\nTP53\tS1\tx\r\n"
    assert difference(tmp_path, old, new) == TableDifference(1, 1, ("New",), ("Old",))


def test_gzipped_tables_are_compared_by_content(tmp_path: Path) -> None:
    old, new = gzip.compress(b"ID;X\nA;1\n"), gzip.compress(b"ID;X\nA;1\nB;2\n")
    assert difference(tmp_path, old, new) == TableDifference(1, 0, (), ())


@pytest.mark.parametrize(
    "new",
    [
        b"PK\x03\x04\x00\x00",
        gzip.compress(b"ID\n" * 1000)[:-9],
        gzip.compress(b"ID\n") + gzip.compress(b"A\n"),
        b"\x1f\x8bnot gzip",
    ],
)
def test_what_is_not_one_whole_text_table_is_not_compared(tmp_path: Path, new: bytes) -> None:
    assert difference(tmp_path, b"ID\nA\n", new) is None
