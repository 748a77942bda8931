"""Backup and restore as docs/operations.md has them, carried out with the commands that stand there."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import duckdb
from small_builds import NOON, make_build, make_figures, publish

from warehouse.settings import PROJECT
from warehouse.versions.layout import version_in_force, version_named, versions
from warehouse.versions.manifest import faults_of
from warehouse.versions.publication import roll_back


def test_the_page_has_the_commands_that_are_tried_here() -> None:
    page = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    section = re.split(r"^## ", page.split("## Backup and restore")[1], flags=re.MULTILINE)[0]
    for words in (
        "cp -a data/published /backup/icb",
        "cp -a /backup/icb data/published",
        "icb versions --verify",
    ):
        assert words in section


def test_a_copy_brings_back_every_version_and_the_one_in_force(tmp_path: Path) -> None:
    published = tmp_path / "data" / "published"
    for n in (3, 4):
        build = make_build(tmp_path / f"build{n}.duckdb", n=n)
        figures = make_figures(tmp_path / f"figures{n}", f"of {n}")
        publish(build, published / "icb.duckdb", figures, now=NOON + timedelta(days=n))
    before = [version.name for version in versions(published)]
    subprocess.run(["cp", "-a", str(published), str(tmp_path / "backup")], check=True)
    shutil.rmtree(tmp_path / "data")
    (tmp_path / "data").mkdir()
    subprocess.run(["cp", "-a", str(tmp_path / "backup"), str(published)], check=True)
    assert [version.name for version in versions(published)] == before and len(before) == 2
    assert [faults_of(version) for version in versions(published)] == [[], []]
    assert (published / "figures" / "an_analysis" / "figure.svg").read_text(encoding="utf-8") == "of 4"
    roll_back(published, version_named(published, before[0]))
    with duckdb.connect(str(published / "icb.duckdb"), read_only=True) as con:
        assert con.execute("select count(*) from marts.patients").fetchall() == [(3,)]


def test_one_versions_folder_alone_is_enough(tmp_path: Path) -> None:
    published = tmp_path / "first" / "published"
    publish(make_build(tmp_path / "build.duckdb"), published / "icb.duckdb", now=NOON)
    folder = version_in_force(published).folder
    other = tmp_path / "second" / "published"
    other.mkdir(parents=True)
    subprocess.run(["cp", "-a", str(folder), str(other)], check=True)
    roll_back(other, version_named(other, folder.name))
    with duckdb.connect(str(other / "icb.duckdb"), read_only=True) as con:
        assert con.execute("select count(*) from marts.patients").fetchall() == [(3,)]
