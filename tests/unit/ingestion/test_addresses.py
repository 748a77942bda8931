"""Addresses, error sentences and progress bars."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from loopback import COMMIT, PINNED, UNPINNED
from rich.console import Console

from ingestion.errors import InvalidAddressError, ParseError, StorageError
from ingestion.fetching.addresses import is_pinned, mirror_path, parse_address
from ingestion.fetching.progress import RichProgress


def test_a_query_becomes_part_of_the_mirror_file_name(tmp_path: Path) -> None:
    address = "https://x.example/download?id=3&path=a/b"
    assert mirror_path(tmp_path, address) == tmp_path / "x.example" / "download?id=3&path=a%2Fb"
    long_a, long_b = (f"https://x.example/d?{'k' * 300}{end}" for end in "ab")
    assert mirror_path(tmp_path, long_a) != mirror_path(tmp_path, long_b)
    assert len(mirror_path(tmp_path, long_a).name) < 255


@pytest.mark.parametrize(
    "text",
    [
        "http://x.example/a", "ftp://x.example/a", "file:///etc/passwd", "x.example/a", "", "https:///a",
        "https://x.example", "https://x.example/", "https://x.example/folder/", "https://x.example//a",
        "https://x.example/../a", "https://x.example/a/%2e%2e/b", "https://x.example/a%2Fb",
        "https://x.example/a%00", "https://x.example/a\\b", "https://x.example/a b", "https://x.example/a%3Fb",
        "https://user:pw@x.example/a", "https://x.example:8443/a", "https://x.example:port/a",
        "https://x.example/a#part", "https://../a", "https://-x.example/a",
    ],
)  # fmt: skip
def test_an_address_that_is_not_one_public_https_file_is_refused(text: str) -> None:
    with pytest.raises(InvalidAddressError, match="not a usable source address"):
        parse_address(text)


def test_host_case_and_the_standard_port_do_not_make_another_address() -> None:
    assert parse_address("https://X.Example:443/A/b%20c").text == "https://x.example/A/b%20c"
    assert parse_address("https://x.example/A/b%20c").segments == ("A", "b c")


@pytest.mark.parametrize(
    ("address", "pinned"),
    [
        (PINNED, True),
        (f"https://x.example/archive/{COMMIT}.tar.gz", True),
        (f"https://x.example/file?ref={COMMIT}", True),
        (f"https://x.example/{COMMIT[:39]}/a", False),
        (f"https://x.example/{COMMIT}0/a", False),
        (f"https://x.example/{'a' * 64}", False),
        ("https://x.example/main/a", False),
    ],
)
def test_an_address_is_pinned_by_a_full_commit_only(address: str, pinned: bool) -> None:
    assert is_pinned(address) is pinned


def test_an_error_is_one_sentence_with_place_and_remedy() -> None:
    error = ParseError("'abc' is not a number", file="data_clinical.txt", line=7, remedy="correct the cell.")
    assert str(error) == "data_clinical.txt, line 7: 'abc' is not a number; correct the cell."
    assert str(StorageError("two\nlines")) == "two lines."


def test_a_progress_bar_is_drawn_on_a_terminal_and_nothing_is_written_elsewhere() -> None:
    for is_terminal in (True, False):
        screen = io.StringIO()
        console = Console(file=screen, force_terminal=is_terminal, width=100)
        with RichProgress(console) as progress:
            progress.begin(UNPINNED, 100, 0)
            progress.advance(UNPINNED, 60)
            progress._bars.refresh()
            progress.end(UNPINNED)
            progress.end(UNPINNED)
        assert ("table.tsv" in screen.getvalue()) is is_terminal
        assert is_terminal or screen.getvalue() == ""
