"""Reading public addresses over https: stored, revalidated, resumed, retried, limited, refused."""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from loopback import BIG, PINNED, TABLE, UNPINNED, House, Site, answer, cut_after, ranged
from waiting import CI_LIMIT_S

from ingestion.errors import (
    AddressNotFoundError,
    ChecksumMismatchError,
    DiskFullError,
    IngestionError,
    NotTheExpectedFileError,
    SourceUnavailableError,
    TooLargeError,
    TruncatedError,
)
from ingestion.fetching.fetch import Fetcher
from ingestion.fetching.sources_lock import SourcesLock
from ingestion.fetching.store import ContentStore

ROOT = Path(__file__).parents[3]


@pytest.fixture
def site() -> Iterator[Site]:
    running = Site()
    yield running
    running.server.shutdown()
    running.server.server_close()


@pytest.fixture
def house(tmp_path: Path, site: Site) -> House:
    return House(tmp_path, site)


def test_a_downloaded_file_is_stored_under_its_checksum_and_recorded(house: House, site: Site) -> None:
    site.at(PINNED, answer(TABLE))
    fetched = house.fetch(PINNED, expected="text")
    assert fetched.path.read_bytes() == TABLE
    assert fetched.path.name == fetched.sha256 == hashlib.sha256(TABLE).hexdigest()
    assert (fetched.read_from, fetched.pinned, fetched.bytes) == ("https", True, len(TABLE))
    entry = house.lock.get(PINNED)
    assert entry is not None and (entry.sha256, entry.licence, entry.pinned) == (fetched.sha256, "CC0", True)
    assert house.stored_files() == [fetched.path]


def test_a_pinned_address_that_is_stored_is_not_downloaded_again(house: House, site: Site) -> None:
    site.at(PINNED, answer(TABLE))
    house.fetch(PINNED)
    assert house.fetch(PINNED).read_from == "store"
    assert len(site.requests) == 1


def test_a_pinned_file_that_went_missing_from_the_store_is_downloaded_again(house: House, site: Site) -> None:
    site.at(PINNED, answer(TABLE))
    house.fetch(PINNED).path.unlink()
    assert house.fetch(PINNED).read_from == "https"


def test_an_unpinned_address_is_revalidated_by_its_etag_and_not_sent_again(house: House, site: Site) -> None:
    site.at(UNPINNED, ranged(TABLE, '"v1"'))
    first = house.fetch(UNPINNED)
    lock_text = house.lock.path.read_text()
    second = house.fetch(UNPINNED)
    assert (first.read_from, second.read_from) == ("https", "store")
    assert site.requests[1][1]["if-none-match"] == '"v1"'
    assert second.sha256 == first.sha256 and house.lock.path.read_text() == lock_text


def test_an_unpinned_address_without_etag_is_revalidated_by_its_date(house: House, site: Site) -> None:
    date = "Wed, 01 Jan 2020 00:00:00 GMT"
    site.at(UNPINNED, answer(TABLE, Last_Modified=date), answer(status=304))
    house.fetch(UNPINNED)
    assert house.fetch(UNPINNED).read_from == "store"
    assert site.requests[1][1]["if-modified-since"] == date


def test_an_unpinned_address_that_changed_is_a_new_version_with_a_report(house: House, site: Site) -> None:
    newer = b"PATIENT_ID\tOS_MONTHS\tAGE\nP1\t3.5\t60\nP2\t12\t61\nP3\t1\t62\n"
    site.at(UNPINNED, ranged(TABLE, '"v1"'))
    old = house.fetch(UNPINNED)
    site.at(UNPINNED, ranged(newer, '"v2"'))
    new = house.fetch(UNPINNED)
    change = new.change
    assert change is not None and [change] == house.lock.changes
    assert (change.old_sha256, change.new_sha256) == (old.sha256, new.sha256)
    assert (change.old_bytes, change.new_bytes) == (len(TABLE), len(newer))
    assert change.difference is not None
    assert (change.difference.lines_added, change.difference.lines_removed) == (4, 3)
    assert (change.difference.columns_added, change.difference.columns_removed) == (("AGE",), ())
    assert old.path.read_bytes() == TABLE, "the old version stays in the store"


