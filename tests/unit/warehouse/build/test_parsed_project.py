"""dbt reads a project once: on a project of two models, in processes as the project starts them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import duckdb
import pytest

from warehouse.build import parsed_project as module
from warehouse.build.dbt_process import THEN
from warehouse.build.parsed_project import PARTIAL_PARSE, DbtError, dbt_command, parsed_project

DUCKDB = {"ICB_DBT_TARGET": "duckdb"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "models").mkdir()
    (folder / "models" / "sound.sql").write_text("select 1 as n\n")
    (folder / "models" / "failing.sql").write_text("select cast('x' as integer) as n\n")
    (folder / "dbt_project.yml").write_text(
        "name: two\nversion: '1.0'\nprofile: two\nmodel-paths: [models]\nseed-paths: [seeds]\n"
        "flags: {send_anonymous_usage_stats: false}\nmodels: {two: {+materialized: table}}\n"
    )
    (folder / "profiles.yml").write_text(
        "two: {target: duckdb, outputs: {duckdb: {type: duckdb, schema: main, "
        "path: \"{{ env_var('ICB_BUILD_FILE') }}\"}}}\n"
    )
    return folder


@pytest.fixture(scope="module")
def parsed(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return parsed_project(project, tmp_path_factory.mktemp("place"), DUCKDB)


def run(parsed: Path, project: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """dbt on a build file below ``folder``."""
    return subprocess.run(
        [*dbt_command(parsed), *arguments, "--target-path", str(folder), "--log-path", str(folder)],
        cwd=project, env=os.environ | DUCKDB | {"ICB_BUILD_FILE": str(folder / "icb.duckdb"), "DO_NOT_TRACK": "1"},
        capture_output=True, text=True,
    )  # fmt: skip


def test_a_state_of_the_files_is_read_once(
    project: Path, parsed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def started(command: list[str], **_: object) -> None:
        raise AssertionError(f"dbt is started: {command}")

    monkeypatch.setattr(module.subprocess, "run", started)
    assert parsed_project(project, parsed.parent, DUCKDB) == parsed
    model = project / "models" / "sound.sql"
    was = model.read_text()
    model.write_text("select 2 as n\n")
    with pytest.raises(AssertionError, match=r"dbt is started: .* .parse.,"):
        parsed_project(project, parsed.parent, DUCKDB)
    model.write_text(was)
    assert parsed_project(project, parsed.parent, DUCKDB) == parsed
    with pytest.raises(AssertionError, match="dbt is started"):
        parsed_project(project, parsed.parent, {"ICB_DBT_TARGET": "spark"})


def test_dbt_builds_any_build_file_without_reading_the_project_again_and_its_exit_code_says_what_failed(
    project: Path, parsed: Path, tmp_path: Path
) -> None:
    done = run(parsed, project, tmp_path, "build")
    assert done.returncode == 1 and "model failing" in done.stdout, done.stdout + done.stderr
    with duckdb.connect(str(tmp_path / "icb.duckdb"), read_only=True) as con:
        assert con.execute("select n from main.sound").fetchall() == [(1,)]
    assert (tmp_path / "run_results.json").exists() and (tmp_path / "manifest.json").exists()
    assert not (tmp_path / PARTIAL_PARSE).exists(), "dbt leaves it where it has read a project"
    both = (
        "build",
        "--select",
        "sound",
        THEN,
        "build",
        "--no-such-option",
        THEN,
        "run",
        "--select",
        "failing",
    )
    assert run(parsed, project, tmp_path, *both).returncode == 2, "the second of three commands"


def test_a_project_that_does_not_parse_is_told_in_dbts_words_and_leaves_nothing(
    project: Path, parsed: Path
) -> None:
    broken = project / "models" / "broken.sql"
    broken.write_text("select * from {{ ref('nobody') }}\n")
    before = {path.name for path in parsed.parent.iterdir() if not path.name.startswith(".")}
    try:
        with pytest.raises(DbtError, match=r"dbt cannot parse the project: .*nobody"):
            parsed_project(project, parsed.parent, DUCKDB)
    finally:
        broken.unlink()
    assert {path.name for path in parsed.parent.iterdir() if not path.name.startswith(".")} == before


def test_the_states_that_were_used_last_are_kept(project: Path, parsed: Path) -> None:
    for age in range(5):
        old = parsed.parent / f"state_{age}"
        old.mkdir()
        os.utime(old, (1_000_000 - age, 1_000_000 - age))
    parsed_project(project, parsed.parent, DUCKDB)
    left = {path.name for path in parsed.parent.iterdir() if path.is_dir()}
    assert left == {parsed.name, "state_0", "state_1", "state_2"}
