"""Safe reading of what was downloaded: is it the expected kind of file, and what is inside tar, zip and gzip.

Everything here is a pure function of bytes (a path or a bytes object) and of limits. Nothing that an archive
says about itself is trusted: names, sizes and types are checked before a byte is written. What the members
mean is the parsers' business.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal

from ingestion.errors import (
    NotTheExpectedFileError,
    TruncatedError,
    UnsafeArchiveError,
)
from ingestion.fetching.archive_guard import RATIO_FREE_BYTES, REPORT, ArchiveLimits, MemberGuard
from ingestion.fetching.store import CHUNK_BYTES, storage_errors

ExpectedKind = Literal["gzip", "zip", "text"]

_HEAD_BYTES = 4096
#: No table, list or archive begins with a tag: it is a login or error page, or an error in XML.
_MARKUP_PAGE = re.compile(rb"\s*<(!--|!doctype\b|\?xml\b|/?[a-z][a-z0-9:-]*[\s/>])", re.IGNORECASE)
#: An error in JSON says so by one of these keys, or by a status of 400 or more; data that are larger are none.
_ERROR_KEYS = frozenset(
    {"error", "errors", "errormessage", "exception", "fault", "message", "detail", "details", "reason"}
)
_STATUS_KEYS = frozenset({"status", "statuscode", "code"})
_ERROR_MAX_BYTES = 1 << 16
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_AGAIN = "delete the damaged copy and fetch the file again"
_CORRECT = "open the address in a browser to see what it serves now, then correct the catalogue"
_TAR_METADATA_MAX_BYTES = 1 << 20  # a long name or pax header; an honest one has a few hundred bytes


IN_MEMORY_LIMITS = ArchiveLimits(max_member_bytes=1 << 30)
ON_DISK_LIMITS = ArchiveLimits()


def check_kind(
    content: Path | bytes, expected: ExpectedKind | None, *, source: str, whole: bool = True
) -> None:
    """Raise unless the content can be what is expected.

    Parameters
    ----------
    expected : "gzip" (a tarball too), "zip" (XLSX too), "text", or None when nothing is known.
    source : address or file name for the error.
    whole : also read a gzip stream to its end, and a zip's directory; False looks at the first 4 KiB only.

    Raises
    ------
    NotTheExpectedFileError : empty, an HTML or XML page, an error in JSON, a Git LFS pointer, or another kind.
    TruncatedError : right kind, but cut or damaged. UnsafeArchiveError : a compression bomb.
    """
    head = _head(content)
    found = "an error message in JSON" if _is_json_error(content, head) else _describe(head)
    if found in ("nothing", "an HTML or XML page", "an error message in JSON", "a Git LFS pointer"):
        remedy = _CORRECT
        if found == "a Git LFS pointer":
            remedy = "use the address under media.githubusercontent.com/media/, which serves the file itself"
        raise NotTheExpectedFileError(f"there is {found} in place of the file", where=source, remedy=remedy)
    names = {"gzip": "a gzip file", "zip": "a zip file", "text": "a text file"}
    if expected is not None and found != names[expected]:
        raise NotTheExpectedFileError(
            f"it is {found} where {names[expected]} was expected",
            where=source,
            remedy="correct the address, or the kind of file that the catalogue declares for it",
        )
    if not whole:
        return
    if found == "a gzip file":
        with open_gzip(content, source=source) as stream:
            while stream.read(CHUNK_BYTES):
                pass
    elif found == "a zip file":
        with _archive_errors(source), _opened(content) as handle, zipfile.ZipFile(handle) as archive:
            _checked_zip(archive, _size(content), MemberGuard(source, ON_DISK_LIMITS))


def is_archive(content: Path | bytes) -> bool:
    """Whether it is a gzip or zip file, which marks its own end."""
    return _describe(_head(content)) in ("a gzip file", "a zip file")


def iter_members(
    content: Path | bytes,
    *,
    source: str,
    wanted: Callable[[str], bool] | None = None,
    limits: ArchiveLimits = IN_MEMORY_LIMITS,
) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of the regular files in a tar, tar.gz or zip, in archive order, one at a time.

    Every member is checked, also those that are not ``wanted``; nothing is written to disk. Names are
    normalised ("./a" is "a").

    Raises
    ------
    NotTheExpectedFileError, TruncatedError, TooLargeError, UnsafeArchiveError
    """
    with _archive_errors(source):
        for name, stream in _members(content, source, wanted, limits):
            yield name, stream.read()


