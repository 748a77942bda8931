"""The shelf: a result is reused when all that it is made of is as it was, and only then; whole, or not at all."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import duckdb
import pytest

from orchestration.reuse.computed import key_of, why_computed
from orchestration.reuse.declared_rows import (
    Declared,
    forget_checksums,
    macros_checksum,
    rows_checksums,
    show_declared,
    write_checksums,
)
from orchestration.reuse.shelf import KEPT, Entry, Shelf, put_in_place

RUN = {"run_id": "r1", "started_at": "2026-11-29 10:00:00", "has_uncommitted_changes": False}
MADE_OF = {"the spec": "1", "the code": "2", "rows of marts.mutations": "3"}


def write(entry: Entry) -> None:
    (entry.tables / "survival_stats.parquet").write_bytes(b"numbers")
    (entry.figures / "forest.svg").write_bytes(b"<svg/>")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


def kept(shelf: Shelf, asset: str = "a", **changed: str) -> Entry:
    made_of = MADE_OF | changed
    return shelf.keep(asset, key_of(made_of), RUN, made_of, write)


# --- what is kept -------------------------------------------------------------------------------------------------


def test_what_was_kept_is_found_byte_by_byte_with_the_run_that_computed_it(
    shelf: Shelf, tmp_path: Path
) -> None:
    kept(shelf)
    entry = shelf.find("a", key_of(MADE_OF))
    assert entry is not None and entry.run == RUN and entry.made_of == MADE_OF
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "of_an_earlier_run.svg").touch()
    put_in_place(entry, tmp_path / "tables", tmp_path / "figures")
    assert (tmp_path / "tables" / "survival_stats.parquet").read_bytes() == b"numbers"
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["forest.svg"]


@pytest.mark.parametrize("part", MADE_OF)
def test_any_part_that_changes_is_another_key_and_the_reason(shelf: Shelf, part: str) -> None:
    kept(shelf)
    changed = MADE_OF | {part: "another"}
    assert shelf.find("a", key_of(changed)) is None
    assert why_computed(shelf, "a", changed) == f"changed: {part}"
    assert why_computed(shelf, "a", MADE_OF) is None


def test_a_mart_that_is_read_now_or_no_longer_is_a_reason_too(shelf: Shelf) -> None:
    kept(shelf)
    more = MADE_OF | {"rows of marts.burdens": "4"}
    assert why_computed(shelf, "a", more) == "changed: rows of marts.burdens"
    fewer = {part: value for part, value in MADE_OF.items() if part != "the code"}
    assert why_computed(shelf, "a", fewer) == "changed: the code (no longer read)"
    assert why_computed(shelf, "never", MADE_OF) == "no result is kept"


@pytest.mark.parametrize("damage", ["changed", "removed", "added", "no note"])
def test_a_damaged_entry_is_not_reused_and_makes_room_for_a_sound_one(shelf: Shelf, damage: str) -> None:
    entry = kept(shelf)
    if damage == "changed":
        (entry.tables / "survival_stats.parquet").write_bytes(b"numbert")
    elif damage == "removed":
        (entry.figures / "forest.svg").unlink()
    elif damage == "added":
        (entry.figures / "more.svg").touch()
    else:
        (entry.folder / "entry.json").unlink()
    assert shelf.find("a", key_of(MADE_OF)) is None
    kept(shelf)
    assert shelf.find("a", key_of(MADE_OF)) is not None


@pytest.mark.parametrize(
    "note",
    [
        "",
        '{"run": {"run_id": "r1"}, "made_of": {"the spec"',
        "[]",
        '"text"',
        "{}",
        '{"files": FILES}',
        '{"run": null, "made_of": {}, "seconds": 1.0, "files": FILES}',
        '{"run": {}, "made_of": {}, "seconds": 1.0, "files": FILES}',
        '{"run": {"run_id": "r1"}, "made_of": ["the spec"], "seconds": 1.0, "files": FILES}',
        '{"run": {"run_id": "r1"}, "made_of": {}, "seconds": "long", "files": FILES}',
        '{"run": {"run_id": "r1"}, "made_of": {}, "seconds": 1.0, "files": FILES, "form": 2}',
    ],
    ids=[
        "empty", "cut off", "a list", "a text", "of nothing", "of files alone", "no run", "a run without a name",
        "another form of what it is made of", "no time", "one part more",
    ],
)  # fmt: skip
def test_an_entry_whose_note_has_another_form_is_not_reused_and_stops_nobody(shelf: Shelf, note: str) -> None:
    """A power cut, or another version of the project: the files are what they were."""
    entry = kept(shelf)
    path = entry.folder / "entry.json"
    files = json.dumps(json.loads(path.read_text(encoding="utf-8"))["files"])
    path.write_text(note.replace("FILES", files), encoding="utf-8")
    assert shelf.find("a", key_of(MADE_OF)) is None
    assert shelf.seconds("a") == math.inf
    assert why_computed(shelf, "a", MADE_OF) == "no result is kept"
    kept(shelf)
    assert shelf.find("a", key_of(MADE_OF)) is not None


def test_nothing_is_kept_of_a_computation_that_fails(shelf: Shelf) -> None:
    def fails(entry: Entry) -> None:
        write(entry)
        raise ValueError("no convergence")

    with pytest.raises(ValueError, match="no convergence"):
        shelf.keep("a", key_of(MADE_OF), RUN, MADE_OF, fails)
    assert shelf.keys("a") == [] and not [*(shelf.folder / "a").iterdir()]


def test_the_entries_that_are_used_least_go(shelf: Shelf) -> None:
    first = key_of(MADE_OF | {"the code": "0"})
    for number in range(KEPT + 1):
        kept(shelf, **{"the code": str(number)})
        shelf.find("a", first)  # used each time, and so kept
    assert len(shelf.keys("a")) == KEPT and first in shelf.keys("a")
    assert key_of(MADE_OF | {"the code": "1"}) not in shelf.keys("a")


def test_a_sweep_leaves_the_assets_of_the_catalogue_and_no_half_written_folder(shelf: Shelf) -> None:
    kept(shelf)
    kept(shelf, asset="withdrawn")
    (shelf.folder / "a" / ".key.123.making").mkdir()
    shelf.sweep(["a"])
    assert [path.name for path in shelf.folder.iterdir()] == ["a"]
    assert [path.name for path in (shelf.folder / "a").iterdir()] == [key_of(MADE_OF)]


def test_killed_at_any_of_a_hundred_points_it_leaves_a_whole_entry_or_none(tmp_path: Path) -> None:
    """A process that keeps results one after another, and kills itself at the n-th line of the shelf's code that it
    comes to; after each death every entry that is found is whole."""
    program = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        sys.path[:0] = sys.argv[1].split(os.pathsep)
        from orchestration.reuse import shelf as code
        folder, first, last = Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])

        def write(entry):
            for n in range(3):
                (entry.tables / f"t{n}.parquet").write_bytes(b"numbers" * 50)
            (entry.figures / "f.svg").write_bytes(b"<svg/>")

        for point in range(first, last):
            child = os.fork()
            if child == 0:
                left = point
                def trace(frame, event, _):
                    global left
                    if frame.f_code.co_filename != code.__file__ and frame.f_code.co_name != "write":
                        return None
                    left -= 1
                    if left <= 0:
                        os.kill(os.getpid(), signal.SIGKILL)
                    return trace
                sys.settrace(trace)
                code.Shelf(folder / str(point)).keep("a", "key", {"run_id": "r"}, {"the code": "1"}, write)
                os._exit(0)
            os.waitpid(child, 0)
        """
    )
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-c", program, paths, str(tmp_path), "1", "101"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found = 0
    for point in range(1, 101):
        shelf = Shelf(tmp_path / str(point))
        entry = shelf.find("a", "key")
        if entry is not None:
            found += 1
            assert sorted(path.name for path in entry.tables.iterdir()) == [
                "t0.parquet",
                "t1.parquet",
                "t2.parquet",
            ]
        shelf.sweep(["a"])
        assert shelf.find("a", "key") is not None or not shelf.keys("a")
    assert 0 < found < 100, "some were killed before the end and some after it"