def test_a_cut_connection_is_resumed_where_it_broke(house: House, site: Site) -> None:
    site.at(UNPINNED, cut_after(200_000, BIG, ETag='"v1"'), ranged(BIG, '"v1"'))
    assert house.fetch(UNPINNED).path.read_bytes() == BIG
    resumed = site.requests[1][1]
    assert resumed["if-range"] == '"v1"'
    start = int(resumed["range"].removeprefix("bytes=").removesuffix("-"))
    assert 0 < start <= 200_000


def test_a_later_run_resumes_what_an_earlier_one_could_not_finish(house: House, site: Site) -> None:
    site.at(UNPINNED, cut_after(200_000, BIG, ETag='"v1"'), answer(status=503))
    with pytest.raises(SourceUnavailableError, match=r"gave up after 4 attempts.*arrived are kept"):
        house.fetch(UNPINNED)
    site.at(UNPINNED, ranged(BIG, '"v1"'))
    assert house.fetch(UNPINNED).path.read_bytes() == BIG
    assert "range" in site.requests[-1][1]


def test_a_file_that_changed_while_it_was_cut_is_read_anew_and_never_mixed(house: House, site: Site) -> None:
    other = BIG[::-1]
    site.at(UNPINNED, cut_after(200_000, BIG, ETag='"v1"'), ranged(other, '"v2"'))
    assert house.fetch(UNPINNED).path.read_bytes() == other


def test_a_server_that_ignores_if_range_cannot_mix_two_versions(house: House, site: Site) -> None:
    other = BIG[::-1]

    def careless(handler: BaseHTTPRequestHandler) -> None:
        del handler.headers["If-Range"]
        ranged(other, '"v2"')(handler)

    site.at(UNPINNED, cut_after(200_000, BIG, ETag='"v1"'), careless)
    assert house.fetch(UNPINNED).path.read_bytes() == other


@pytest.mark.parametrize("headers", [{}, {"ETag": 'W/"v1"'}], ids=["no validator", "weak validator"])
def test_without_a_strong_validator_an_unpinned_file_is_not_resumed(
    house: House, site: Site, headers: dict[str, str]
) -> None:
    site.at(UNPINNED, cut_after(200_000, BIG, **headers), answer(BIG, 200, **headers))
    assert house.fetch(UNPINNED).path.read_bytes() == BIG
    assert "range" not in site.requests[1][1]


def test_a_pinned_file_is_resumed_even_without_a_validator(house: House, site: Site) -> None:
    site.at(PINNED, cut_after(200_000, BIG), ranged(BIG, '"x"'))
    assert house.fetch(PINNED).path.read_bytes() == BIG
    assert "range" in site.requests[1][1]


def test_a_partial_file_as_long_as_the_whole_starts_over(house: House, site: Site) -> None:
    site.at(PINNED, cut_after(200_000, BIG), answer(status=416), answer(BIG))
    assert house.fetch(PINNED).path.read_bytes() == BIG
    assert ["range" in headers for _, headers in site.requests] == [False, True, False]


def test_503_is_tried_again_with_growing_waits_until_it_succeeds(house: House, site: Site) -> None:
    site.at(UNPINNED, answer(status=503), answer(status=502), answer(status=500), answer(TABLE))
    assert house.fetch(UNPINNED).path.read_bytes() == TABLE
    assert len(house.waits) == 3
    assert house.waits[0] >= 0.5 and 2.0 <= house.waits[2] <= 30.0


def test_retry_after_is_honoured_in_seconds_and_as_a_date(house: House, site: Site) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=28), usegmt=True)
    site.at(
        UNPINNED, answer(status=429, Retry_After="17"), answer(status=503, Retry_After=soon), answer(TABLE)
    )
    house.fetch(UNPINNED)
    assert house.waits[0] == 17.0 and 5.0 < house.waits[1] <= 28.0


def test_a_server_that_asks_for_a_long_pause_is_left_alone(house: House, site: Site) -> None:
    site.at(UNPINNED, answer(status=429, Retry_After="3600"))
    with pytest.raises(SourceUnavailableError, match="asks to wait 3,600 seconds"):
        house.fetch(UNPINNED)
    assert len(site.requests) == 1 and house.waits == []


def test_it_gives_up_after_the_last_attempt_and_says_so(house: House, site: Site) -> None:
    site.at(UNPINNED, answer(status=503))
    with pytest.raises(SourceUnavailableError, match=r"gave up after 4 attempts, the last one: .*503"):
        house.fetch(UNPINNED)
    assert len(site.requests) == 4
    assert house.lock.get(UNPINNED) is None


