"""``stats.runs`` of a version: which runs published, which were refused, which never got so far."""

from __future__ import annotations

from pathlib import Path

import duckdb

from warehouse.versions.layout import versions, was_public
from warehouse.versions.manifest import read_manifest

#: What became of a run. ``unfinished``: it failed, was stopped or killed, or made only a part.
PUBLISHED, REFUSED, UNFINISHED = "published", "refused", "unfinished"


def published_runs(published: Path) -> dict[str, str]:
    """Run -> the version that it published, of those that are kept."""
    found = {}
    for version in versions(published):
        run_id = read_manifest(version).run_id
        if run_id is not None and was_public(published, version):
            found[run_id] = version.name
    return found


def note_published(con: duckdb.DuckDBPyConnection, runs: dict[str, str]) -> None:
    """Write down in ``stats.runs`` which of its runs published which version."""
    for run_id, version in runs.items():
        con.execute(
            "update stats.runs set outcome = ?, published_version = ? where run_id = ?",
            [PUBLISHED, version, run_id],
        )


def note_refused(con: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """Write down, in the build, that the gate held a run's version back."""
    con.execute("update stats.runs set outcome = ? where run_id = ?", [REFUSED, run_id])


def note_in_draft(file: Path, version: str, run_id: str) -> None:
    """In the version that it makes, the run has published; nobody can open the version unless it has."""
    with duckdb.connect(str(file)) as con:
        note_published(con, {run_id: version})
        con.execute("checkpoint")
