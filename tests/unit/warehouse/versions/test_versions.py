"""Versions: their names, what is kept, going back, and what readers hold on to."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import psutil
import pytest
from small_builds import NOON, make_build, make_figures, publish
from typer.testing import CliRunner

from interfaces.cli.main import app
from warehouse import published_file
from warehouse.published_file import published as opened
from warehouse.settings import Settings, SettingsError
from warehouse.versions.draft import make_draft, open_draft
from warehouse.versions.layout import (
    PublishError,
    Version,
    VersionError,
    new_name,
    version_in_force,
    version_named,
    version_of,
    versions,
)
from warehouse.versions.manifest import faults_of, last_of_catalogue, read_manifest
from warehouse.versions.publication import prune_versions, roll_back
from warehouse.versions.take_over import take_over


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "published"


@pytest.fixture
def publish_n(tmp_path: Path, folder: Path) -> Any:
    """Publish ``n`` patients, a figure and a report, ``n`` hours after noon."""

    def do(n: int, catalogue: str = "public") -> Version:
        build = make_build(tmp_path / f"build_{n}.duckdb", n, run_id=f"{n:08d}")
        figures = make_figures(tmp_path / f"results_{n}", str(n))
        at = NOON + timedelta(hours=n)
        publish(
            build,
            folder / "icb.duckdb",
            figures,
            report=str(n),
            run_id=f"{n:08d}",
            now=at,
            catalogue=catalogue,
        )
        return version_in_force(folder)

    return do


def n_patients(path: Path) -> int:
    with duckdb.connect(str(path), read_only=True) as con:
        row = con.execute("select count(*) from marts.patients").fetchone()
    assert row is not None
    return int(row[0])


def test_a_version_holds_all_that_was_published_and_the_old_paths_lead_to_it(
    publish_n: Any, folder: Path
) -> None:
    version = publish_n(3)
    assert version.folder == folder / "20260301T150000Z-00000003"
    assert {path.name for path in version.folder.iterdir()} == {
        "icb.duckdb", "figures", "reports", "manifest.json", "public_since",
    }  # fmt: skip
    for name in ("icb.duckdb", "figures", "reports", "manifest.json"):
        assert os.readlink(folder / name) == f"current/{name}"
    assert os.readlink(folder / "current") == version.name, "relative, so that the folder can be moved"
    assert (folder / "reports" / "a_report.html").read_text() == "3"


def test_the_manifest_says_when_by_whom_from_what_and_every_file(publish_n: Any) -> None:
    manifest = read_manifest(publish_n(3))
    assert (manifest.version, manifest.run_id, manifest.catalogue) == (
        "20260301T150000Z-00000003",
        "00000003",
        "public",
    )
    assert manifest.published_at == NOON + timedelta(hours=3)
    assert manifest.cohorts == ("c0", "c1", "c2") and manifest.rows["marts.patients"] == 3
    assert {file.path for file in manifest.files} == {
        "icb.duckdb", "figures/an_analysis/figure.svg", "reports/a_report.html",
    }  # fmt: skip


def test_everything_of_a_version_is_on_the_disk_before_the_switch(
    publish_n: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_n(3)
    done: list[str] = []
    fsync, replace = os.fsync, os.replace

    def noted_fsync(descriptor: int) -> None:
        done.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    def noted_replace(source: Any, target: Any) -> None:
        done.append(f"-> {Path(target).name}")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    version = publish_n(5)
    switch = done.index("-> current")
    draft = str(folder / f".{version.name}.draft")
    named = done.index(f"-> {version.name}")
    parts = ("icb.duckdb", "figures/an_analysis/figure.svg", "figures/an_analysis", "figures", "reports/a_report.html",
             "reports", "manifest.json")  # fmt: skip
    for part in (*(f"{draft}/{part}" for part in parts), draft):
        assert part in done[:named], f"{part} is flushed before the folder gets its name"
    assert str(folder) in done[named:switch], "the name is flushed before the switch"
    assert str(folder) in done[switch:], "and so is the switch"


def test_names_sort_by_time_even_if_the_clock_goes_back(publish_n: Any, folder: Path) -> None:
    later = publish_n(5)
    assert new_name(folder, "abcdef01-2345", NOON) == "20260301T170001Z-abcdef01"
    assert new_name(folder, "abcdef01-2345", NOON) > later.name
    assert new_name(folder / "none", "x", NOON) == "20260301T120000Z-00000000"


def test_the_last_ones_are_kept_and_the_one_in_force_among_them(publish_n: Any, folder: Path) -> None:
    first, *others = (publish_n(n) for n in (1, 2, 3, 4))
    roll_back(folder, first, NOON)
    assert [version.name for version in prune_versions(folder, keep=2)] == [others[0].name, others[1].name]
    assert [v.name for v in versions(folder)] == [first.name, others[2].name]
    assert version_in_force(folder) == first
    prune_versions(folder, keep=1)
    assert [v.name for v in versions(folder)] == [first.name]


def test_a_rollback_brings_tables_figures_and_reports_back_and_keeps_the_newer(
    publish_n: Any, folder: Path
) -> None:
    first, second = publish_n(3), publish_n(5)
    roll_back(folder, version_named(folder, "20260301T15"), NOON)
    assert version_in_force(folder) == first
    assert n_patients(folder / "icb.duckdb") == 3
    assert (folder / "figures" / "an_analysis" / "figure.svg").read_text() == "3"
    assert (folder / "reports" / "a_report.html").read_text() == "3"
    assert second.file.exists()


@pytest.mark.parametrize("damage", ["changed", "missing", "added"])
def test_a_damaged_version_is_not_gone_back_to(publish_n: Any, folder: Path, damage: str) -> None:
    first, second = publish_n(3), publish_n(5)
    picture = first.figures / "an_analysis" / "figure.svg"
    if damage == "changed":
        picture.write_text("4")
    elif damage == "missing":
        picture.unlink()
    else:
        (first.reports / "another.html").write_text("of another version")
    with pytest.raises(VersionError, match="is not what was published"):
        roll_back(folder, first)
    assert version_in_force(folder) == second and faults_of(second) == []


def test_a_name_that_fits_none_or_two_is_refused_with_those_there_are(publish_n: Any, folder: Path) -> None:
    names = [publish_n(n).name for n in (3, 5)]
    for asked, words in (("2027", "no version begins with '2027'"), ("2026", "several versions begin")):
        with pytest.raises(VersionError, match=words) as refused:
            version_named(folder, asked)
        assert all(name in str(refused.value) for name in names)


def test_versions_are_compared_within_one_catalogue(publish_n: Any, folder: Path) -> None:
    real, demo = publish_n(3), publish_n(5, "demo")
    assert version_in_force(folder) == demo
    assert last_of_catalogue(folder, "public") == real
    assert last_of_catalogue(folder, "demo") == demo
    assert last_of_catalogue(folder, "another") is None


def test_after_a_rollback_the_next_version_is_compared_with_the_one_in_force(
    publish_n: Any, folder: Path
) -> None:
    first = publish_n(3)
    publish_n(5)
    roll_back(folder, first, NOON)
    assert last_of_catalogue(folder, "public") == first


def test_whoever_has_opened_the_file_reads_its_own_figures_whatever_is_published_since(
    publish_n: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data=folder.parent, catalog=folder, mirror=None, demo=False)
    monkeypatch.setattr(Settings, "from_environment", classmethod(lambda _: settings))
    publish_n(3)
    with opened() as old:
        publish_n(5)
        assert (version_of(old).figures / "an_analysis" / "figure.svg").read_text() == "3"
        with opened() as new:
            assert old.execute("select count(*) from marts.patients").fetchone() == (3,)
            assert new.execute("select count(*) from marts.patients").fetchone() == (5,)
            assert (version_of(new).figures / "an_analysis" / "figure.svg").read_text() == "5"


def test_a_draft_is_seen_by_nobody_and_given_up_by_the_next(
    publish_n: Any, folder: Path, tmp_path: Path
) -> None:
    in_force = publish_n(3)
    draft = make_draft(make_build(tmp_path / "next.duckdb", 7), folder, run_id="x", now=NOON)
    assert open_draft(folder) == draft and version_named(folder, "draft") == draft
    assert version_in_force(folder) == in_force and versions(folder) == (in_force,)
    publish_n(5)
    assert not draft.folder.exists()
    with pytest.raises(PublishError, match="there is no version in the making"):
        open_draft(folder)


def plain(publish_n: Any, folder: Path) -> None:
    """The folder as it was before there were versions."""
    version = publish_n(3)
    for path in folder.iterdir():
        if path.is_symlink():
            path.unlink()
    for name in ("icb.duckdb", "figures", "reports"):
        shutil.move(version.folder / name, folder / name)
    shutil.rmtree(version.folder)
    os.utime(folder / "icb.duckdb", (NOON.timestamp(), NOON.timestamp()))


def test_a_publication_of_before_versions_can_be_read_and_is_taken_over_by_the_next(
    publish_n: Any, folder: Path
) -> None:
    plain(publish_n, folder)
    assert version_in_force(folder) == Version(folder) and versions(folder) == ()
    new = publish_n(5)
    old, _ = versions(folder)
    assert old.name == "20260301T120000Z-00000003", "time of the file, and its last run"
    assert read_manifest(old).catalogue == "public" and faults_of(old) == []
    assert version_in_force(folder) == new
    roll_back(folder, old, NOON)
    assert n_patients(folder / "icb.duckdb") == 3
    assert (folder / "figures" / "an_analysis" / "figure.svg").read_text() == "3"


def test_the_old_file_needs_no_second_copy(publish_n: Any, folder: Path) -> None:
    plain(publish_n, folder)
    inode = (folder / "icb.duckdb").stat().st_ino
    version = take_over(folder)
    assert version is not None and version.file.stat().st_ino == inode
    assert (folder / "icb.duckdb").is_symlink() and take_over(folder) is None


def test_a_folder_copied_without_its_links_is_refused_with_the_remedy(
    publish_n: Any, folder: Path, tmp_path: Path
) -> None:
    publish_n(3)
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    with pytest.raises(PublishError, match="copied without their links; remove it and run again"):
        make_draft(make_build(tmp_path / "next.duckdb"), copy, run_id="x", now=NOON)
    assert n_patients(copy / "icb.duckdb") == 3


def test_backup_and_restore_bring_back_every_version(publish_n: Any, folder: Path, tmp_path: Path) -> None:
    """As docs/operations.md says: the folder is copied with its links; a copy of one version is enough to go back."""
    first, second = publish_n(3), publish_n(5)
    backup = tmp_path / "backup"
    shutil.copytree(folder, backup, symlinks=True)
    shutil.rmtree(folder)
    shutil.copytree(backup, folder, symlinks=True)
    assert version_in_force(folder) == second
    assert faults_of(first) == faults_of(second) == []
    shutil.rmtree(second.folder)  # the one in force is lost: nothing can be opened until a version is chosen
    assert not (folder / "icb.duckdb").exists()
    roll_back(folder, first, NOON)
    assert n_patients(folder / "icb.duckdb") == 3


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ICB_KEEP_VERSIONS", "0", "'0' is not a number from 1 to"),
        ("ICB_KEEP_VERSIONS", "many", "'many' is not a number"),
        ("ICB_MAX_SHRINK", "20", "'20' is not a number from 0 to 1"),
    ],
)
def test_a_setting_that_is_no_number_is_one_sentence(
    name: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=words):
        Settings.from_environment()


def test_the_commands_list_verify_and_go_back(
    publish_n: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data=folder.parent, catalog=folder, mirror=None, demo=False)
    monkeypatch.setattr(Settings, "from_environment", classmethod(lambda _: settings))
    run = CliRunner()
    first, second = publish_n(3), publish_n(5)
    listed = run.invoke(app, ["versions", "--format", "csv"]).stdout.splitlines()
    assert [line.split(",")[:2] for line in listed[1:]] == [[first.name, "kept"], [second.name, "in force"]]
    assert run.invoke(app, ["rollback", first.name]).exit_code == 0
    assert version_in_force(folder) == first
    (second.reports / "a_report.html").write_text("changed")
    verified = run.invoke(app, ["versions", "--verify", "--format", "csv"])
    assert verified.exit_code == 1
    assert (
        "reports/a_report.html has changed" in verified.stderr and f"{second.name},damaged" in verified.stdout
    )


def test_versions_are_compared_by_name_and_without_names_the_last_two(
    publish_n: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data=folder.parent, catalog=folder, mirror=None, demo=False)
    monkeypatch.setattr(Settings, "from_environment", classmethod(lambda _: settings))
    run = CliRunner()
    first = publish_n(3)
    assert run.invoke(app, ["diff"]).exit_code == 2, "there is one only"
    publish_n(5), publish_n(7)

    def patients(*names: str) -> list[str]:
        said = run.invoke(app, ["diff", *names, "--format", "csv"]).stdout.splitlines()
        (line,) = [line for line in said if line.startswith("marts.patients")]
        return line.split(",")[2:4]

    assert patients() == ["5", "7"]
    assert patients(first.name) == ["3", "7"]
    assert patients(first.name, "20260301T17") == ["3", "5"]
    roll_back(folder, first, NOON)
    assert patients("20260301T17") == ["5", "3"], "with one name: that and the version in force"
    assert run.invoke(app, ["diff", "2030"]).exit_code == 2


def test_a_process_that_serves_keeps_the_version_in_force_open_and_lets_go_of_the_one_before(
    publish_n: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ICB_DATA", str(tmp_path / "data"))

    def open_versions() -> set[str]:
        return {
            Path(one.path).parent.name
            for one in psutil.Process().open_files()
            if one.path.endswith("icb.duckdb") and str(tmp_path) in one.path
        }

    def n_asked() -> int:
        with opened() as con:
            return int(con.execute("select count(*) from marts.patients").fetchall()[0][0])

    first = publish_n(1)
    assert n_asked() == 1
    assert open_versions() == set()  # a command opens it once
    with published_file.holding_published():
        assert n_asked() == 1
        assert open_versions() == {first.name}
        second = publish_n(2)
        assert n_asked() == 2
        assert open_versions() == {second.name}
    assert open_versions() == set()
