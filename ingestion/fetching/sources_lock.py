"""The lock file: checksum, size and licence of what each address served last, and what it was before.

The project's file (``sources.lock.json``) speaks about public addresses and belongs to the checkout; every run keeps
its own beside its data (``sources.https.lock.json``, ``sources.mirror.lock.json``), so the path is an argument.
Nothing is written when nothing changed. Reading addresses is ``fetch``; keeping bytes is ``store``.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingestion.errors import ChecksumMismatchError, StorageError
from ingestion.fetching.addresses import is_pinned
from ingestion.fetching.store import storage_errors, write_atomically

_FORMAT = 1
_WAIT_FOR_OTHER_PROCESS_S = 60.0
# Comparing holds both versions and a count per line in memory: bounded, and "cheap or not at all".
_COMPARE_MAX_BYTES = 64 << 20


class SourceVersion(BaseModel):
    """One content that an address once had. ``first_read`` is UTC, ISO 8601, to the second."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    bytes: int = Field(ge=0)
    first_read: str


class LockEntry(SourceVersion):
    """What an address holds now, with the server's validators (when it gives any) and former versions."""

    licence: str
    pinned: bool
    etag: str | None = None
    last_modified: str | None = None
    previous: tuple[SourceVersion, ...] = ()  # oldest first


class _LockFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: int = Field(default=_FORMAT, ge=_FORMAT, le=_FORMAT)
    sources: dict[str, LockEntry] = Field(default_factory=dict)


@dataclass(frozen=True)
class TableDifference:
    """How one version of a text table differs from the one before; header included in the line counts."""

    lines_added: int
    lines_removed: int
    columns_added: tuple[str, ...]
    columns_removed: tuple[str, ...]


@dataclass(frozen=True)
class SourceChange:
    """An unpinned address that now serves other bytes. ``difference`` is None when it is not a text table."""

    address: str
    old_sha256: str
    new_sha256: str
    old_bytes: int
    new_bytes: int
    difference: TableDifference | None = None