def test_a_refused_connection_is_tried_again_and_then_reported(house: House, site: Site) -> None:
    site.server.shutdown()
    site.server.server_close()
    with pytest.raises(SourceUnavailableError, match="gave up after 4 attempts, the last one: ConnectError"):
        house.fetch(UNPINNED)
    assert len(house.waits) == 3


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, AddressNotFoundError), (410, AddressNotFoundError), (403, SourceUnavailableError)],
)
def test_a_definite_refusal_is_not_tried_again(
    house: House, site: Site, status: int, error: type[IngestionError]
) -> None:
    site.at(UNPINNED, answer(status=status))
    with pytest.raises(error, match=str(status)):
        house.fetch(UNPINNED)
    assert len(site.requests) == 1 and house.stored_files() == []


def test_an_html_error_page_is_refused_and_leaves_nothing(house: House, site: Site) -> None:
    site.at(UNPINNED, answer(b"\n<!DOCTYPE html><html><body>Please log in</body></html>"))
    with pytest.raises(NotTheExpectedFileError, match="HTML"):
        house.fetch(UNPINNED, expected="gzip")
    assert house.stored_files() == [] and house.lock.get(UNPINNED) is None


def test_a_git_lfs_pointer_is_refused_and_the_remedy_names_the_media_host(house: House, site: Site) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
    site.at(PINNED, answer(pointer))
    with pytest.raises(NotTheExpectedFileError, match=r"Git LFS pointer.*media\.githubusercontent\.com"):
        house.fetch(PINNED, expected="text")


def test_an_empty_answer_is_refused(house: House, site: Site) -> None:
    site.at(UNPINNED, answer(b""))
    with pytest.raises(NotTheExpectedFileError, match="nothing in place of the file"):
        house.fetch(UNPINNED)


def test_a_gzip_file_that_was_cut_before_it_was_uploaded_is_refused(house: House, site: Site) -> None:
    site.at(UNPINNED, answer(gzip.compress(BIG)[:-5000]))
    with pytest.raises(TruncatedError, match="ends too early"):
        house.fetch(UNPINNED, expected="gzip")
    assert house.stored_files() == []


def test_a_pinned_file_with_another_checksum_is_an_error_that_names_the_remedy(
    house: House, site: Site
) -> None:
    site.at(PINNED, answer(TABLE))
    first = house.fetch(PINNED)
    first.path.unlink()
    site.at(PINNED, answer(TABLE + b"P3\t4\n"))
    with pytest.raises(ChecksumMismatchError, match=r"pinned by its commit.*remove the entry"):
        house.fetch(PINNED)
    assert house.stored_files() == []
    entry = house.lock.get(PINNED)
    assert entry is not None and entry.sha256 == first.sha256


def test_a_checksum_that_the_catalogue_demands_is_checked_on_first_reading(house: House, site: Site) -> None:
    site.at(UNPINNED, answer(TABLE))
    with pytest.raises(ChecksumMismatchError, match="catalogue demands 0000"):
        house.fetch(UNPINNED, sha256="0" * 64)
    right = hashlib.sha256(TABLE).hexdigest()
    assert house.fetch(UNPINNED, sha256=right).read_from == "https"
    assert house.fetch(UNPINNED, sha256=right).read_from == "store"


def test_a_file_announced_as_too_large_is_refused_before_it_is_read(house: House, site: Site) -> None:
    site.at(UNPINNED, cut_after(0, BIG))
    with pytest.raises(TooLargeError, match="limit of 1,000 bytes"):
        house.fetch(UNPINNED, max_bytes=1000)
    assert house.stored_files() == []


def test_a_file_of_unknown_length_is_cut_off_at_the_limit(house: House, site: Site) -> None:
    sent = []

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        try:
            for _ in range(20_000):
                handler.wfile.write(b"2710\r\n" + b"x" * 10_000 + b"\r\n")
                sent.append(10_000)
        except OSError:
            handler.close_connection = True

    site.at(UNPINNED, endless)
    with pytest.raises(TooLargeError):
        house.fetch(UNPINNED, max_bytes=300_000)
    assert house.stored_files() == []
    assert sum(sent) < 150_000_000, "the client hung up long before the 200 MB were sent"