@contextmanager
def open_gzip(
    content: Path | bytes, *, source: str, max_bytes: int = ON_DISK_LIMITS.max_total_bytes
) -> Iterator[IO[bytes]]:
    """Open a gzip file as a binary stream of its unpacked bytes, checked while it is read.

    Raises (on reading)
    -------------------
    NotTheExpectedFileError, TruncatedError, TooLargeError, UnsafeArchiveError
    """
    limits = ArchiveLimits(max_total_bytes=max_bytes)
    with _opened(content) as handle:
        yield io.BufferedReader(_BoundedGzip(handle, _size(content), source, limits), CHUNK_BYTES)


def _members(
    content: Path | bytes, source: str, wanted: Callable[[str], bool] | None, limits: ArchiveLimits
) -> Iterator[tuple[str, IO[bytes]]]:
    head = _head(content)
    found = _describe(head)
    guard = MemberGuard(source, limits)
    if found == "a zip file":
        members = _zip_members(content, guard)
    elif found == "a gzip file":
        members = _tar_members(content, guard, packed=True)
    elif head[257:262] == b"ustar":
        members = _tar_members(content, guard, packed=False)
    else:
        raise NotTheExpectedFileError(
            f"it is {found} where a tar, tar.gz or zip archive was expected",
            where=source,
            remedy=_CORRECT,
        )
    for name, stream in members:
        if wanted is None or wanted(name):
            yield name, stream
    if not guard.n_members:
        raise NotTheExpectedFileError("the archive is empty", where=source, remedy=_CORRECT)


class _BoundedGzip(io.RawIOBase):
    """Unpacked bytes of a gzip stream, with limits on size and ratio, and our errors for damaged data."""

    def __init__(self, handle: IO[bytes], packed_bytes: int, source: str, limits: ArchiveLimits) -> None:
        self._stream = gzip.GzipFile(fileobj=handle)
        self._guard = MemberGuard(source, limits)
        self._packed_bytes = packed_bytes
        self._n_read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        source, limits = self._guard.source, self._guard.limits
        try:
            chunk = self._stream.read1(len(buffer))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            why = "ends too early" if isinstance(error, EOFError) else f"is damaged ({error})"
            raise TruncatedError(f"the gzip data {why}", where=source, remedy=_AGAIN) from error
        self._n_read += len(chunk)
        if self._n_read > limits.max_total_bytes:
            raise self._guard.too_large("the gzip file", limits.max_total_bytes)
        if self._n_read > max(RATIO_FREE_BYTES, limits.max_ratio * self._packed_bytes):
            raise self._guard.bomb()
        buffer[: len(chunk)] = chunk
        return len(chunk)


class _HeaderFaultError(Exception):
    """A tar header that tarfile would pass over in silence."""


