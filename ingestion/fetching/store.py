"""Content-addressed store of raw bytes: ``<data>/raw/sha256/ab/<sha256>``, read-only, never overwritten.
Files that hold private values have a store of their own, ``<data>/private``, which nobody but its owner can enter.

Whatever is kept here can be named by its checksum for ever. The store knows no addresses, licences or
formats: those are ``sources_lock`` and ``archives``. Only unfinished work (``<data>/raw/partial``) changes.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ingestion.errors import ChecksumMismatchError, DiskFullError, StorageError, TooLargeError

CHUNK_BYTES = 1 << 20
# EFBIG is what a per-process file size limit gives: for the user the same trouble with the same remedy.
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_STALE_AFTER_S = 24 * 3600.0


@dataclass(frozen=True)
class StoredFile:
    """One file of the store: checksum (hex), size in bytes, and where it lies."""

    sha256: str
    bytes: int
    path: Path


class ContentStore:
    """Files named by their sha256 below ``<data_dir>/raw``, or below ``<data_dir>/private`` for their owner alone.

    Several processes may use one store at a time: a file appears under its name complete or not at all.

    Parameters
    ----------
    is_private : folders have mode 0700, files 0600.
    """

    def __init__(self, data_dir: Path, *, is_private: bool = False) -> None:
        self.root = Path(data_dir) / ("private" if is_private else "raw")
        self.partial_dir = self.root / "partial"
        self.is_private = is_private
        self._mode = 0o600 if is_private else 0o444

    def prepare(self) -> None:
        """Make the store's folder; a private one is closed before anything is written below it."""
        with storage_errors(self.root):
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700 if self.is_private else 0o777)
            if self.is_private:
                self.root.chmod(0o700)

    def take_in(self, sha256: str, other: ContentStore) -> None:
        """Move a file over from another store, which then has it no longer; nothing where it is not there."""
        if not other.has(sha256):
            return
        self.prepare()
        with storage_errors(self.root):
            source, target = other.path_of(sha256), self.path_of(sha256)
            if not self.has(sha256):
                target.parent.mkdir(parents=True, exist_ok=True)
                source.chmod(self._mode)
                source.replace(target)
                _sync_folder(target.parent)
            else:
                source.unlink()

    def path_of(self, sha256: str) -> Path:
        """Where a file with this checksum lies, or would lie."""
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise ValueError(f"not a sha256 in lower-case hexadecimal: {sha256!r}")
        return self.root / "sha256" / sha256[:2] / sha256

    def has(self, sha256: str, n_bytes: int | None = None) -> bool:
        """Whether the file is there (and has this size); its content is not read."""
        try:
            found = self.path_of(sha256).stat().st_size
        except FileNotFoundError:
            return False
        return n_bytes is None or found == n_bytes

    def get(self, sha256: str, *, verify: bool = False) -> StoredFile:
        """The stored file; with ``verify`` its bytes are hashed again.

        Raises
        ------
        StorageError : no such file. ChecksumMismatchError : its bytes no longer match its name.
        """
        path = self.path_of(sha256)
        if not self.has(sha256):
            raise StorageError("the stored file is missing", where=str(path), remedy="run again to fetch it")
        if verify and sha256_of(path) != sha256:
            raise ChecksumMismatchError(
                "the stored file is damaged, its bytes do not match its name",
                where=str(path),
                remedy="check the disk, delete this file and run again to fetch it",
            )
        return StoredFile(sha256, path.stat().st_size, path)

    def add_file(self, source: Path, *, max_bytes: int) -> StoredFile:
        """Copy a file into the store; the file itself is left alone.

        Raises
        ------
        TooLargeError : more than ``max_bytes``. DiskFullError, StorageError : nothing is left behind.
        """
        return self.add_chunks(read_chunks(source), str(source), max_bytes=max_bytes)

    def add_chunks(self, chunks: Iterable[bytes], where: str, *, max_bytes: int) -> StoredFile:
        """Write a file of these bytes into the store. Raises as `add_file`; ``where`` names them in a sentence."""
        self.prepare()
        target = self.partial_dir / f"tmp-{os.getpid()}-{secrets.token_hex(8)}"
        writer = PartialFile(target, mode=0o600 if self.is_private else 0o644)
        try:
            writer.append(b"")
            for chunk in chunks:
                if writer.size + len(chunk) > max_bytes:
                    raise too_large(where, max_bytes)
                writer.append(chunk)
            writer.close()
            return self.adopt(target)
        finally:
            writer.discard()

    def adopt(self, path: Path, sha256: str | None = None) -> StoredFile:
        """Move a finished file of ``partial_dir`` into the store under its checksum.

        An intact file that is there already stays untouched and ``path`` is removed. A file of another size
        cannot be the content its name promises (a disk fault), so only such a one is replaced.
        ``sha256`` spares hashing when the caller has just done it.
        """
        with storage_errors(self.root):
            digest = sha256 or sha256_of(path)
            n_bytes = path.stat().st_size
            target = self.path_of(digest)
            if self.has(digest, n_bytes):
                path.unlink()
                return StoredFile(digest, n_bytes, target)
            target.parent.mkdir(parents=True, exist_ok=True)
            with path.open("rb") as handle:
                os.fsync(handle.fileno())
            path.chmod(self._mode)
            path.replace(target)
            _sync_folder(target.parent)
            return StoredFile(digest, n_bytes, target)

    def sweep_temporaries(self) -> None:
        """Remove copies that a killed process left more than a day ago; unfinished downloads stay."""
        for path in self.partial_dir.glob("tmp-*"):
            with storage_errors(self.partial_dir), contextlib.suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > _STALE_AFTER_S:
                    path.unlink()


