"""For the fetch tests: a scripted site on loopback that stands for every https host, and a data folder."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from ingestion.fetching.fetch import FetchedFile, Fetcher
from ingestion.fetching.retries import RetryPolicy, UnreachableHosts
from ingestion.fetching.sources_lock import SourcesLock
from ingestion.fetching.store import ContentStore

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PINNED = f"https://files.example/o/r/{COMMIT}/table.tsv"
UNPINNED = "https://files.example/table.tsv"
TABLE = b"PATIENT_ID\tOS_MONTHS\nP1\t3.5\nP2\t12\n"
BIG = hashlib.shake_256(b"body").digest(600_000)  # incompressible, so a cut is a cut in the bytes

Responder = Callable[[BaseHTTPRequestHandler], None]


def answer(body: bytes = b"", status: int = 200, **headers: str) -> Responder:
    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        if status != 304:
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return respond


def cut_after(n_bytes: int, body: bytes, **headers: str) -> Responder:
    """Announce the whole body, send a part, close the connection."""

    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[:n_bytes])
        handler.close_connection = True

    return respond


def ranged(body: bytes, etag: str) -> Responder:
    """A server that knows ranges, If-Range and If-None-Match."""

    def respond(handler: BaseHTTPRequestHandler) -> None:
        wanted = handler.headers.get("Range")
        if handler.headers.get("If-None-Match") == etag:
            return answer(status=304, ETag=etag)(handler)
        if wanted and handler.headers.get("If-Range", etag) == etag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            span = f"bytes {start}-{len(body) - 1}/{len(body)}"
            return answer(body[start:], 206, ETag=etag, Content_Range=span)(handler)
        return answer(body, ETag=etag)(handler)

    return respond


class Site:
    """Answers of a public site by path; the last one of a path is repeated. Requests are kept."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Responder]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
                script = site.answers.get(self.path, [answer(status=404)])
                (script.pop(0) if len(script) > 1 else script[0])(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        serve = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        serve.start()

    def at(self, address: str, *responders: Responder) -> None:
        self.answers[httpx.URL(address).raw_path.decode()] = list(responders)

    def client(self) -> httpx.Client:
        """A client to which every https host is this server."""
        return httpx.Client(transport=_ToLoopback(self.server.server_address[1]), timeout=None)


class _ToLoopback(httpx.HTTPTransport):
    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert request.url.scheme == "https", f"plain request sent to {request.url}"
        url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        return super().handle_request(
            httpx.Request(request.method, url, headers=request.headers, stream=request.stream)
        )


class House:
    """A data folder and what is needed to fetch into it."""

    def __init__(self, folder: Path, site: Site | None = None, mirror: Path | None = None) -> None:
        self.store = ContentStore(folder / "data")
        self.lock = SourcesLock(folder / "sources.lock.json")
        self.waits: list[float] = []
        self.seconds = 0.0  # of the clock, which stands still but for waits
        self.hosts = UnreachableHosts()
        self.site, self.mirror = site, mirror

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds

    def fetch(self, address: str, **options: object) -> FetchedFile:
        def no_network() -> httpx.Client:
            raise AssertionError("a client was made although nothing had to be downloaded")

        factory = self.site.client if self.site else no_network
        policy = RetryPolicy(attempts=4, first_wait_s=0.5, longest_wait_s=30.0)
        with Fetcher(
            self.store,
            self.mirror,
            self.lock,
            factory,
            retry=policy,
            hosts=self.hosts,
            sleep=self.wait,
            now=lambda: self.seconds,
        ) as fetcher:
            return fetcher.fetch(address, licence="CC0", **options)  # type: ignore[arg-type]

    def stored_files(self) -> list[Path]:
        return [path for path in self.store.root.rglob("*") if path.is_file() and path.suffix != ".lock"]
