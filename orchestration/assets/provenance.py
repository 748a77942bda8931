"""Which run a result comes from: rows of ``stats.runs``."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import duckdb
import pandas as pd

from warehouse.results.writing import write_result_table
from warehouse.settings import IS_CHECKOUT, PROJECT, Settings
from warehouse.tables import has_table
from warehouse.versions.runs import UNFINISHED

_PACKAGES = ("numpy", "scipy", "pandas", "duckdb", "lifelines", "dbt-core", "dagster")


def record_run(con: duckdb.DuckDBPyConnection, run_id: str, settings: Settings) -> int:
    """Put this run into ``stats.runs`` unless it is there, and give the number of rows. Every asset that names its run
    in a table calls it: an analysis may be materialised by itself."""
    return put_run(con, _run_row(run_id, settings))


def put_run(con: duckdb.DuckDBPyConnection, run: Mapping[str, Any]) -> int:
    """Put a row into ``stats.runs`` unless its run is there, and give the number of rows. Results that are taken from
    the shelf bring the run that computed them."""
    run_id = run["run_id"]
    con.execute("create schema if not exists stats")
    runs = con.execute("select * from stats.runs").df() if has_table(con, "stats", "runs") else pd.DataFrame()
    if "packages" in runs:  # a build file of an older version has them as one text
        runs["packages"] = [p.split(", ") if isinstance(p, str) else p for p in runs["packages"]]
    if "run_id" in runs and (runs["run_id"] == run_id).any():
        return len(runs)
    now = pd.DataFrame([run])
    now["started_at"] = pd.to_datetime(now["started_at"])
    write_result_table(con, "runs", pd.concat([runs, now], ignore_index=True) if len(runs) else now)
    return len(runs) + 1


def run_row(con: duckdb.DuckDBPyConnection, run_id: str) -> dict[str, str | bool | list[str] | None]:
    """The row of a run that is in ``stats.runs``, times as text."""
    (row,) = con.execute("select * from stats.runs where run_id = ?", [run_id]).df().to_dict("records")
    packages = [str(package) for package in row.pop("packages")]
    others = {
        str(name): value if isinstance(value, bool) else None if pd.isna(value) else str(value)
        for name, value in row.items()
    }
    return {**others, "packages": packages}


def _run_row(run_id: str, settings: Settings) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "started_at": datetime.now(UTC).replace(tzinfo=None),
        "outcome": UNFINISHED,
        "published_version": None,
        **_checkout(),
        "version": version("icb-warehouse"),
        "python": platform.python_version(),
        "packages": [f"{name} {version(name)}" for name in _PACKAGES],
        "catalog": "demo" if settings.demo else "public",
        "read_from": str(settings.mirror) if settings.mirror else "https",
    }


def _checkout() -> dict[str, Any]:
    """Commit of the checkout and whether it was clean; nulls outside a checkout: an installation may lie in somebody
    else's."""
    if not IS_CHECKOUT:
        return {"commit_sha": None, "has_uncommitted_changes": None}

    def git(*arguments: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", *arguments], cwd=PROJECT, capture_output=True, text=True, timeout=20
            )
        except (FileNotFoundError, subprocess.TimeoutExpired):
            return (
                None  # no git, or a machine so busy that it did not answer: the run goes on without a commit
            )
        return done.stdout.strip() if done.returncode == 0 else None

    commit = git("rev-parse", "HEAD")
    status = git("status", "--porcelain", "--untracked-files=no") if commit else None
    return {"commit_sha": commit, "has_uncommitted_changes": bool(status) if status is not None else None}
