"""From a public address to verified bytes in the store: over https, or from a mirror of the same addresses.

Retries, resumes, limits and revalidation live here. What the bytes mean does not: parsing is separate and a
pure function of bytes.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx
from filelock import FileLock, Timeout

from ingestion.errors import (
    AddressNotFoundError,
    ChecksumMismatchError,
    SourceUnavailableError,
    StorageError,
)
from ingestion.fetching.addresses import is_pinned, mirror_path, parse_address
from ingestion.fetching.archives import ExpectedKind, check_kind, is_archive
from ingestion.fetching.https_download import HttpsDownloader, default_client
from ingestion.fetching.partial_download import PartialDownload, Validators
from ingestion.fetching.progress import Progress, SilentProgress
from ingestion.fetching.retries import RetryPolicy, UnreachableHosts
from ingestion.fetching.sources_lock import SourceChange, SourcesLock, compare_tables
from ingestion.fetching.store import ContentStore, StoredFile, sha256_of, storage_errors, too_large

DEFAULT_MAX_BYTES = 2 << 30  # the largest public study tarball in view is below 1 GB
_WAIT_FOR_OTHER_DOWNLOAD_S = 3600.0

ReadFrom = Literal["https", "mirror", "store", "catalogue", "file"]


@dataclass(frozen=True)
class FetchedFile:
    """One source file, verified and in the store.

    Attributes
    ----------
    address, licence : as asked for. sha256, bytes, path : what is in the store.
    read_from : "https" or "mirror" when bytes were read now, "store" when they were known to be current, "catalogue"
        for a file of the project's own catalogue.
    pinned : the address carries a commit.
    change : what differs from the last reading, when an unpinned address serves other bytes than before.
    """

    address: str
    sha256: str
    bytes: int
    path: Path
    licence: str
    read_from: ReadFrom
    pinned: bool
    change: SourceChange | None = None


@dataclass(frozen=True)
class _Order:
    """What is asked for: see `Fetcher.fetch`."""

    address: str
    licence: str
    max_bytes: int
    expected: ExpectedKind | None
    sha256: str | None
    is_awaited: bool
    store: ContentStore


@dataclass(frozen=True)
class _Arrival:
    stored: StoredFile
    read_from: ReadFrom
    validators: Validators


class Fetcher:
    """Reads source addresses into a store and records them in a lock file.

    Parameters
    ----------
    store : where bytes are kept.
    mirror : folder laid out as ``<host>/<path>`` (ICB_MIRROR), or None to read over https.
    lock : the lock file of this kind of run; it must not be shared between mirror and https runs.
    client_factory : makes the http client when the first download needs one.
    retry, progress : see `RetryPolicy` and `Progress`.
    hosts : what other fetchers of the run found out about hosts, and what this one finds out.
    private : a second store, and the addresses whose files belong there and in no other.
    sleep, now : wait that many seconds; seconds of a clock that only goes forward.

    Use it as a context manager, or call `close`.
    """

    def __init__(
        self,
        store: ContentStore,
        mirror: Path | None,
        lock: SourcesLock,
        client_factory: Callable[[], httpx.Client] = default_client,
        *,
        retry: RetryPolicy | None = None,
        progress: Progress | None = None,
        hosts: UnreachableHosts | None = None,
        private: tuple[ContentStore, frozenset[str]] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store = store
        self.mirror = mirror
        self.lock = lock
        self._private = private
        self._downloader = HttpsDownloader(
            client_factory,
            retry or RetryPolicy(),
            progress or SilentProgress(),
            hosts or UnreachableHosts(),
            sleep=sleep,
            now=now,
        )
        for each in (store, private[0]) if private else (store,):
            each.sweep_temporaries()

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the http client, if one was made."""
        self._downloader.close()

    def fetch(
        self,
        address: str,
        *,
        licence: str,
        max_bytes: int = DEFAULT_MAX_BYTES,
        expected: ExpectedKind | None = None,
        sha256: str | None = None,
        is_awaited: bool = False,
    ) -> FetchedFile:
        """Bring one address into the store, or find that it is there.

        Parameters
        ----------
        licence : recorded with the file. max_bytes : largest size to accept.
        expected : "gzip" (a tarball too), "zip" (XLSX too), "text", or None. An HTML page, a Git LFS pointer
            or an empty file is refused in any case.
        sha256 : checksum that the catalogue demands; None when it demands none.
        is_awaited : the file may not be there, and that says nothing about its host.

        Raises
        ------
        InvalidAddressError, AddressNotFoundError, SourceUnavailableError, TooLargeError,
        NotTheExpectedFileError, TruncatedError, UnsafeArchiveError, ChecksumMismatchError, DiskFullError,
        StorageError : nothing is recorded, and what was stored before stays.
        """
        address = parse_address(address).text
        order = _Order(address, licence, max_bytes, expected, sha256, is_awaited, self.store_of(address))
        if order.store is not self.store and (before := self.lock.get(address)) is not None:
            order.store.take_in(before.sha256, self.store)  # read before the address was private
        if self.mirror is not None:
            return self._recorded(order, self._from_mirror(order, self.mirror))
        if (stored := self._already_stored(order)) is not None:
            return self._recorded(order, stored)
        partial = order.store.partial_dir / hashlib.sha256(address.encode()).hexdigest()[:32]
        with _alone(partial.with_suffix(".lock"), address):
            # Recorded before the next process is let in: one that finds no checksum downloads the file once more.
            return self._recorded(order, self._from_https(order, partial))

    def _recorded(self, order: _Order, arrival: _Arrival) -> FetchedFile:
        address, stored, pinned = order.address, arrival.stored, is_pinned(order.address)
        before = self.lock.get(address)
        difference = None
        if before and not pinned and before.sha256 != stored.sha256 and order.store.has(before.sha256):
            difference = compare_tables(order.store.path_of(before.sha256), stored.path)
        # A pinned address is never asked "is it still the same", so its validators would only be noise.
        validators = Validators() if pinned else arrival.validators
        change = self.lock.record(
            address,
            sha256=stored.sha256,
            n_bytes=stored.bytes,
            licence=order.licence,
            etag=validators.etag,
            last_modified=validators.last_modified,
            difference=difference,
        )
        return FetchedFile(
            address,
            stored.sha256,
            stored.bytes,
            stored.path,
            order.licence,
            arrival.read_from,
            pinned,
            change,
        )

    def store_of(self, address: str) -> ContentStore:
        """Where the content of an address is kept: what is private lies in a folder that its owner alone reads."""
        if self._private is None or address not in self._private[1]:
            return self.store
        self._private[0].prepare()
        return self._private[0]

    def _from_mirror(self, order: _Order, mirror: Path) -> _Arrival:
        # A mirror is local, so its bytes are hashed on every run: a damaged mirror must not pass unseen.
        path = mirror_path(mirror, order.address)
        if not path.is_file():
            raise AddressNotFoundError(
                f"the mirror has no file {path}",
                where=order.address,
                remedy="put the file there, or unset ICB_MIRROR to read the public address",
            )
        with storage_errors(path.parent):
            n_bytes = path.stat().st_size
            if n_bytes > order.max_bytes:
                raise too_large(str(path), order.max_bytes)
            digest = sha256_of(path)
        is_known = order.store.has(digest, n_bytes)
        check_kind(path, order.expected, source=f"{order.address} (mirror file {path})", whole=not is_known)
        self._check(order, digest)
        stored = (
            order.store.get(digest) if is_known else order.store.add_file(path, max_bytes=order.max_bytes)
        )
        return _Arrival(stored, "mirror", Validators())

    def _check(self, order: _Order, digest: str) -> None:
        if order.sha256 is not None and order.sha256 != digest:
            raise ChecksumMismatchError(
                f"its bytes have sha256 {digest} where the catalogue demands {order.sha256}",
                where=order.address,
                remedy="replace the file if it is damaged; if its new content is right correct the catalogue",
            )
        self.lock.check(order.address, digest)

    def _already_stored(self, order: _Order) -> _Arrival | None:
        """The file, when its checksum is known beforehand (pinned, or demanded) and the store has it."""
        digest = order.sha256 or self.lock.expected_sha256(order.address)
        entry = self.lock.get(order.address)
        if entry is not None and entry.sha256 != digest:
            entry = None
        if digest is None or not order.store.has(digest, entry.bytes if entry else None):
            return None
        self._check(order, digest)
        validators = Validators(entry.etag, entry.last_modified) if entry else Validators()
        return _Arrival(order.store.get(digest), "store", validators)

    def _from_https(self, order: _Order, partial: Path) -> _Arrival:
        # Another process may have finished this very download while we waited.
        if (arrival := self._already_stored(order)) is not None:
            return arrival
        before = self.lock.get(order.address)
        is_current = before is not None and order.store.has(before.sha256, before.bytes)
        known = Validators(before.etag, before.last_modified) if before and is_current else None
        download = PartialDownload(
            order.address,
            partial,
            max_bytes=order.max_bytes,
            known=known,
            mode=0o600 if order.store.is_private else 0o644,
        )
        is_new = self._downloader.run(download, is_awaited=order.is_awaited)
        if not is_new and before is not None and known is not None:
            return _Arrival(order.store.get(before.sha256), "store", known)
        return self._keep(order, download)

    def _keep(self, order: _Order, download: PartialDownload) -> _Arrival:
        path = download.file.path
        try:
            check_kind(path, order.expected, source=order.address)
            digest = sha256_of(path)
            self._check(order, digest)
            self._require_proof(order, download)
            return _Arrival(order.store.adopt(path, digest), "https", download.version.validators)
        finally:
            download.discard()  # refused bytes must not be resumed; accepted ones have moved already

    def _require_proof(self, order: _Order, download: PartialDownload) -> None:
        """That the file is whole: the answer said where it ends, or its checksum is known, or it is an archive, which
        says so itself (`check_kind` has read it to its end)."""
        is_known = (order.sha256 or self.lock.expected_sha256(order.address)) is not None
        if not (download.is_bounded or is_known or is_archive(download.file.path)):
            raise SourceUnavailableError(
                "the server does not say how long the file is, so that nobody can tell whether all of it arrived",
                where=order.address,
                remedy="use an address that says so, or a compressed copy of the file, or put the file into a mirror",
            )


@contextmanager
def _alone(lock_path: Path, address: str) -> Iterator[None]:
    """Hold off other processes that would write the same partial file."""
    with storage_errors(lock_path.parent):
        lock_path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(lock_path, timeout=_WAIT_FOR_OTHER_DOWNLOAD_S)
        try:
            lock.acquire()
        except Timeout as error:
            raise StorageError(
                f"another process has been downloading it for {_WAIT_FOR_OTHER_DOWNLOAD_S:,.0f} s",
                where=address,
                remedy="wait for the other run to end, or stop it",
            ) from error
    try:
        yield
    finally:
        lock.release()
