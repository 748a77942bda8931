"""Published versions, and what differs between two of them, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import duckdb

from warehouse.browsing.listing import PAGE, Listing, NotThereError, of_records
from warehouse.diff.changes import (
    CLAIM_COLUMNS,
    COHORT_COLUMNS,
    SOURCE_COLUMNS,
    claim_differences,
    rows_by_cohort,
    source_differences,
)
from warehouse.diff.named import both_named
from warehouse.diff.statistics import STATISTIC_COLUMNS, statistic_differences
from warehouse.diff.tables import DEFAULT_TOLERANCE, Row, both_open
from warehouse.versions.layout import Version, version_in_force, versions
from warehouse.versions.manifest import private_cohorts_of, read_manifest

COLUMNS = (
    "version", "state", "published_at", "catalogue", "cohorts", "rows", "megabytes", "run_id", "accepted",
)  # fmt: skip
#: What can be asked of two versions -> title, columns, the rows.
DIFFERENCES: dict[str, tuple[str, Sequence[str], Callable[[duckdb.DuckDBPyConnection], Iterator[Row]]]] = {
    "statistics": (
        "Estimates and verdicts that moved",
        STATISTIC_COLUMNS,
        lambda con: statistic_differences(con, DEFAULT_TOLERANCE),
    ),
    "claims": ("Claims with another verdict", CLAIM_COLUMNS, claim_differences),
    "cohorts": ("Rows by table and cohort", COHORT_COLUMNS, rows_by_cohort),
    "sources": ("Sources that changed", SOURCE_COLUMNS, source_differences),
}


def version_row(version: Version, state: str) -> dict[str, str | int]:
    """A version under `COLUMNS`."""
    manifest = read_manifest(version)
    return {
        "version": version.name,
        "state": state,
        "published_at": f"{manifest.published_at:%Y-%m-%d %H:%M:%S} UTC",
        "catalogue": manifest.catalogue,
        "cohorts": len(manifest.cohorts),
        "rows": sum(manifest.rows.values()),
        "megabytes": round(manifest.bytes / 1e6),
        "run_id": manifest.run_id or "",
        "accepted": manifest.accepted.reason if manifest.accepted else "",
    }


def version_listing(published: Path) -> Listing:
    """Versions that are kept, the newest first."""
    in_force = version_in_force(published)
    rows = [version_row(one, "in force" if one == in_force else "kept") for one in versions(published)]
    return of_records("versions", "Published versions", COLUMNS, reversed(rows))


def difference(published: Path, what: str, before: str | None, after: str | None, page: int = 1) -> Listing:
    """What differs between two versions by their names; the last two without.

    Raises
    ------
    NotThereError, VersionError, DiffError
        No such difference or version, or the two cannot be compared.
    """
    if what not in DIFFERENCES:
        raise NotThereError(
            f"'{what}' is no difference of two versions", remedy=f"there are {', '.join(DIFFERENCES)}"
        )
    if any("/" in name for name in (before, after) if name):
        raise NotThereError("only versions can be compared here", remedy="name two of the page of versions")
    title, columns, rows_of = DIFFERENCES[what]
    files = both_named(before, after, published)
    private = [set(private_cohorts_of(Version(file.parent))) for file in files]
    if not private[0] <= private[1]:
        raise NotThereError(
            "the earlier version has a private cohort that the later one has not",
            remedy="icb diff compares them for whoever may read both",
        )
    with both_open(*files) as con:
        found = rows_of(con)
        skipped = sum(1 for _ in islice(found, PAGE * (page - 1)))
        rows = list(islice(found, PAGE))
        n_all = skipped + len(rows) + sum(1 for _ in found)
    listed = of_records(what, title, columns, rows)
    return Listing(listed.name, listed.title, listed.columns, listed.rows, n_all=n_all)
