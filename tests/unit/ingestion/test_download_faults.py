"""Downloads from an https site that misbehaves: the file is right to the byte, or there is none and one sentence."""

from __future__ import annotations

import gzip
import hashlib
import random
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tls_site import CERTIFICATES, Answer, Request, TlsSite, response

from ingestion.errors import (
    AddressNotFoundError,
    IngestionError,
    NotTheExpectedFileError,
    SourceUnavailableError,
    TooLargeError,
    TruncatedError,
)
from ingestion.fetching.fetch import FetchedFile, Fetcher
from ingestion.fetching.retries import RetryPolicy, UnreachableHosts
from ingestion.fetching.sources_lock import SourcesLock
from ingestion.fetching.store import ContentStore

BODY = ("PATIENT_ID\tOS_MONTHS\n" + "".join(f"P{i}\t{i}\n" for i in range(6_000))).encode()
OTHER = BODY.replace(b"P5", b"Q5")  # another version, of the same length
N = len(BODY)
HALF = N // 2
V1, V2 = ("ETag", '"v1"'), ("ETag", '"v2"')
MONDAY = ("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
TUESDAY = ("Last-Modified", "Tue, 02 Jan 2024 00:00:00 GMT")


def whole(body: bytes = BODY, *headers: tuple[str, object], length: object = "") -> Answer:
    return lambda _: response("200 OK", body, *headers, length=length)


def first(answer: bytes, then: Answer) -> Answer:
    return lambda request: answer if request.number == 1 else then(request)


def cut(*headers: tuple[str, object], at: int = HALF) -> bytes:
    return response("200 OK", BODY[:at], *headers, length=N)


def rest(
    *headers: tuple[str, object], body: bytes = BODY, total: object = N, shown: int | None = None, n: int = N
) -> Answer:
    """What is missing as a 206: from the byte that was asked for (``shown`` states another), ``n`` bytes of it."""

    def answer(request: Request) -> bytes:
        start = request.start
        part = body[start : start + n]
        at = start if shown is None else shown
        span = ("Content-Range", f"bytes {at}-{at + len(part) - 1}/{total}")
        return response("206 Partial Content", part, span, *headers)

    return answer


class House:
    """A data folder, and the product's own client, which waits without time passing."""

    def __init__(self, folder: Path) -> None:
        self.store = ContentStore(folder / "data")
        self.lock = SourcesLock(folder / "lock.json")
        self.hosts = UnreachableHosts()
        self.seconds = 0.0
        self.waits: list[float] = []
        self.slowest_bytes_per_s = 50_000.0

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds

    def fetch(self, address: str, *, max_bytes: int = 10_000_000, is_awaited: bool = False) -> FetchedFile:
        policy = RetryPolicy(attempts=4, longest_wait_s=30.0, slowest_bytes_per_s=self.slowest_bytes_per_s)
        with Fetcher(
            self.store,
            None,
            self.lock,
            retry=policy,
            hosts=self.hosts,
            sleep=self.wait,
            now=lambda: self.seconds,
        ) as fetcher:
            return fetcher.fetch(address, licence="CC0", max_bytes=max_bytes, is_awaited=is_awaited)

    def stored(self) -> list[bytes]:
        return [path.read_bytes() for path in (self.store.root / "sha256").rglob("*") if path.is_file()]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[TlsSite]:
    made = TlsSite()
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{made.port}")
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "authority.pem"))
    yield made
    made.close()


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def ranges(site: TlsSite) -> list[int]:
    return [request.start for request in site.requests]


GZIPPED = gzip.compress(BODY, mtime=0)
ENCODED = ("Content-Encoding", "gzip")
CHUNKED = ("Transfer-Encoding", "chunked")

