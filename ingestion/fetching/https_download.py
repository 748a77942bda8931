"""One resumable https download into a partial file: requests, redirects, what each answer must be, size limit.

It ends with a complete file of unknown worth; ``fetch`` decides whether that is the right one.
"""

from __future__ import annotations

import contextlib
import re
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from ingestion.errors import (
    AddressNotFoundError,
    IngestionError,
    NotTheExpectedFileError,
    SourceUnavailableError,
)
from ingestion.fetching.content_encoding import ENCODINGS, decoded
from ingestion.fetching.cut_off import OpenConnections
from ingestion.fetching.partial_download import PartialDownload, Validators, Version
from ingestion.fetching.progress import Progress
from ingestion.fetching.retries import Patience, RetryPolicy, TransientError, UnreachableHosts, remedy_of
from ingestion.fetching.store import too_large

_MAX_REDIRECTS = 5
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)")
#: Not str.isdigit, for which a superscript two is a digit, nor thousands of them: int would raise.
_WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")


def default_client() -> httpx.Client:
    """An httpx client with timeouts; proxies and certificates come from the environment as usual."""
    return httpx.Client(timeout=httpx.Timeout(60.0, connect=15.0), headers={"User-Agent": "icb-warehouse"})


class HttpsDownloader:
    """Runs downloads with one http client, made when the first is needed.

    Parameters
    ----------
    client_factory : makes the client. sleep : waits that many seconds between attempts. now : see `Patience`.
    hosts : those to which no connection could be made get one attempt; it is kept up to date.
    """

    def __init__(
        self,
        client_factory: Callable[[], httpx.Client],
        retry: RetryPolicy,
        progress: Progress,
        hosts: UnreachableHosts,
        *,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client_factory = client_factory
        self._client: httpx.Client | None = None
        self._connections = OpenConnections()
        self._policy = retry
        self._progress = progress
        self._hosts = hosts
        self._sleep = sleep
        self._now = now

    def close(self) -> None:
        """Close the client, if one was made."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def run(self, download: PartialDownload, *, is_awaited: bool = False) -> bool:
        """Complete ``download.file``. False when the server says that the known version is still current.

        Parameters
        ----------
        is_awaited : the file may not be there: that its host cannot be reached says nothing to files that must be.

        Raises
        ------
        AddressNotFoundError : 404 or 410. TooLargeError : see ``max_bytes``. DiskFullError, StorageError : of
            writing. NotTheExpectedFileError : in an unknown encoding. TruncatedError : in an encoding without its end.
            After these nothing partial is left.
        SourceUnavailableError : refused, a certificate that cannot be verified, too slow, or no attempt succeeded; what
            arrived stays for the next run.
        """
        host = httpx.URL(download.address).host
        attempts = 1 if self._hosts.holds(host, is_awaited=is_awaited) else self._policy.attempts
        patience = Patience(download, self._policy, attempts, self._now)
        try:
            while True:
                try:
                    with patience.attempt(), self._connections.cut_off_when(patience.is_too_slow):
                        return self._attempt(download, patience)
                except TransientError as error:
                    if patience.is_over():
                        if error.unreachable is not None:
                            self._hosts.add(error.unreachable, is_awaited=is_awaited)
                        raise _gave_up(download, patience, error) from error
                    wait_s = patience.wait_s(error)
                self._sleep(wait_s)
                patience.arrived(0)
        except SourceUnavailableError:
            raise
        except IngestionError:
            download.discard()
            raise
        finally:
            download.file.close()
            self._progress.end(download.address)

    def _attempt(self, download: PartialDownload, patience: Patience) -> bool:
        headers = download.request_headers()
        try:
            client = self._open_client()
            told = {"trace": self._connections.trace}
            request = client.build_request("GET", download.address, headers=headers, extensions=told)
            with contextlib.closing(self._send(client, request, download.address)) as response:
                if response.status_code == 304 and download.known is not None:
                    return False
                self._refuse(response, download)
                self._receive(response, download, patience, resumed="Range" in headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            if (certificate := _certificate_fault(error)) is not None:
                raise certificate_error(download.address, certificate) from error
            host = None
            if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
                host = error.request.url.host
            raise TransientError(f"{type(error).__name__} ({error})", unreachable=host) from error
        return True

    def _open_client(self) -> httpx.Client:
        if self._client is None:
            try:
                self._client = self._client_factory()
            except (OSError, ValueError, httpx.InvalidURL) as error:
                raise SourceUnavailableError(
                    f"no https client can be made of the environment ({error})",
                    remedy="correct or unset SSL_CERT_FILE, SSL_CERT_DIR, HTTPS_PROXY and ALL_PROXY",
                ) from error
        return self._client

    def _send(self, client: httpx.Client, request: httpx.Request, address: str) -> httpx.Response:
        for _ in range(_MAX_REDIRECTS + 1):
            if request.url.scheme != "https":
                raise _unavailable(
                    address, f"it leads on to {request.url.scheme}://{request.url.host}, not https"
                )
            response = client.send(request, stream=True, follow_redirects=False)
            self._hosts.answered(request.url.host)
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
            raise TransientError(answer)
        if status == 429 or status >= 500:
            wait_s = _retry_after_s(response)
            if wait_s > self._policy.longest_wait_s:
                raise _unavailable(download.address, f"{answer} and asks to wait {wait_s:,.0f} seconds")
            raise TransientError(answer, wait_s)
        if status not in (200, 206):
            raise _unavailable(download.address, answer)

    def _receive(
        self, response: httpx.Response, download: PartialDownload, patience: Patience, *, resumed: bool
    ) -> None:
        encoding = ""
        if response.status_code == 206:
            version = _continued(response, download, resumed=resumed)
            if version != download.version:
                download.note(version)
        else:
            encoding = self._encoding(response, download)
            total = None if encoding else _content_length(response)
            sent = _validators(response)
            download.start_over(Version(sent.etag, sent.last_modified, total, is_verbatim=not encoding))
        total = download.version.total
        is_chunked = "chunked" in response.headers.get("Transfer-Encoding", "").lower()
        download.is_bounded = total is not None or is_chunked or bool(encoding)
        if total is not None and total > download.max_bytes:
            raise too_large(download.address, download.max_bytes)
        self._progress.begin(download.address, total, download.file.size)
        download.file.append(b"")
        chunks = response.iter_raw()
        for chunk in decoded(chunks, encoding, download.address) if encoding else chunks:
            if download.file.size + len(chunk) > (download.max_bytes if total is None else total):
                raise (
                    too_large(download.address, download.max_bytes) if total is None else _too_much(download)
                )
            download.file.append(chunk)
            self._progress.advance(download.address, len(chunk))
            patience.arrived(len(chunk))
        if total is not None and download.file.size != total:
            raise TransientError(f"{download.file.size:,} of {total:,} bytes arrived")

    @staticmethod
    def _encoding(response: httpx.Response, download: PartialDownload) -> str:
        """The content encoding to undo; empty when the bytes are the file's own."""
        encoding = str(response.headers.get("Content-Encoding", "identity")).strip().lower()
        if encoding in ("identity", ""):
            return ""
        if encoding not in ENCODINGS:
            raise NotTheExpectedFileError(
                f"the server sends the file in the encoding {encoding!r}, which was not asked for",
                where=download.address,
                remedy="use another public address of the same file",
            )
        # Some hosts mark a .gz file itself as "encoded": there the gzip bytes are the file.
        is_packed = download.address.partition("?")[0].lower().endswith((".gz", ".tgz"))
        return "" if is_packed else encoding


def _continued(response: httpx.Response, download: PartialDownload, *, resumed: bool) -> Version:
    """The version that a 206 goes on with: total and validators of the first answer hold for it.

    Raises
    ------
    TransientError : it is another part, or of another version, or nobody says how long the whole is; the bytes that
        were there are gone, so that the next attempt begins anew.
    """
    span = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    before = download.version
    stated = None if span is None or span[3] == "*" else int(span[3])
    total = stated if before.total is None else before.total
    fault = None
    if not resumed or span is None or int(span[1]) != download.file.size:
        fault = "the server sent another part of the file than was asked for"
    elif _validators(response).contradict(before.validators) or (
        None not in (stated, total) and stated != total
    ):
        fault = "the server went on with another version of the file"
    elif (known := before.validators.strong()) is not None and _validators(response).strong() != known:
        # RFC 9110, section 15.3.7: a 206 repeats the ETag. Without it nothing says that If-Range was heeded.
        fault = "the server went on without saying with which version of the file"
    elif total is None:
        fault = "the server went on without saying how long the file is"
    elif int(span[2]) >= total:
        fault = "the server sent a part that ends beyond the file"
    if fault is not None:
        download.discard()
        raise TransientError(fault)
    return replace(before, total=total)


def _validators(response: httpx.Response) -> Validators:
    return Validators(response.headers.get("ETag"), response.headers.get("Last-Modified"))


def _too_much(download: PartialDownload) -> TransientError:
    total = download.version.total
    download.discard()
    return TransientError(f"more than the {total:,} bytes of the file arrived")


def _gave_up(download: PartialDownload, patience: Patience, error: TransientError) -> SourceUnavailableError:
    times = "attempt" if patience.n_attempts == 1 else "attempts"
    return SourceUnavailableError(
        f"gave up after {patience.n_attempts} {times}, the last one: {error}",
        where=download.address,
        remedy=remedy_of(download),
    )


def _certificate_fault(error: BaseException | None) -> str | None:
    """Why a certificate cannot be verified, when that is what is behind an error."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message or str(error)
        error = error.__cause__ or error.__context__
    return None


def certificate_error(address: str, why: str) -> SourceUnavailableError:
    """The error for a host whose certificate is not trusted; another attempt would change nothing."""
    return SourceUnavailableError(
        f"the certificate of its host cannot be verified ({why})",
        where=address,
        remedy="if your network has an authority of its own set SSL_CERT_FILE to its certificates (PEM), else do not "
        "trust this host",
    )


def _content_length(response: httpx.Response) -> int | None:
    text = response.headers.get("Content-Length", "")
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else None


def _retry_after_s(response: httpx.Response) -> float:
    text = response.headers.get("Retry-After", "").strip()
    if _WHOLE_NUMBER.fullmatch(text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _unavailable(address: str, what: str) -> SourceUnavailableError:
    return SourceUnavailableError(
        what, where=address, remedy="open it in a browser; if it is not public for all, use another address"
    )
