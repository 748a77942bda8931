"""Publishing: all or nothing, readers undisturbed, and a file that older clients can open."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import struct
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import duckdb
import pytest
from small_builds import make_build, make_figures, publish
from waiting import CI_LIMIT_S

from warehouse.versions import public_tables
from warehouse.versions.layout import PublishError
from warehouse.versions.public_tables import PUBLIC_SCHEMAS

ROOT = Path(__file__).resolve().parents[4]
#: Of DuckDB's storage format; 64 is what versions from 0.10 on read. It stands at byte 12 of the file.
OLDEST_STORAGE_VERSION = 64


@pytest.fixture
def build(tmp_path: Path) -> Path:
    return make_build(tmp_path / "build.duckdb")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "published" / "icb.duckdb"


def ask(path: Path, sql: str) -> list[Any]:
    with duckdb.connect(str(path), read_only=True) as con:
        return con.execute(sql).fetchall()


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def left_over(target: Path) -> list[str]:
    """What is unfinished in the folder: its names begin with a dot."""
    return sorted(p.name for p in target.parent.iterdir() if p.name.startswith("."))


# --- what is in it ------------------------------------------------------------------------------------------------


def test_the_public_schemas_are_copied_and_nothing_else(build: Path, target: Path) -> None:
    done = publish(build, target)
    schemas = ask(target, "select distinct schema_name from duckdb_tables()")
    assert {row[0] for row in schemas} == {*PUBLIC_SCHEMAS, "docs"}
    assert done.rows["marts.patients"] == 3
    assert {f.path: f.bytes for f in done.files} == {"icb.duckdb": target.stat().st_size}
    assert ask(target, "select * from marts.patients order by all") == [
        ("c0", "P0"),
        ("c0", "P1"),
        ("c0", "P2"),
    ]


def test_views_and_macros_work_in_the_published_file_by_themselves(build: Path, target: Path) -> None:
    publish(build, target)
    build.unlink()
    assert ask(target, "select stat_id, n from stats.every_stat") == [("a/b/c", 3)]
    assert ask(target, "select count(*) from marts.gene_status('alk') where g = 'ALK'") == [(3,)]


def test_a_view_over_a_view_whose_name_comes_later_is_published_with_its_description(
    build: Path, target: Path
) -> None:
    with duckdb.connect(str(build)) as con:
        con.execute("create view marts.zz_all as select patient_id from marts.patients")
        con.execute(
            "create view marts.aa_first as select patient_id from marts.zz_all where patient_id = 'P0'"
        )
        con.execute("comment on view marts.aa_first is 'The first patient''s row'")
        con.execute("comment on column marts.aa_first.patient_id is 'Patient'")
    publish(build, target)
    build.unlink()
    assert ask(target, "select * from marts.aa_first") == [("P0",)]
    assert ask(target, "select comment from duckdb_views() where view_name = 'aa_first'") == [
        ("The first patient's row",)
    ]
    assert ask(target, "select comment from duckdb_columns() where table_name = 'aa_first'") == [("Patient",)]


def test_descriptions_go_along(build: Path, target: Path) -> None:
    publish(build, target)
    assert ask(target, "select comment from duckdb_tables() where table_name = 'patients'") == [
        ("Who they are: one row a patient's identifier",)
    ]
    assert ask(
        target,
        "select comment from duckdb_columns() where column_name = 'patient_id' and comment is not null",
    ) == [("The source's own",)]


def test_the_file_is_in_the_oldest_storage_version_that_clients_of_1_x_read(
    build: Path, target: Path
) -> None:
    publish(build, target)
    header = target.read_bytes()[:20]
    assert header[8:12] == b"DUCK"
    assert struct.unpack("<Q", header[12:20]) == (OLDEST_STORAGE_VERSION,)
    tags = ask(target, "select tags from duckdb_databases() where path is not null")
    assert str(tags[0][0]["storage_version"]).startswith("v1.0.0")


def test_a_path_with_a_quote_is_no_trouble(build: Path, tmp_path: Path) -> None:
    odd = tmp_path / "it's here" / "icb.duckdb"
    assert publish(build, odd).rows["marts.cohorts"] == 3


def test_figures_are_replaced_as_a_whole(build: Path, target: Path, tmp_path: Path) -> None:
    figures = make_figures(tmp_path / "results", "first")
    (figures / "an_analysis" / "old.svg").write_text("gone tomorrow")
    publish(build, target, figures)
    shutil.rmtree(figures)
    publish(build, target, make_figures(figures, "second"))
    published = target.parent / "figures" / "an_analysis"
    assert [p.name for p in published.iterdir()] == ["figure.svg"]
    assert (published / "figure.svg").read_text() == "second"
    assert left_over(target) == []


# --- readers ------------------------------------------------------------------------------------------------------


def test_a_reader_of_this_process_keeps_the_old_content_and_the_next_one_has_the_new(
    build: Path, target: Path, tmp_path: Path
) -> None:
    publish(build, target)
    with duckdb.connect(str(target), read_only=True) as reader:
        assert reader.execute("select count(*) from marts.patients").fetchone() == (3,)
        publish(make_build(tmp_path / "next.duckdb", n=5), target)
        assert reader.execute("select count(*) from marts.patients").fetchone() == (3,)
    assert ask(target, "select count(*) from marts.patients") == [(5,)]


def test_a_reader_of_another_process_neither_waits_nor_breaks(
    build: Path, target: Path, tmp_path: Path
) -> None:
    publish(build, target)
    program = (
        "import duckdb, sys\n"
        "con = duckdb.connect(sys.argv[1], read_only=True)\n"
        "for line in sys.stdin:\n"
        "    print(con.execute('select count(*) from marts.patients').fetchone()[0], flush=True)\n"
    )
    reader = subprocess.Popen(
        [sys.executable, "-c", program, str(target)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert reader.stdin is not None and reader.stdout is not None

        def asked() -> str:
            reader.stdin.write("again\n")  # type: ignore[union-attr]
            reader.stdin.flush()  # type: ignore[union-attr]
            return reader.stdout.readline().strip()  # type: ignore[union-attr]

        assert asked() == "3"
        for n in (5, 7):
            publish(make_build(tmp_path / f"next_{n}.duckdb", n=n), target)
            assert asked() == "3", "the reader's file is the one that it opened"
            assert ask(target, "select count(*) from marts.patients") == [(n,)]
    finally:
        reader.communicate()
    assert reader.returncode == 0


# --- all or nothing -----------------------------------------------------------------------------------------------


def refused(build: Path, target: Path, figures: Path | None = None) -> str:
    """What a publication that fails says; file, figures and folder must be as they were."""
    before = sha256(target)
    picture = target.parent / "figures" / "an_analysis" / "figure.svg"
    drawn = picture.read_text() if picture.exists() else None
    with pytest.raises(PublishError) as caught:
        publish(build, target, figures)
    assert sha256(target) == before
    assert (picture.read_text() if picture.exists() else None) == drawn
    assert left_over(target) == []
    sentence = str(caught.value)
    assert "\n" not in sentence and sentence.endswith("."), sentence
    return sentence


def full(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_no_build_file(target: Path, tmp_path: Path) -> None:
    with pytest.raises(PublishError, match=r"absent.duckdb: there is no build file; run 'icb run' first\."):
        publish(tmp_path / "absent.duckdb", target)
    assert not target.parent.exists()


def test_a_build_without_patients_is_not_published(build: Path, target: Path) -> None:
    publish(build, target)
    with duckdb.connect(str(build)) as con:
        con.execute("delete from marts.patients")
    assert "no rows in marts.patients" in refused(build, target)


def test_a_build_without_the_macro_is_not_published(build: Path, target: Path) -> None:
    publish(build, target)
    with duckdb.connect(str(build)) as con:
        con.execute("drop macro table marts.gene_status")
    assert "gene_status" in refused(build, target)


def test_a_view_that_no_longer_works_is_not_published(build: Path, target: Path) -> None:
    publish(build, target)
    with duckdb.connect(str(build)) as con:
        con.execute("alter table stats.survival_stats rename to renamed")
    refused(build, target)


def test_a_fault_while_tables_are_copied(build: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(build, target)
    monkeypatch.setattr(public_tables, "_copy_macros", full)  # after every table has been written
    sentence = refused(build, target)
    assert "(no space is left for writing)" in sentence and "the last published file is unchanged" in sentence


def test_a_fault_while_figures_are_copied(
    build: Path, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(build, target, make_figures(tmp_path / "results", "first"))
    monkeypatch.setattr(shutil, "copytree", full)
    with duckdb.connect(str(build)) as con:
        con.execute("insert into marts.patients values ('c0', 'P9')")
    assert "(no space is left for writing)" in refused(
        build, target, make_figures(tmp_path / "results", "second")
    )


def test_a_fault_when_the_finished_draft_gets_its_name(
    build: Path, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(build, target, make_figures(tmp_path / "results", "first"))
    replace = os.replace

    def but_not_the_new_one(source: Any, destination: Any) -> None:
        if str(source).endswith(".making"):
            full()
        replace(source, destination)

    monkeypatch.setattr(os, "replace", but_not_the_new_one)
    refused(build, target, make_figures(tmp_path / "results", "second"))


def test_a_build_file_that_is_open_for_writing_elsewhere(build: Path, target: Path) -> None:
    publish(build, target)
    program = (
        "import duckdb, sys\ncon = duckdb.connect(sys.argv[1])\nprint('open', flush=True)\nsys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(build)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "open\n"
        assert "lock" in refused(build, target)
    finally:
        holder.communicate("")


@pytest.mark.parametrize("most_bytes", [4_000, 60_000, 300_000, 700_000])
def test_a_disk_that_is_full_at_any_moment(build: Path, target: Path, most_bytes: int) -> None:
    """A process that may not write longer files: to DuckDB the same as a full disk, and no pretence. Rows of a small
    build fit its journal, so that only the last checkpoint fails; a close would say nothing, and the file without its
    journal would hold nothing."""
    publish(build, target)
    before = sha256(target)
    assert target.stat().st_size > 700_000, "every limit must be one that bites"
    program = textwrap.dedent(
        """
        import resource, signal, sys
        from pathlib import Path
        from small_builds import publish
        from warehouse.versions.layout import PublishError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
        try:
            publish(Path(sys.argv[1]), Path(sys.argv[2]))
        except PublishError as exc:
            sys.exit(f"icb: {exc}")
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(build), str(target), str(most_bytes)],
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{Path(__file__).parent}"},
        capture_output=True,
        text=True,
        timeout=CI_LIMIT_S,
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    assert str(target) in done.stderr and done.stderr.strip().endswith(
        "the last published file is unchanged."
    )
    assert sha256(target) == before and left_over(target) == []
    assert ask(target, "select count(*) from marts.patients") == [(3,)]


def test_what_a_killed_publication_left_is_swept_by_the_next_and_that_of_a_living_one_is_not(
    build: Path, target: Path
) -> None:
    target.parent.mkdir()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for name in (
        f".icb.duckdb.{ended.pid}.new",
        f".icb.duckdb.{ended.pid}.new.wal",
        f".current.{ended.pid}.new",
        f".icb.duckdb.{os.getppid()}.new",
    ):
        (target.parent / name).write_bytes(b"half")
    (target.parent / f".figures.{ended.pid}.old").mkdir()
    (target.parent / f".20260101T000000Z-00000000.{ended.pid}.making").mkdir()
    (target.parent / ".20260101T000000Z-00000000.draft").mkdir()
    (target.parent / ".keep.me").write_text("a user's")
    publish(build, target)
    assert left_over(target) == [f".icb.duckdb.{os.getppid()}.new", ".keep.me"]