class PartialFile:
    """A file that grows until the store adopts it or its owner discards it."""

    def __init__(self, path: Path, *, mode: int = 0o644) -> None:
        self.path = path
        self._mode = mode
        self._descriptor: int | None = None
        with storage_errors(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
        self.size = path.stat().st_size if path.exists() else 0

    def append(self, chunk: bytes) -> None:
        """Write all of ``chunk`` at the end; an empty one just creates the file.

        Raises
        ------
        DiskFullError, StorageError : what was written so far stays until the owner calls `discard`.
        """
        with storage_errors(self.path.parent):
            if self._descriptor is None:
                self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, self._mode)
            view = memoryview(chunk)
            while view:
                written = os.write(self._descriptor, view)
                view = view[written:]
                self.size += written

    def close(self) -> None:
        """Close the descriptor; the file stays, a later `append` goes on."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)

    def discard(self) -> None:
        """Remove the file; a later `append` starts a new one."""
        self.close()
        self.path.unlink(missing_ok=True)
        self.size = 0


def sha256_of(path: Path) -> str:
    """Checksum of a file as 64 hexadecimal digits."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def read_chunks(path: Path) -> Iterator[bytes]:
    """The bytes of a file in pieces of 1 MiB."""
    with path.open("rb") as handle:
        while chunk := handle.read(CHUNK_BYTES):
            yield chunk


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a small file as a whole: temporary file beside it, fsync, rename.

    Raises
    ------
    DiskFullError, StorageError : the old file is as it was and no temporary file is left.
    """
    temporary = PartialFile(path.parent / f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        temporary.append(content)
        temporary.close()
        with storage_errors(path.parent):
            with temporary.path.open("rb") as handle:
                os.fsync(handle.fileno())
            temporary.path.replace(path)
            _sync_folder(path.parent)
    finally:
        temporary.discard()


@contextlib.contextmanager
def storage_errors(folder: Path) -> Iterator[None]:
    """Turn operating-system errors of a write into DiskFullError or StorageError that names the folder."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise DiskFullError(
                "no space is left for writing (disk, quota or file size limit)",
                where=str(folder),
                remedy="free some space or point ICB_DATA at a larger disk, then run again",
            ) from error
        named = str(error.filename or "")  # of a link that cannot be made it is where the link would lead
        raise StorageError(
            f"it cannot be written or read ({error.strerror or error})",
            where=named if os.path.isabs(named) else str(folder),
            remedy="check that the folder exists on a mounted disk and that you may write to it",
        ) from error


def too_large(where: str, max_bytes: int) -> TooLargeError:
    return TooLargeError(
        f"the file is larger than the limit of {max_bytes:,} bytes",
        where=where,
        remedy="check the address, or raise max_bytes for this source if the size is right",
    )


def _sync_folder(folder: Path) -> None:
    # Without this a power cut may forget the rename although the file's bytes were synced.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