# --- what a step may read -------------------------------------------------------------------------------------------


@pytest.fixture
def build(tmp_path: Path) -> Path:
    path = tmp_path / "icb.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("create schema marts")
        con.execute("create schema stats")
        con.execute(
            "create table marts.mutations as "
            "select * from (values ('c1', 'ALK'), ('c2', 'TP53')) as v (cohort_id, gene)"
        )
        con.execute("create table marts.gene_names as select 'ALK' as gene")
        con.execute("create table marts.copy_number (cohort_id varchar, level int)")  # no cohort has any
        con.execute("create table marts.burdens as select 'c1' as cohort_id, 1.0 as tmb")
        con.execute(
            "create table stats.left_out_cohorts (cohort_id varchar, sentence varchar, run_id varchar)"
        )
        con.execute("create macro marts.calls_of(g) as table select * from marts.mutations where gene = g")
    return path


def seen(build: Path, declared: Declared, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as con:
        con.execute(f"attach '{build}' as built (read_only)")
        show_declared(con, declared)
        return con.execute(sql).fetchall()


def checksums(build: Path, declared: Declared) -> dict[str, str]:
    with duckdb.connect(str(build), read_only=True) as con:
        return rows_checksums(con, declared)


def edit(build: Path, *statements: str) -> None:
    with duckdb.connect(str(build)) as con:
        for statement in statements:
            con.execute(statement)


OF_C1 = Declared(("mutations", "gene_names"), cohorts=("c1",))


def test_a_step_sees_the_rows_of_its_cohorts_in_the_marts_that_it_declares(build: Path) -> None:
    assert seen(build, OF_C1, "select cohort_id from marts.mutations") == [("c1",)]
    assert seen(build, OF_C1, "select gene from marts.gene_names") == [("ALK",)]
    assert seen(build, OF_C1, "select count(*) from marts.calls_of('TP53')") == [(0,)]
    everyone = Declared(("mutations",))
    assert seen(build, everyone, "select count(*) from marts.calls_of('TP53')") == [(1,)]


def test_a_mart_that_is_not_declared_is_an_error(build: Path) -> None:
    with pytest.raises(duckdb.CatalogException, match="burdens"):
        seen(build, OF_C1, "select * from marts.burdens")


@pytest.mark.parametrize(
    ("statement", "changes"),
    [
        ("update marts.mutations set gene = 'EGFR' where cohort_id = 'c1'", {"marts.mutations"}),
        ("insert into marts.mutations values ('c1', 'ALK')", {"marts.mutations"}),  # a row twice
        ("delete from marts.mutations where cohort_id = 'c1'", {"marts.mutations"}),
        ("insert into marts.gene_names values (null)", {"marts.gene_names"}),
        ("alter table marts.gene_names add column entrez bigint", {"marts.gene_names"}),
        ("insert into stats.left_out_cohorts values ('c1', 'It is gone.', 'r')", {"stats.left_out_cohorts"}),
        # what the step does not see
        ("update marts.mutations set gene = 'EGFR' where cohort_id = 'c2'", set()),
        ("insert into marts.mutations values ('c3', 'ALK')", set()),
        ("insert into marts.burdens values ('c1', 2.0)", set()),
        ("insert into stats.left_out_cohorts values ('c3', 'It is gone.', 'r')", set()),
    ],
)
@pytest.mark.parametrize("written", [False, True])
def test_the_checksum_changes_with_what_the_step_sees_and_with_nothing_else(
    build: Path, statement: str, changes: set[str], written: bool
) -> None:
    def noted(con: duckdb.DuckDBPyConnection) -> None:
        if written:
            forget_checksums(con)
            write_checksums(con)

    with duckdb.connect(str(build)) as con:
        noted(con)
    before = checksums(build, OF_C1)
    edit(build, statement)
    with duckdb.connect(str(build)) as con:
        noted(con)
    after = checksums(build, OF_C1)
    assert {table for table in before if before[table] != after[table]} == changes


def test_a_rule_that_stands_in_a_macro_changes_its_checksum_though_no_row_differs(build: Path) -> None:
    def macros() -> str:
        with duckdb.connect(str(build), read_only=True) as con:
            return macros_checksum(con)

    rows, before = checksums(build, OF_C1), macros()
    select = "select * from marts.mutations where gene ="
    edit(build, f"create or replace macro marts.calls_of(g) as table {select} g")
    assert macros() == before, "made anew, and the same"
    edit(build, f"create or replace macro marts.calls_of(g) as table {select} upper(g)")
    assert checksums(build, OF_C1) == rows and macros() != before


def test_the_order_of_rows_and_the_run_that_wrote_them_are_no_part_of_it(build: Path) -> None:
    edit(build, "insert into stats.left_out_cohorts values ('c1', 'It is gone.', 'r1')")
    before = checksums(build, Declared(("mutations",)))
    edit(
        build,
        "create or replace table marts.mutations as select * from marts.mutations order by cohort_id desc",
        "update stats.left_out_cohorts set run_id = 'r2'",
    )
    assert checksums(build, Declared(("mutations",))) == before
