"""One resumable https download into a partial file: requests, redirects, retries, size limit.

It ends with a complete file of unknown worth; ``fetch`` decides whether that is the right one.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential_jitter,
)

from ingestion.addresses import is_pinned
from ingestion.errors import (
    AddressNotFoundError,
    IngestionError,
    NotTheExpectedFileError,
    SourceUnavailableError,
)
from ingestion.progress import Progress
from ingestion.store import PartialFile, storage_errors, too_large, write_atomically

_MAX_REDIRECTS = 5
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long to try again after a cut connection, 429 or 5xx; waits double, with jitter.

    A server that asks (Retry-After) for more than ``longest_wait_s`` seconds is not tried again.
    """

    attempts: int = 5
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0


@dataclass(frozen=True)
class Validators:
    """What a server gives to recognise a version by: ETag and Last-Modified, as received."""

    etag: str | None = None
    last_modified: str | None = None

    def strong(self) -> str | None:
        """The one that may guard a byte range (RFC 9110, section 13.1.5); a weak ETag may not."""
        if self.etag and not self.etag.startswith("W/"):
            return self.etag
        return self.last_modified if not self.etag else None


def default_client() -> httpx.Client:
    """An httpx client with timeouts; proxies and certificates come from the environment as usual."""
    return httpx.Client(timeout=httpx.Timeout(60.0, connect=15.0), headers={"User-Agent": "icb-warehouse"})


class PartialDownload:
    """The unfinished file of one address, with the validators of the version that it is a part of.

    Parameters
    ----------
    base : path without suffix; ``.part`` holds the bytes, ``.json`` the notes about them.
    known : validators of a version that the caller has already; the server may answer "not modified".
    """

    def __init__(self, address: str, base: Path, *, max_bytes: int, known: Validators | None = None) -> None:
        self.address = address
        self.max_bytes = max_bytes
        self.known = known
        self.file = PartialFile(base.with_suffix(".part"))
        self.validators = Validators()
        self._is_verbatim = False  # the bytes are the server's own, not decoded from a transfer encoding
        self._notes = base.with_suffix(".json")
        with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
            notes = json.loads(self._notes.read_text())
            self.validators = Validators(notes["etag"], notes["last_modified"])
            self._is_verbatim = notes["is_verbatim"] is True

    def start_over(self, validators: Validators, *, is_verbatim: bool) -> None:
        """Forget the bytes; what comes next is a part of the version with these validators."""
        self.discard()
        self.validators, self._is_verbatim = validators, is_verbatim
        notes = {
            "address": self.address,
            "etag": validators.etag,
            "last_modified": validators.last_modified,
            "is_verbatim": is_verbatim,
        }
        write_atomically(self._notes, json.dumps(notes).encode())

    def discard(self) -> None:
        """Remove bytes and notes."""
        with storage_errors(self._notes.parent):
            self.file.discard()
            self._notes.unlink(missing_ok=True)

    @property
    def can_resume(self) -> bool:
        """Whether the rest can be asked for: bytes are there, and the version is certain to be the same."""
        is_certain = self.validators.strong() is not None or is_pinned(self.address)
        return self.file.size > 0 and self._is_verbatim and is_certain

    def request_headers(self) -> dict[str, str]:
        """Headers that ask for the missing bytes, or for anything but the known version."""
        headers = {"Accept-Encoding": "identity"}  # the file's own bytes, so that checksums and ranges hold
        if self.can_resume:
            headers["Range"] = f"bytes={self.file.size}-"
            if guard := self.validators.strong():
                headers["If-Range"] = guard
        elif self.known is not None:
            if self.known.etag:
                headers["If-None-Match"] = self.known.etag
            if self.known.last_modified:
                headers["If-Modified-Since"] = self.known.last_modified
        return headers


class _TransientError(Exception):
    """A failure that another attempt may heal."""

    def __init__(self, what: str, retry_after_s: float = 0.0) -> None:
        super().__init__(what)
        self.retry_after_s = retry_after_s


