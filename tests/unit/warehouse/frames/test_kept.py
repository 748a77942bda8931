"""What a process keeps of a published version: the rows it read before, and nothing of a file that can change."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from warehouse.frames.kept import kept


class Reader:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> pd.DataFrame:
        self.asked += 1
        return pd.DataFrame({"time_months": [1.0, 2.0]})


def file_in(folder: Path) -> Path:
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "icb.duckdb")) as con:
        con.execute("create table one (a integer)")
    return folder / "icb.duckdb"


def test_a_published_version_is_read_once_for_each_thing_asked(tmp_path: Path) -> None:
    file, read = file_in(tmp_path / "20260101T000000Z-0123abcd"), Reader()
    for _ in range(2):  # a request of the explorer opens the file anew
        with duckdb.connect(str(file), read_only=True) as con:
            frame = kept(con, ("people", "OS"), read)
            frame["time_months"] = 0.0  # a caller's own column
            assert list(kept(con, ("people", "OS"), read)["time_months"]) == [1.0, 2.0]
    assert read.asked == 1
    with duckdb.connect(str(file), read_only=True) as con:
        kept(con, ("people", "PFS"), read)
    assert read.asked == 2


@pytest.mark.parametrize(
    ("folder", "read_only"),
    [("build", True), (".20260101T000000Z-0123abcd.draft", True), ("20260101T000000Z-0123abcd", False)],
)
def test_nothing_is_kept_of_a_file_that_can_change(tmp_path: Path, folder: str, read_only: bool) -> None:
    file, read = file_in(tmp_path / folder), Reader()
    with duckdb.connect(str(file), read_only=read_only) as con:
        kept(con, ("people", "OS"), read)
        kept(con, ("people", "OS"), read)
    assert read.asked == 2