class SourcesLock:
    """One lock file; safe with several processes, as each change is read, merge, replace under a lock.

    Parameters
    ----------
    path : the lock file; it is created by the first `record`.
    baseline : a second lock file, only read, whose checksums of pinned addresses must also hold. A run gives the
        project's own file here: what is pinned must be the same bytes everywhere.
    now : clock, UTC.

    Attributes
    ----------
    changes : the changes that this object has recorded, in order; retained for the report of the run.
    """

    def __init__(
        self,
        path: Path,
        *,
        baseline: Path | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.path = Path(path)
        self._now = now
        self._cache: tuple[tuple[int, int, int], _LockFile] | None = None
        self._baseline = _read(baseline) if baseline is not None else _LockFile()
        self._baseline_path = baseline
        self.changes: list[SourceChange] = []

    def get(self, address: str) -> LockEntry | None:
        """What is recorded for an address, None when it was never read. Raises StorageError."""
        return self._load().sources.get(address)

    def entries(self) -> dict[str, LockEntry]:
        """All entries by address, sorted."""
        return dict(sorted(self._load().sources.items()))

    def expected_sha256(self, address: str) -> str | None:
        """The checksum that a pinned address must have: from this lock, else from the baseline, else None."""
        if not is_pinned(address):
            return None
        entry = self.get(address) or self._baseline.sources.get(address)
        return entry.sha256 if entry else None

    def check(self, address: str, sha256: str) -> None:
        """Raise ChecksumMismatchError when a pinned address comes with other bytes than were recorded."""
        if not is_pinned(address):
            return
        places = ((self.path, self.get(address)), (self._baseline_path, self._baseline.sources.get(address)))
        for path, entry in places:
            if entry is not None and entry.sha256 != sha256:
                raise ChecksumMismatchError(
                    f"the address is pinned by its commit, but its bytes have sha256 {sha256} "
                    f"where {path} recorded {entry.sha256}",
                    where=address,
                    remedy="if the transfer or the mirror is at fault replace that file and run again; "
                    f"if the new bytes are right remove the entry of this address from {path}",
                )

    def record(
        self,
        address: str,
        *,
        sha256: str,
        n_bytes: int,
        licence: str,
        etag: str | None = None,
        last_modified: str | None = None,
        difference: TableDifference | None = None,
    ) -> SourceChange | None:
        """Note what was read. Returns the change when an unpinned address now holds other bytes.

        Raises
        ------
        ChecksumMismatchError : a pinned address with other bytes; nothing is written.
        StorageError, DiskFullError : the lock file cannot be read or written; it is as it was.
        """
        change = None
        with self._exclusive():
            self.check(address, sha256)
            content = self._load()
            old = content.sources.get(address)
            entry = LockEntry(
                sha256=sha256, bytes=n_bytes, licence=licence, pinned=is_pinned(address),
                first_read=self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                etag=etag, last_modified=last_modified,
            )  # fmt: skip
            if old is not None and old.sha256 == sha256:
                entry = entry.model_copy(update={"first_read": old.first_read, "previous": old.previous})
            elif old is not None:
                former = SourceVersion(sha256=old.sha256, bytes=old.bytes, first_read=old.first_read)
                entry = entry.model_copy(update={"previous": (*old.previous, former)})
                change = SourceChange(address, old.sha256, sha256, old.bytes, n_bytes, difference)
            if entry != old:
                self._save(_LockFile(sources={**content.sources, address: entry}))
        if change is not None:
            self.changes.append(change)
        return change

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        guard = self.path.parent / f".{self.path.name}.lock"
        with storage_errors(self.path.parent):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(guard, timeout=_WAIT_FOR_OTHER_PROCESS_S)
            try:
                lock.acquire()
            except Timeout as error:
                raise StorageError(
                    f"another process has held the lock file for {_WAIT_FOR_OTHER_PROCESS_S:.0f} s",
                    where=str(guard),
                    remedy="wait for the other run to end, or stop it",
                ) from error
        try:
            yield
        finally:
            lock.release()

    def _load(self) -> _LockFile:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return _LockFile()
        # Every write replaces the file, so a new inode, time or size tells that another process wrote.
        stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
        if self._cache is None or self._cache[0] != stamp:
            self._cache = (stamp, _read(self.path))
        return self._cache[1]

    def _save(self, content: _LockFile) -> None:
        plain = content.model_dump(exclude_none=True)
        text = json.dumps(plain, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        write_atomically(self.path, text.encode())
        self._cache = None


def _read(path: Path) -> _LockFile:
    with storage_errors(path.parent):
        content = path.read_bytes() if path.exists() else b"{}"
    try:
        return _LockFile.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise StorageError(
            f"the lock file cannot be understood at {place} ({first['msg']})",
            where=str(path),
            remedy="restore it from version control, or delete it to record all sources anew",
        ) from error


def compare_tables(old: Path, new: Path) -> TableDifference | None:
    """Lines and columns that came and went between two versions of a (gzipped) text table.

    Lines are compared as a multiset, so that a mere new order is no difference. None when either version is
    larger than 64 MiB, or is not text.
    """
    texts = [_table_lines(path) for path in (old, new)]
    if texts[0] is None or texts[1] is None:
        return None
    before, after = (Counter(hash(line) for line in lines) for lines in (texts[0], texts[1]))
    old_columns, new_columns = (_columns(lines) for lines in (texts[0], texts[1]))
    return TableDifference(
        lines_added=(after - before).total(),
        lines_removed=(before - after).total(),
        columns_added=tuple(name for name in new_columns if name not in old_columns),
        columns_removed=tuple(name for name in old_columns if name not in new_columns),
    )


def _table_lines(path: Path) -> list[bytes] | None:
    if path.stat().st_size > _COMPARE_MAX_BYTES:
        return None
    content = path.read_bytes()
    if content.startswith(b"\x1f\x8b"):
        unpacked = zlib.decompressobj(wbits=31)
        try:
            content = unpacked.decompress(content, _COMPARE_MAX_BYTES)
        except zlib.error:
            return None
        if not unpacked.eof or unpacked.unused_data:
            return None
    if b"\x00" in content:
        return None
    return content.removeprefix(b"\xef\xbb\xbf").splitlines()


def _columns(lines: list[bytes]) -> tuple[str, ...]:
    header = next((line for line in lines if line.strip() and not line.startswith(b"#")), b"")
    delimiter = max((b"\t", b",", b";"), key=header.count)
    return tuple(name.strip(b' "').decode("utf-8", "replace") for name in header.split(delimiter))
