"""The dbt project as dbt has read it: once for each state of its files, and then by no run, check or test again."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import yaml
from filelock import FileLock

from ingestion.errors import IngestionError
from ingestion.fetching.store import storage_errors
from warehouse.build import dbt_process
from warehouse.build.dbt_results import DBT

#: dbt's name for what it has read.
PARTIAL_PARSE = "partial_parse.msgpack"
MANIFEST = "manifest.json"
#: States of the project that are kept: a branch or an edit that comes and goes is not read again (5 MB each).
_KEPT = 4
#: Distributions that decide what dbt makes of the same files.
_PACKAGES = ("dbt-core", "dbt-common", "dbt-adapters", "dbt-duckdb", "dbt-spark")


class DbtError(IngestionError):
    """dbt cannot parse the project, or a model or test failed."""


def dbt_command(parsed: Path) -> tuple[str, ...]:
    """What to start in place of ``dbt`` on a project that `parsed_project` gave."""
    # -P: the working folder is the dbt project, whose folders are no packages
    return (sys.executable, "-P", dbt_process.__file__, str(parsed / PARTIAL_PARSE))


def parsed_project(project: Path, place: Path, environment: Mapping[str, str]) -> Path:
    """The folder with dbt's manifest of the project, which is made when no process has made it for these files yet.

    Parameters
    ----------
    project : folder of the project and its profile.
    place : where such folders are kept; several processes may ask at once.
    environment : what the profile reads; the target of it is part of what dbt makes of the files.

    Raises
    ------
    DbtError
        The project does not parse: dbt's own words.
    StorageError
        ``place`` cannot be written.
    """
    folder = place / _state(project, environment.get("ICB_DBT_TARGET", "duckdb"))
    with storage_errors(place):
        place.mkdir(parents=True, exist_ok=True)
        with FileLock(place / ".lock"):  # the UI loads the code location in several processes at once
            if not (folder / MANIFEST).exists():
                _parse(project, folder, environment)
            os.utime(folder)
            for old in _by_use(place)[_KEPT:]:
                shutil.rmtree(old)
    return folder


def _by_use(place: Path) -> list[Path]:
    """Folders of states, the last used first."""
    return sorted(
        (path for path in place.iterdir() if path.is_dir()), key=lambda path: -path.stat().st_mtime_ns
    )


def _state(project: Path, target: str) -> str:
    """12 hex digits over the project's place and files, the target of its profile and dbt's versions."""
    digest = hashlib.sha256(f"{project.resolve()}\0{target}".encode())
    for name in _PACKAGES:
        try:
            digest.update(f"\0{name} {version(name)}".encode())
        except PackageNotFoundError:
            continue  # dbt-spark is an extra
    for path in sorted(set(_files_of(project))):
        digest.update(f"\0{path}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _files_of(project: Path) -> Iterator[Path]:
    """Models, macros and tests of the project, and its seeds, some of which lie in the catalogue."""
    declared = yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8"))
    for place in [project, *(project / seeds for seeds in declared["seed-paths"])]:
        for path in place.rglob("*"):
            if path.suffix in {".sql", ".yml", ".csv"} and "target" not in path.relative_to(place).parts:
                yield path.resolve()


def _parse(project: Path, folder: Path, environment: Mapping[str, str]) -> None:
    """Read it into a folder beside, which takes the name at the end: a folder of a state is whole."""
    part = folder.with_name(f".{folder.name}")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    for last in (path / PARTIAL_PARSE for path in _by_use(folder.parent)):
        if last.exists():
            shutil.copy(last, part)  # files that are as they were then are not read again
            break
    try:
        done = subprocess.run(
            [str(DBT), "--quiet", "parse", "--target-path", str(part), "--log-path", str(part)],
            cwd=project,
            # the build file is not opened, and its path must not make a difference
            env=os.environ | {"DO_NOT_TRACK": "1"} | dict(environment) | {"ICB_BUILD_FILE": "icb.duckdb"},
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise DbtError(
                f"dbt cannot parse the project: {done.stdout.strip() or done.stderr.strip()}",
                where=str(project),
                remedy="mend it and run again",
            )
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
