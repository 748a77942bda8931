"""Killed at any moment, a publication leaves one version whole: tables, figures and reports of one build."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import timedelta
from itertools import groupby
from pathlib import Path

import duckdb
import pytest
from killed import contents, killed_at, killed_at_every_step
from small_builds import NOON, make_build, make_figures, publish
from waiting import CI_LIMIT_S

from warehouse.versions.draft import make_draft, open_draft
from warehouse.versions.layout import OPENED, Version, version_in_force, versions
from warehouse.versions.manifest import About, faults_of
from warehouse.versions.publication import prune_versions, publish_draft, roll_back
from warehouse.versions.runs import note_published, published_runs
from warehouse.versions.take_over import take_over

OLD, NEW, NEXT = 3, 5, 7
#: What is killed.
PUBLISH, FIRST = "test_killed_publications:publish_new", "test_killed_publications:publish_drafted"
#: Kinds of a figure or a report that a moment of the take-over may be without; the file is always there.
FOLDERS = ("figures/an_analysis/figure.svg", "reports/a_report.html")


def publish_mark(folder: Path, n: int) -> None:
    """Publish a build whose tables, figure and report all say ``n``; by a run of its own, an hour after the last."""
    build = make_build(folder / f"build_{n}.duckdb", n, run_id=f"{n:08d}-run")
    figures = make_figures(folder / f"results_{n}", str(n))
    at = NOON + timedelta(hours=n)
    publish(build, folder / "published" / "icb.duckdb", figures, report=str(n), run_id=f"{n:08d}-run", now=at)
    prune_versions(folder / "published", keep=2)


def publish_new(folder: Path) -> None:
    publish_mark(folder, NEW)


def draft_new(folder: Path) -> None:
    """All but the publication of the new mark."""
    build = make_build(folder / f"build_{NEW}.duckdb", NEW, run_id=f"{NEW:08d}-run")
    figures = make_figures(folder / f"results_{NEW}", str(NEW))
    at = NOON + timedelta(hours=NEW)
    draft = make_draft(build, folder / "published", figures, run_id=f"{NEW:08d}-run", now=at)
    (draft.reports / "a_report.html").write_text(str(NEW))


def publish_drafted(folder: Path) -> None:
    published = folder / "published"
    about = About(run_id=f"{NEW:08d}-run", catalogue="public")
    publish_draft(published, open_draft(published), about, NOON + timedelta(hours=NEW))


def take_old_over(folder: Path) -> None:
    take_over(folder / "published")


def go_back(folder: Path) -> None:
    published = folder / "published"
    roll_back(published, versions(published)[0], NOON + timedelta(hours=30))


def mark_of(file: Path) -> int:
    with duckdb.connect(str(file), read_only=True) as con:
        row = con.execute("select count(*) from marts.patients").fetchone()
    assert row is not None
    return int(row[0])


def opened(published: Path) -> set[int]:
    """The marks of everything that people find under the paths that they open."""
    there = [published / name for name in FOLDERS if (published / name).exists()]
    return {mark_of(published / "icb.duckdb"), *(int(path.read_text()) for path in there)}


def of_version(version: Version) -> set[int]:
    """The marks of everything in the folder of a version; all three are there."""
    return {mark_of(version.file), *(int((version.folder / name).read_text()) for name in FOLDERS)}


def old_layout(folder: Path) -> None:
    """A publication of before there were versions: the file and the folders themselves."""
    publish_mark(folder, OLD)
    published = folder / "published"
    (version,) = versions(published)
    for name in OPENED:
        (published / name).unlink()
    for name in ("icb.duckdb", "figures", "reports"):
        shutil.move(version.folder / name, published / name)
    shutil.rmtree(version.folder)
    (published / "current").unlink()
    then = (NOON + timedelta(hours=OLD)).timestamp()
    os.utime(published / "icb.duckdb", (then, then))
    (published / "icb.inputs.sha256").write_text("0" * 64 + "\n")


def mend(folder: Path) -> None:
    """The next publication, after the kill: it succeeds, is what people open, and leaves nothing half done; its
    stats.runs tells whether the killed run has published."""
    published = folder / "published"
    new_was_in_force = opened(published) == {NEW}
    for leftover in (f"build_{NEW}.duckdb", f"results_{NEW}"):
        remove = shutil.rmtree if (folder / leftover).is_dir() else Path.unlink
        if (folder / leftover).exists():
            remove(folder / leftover)
    publish_mark(folder, NEXT)
    assert opened(published) == of_version(version_in_force(published)) == {NEXT}
    assert all((published / name).is_symlink() for name in OPENED)
    assert [path.name for path in published.iterdir() if path.name.startswith(".")] == []
    assert all(faults_of(version) == [] for version in versions(published))
    assert (f"{NEW:08d}-run" in published_runs(published)) is new_was_in_force


def state(folder: Path) -> tuple[str, ...]:
    """What a kill leaves, told by names, links and sizes, without the number of the process."""
    return tuple(
        re.sub(r"\.\d+\.(making|new|old)", r".\1", f"{path.relative_to(folder)} {path.lstat().st_size}")
        for path in sorted((folder / "published").rglob("*"))
    )


def of_different_states(folders: list[Path]) -> list[Path]:
    """One folder for each state that a kill leaves."""
    return list({state(folder): folder for folder in folders}.values())


@pytest.fixture
def before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder. Nothing is flushed to the disk here: a killed process loses nothing that it has written (that
    everything is on the disk before the switch is shown in ``test_versions``)."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    folder = tmp_path / "before"
    folder.mkdir()
    return folder


def test_killed_at_any_step_a_publication_leaves_the_version_before_or_the_new_one(
    before: Path, tmp_path: Path
) -> None:
    publish_mark(before, 1)
    publish_mark(before, OLD)
    folders = killed_at_every_step(before, tmp_path / "steps", PUBLISH)
    seen = []
    for _, same in groupby(folders, contents):  # most steps change nothing: what is the same is read once
        folder, *others = same
        published = folder / "published"
        marks = opened(published)
        assert marks == of_version(version_in_force(published)), folder
        assert faults_of(version_in_force(published)) == [], folder
        seen += [marks] * (1 + len(others))
    for folder in of_different_states(folders):
        mend(folder)
    assert all(marks in ({OLD}, {NEW}) for marks in seen)
    assert seen == sorted(seen, key=lambda marks: marks == {NEW}), "there is one moment of the switch"
    assert seen[0] == {OLD} and seen[-1] == {NEW}


@pytest.fixture(scope="module")
def first_publication(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Path]]:
    """The folder before the first version is public, and as a kill at each step of publishing it leaves it."""
    folder = tmp_path_factory.mktemp("first")
    (folder / "before").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        draft_new(folder / "before")
    return folder / "before", killed_at_every_step(folder / "before", folder / "steps", FIRST)


def test_a_process_that_is_killed_leaves_what_was_copied_before_its_step(
    first_publication: tuple[Path, list[Path]], tmp_path: Path
) -> None:
    before, folders = first_publication
    links = [path for folder in folders for path in folder.rglob("*") if path.is_symlink()]
    assert links and not any(path.readlink().is_absolute() for path in links), "a copy leads to itself"
    for step in (len(folders) // 3, len(folders) // 2, len(folders) - 2):
        killed_at(step, before, tmp_path / str(step), FIRST)
        assert state(tmp_path / str(step)) == state(folders[step - 1])


def test_killed_at_any_step_the_first_publication_is_there_or_not(
    first_publication: tuple[Path, list[Path]],
) -> None:
    _, folders = first_publication
    is_there = []
    for _, same in groupby(folders, contents):
        published = (folder := next(same)) / "published"
        is_there.append((published / "icb.duckdb").exists())
        if is_there[-1]:
            assert opened(published) == of_version(version_in_force(published)) == {NEW}, folder
    assert is_there == sorted(is_there) and is_there[-1] and not is_there[0]


def test_killed_at_any_step_the_take_over_of_an_old_publication_loses_nothing(
    before: Path, tmp_path: Path
) -> None:
    old_layout(before)
    folders = killed_at_every_step(before, tmp_path / "steps", "test_killed_publications:take_old_over")
    for _, same in groupby(folders, contents):
        published = (folder := next(same)) / "published"
        assert opened(published) == {OLD}, folder
        in_force = version_in_force(published)
        if in_force.folder != published:
            assert of_version(in_force) == {OLD}, folder
    for folder in of_different_states(folders):
        published = folder / "published"
        mend(folder)
        assert {mark_of(version.file) for version in versions(published)} == {OLD, NEXT}
        assert not (published / "icb.inputs.sha256").exists()


def test_killed_at_any_step_a_rollback_has_switched_or_not(before: Path, tmp_path: Path) -> None:
    publish_mark(before, OLD)
    publish_mark(before, NEW)
    folders = killed_at_every_step(before, tmp_path / "steps", "test_killed_publications:go_back")
    seen = []
    for _, same in groupby(folders, contents):
        folder = next(same)
        seen.append(opened(folder / "published"))
        assert seen[-1] == of_version(version_in_force(folder / "published"))
    assert seen[0] == {NEW} and seen[-1] == {OLD} and all(marks in ({OLD}, {NEW}) for marks in seen)


READER = """
import sys
from pathlib import Path
from test_killed_publications import mark_of, of_version
from warehouse.versions.draft import make_draft, open_draft
from warehouse.versions.layout import version_in_force
published = Path(sys.argv[1])
for line in sys.stdin:
    marks = of_version(version_in_force(published))
    print(*sorted(marks), mark_of(published / "icb.duckdb"), flush=True)