#: Name -> what the site does; the file that ends in the store is BODY, to the byte.
HEALED: dict[str, Answer] = {
    "nothing is wrong": whole(),
    "cut, then the rest": first(cut(V1), rest(V1)),
    "cut, then the rest, by date alone": first(cut(MONDAY), rest(MONDAY)),
    "cut, then the rest without its validators": first(
        cut(V1), lambda r: rest()(r) if r.start else whole(BODY, V1)(r)
    ),
    "cut, then the rest of another version without validators": first(
        response("200 OK", OTHER[:HALF], V1, length=N), lambda r: rest()(r) if r.start else whole(BODY, V2)(r)
    ),
    "cut, then the rest with a weak validator": first(
        response("200 OK", OTHER[:HALF], V1, length=N),
        lambda r: rest(("ETag", "W/" + V1[1]))(r) if r.start else whole(BODY, V2)(r),
    ),
    "busy with a wait that is no number, then not": first(
        response("429 Too Many", b"", ("Retry-After", "?")).replace(b"?", b"\xb2"), whole()
    ),
    "busy with a wait of too many digits, then not": first(
        response("429 Too Many", b"", ("Retry-After", "9" * 5_000)), whole()
    ),
    "cut, then a range that is no number": first(
        cut(V1),
        lambda r: response("206 Partial Content", b"x", V1, ("Content-Range", f"bytes {r.start}-{'9' * 5_000}/*"))
        if r.start else whole(BODY, V1)(r),
    ),
    "cut, then the rest of unknown total": first(cut(V1), rest(V1, total="*")),
    "cut, then hundred bytes a time and unknown total": first(cut(V1, at=N - 750), rest(V1, total="*", n=100)),
    "every answer a tenth": first(cut(V1, at=N // 10), rest(V1, n=N // 10)),
    "cut, then another ETag": first(cut(V2), lambda r: rest(V1, body=OTHER)(r) if r.start else whole(BODY, V1)(r)),
    "cut, then another date": first(
        cut(MONDAY), lambda r: rest(TUESDAY, body=OTHER)(r) if r.start else whole(BODY, TUESDAY)(r)
    ),
    "cut, then the same ETag and another date": first(
        cut(V1, MONDAY), lambda r: rest(V1, TUESDAY, body=OTHER)(r) if r.start else whole(BODY, V1, TUESDAY)(r)
    ),
    "cut, then another total": first(
        cut(V1), lambda r: rest(V1, body=OTHER + b"x", total=N + 1)(r) if r.start else whole(BODY, V1)(r)
    ),
    "cut, then a whole other version": first(
        response("200 OK", OTHER[:HALF], V2, length=N), whole(BODY, V1)
    ),
    "cut, then another part": first(cut(V1), lambda r: rest(V1, shown=0)(r) if r.number == 2 else whole()(r)),
    "cut, then a part beyond the file": first(
        cut(V1), lambda r: rest(V1, body=BODY + b"x", total="*")(r) if r.number == 2 else whole(BODY, V1)(r)
    ),
    "cut, then a part without a range": first(
        cut(V1), lambda r: response("206 Partial Content", BODY[r.start :]) if r.number == 2 else whole()(r)
    ),
    "cut, then the whole": first(cut(V1), whole(BODY, V1)),
    "cut, then 416": first(cut(V1), lambda r: response("416 Nothing There") if r.start else whole()(r)),
    "cut of unknown length, then the rest": first(
        response("200 OK", b"%x\r\n" % N + BODY[:HALF], CHUNKED, V1, length=None), rest(V1)
    ),
    "cut of unknown length, then the rest of unknown total": first(
        response("200 OK", b"%x\r\n" % N + BODY[:HALF], CHUNKED, V1, length=None),
        lambda r: rest(V1, total="*", n=100)(r) if r.start else whole(BODY, V1)(r),
    ),
    "chunks": whole(b"%x\r\n" % N + BODY + b"\r\n0\r\n\r\n", CHUNKED, length=None),
    "chunks that break off": first(
        response("200 OK", b"%x\r\n" % N + BODY[:HALF], CHUNKED, length=None), whole()
    ),
    "chunks without their end": first(
        response("200 OK", b"%x\r\n" % HALF + BODY[:HALF] + b"\r\n", CHUNKED, length=None), whole()
    ),
    "an unasked part at first": first(rest(V1)(Request("", "", {}, 1)), whole()),
    "busy, then not": first(response("429 Too Many", b"", ("Retry-After", "1")), whole()),
    "broken, then not": first(response("502 Bad Gateway", b"<html>"), whole()),
    "another protocol, then not": first(b"SSH-2.0-OpenSSH_9.6\r\n", whole()),
    "nothing, then not": first(b"", whole()),
    "gzip encoding": whole(GZIPPED, ENCODED),
    "gzip encoding without a length": whole(GZIPPED, ENCODED, length=None),
    "gzip encoding in two members": whole(
        gzip.compress(BODY[:HALF]) + gzip.compress(BODY[HALF:]) + b"\0" * 5, ENCODED
    ),
    "deflate encoding": whole(zlib.compress(BODY), ("Content-Encoding", "deflate")),
    "deflate encoding without its wrapper": whole(zlib.compress(BODY)[2:-4], ("Content-Encoding", "deflate")),
    "gzip encoding that is cut and continued elsewhere": first(
        response("200 OK", GZIPPED[:-500], ENCODED, V1, length=len(GZIPPED)), whole(BODY, V1)
    ),
    "gzip encoding that is damaged once": first(
        response("200 OK", GZIPPED[:200] + b"\xff" * 50 + GZIPPED[250:], ENCODED), whole()
    ),
    "another host": lambda r: response("302 Found", b"", ("Location", "https://cdn.example/real")),
}  # fmt: skip


@pytest.mark.parametrize("name", HEALED)
def test_a_file_that_can_be_had_is_right_to_the_byte(site: TlsSite, house: House, name: str) -> None:
    site.at("/real", whole(), host="cdn.example")
    assert house.fetch(site.at("/table.tsv", HEALED[name])).path.read_bytes() == BODY
    assert house.stored() == [BODY]


#: Name -> what the site does, the error, a part of its sentence, and how many requests it is worth.
REFUSED: dict[str, tuple[Answer, type[IngestionError], str, int]] = {
    "always half": (lambda _: cut(), SourceUnavailableError, f"received {HALF} bytes, expected {N}", 4),
    "half, and never more": (
        first(cut(V1), lambda _: response("503 Busy")), SourceUnavailableError, "bytes that arrived are kept", 4,
    ),
    "gzip encoding cut short": (whole(GZIPPED[:-500], ENCODED), TruncatedError, "before its gzip encoding", 1),
    "gzip encoding without its trailer": (whole(GZIPPED[:-8], ENCODED), TruncatedError, "before its gzip", 1),
    "gzip encoding of nothing": (whole(b"", ENCODED), TruncatedError, "before its gzip encoding", 1),
    "gzip encoding that is none": (whole(BODY, ENCODED), SourceUnavailableError, "encoding of the answer", 4),
    "an encoding that nobody asked for": (
        whole(BODY, ("Content-Encoding", "br")), NotTheExpectedFileError, "encoding 'br'", 1,
    ),
    "no length and no chunks": (whole(BODY, length=None), SourceUnavailableError, "how long the file is", 1),
    "half, no length and no chunks": (whole(BODY[:HALF], length=None), SourceUnavailableError, "how long", 1),
    "half a gzip file": (whole(GZIPPED[:-500], length=None), TruncatedError, "too early", 1),
    "chunks that are none": (
        whole(b"zz\r\n" + BODY, CHUNKED, length=None), SourceUnavailableError, "gave up after 4 attempts", 4,
    ),
    "a negative length": (whole(length="-5"), SourceUnavailableError, "gave up after 4 attempts", 4),
    "a length in letters": (whole(length="abc"), SourceUnavailableError, "gave up after 4 attempts", 4),
    "two lengths": (whole(BODY, ("Content-Length", 10)), SourceUnavailableError, "gave up after 4 attempts", 4),
    "a header of 200 kB": (whole(BODY, ("X-A", "a" * 200_000)), SourceUnavailableError, "gave up", 4),
    "another protocol": (lambda _: b"SSH-2.0-OpenSSH_9.6\r\n", SourceUnavailableError, "gave up", 4),
    "nothing at all": (lambda _: b"", SourceUnavailableError, "gave up after 4 attempts", 4),
    "parts that nobody asked for": (rest(V1), SourceUnavailableError, "another part of the file", 4),
    "not modified, unasked": (lambda _: response("304 Not Modified"), SourceUnavailableError, "304", 1),
    "not there": (lambda _: response("404 Not Found"), AddressNotFoundError, "404", 1),
    "gone": (lambda _: response("410 Gone"), AddressNotFoundError, "410", 1),
    "not for you": (lambda _: response("401 Unauthorized"), SourceUnavailableError, "401", 1),
    "forbidden": (lambda _: response("403 Forbidden", b"error"), SourceUnavailableError, "403", 1),
    "unknown status": (lambda _: response("299 Odd", BODY), SourceUnavailableError, "299", 1),
    "for ever broken": (lambda _: response("500 Error"), SourceUnavailableError, "gave up after 4", 4),
    "asks for an hour": (
        lambda _: response("429 Slow", b"", ("Retry-After", "3600")), SourceUnavailableError, "3,600 seconds", 1,
    ),
    "in a circle": (
        lambda r: response("302 Found", b"", ("Location", r.path)), SourceUnavailableError, "more than 5 times", 6,
    ),
    "to plain http": (
        lambda _: response("302 Found", b"", ("Location", "http://files.example/x")),
        SourceUnavailableError, "not https", 1,
    ),
    "to no address": (
        lambda _: response("302 Found", b"", ("Location", "https://[")), SourceUnavailableError, "gave up", 4,
    ),
    "a login page": (whole(b"\n\n  <HTML lang=en><head>" + b"x" * 5000), NotTheExpectedFileError, "HTML", 1),
    "a login script": (whole(b"<script>location='/login'</script>"), NotTheExpectedFileError, "HTML", 1),
    "a login form": (whole(b"\xef\xbb\xbf<div class='login'>Sign in</div>"), NotTheExpectedFileError, "HTML", 1),
    "an error in JSON": (
        whole(b'{"error": "Access denied", "code": 403}'), NotTheExpectedFileError, "an error message in JSON", 1,
    ),
    "a problem in JSON": (
        whole(b'{"type": "about:blank", "title": "Forbidden", "status": 403}'), NotTheExpectedFileError, "JSON", 1,
    ),
    "an error in XML": (
        whole(b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'), NotTheExpectedFileError, "XML", 1,
    ),
    "an empty answer": (whole(b""), NotTheExpectedFileError, "nothing in place of the file", 1),
    "a bomb": (
        whole(gzip.compress(bytes(30_000_000)), ENCODED), TooLargeError, "limit of 10,000,000 bytes", 1,
    ),
    "more than the limit": (whole(length=99_999_999), TooLargeError, "limit of 10,000,000 bytes", 1),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_had_is_one_sentence_and_leaves_nothing(
    site: TlsSite, house: House, name: str
) -> None:
    answer, error, said, n_requests = REFUSED[name]
    address = site.at("/table.tsv", answer)
    with pytest.raises(error) as caught:
        house.fetch(address)
    sentence = str(caught.value)
    assert (
        said in sentence and sentence.startswith(address) and "\n" not in sentence and len(sentence) < 1_500
    )
    assert house.stored() == [] and house.lock.get(address) is None
    assert len(site.requests) == n_requests


def test_what_a_resume_asks_for_begins_where_the_bytes_ended(site: TlsSite, house: House) -> None:
    house.fetch(site.at("/table.tsv", HEALED["every answer a tenth"]))
    tenth = N // 10
    assert ranges(site) == [tenth * i for i in range(11)]
    assert len(house.waits) == 10 and max(house.waits) <= 2.0, "an attempt that brings bytes is not in vain"


def test_the_total_of_the_first_answer_holds_in_a_later_run_too(site: TlsSite, house: House) -> None:
    address = site.at("/table.tsv", first(cut(V1), lambda _: response("503 Busy")))
    with pytest.raises(SourceUnavailableError):
        house.fetch(address)
    site.at("/table.tsv", rest(V1, total="*", n=100))
    site.requests.clear()
    assert house.fetch(address).path.read_bytes() == BODY
    assert len(site.requests) == -(-(N - HALF) // 100)


def test_a_gzip_file_proves_itself_where_the_server_says_no_length(site: TlsSite, house: House) -> None:
    assert house.fetch(site.at("/table.tsv.gz", whole(GZIPPED, length=None))).path.read_bytes() == GZIPPED


def test_a_checksum_that_is_known_proves_a_file_of_unknown_length(site: TlsSite, house: House) -> None:
    address = site.at("/table.tsv", whole(BODY, length=None))
    digest = hashlib.sha256(BODY).hexdigest()
    with Fetcher(house.store, None, house.lock) as fetcher:
        assert fetcher.fetch(address, licence="CC0", sha256=digest).sha256 == digest


# --- time -----------------------------------------------------------------------------------------------------------


def test_a_download_that_brings_next_to_nothing_is_ended_and_goes_on_in_the_next_run(
    site: TlsSite, house: House
) -> None:
    def a_byte_a_minute(request: Request) -> bytes:
        house.seconds += 60
        return cut(V1, at=1) if request.number == 1 else rest(V1, n=1)(request)

    address = site.at("/table.tsv", a_byte_a_minute)
    with pytest.raises(SourceUnavailableError, match=r"bytes in 9\d\d seconds are too slow.*are kept"):
        house.fetch(address)
    n_bytes = len(site.requests)
    site.at("/table.tsv", rest(V1))
    assert house.fetch(address).path.read_bytes() == BODY
    assert site.requests[-1].start == n_bytes


@pytest.mark.parametrize("begun", [b"HTTP/1.1 200 OK\r\nX-A: ",
                                   b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;"])  # fmt: skip
def test_a_server_that_never_comes_to_the_first_byte_is_left_too(
    site: TlsSite, house: House, begun: bytes
) -> None:
    def a_letter_a_minute(_: Request) -> Iterator[bytes]:
        yield begun
        while True:
            house.seconds += 60
            time.sleep(0.02)
            yield b"a"

    with pytest.raises(SourceUnavailableError, match=r"table\.tsv: 0 bytes in .* are too slow"):
        house.fetch(site.at("/table.tsv", a_letter_a_minute))
    assert len(site.requests) == 1


@pytest.mark.parametrize(("slowest_bytes_per_s", "is_too_slow"), [(100.0, False), (50_000.0, True)])
def test_a_large_file_may_take_the_time_that_its_bytes_need(
    site: TlsSite, house: House, slowest_bytes_per_s: float, is_too_slow: bool
) -> None:
    tenths = HEALED["every answer a tenth"]

    def slow(request: Request) -> bytes:
        house.seconds += 90
        return tenths(request)

    # eleven answers: 990 s and the waits, where any file has 900 s, and 63,801 bytes another 638 s at 100 a second
    house.slowest_bytes_per_s = slowest_bytes_per_s
    address = site.at("/table.tsv", slow)
    if is_too_slow:
        with pytest.raises(SourceUnavailableError, match="too slow"):
            house.fetch(address)
    else:
        assert house.fetch(address).path.read_bytes() == BODY


# --- hosts ----------------------------------------------------------------------------------------------------------


def test_a_host_that_is_not_there_gets_one_attempt_the_next_time_and_says_nothing_of_others(
    site: TlsSite, house: House
) -> None:
    for address, n_waits in (("https://gone.example/a.tsv", 3), ("https://gone.example/b.tsv", 0)):
        house.waits.clear()
        with pytest.raises(SourceUnavailableError):
            house.fetch(address)
        assert len(house.waits) == n_waits
    house.waits.clear()
    address = site.at("/table.tsv", first(response("503 Busy"), whole()))
    assert house.fetch(address).path.read_bytes() == BODY and len(house.waits) == 1


def test_twenty_awaited_files_of_one_host_that_is_not_there_wait_once(house: House) -> None:
    for number in range(20):
        with pytest.raises(SourceUnavailableError):
            house.fetch(f"https://gone.example/study_{number}.tar.gz", is_awaited=True)
    assert len(house.waits) == 3


def test_an_awaited_file_a_refusal_and_a_cut_say_nothing_about_their_host(
    site: TlsSite, house: House
) -> None:
    with pytest.raises(SourceUnavailableError):
        house.fetch("https://gone.example/awaited.tsv", is_awaited=True)
    for status in ("403 Forbidden", "404 Not Found", "503 Busy"):
        with pytest.raises(IngestionError):
            house.fetch(site.at("/refused.tsv", lambda _, status=status: response(status)))
    with pytest.raises(SourceUnavailableError):
        house.fetch(site.at("/half.tsv", lambda _: cut()))
    for address in ("https://gone.example/b.tsv", site.at("/busy.tsv", lambda _: response("503 Busy"))):
        house.waits.clear()
        with pytest.raises(SourceUnavailableError):
            house.fetch(address)
        assert len(house.waits) == 3, address


def test_thirty_percent_of_answers_cut_stop_no_file_of_a_catalogue(site: TlsSite, house: House) -> None:
    rng = random.Random(20261129)

    def often_cut(body: bytes) -> Answer:
        def answer(request: Request) -> bytes:
            tag = ("ETag", f'"{zlib.crc32(body)}"')
            sent = (
                rest(tag, body=body, total=len(body))(request) if request.start else whole(body, tag)(request)
            )
            missing = len(body) - request.start
            return sent[: len(sent) - missing // 2] if rng.random() < 0.3 else sent

        return answer

    bodies = [BODY[: 21 + 1_000 * (i + 1)] for i in range(60)]
    for i, body in enumerate(bodies):
        assert house.fetch(site.at(f"/{i}.tsv", often_cut(body))).path.read_bytes() == body
    assert len(site.requests) > 70, "some were cut"


@pytest.mark.mirror
def test_a_whole_read_of_the_mirror_with_thirty_percent_of_answers_cut_is_right_to_the_byte(
    site: TlsSite, house: House, mirror: Path
) -> None:
    rng = random.Random(20261130)

    def often_cut(path: Path) -> Answer:
        def answer(request: Request) -> bytes:
            body = path.read_bytes()
            tag = ("ETag", f'"{path.stat().st_ino}"')
            missing = len(body) - request.start
            sent = (
                rest(tag, body=body, total=len(body), n=missing)(request)
                if request.start
                else whole(body, tag)(request)
            )
            return sent[: len(sent) - rng.randrange(1, missing + 1)] if rng.random() < 0.3 else sent

        return answer

    lines = (mirror / "INDEX.tsv").read_text(encoding="utf-8").splitlines()[1:]
    known = {name: sha256 for name, _, sha256, *_ in (line.split("\t") for line in lines)}
    assert len(known) > 100
    for name, sha256 in known.items():
        host, _, path = name.partition("/")
        site.known.add(host)
        address = site.at(f"/{path}", often_cut(mirror / name), host)
        assert house.fetch(address, max_bytes=100_000_000).sha256 == sha256, address
    assert len(site.requests) > 1.3 * len(known), "some were cut"
    assert len(house.stored()) == len(set(known.values()))


# --- certificates ---------------------------------------------------------------------------------------------------


def test_a_certificate_of_another_host_is_said_at_once_with_the_remedy(site: TlsSite, house: House) -> None:
    with pytest.raises(SourceUnavailableError, match=r"certificate.*cannot be verified.*SSL_CERT_FILE"):
        house.fetch(site.at("/table.tsv", whole(), host="wrong.example"))
    assert house.waits == []


def test_a_certificate_of_an_unknown_authority_is_said_at_once_with_the_remedy(
    site: TlsSite, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(SourceUnavailableError, match=r"certificate.*cannot be verified.*SSL_CERT_FILE"):
        house.fetch(site.at("/table.tsv", whole()))
    assert house.waits == [] and site.requests == []


@pytest.mark.parametrize(
    ("name", "value"), [("SSL_CERT_FILE", "/no/such/file.pem"), ("HTTPS_PROXY", "nonsense://x")]
)
def test_an_environment_of_which_no_client_can_be_made_is_one_sentence(
    site: TlsSite, house: House, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SourceUnavailableError, match=rf"no https client.*{name}"):
        house.fetch(site.at("/table.tsv", whole()))
