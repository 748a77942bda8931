"""Which code and which run an asset comes from: code versions for Dagster, rows of ``stats.runs`` for SQL."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import duckdb
import pandas as pd

from warehouse.result_writing import write_result_table
from warehouse.settings import PROJECT, Settings
from warehouse.versions.runs import UNFINISHED

_PACKAGES = ("numpy", "scipy", "pandas", "duckdb", "lifelines", "dbt-core", "dagster")


@lru_cache
def code_version(*places: str) -> str:
    """12 hex digits over the Python code of files and folders of the project, given relative to it."""
    digest = hashlib.sha256()
    for place in places:
        path = PROJECT / place
        if not path.exists():
            raise FileNotFoundError(
                f"{path}: there is no such code to take the version of; correct its place."
            )
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            digest.update(str(file.relative_to(PROJECT)).encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def record_run(con: duckdb.DuckDBPyConnection, run_id: str, settings: Settings) -> int:
    """Put this run into ``stats.runs`` unless it is there, and give the number of rows. Every asset that names its run
    in a table calls it: an analysis may be materialised by itself."""
    con.execute("create schema if not exists stats")
    known = con.execute(
        "select count(*) from duckdb_tables() where database_name = current_database() "
        "and schema_name = 'stats' and table_name = 'runs'"
    ).fetchone()
    runs = con.execute("select * from stats.runs").df() if known and known[0] else pd.DataFrame()
    if "run_id" in runs and (runs["run_id"] == run_id).any():
        return len(runs)
    now = pd.DataFrame([_run_row(run_id, settings)])
    write_result_table(con, "runs", pd.concat([runs, now], ignore_index=True) if len(runs) else now)
    return len(runs) + 1


def _run_row(run_id: str, settings: Settings) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "started_at": datetime.now(UTC).replace(tzinfo=None),
        "outcome": UNFINISHED,
        "published_version": None,
        **_checkout(),
        "version": version("icb-warehouse"),
        "python": platform.python_version(),
        "packages": ", ".join(f"{name} {version(name)}" for name in _PACKAGES),
        "catalog": "demo" if settings.demo else "public",
        "read_from": str(settings.mirror) if settings.mirror else "https",
    }


def _checkout() -> dict[str, Any]:
    """Commit of the checkout and whether it was clean; nulls outside a checkout."""

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