class _StrictTarInfo(tarfile.TarInfo):
    """tarfile takes a broken header in mid-archive for its end, and reads metadata of any size at once."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _StrictTarInfo:
        info = super().frombuf(buf, encoding, errors)
        if info.type == tarfile.GNUTYPE_SPARSE or info.size < 0:
            raise _HeaderFaultError("a sparse member, or one of negative size")
        if info.type in _TAR_METADATA_TYPES and info.size > _TAR_METADATA_MAX_BYTES:
            raise _HeaderFaultError(f"{info.size:,} bytes of metadata for one member")
        return info

    @classmethod
    def fromtarfile(cls, tar: tarfile.TarFile) -> _StrictTarInfo:
        try:
            return super().fromtarfile(tar)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise  # the block of zeros that ends an archive rightly
        except tarfile.HeaderError as error:
            if tar.offset == 0:
                raise
            raise EOFError(f"no valid header at byte {tar.offset:,}: {error}") from error


_TAR_METADATA_TYPES = (
    tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE,
)  # fmt: skip


def _tar_members(
    content: Path | bytes, guard: MemberGuard, *, packed: bool
) -> Iterator[tuple[str, IO[bytes]]]:
    with _opened(content) as handle:
        plain: IO[bytes] = handle
        if packed:
            plain = io.BufferedReader(_BoundedGzip(handle, _size(content), guard.source, guard.limits))
        with tarfile.open(fileobj=plain, mode="r|", tarinfo=_StrictTarInfo) as tar:
            for member in tar:
                if not (member.isreg() or member.isdir()) or member.issparse():
                    raise guard.unsafe(f"member {member.name!r} is a link, a device or another special file")
                name = guard.admit(member.name, is_file=member.isreg(), n_bytes=member.size)
                if member.isreg() and (stream := tar.extractfile(member)) is not None:
                    yield name, stream
        while plain.read(CHUNK_BYTES):  # to the end, where gzip keeps its checksum
            pass


def _zip_members(content: Path | bytes, guard: MemberGuard) -> Iterator[tuple[str, IO[bytes]]]:
    with _opened(content) as handle, zipfile.ZipFile(handle) as archive:
        for name, info in _checked_zip(archive, _size(content), guard):
            with archive.open(info) as stream:
                yield name, stream


def _checked_zip(
    archive: zipfile.ZipFile, packed_bytes: int, guard: MemberGuard
) -> list[tuple[str, zipfile.ZipInfo]]:
    files = []
    for info in archive.infolist():
        # orig_filename: zipfile cuts its own copy at a NUL. The upper half of external_attr is the Unix mode.
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise guard.unsafe(f"member {info.orig_filename!r} is a link, a device or another special file")
        if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise guard.unsafe(f"member {info.orig_filename!r} is encrypted or packed by an unusual method")
        name = guard.admit(info.orig_filename, is_file=not info.is_dir(), n_bytes=info.file_size)
        if not info.is_dir():
            files.append((name, info))
    if sum(info.compress_size for _, info in files) > packed_bytes:
        raise guard.unsafe("its members overlap, they claim more packed bytes than the file has (a bomb)")
    if guard.total_bytes > max(RATIO_FREE_BYTES, guard.limits.max_ratio * packed_bytes):
        raise guard.bomb()
    return files


# The standard library's readers raise more than their own errors when a damaged field makes no sense.
_READING_ERRORS = (
    tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error,
    ValueError, LookupError, OverflowError, NotImplementedError, struct.error,
)  # fmt: skip


@contextmanager
def _archive_errors(source: str) -> Iterator[None]:
    try:
        yield
    except _READING_ERRORS as error:
        if isinstance(error, tarfile.ReadError) and "unexpected end of data" not in str(error):
            raise NotTheExpectedFileError(
                f"its content is not a tar archive ({error})", where=source, remedy=_CORRECT
            ) from error
        raise TruncatedError(
            f"the archive ends too early or is damaged ({error})", where=source, remedy=_AGAIN
        ) from error
    except (_HeaderFaultError, RecursionError) as error:
        why = str(error) if isinstance(error, _HeaderFaultError) else "endless metadata for one member"
        raise UnsafeArchiveError(f"the archive declares {why}", where=source, remedy=REPORT) from error


@contextmanager
def _opened(content: Path | bytes) -> Iterator[IO[bytes]]:
    if isinstance(content, bytes):
        yield io.BytesIO(content)
        return
    with storage_errors(content.parent):
        handle = content.open("rb")
    with handle:
        yield handle


def _size(content: Path | bytes) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def _head(content: Path | bytes) -> bytes:
    with _opened(content) as handle:
        return handle.read(_HEAD_BYTES)


def _is_json_error(content: Path | bytes, head: bytes) -> bool:
    """A small JSON object with a key of an error, such as {"error": "Access denied", "code": 403}."""
    if not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{") or _size(content) > _ERROR_MAX_BYTES:
        return False
    try:
        found = json.loads(content if isinstance(content, bytes) else content.read_bytes())
    except (ValueError, RecursionError):
        return False
    keys = {str(key).lower().replace("_", ""): value for key, value in found.items()}
    statuses = [str(keys[key]) for key in _STATUS_KEYS & keys.keys()]
    return bool(_ERROR_KEYS & keys.keys()) or any(s.isdecimal() and 400 <= int(s) < 600 for s in statuses)


def _describe(head: bytes) -> str:
    if not head:
        return "nothing"
    if head.startswith(b"\x1f\x8b"):
        return "a gzip file"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "a zip file"
    if head.startswith(_LFS_POINTER):
        return "a Git LFS pointer"
    if _MARKUP_PAGE.match(head.removeprefix(b"\xef\xbb\xbf")):
        return "an HTML or XML page"
    is_utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    return "a binary file" if b"\x00" in head and not is_utf16 else "a text file"