"""


def test_a_reader_during_many_publications_never_sees_two_versions(before: Path, tmp_path: Path) -> None:
    """The reader reads without a pause while the versions change; each of its lines has the mark of tables, figure and
    report (one, if they are of one version) and that of the file under the path that everybody opens."""
    publish_mark(before, OLD)
    published = before / "published"
    here = Path(__file__).parent
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(published)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=here.parents[3],
        env={"PYTHONPATH": f"{here}:{here.parents[2]}:{here.parents[3]}"},
    )  # fmt: skip
    assert reader.stdin is not None and reader.stdout is not None
    n_asked = 0
    for n in range(NEXT, NEXT + 20):
        reader.stdin.write("read\n" * 5)
        reader.stdin.flush()
        n_asked += 5
        publish_mark(before, n)
    out, _ = reader.communicate(timeout=CI_LIMIT_S)
    lines = [line.split() for line in out.splitlines()]
    assert reader.returncode == 0 and len(lines) == n_asked
    assert all(len(line) == 2 for line in lines), "tables, figure and report of one version have one mark"
    assert len({line[0] for line in lines}) > 1, "the reader has seen versions change"


def test_a_run_that_was_killed_is_not_counted_as_published(before: Path) -> None:
    publish_mark(before, OLD)
    build = before / "next.duckdb"
    make_build(build, NEXT, run_id="00000009-run")
    with duckdb.connect(str(build)) as con:
        for run_id in (f"{OLD:08d}-run", "00000008-killed"):
            con.execute(
                "insert into stats.runs values (?, timestamp '2026-03-01', 'unfinished', null, 'public')",
                [run_id],
            )
        note_published(con, published_runs(before / "published"))
    publish(build, before / "published" / "icb.duckdb", run_id="00000009-run", now=NOON + timedelta(hours=9))
    name = version_in_force(before / "published").name
    with duckdb.connect(str(before / "published" / "icb.duckdb"), read_only=True) as con:
        found = con.execute(
            "select run_id, outcome, published_version from stats.runs order by run_id"
        ).fetchall()
    assert found == [
        (f"{OLD:08d}-run", "published", "20260301T150000Z-00000003"),
        ("00000008-killed", "unfinished", None),
        ("00000009-run", "published", name),
    ]