class HttpsDownloader:
    """Runs downloads with one http client, made when the first is needed.

    Parameters
    ----------
    client_factory : makes the client. sleep : waits that many seconds between attempts.
    """

    def __init__(
        self,
        client_factory: Callable[[], httpx.Client],
        retry: RetryPolicy,
        progress: Progress,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client_factory = client_factory
        self._client: httpx.Client | None = None
        self._policy = retry
        self._progress = progress
        self._sleep = sleep

    def close(self) -> None:
        """Close the client, if one was made."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def run(self, download: PartialDownload) -> bool:
        """Complete ``download.file``. False when the server says that the known version is still current.

        Raises
        ------
        AddressNotFoundError : 404 or 410. TooLargeError : see ``max_bytes``. DiskFullError, StorageError : of
            writing. NotTheExpectedFileError : in an unknown encoding. After these nothing partial is left.
        SourceUnavailableError : refused, or no attempt succeeded; what arrived stays for the next run.
        """
        backoff = wait_exponential_jitter(initial=self._policy.first_wait_s, max=self._policy.longest_wait_s)

        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            return max(backoff(state), error.retry_after_s if isinstance(error, _TransientError) else 0.0)

        retrying = Retrying(
            retry=retry_if_exception_type(_TransientError),
            stop=stop_after_attempt(self._policy.attempts),
            wait=wait,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._attempt, download)
        except _TransientError as error:
            raise self._gave_up(download, error) from error
        except SourceUnavailableError:
            raise
        except IngestionError:
            download.discard()
            raise
        finally:
            download.file.close()
            self._progress.end(download.address)

    def _gave_up(self, download: PartialDownload, error: _TransientError) -> SourceUnavailableError:
        remedy = "check the connection and run again later"
        if download.can_resume:
            remedy += f"; the {download.file.size:,} bytes that arrived are kept, it goes on from there"
        return SourceUnavailableError(
            f"gave up after {self._policy.attempts} attempts, the last one: {error}",
            where=download.address,
            remedy=remedy,
        )

    def _attempt(self, download: PartialDownload) -> bool:
        if self._client is None:
            self._client = self._client_factory()
        headers = download.request_headers()
        try:
            request = self._client.build_request("GET", download.address, headers=headers)
            with contextlib.closing(self._send(self._client, request, download.address)) as response:
                if response.status_code == 304 and download.known is not None:
                    return False
                self._refuse(response, download)
                self._receive(response, download, resumed="Range" in headers)
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise _TransientError(f"{type(error).__name__} ({error})") from error
        return True

    def _send(self, client: httpx.Client, request: httpx.Request, address: str) -> httpx.Response:
        for _ in range(_MAX_REDIRECTS + 1):
            if request.url.scheme != "https":
                raise _unavailable(
                    address, f"it leads on to {request.url.scheme}://{request.url.host}, not https"
                )
            response = client.send(request, stream=True, follow_redirects=False)
            if response.next_request is None:
                return response
            response.close()
            request = response.next_request
        raise _unavailable(address, f"it leads on more than {_MAX_REDIRECTS} times")

    def _refuse(self, response: httpx.Response, download: PartialDownload) -> None:
        """Raise for every status but 200, and 206 where a range was asked for."""
        status = response.status_code
        answer = f"the server answered {status} {response.reason_phrase}".rstrip()
        if status in (404, 410):
            raise AddressNotFoundError(
                answer,
                where=download.address,
                remedy="look for the file's new address and correct the catalogue",
            )
        if status == 416 and download.file.size:
            download.discard()  # our part is longer than the file, or already complete: begin anew
            raise _TransientError(answer)
        if status == 429 or status >= 500:
            wait_s = _retry_after_s(response)
            if wait_s > self._policy.longest_wait_s:
                raise _unavailable(download.address, f"{answer} and asks to wait {wait_s:,.0f} seconds")
            raise _TransientError(answer, wait_s)
        if status not in (200, 206):
            raise _unavailable(download.address, answer)

    def _receive(self, response: httpx.Response, download: PartialDownload, *, resumed: bool) -> None:
        sent = Validators(response.headers.get("ETag"), response.headers.get("Last-Modified"))
        total, decode = _content_length(response), False
        if response.status_code == 206:
            span = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
            is_other_version = None not in (sent.etag, download.validators.etag) and (
                sent.etag != download.validators.etag
            )
            if not resumed or span is None or int(span[1]) != download.file.size or is_other_version:
                download.discard()
                raise _TransientError("the server sent another part of the file than was asked for")
            total = int(span[3]) if span[3] != "*" else int(span[2]) + 1
        else:
            decode = self._must_decode(response, download)
            total = None if decode else total
            download.start_over(sent, is_verbatim=not decode)
        if total is not None and total > download.max_bytes:
            raise too_large(download.address, download.max_bytes)
        self._progress.begin(download.address, total, download.file.size)
        download.file.append(b"")
        for chunk in response.iter_bytes() if decode else response.iter_raw():
            if download.file.size + len(chunk) > download.max_bytes:
                raise too_large(download.address, download.max_bytes)
            download.file.append(chunk)
            self._progress.advance(download.address, len(chunk))
        if total is not None and download.file.size != total:
            raise _TransientError(f"{download.file.size:,} of {total:,} bytes arrived")

    @staticmethod
    def _must_decode(response: httpx.Response, download: PartialDownload) -> bool:
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding in ("identity", ""):
            return False
        if encoding not in ("gzip", "x-gzip", "deflate"):
            raise NotTheExpectedFileError(
                f"the server sends the file in the encoding {encoding!r}, which was not asked for",
                where=download.address,
                remedy="use another public address of the same file",
            )
        # Some hosts mark a .gz file itself as "encoded": there the gzip bytes are the file.
        return not download.address.partition("?")[0].lower().endswith((".gz", ".tgz"))


def _content_length(response: httpx.Response) -> int | None:
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isdigit() else None


def _retry_after_s(response: httpx.Response) -> float:
    text = response.headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _unavailable(address: str, what: str) -> SourceUnavailableError:
    return SourceUnavailableError(
        what, where=address, remedy="open it in a browser; if it is not public for all, use another address"
    )