def test_redirects_are_followed_when_they_stay_on_https(house: House, site: Site) -> None:
    site.at(UNPINNED, answer(status=302, Location="https://cdn.example/real?token=1"))
    site.at("https://cdn.example/real?token=1", answer(TABLE))
    fetched = house.fetch(UNPINNED)
    assert fetched.path.read_bytes() == TABLE and fetched.address == UNPINNED


def test_a_redirect_to_plain_http_is_refused(house: House, site: Site) -> None:
    site.at(UNPINNED, answer(status=302, Location="http://cdn.example/real"))
    with pytest.raises(SourceUnavailableError, match="not https"):
        house.fetch(UNPINNED)
    assert len(site.requests) == 1


def test_endless_redirects_end(house: House, site: Site) -> None:
    site.at(UNPINNED, answer(status=302, Location=UNPINNED))
    with pytest.raises(SourceUnavailableError, match="more than 5 times"):
        house.fetch(UNPINNED)


def test_text_sent_in_a_transfer_encoding_is_stored_decoded(house: House, site: Site) -> None:
    site.at(UNPINNED, answer(gzip.compress(TABLE), Content_Encoding="gzip"))
    assert house.fetch(UNPINNED).path.read_bytes() == TABLE
    assert site.requests[0][1]["accept-encoding"] == "identity"


def test_a_gz_file_that_the_server_calls_encoded_stays_a_gz_file(house: House, site: Site) -> None:
    packed = gzip.compress(TABLE, mtime=0)
    site.at(UNPINNED + ".gz", answer(packed, Content_Encoding="gzip"))
    assert house.fetch(UNPINNED + ".gz", expected="gzip").path.read_bytes() == packed


def test_a_cut_encoded_answer_is_never_continued_in_the_middle(house: House, site: Site) -> None:
    packed = gzip.compress(BIG)
    site.at(PINNED, cut_after(len(packed) // 2, packed, Content_Encoding="gzip"), ranged(BIG, '"v1"'))
    assert house.fetch(PINNED).path.read_bytes() == BIG
    assert "range" not in site.requests[1][1]


def test_a_full_disk_is_one_sentence_and_leaves_no_half_file(
    house: House, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.at(UNPINNED, answer(BIG, ETag='"v1"'))
    write, written = os.write, []

    def until_full(descriptor: int, data: bytes) -> int:
        written.append(len(data))
        if sum(written) > 300_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", until_full)
    with pytest.raises(DiskFullError, match=r"no space is left.*free some space"):
        house.fetch(UNPINNED)
    assert sum(written) > 300_000, "some bytes were written before the disk was full"
    assert house.stored_files() == [] and house.lock.get(UNPINNED) is None


def test_two_processes_that_fetch_one_pinned_address_download_it_once(tmp_path: Path, site: Site) -> None:
    site.at(PINNED, answer(BIG))
    code = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
import time
import loopback as t
from ingestion.fetching.sources_lock import SourcesLock
recorded = SourcesLock.record
def slowly(*args, **kwargs):
    time.sleep(2)  # the other process arrives while a whole file waits to be noted
    return recorded(*args, **kwargs)
SourcesLock.record = slowly
site = t.Site.__new__(t.Site)
site.server = type("S", (), {{"server_address": ("127.0.0.1", {site.server.server_address[1]})}})
house = t.House(Path({str(tmp_path)!r}), site)
print(house.fetch(t.PINNED).read_from)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    runs = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    outcomes = sorted(run.communicate(timeout=CI_LIMIT_S)[0].strip() for run in runs)
    assert outcomes == ["https", "store"] and len(site.requests) == 1


def test_progress_counts_every_byte_once_also_after_a_resume(tmp_path: Path, site: Site) -> None:
    class Counter:
        done = 0
        ended = 0

        def begin(self, address: str, total_bytes: int | None, done_bytes: int) -> None:
            assert total_bytes == len(BIG)
            self.done = done_bytes

        def advance(self, address: str, n_bytes: int) -> None:
            self.done += n_bytes

        def end(self, address: str) -> None:
            self.ended += 1

    site.at(UNPINNED, cut_after(200_000, BIG, ETag='"v1"'), ranged(BIG, '"v1"'))
    counter = Counter()
    lock = SourcesLock(tmp_path / "lock.json")
    with Fetcher(
        ContentStore(tmp_path), None, lock, site.client, progress=counter, sleep=lambda _: None
    ) as fetcher:
        fetcher.fetch(UNPINNED, licence="CC0")
    assert (counter.done, counter.ended) == (len(BIG), 1)
