"""What a version says of itself: when, by which run, from what, and every file with its checksum."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import duckdb
from pydantic import BaseModel, ConfigDict, ValidationError

from warehouse.packing.packed import tables_of
from warehouse.settings import Settings
from warehouse.versions.layout import (
    MANIFEST,
    PUBLIC_SINCE,
    Version,
    VersionError,
    version_in_force,
    versions,
    was_public,
)

#: The usual threshold of statistical offices and of hospitals: fewer than five people are not counted out.
SMALLEST_PRIVATE_CELL = 5


class PublishedFile(BaseModel):
    """One file of a version, by its path within the folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    bytes: int
    sha256: str


class Accepted(BaseModel):
    """What the gate would have refused, and why it was let through."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str
    findings: tuple[str, ...]


class Manifest(BaseModel):
    """``manifest.json`` of a version.

    Attributes
    ----------
    catalogue : ``public`` or ``demo``: only versions of one catalogue are compared with each other.
    inputs : checksum of sources, catalogue and code, if a run of the whole graph made it; see ``orchestration.inputs``.
    private_cohorts : those of its cohorts that are private, and that its run asked for by name.
    build : of which build it is: the stamp of the raw tables that all else was made of.
    rows : schema.table -> number of rows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    published_at: datetime
    run_id: str | None
    catalogue: str
    inputs: str | None = None
    build: str | None = None
    accepted: Accepted | None = None
    cohorts: tuple[str, ...]
    private_cohorts: tuple[str, ...] = ()
    rows: Mapping[str, int]
    files: tuple[PublishedFile, ...]

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)


class About(BaseModel):
    """What a manifest says that the folder itself does not show."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str | None
    catalogue: str
    inputs: str | None = None
    build: str | None = None
    accepted: Accepted | None = None
    private_cohorts: tuple[str, ...] = ()


def manifest_of(version: Version, about: About, now: datetime) -> Manifest:
    """The manifest of a finished folder: its files are read once, for their checksums."""
    with duckdb.connect(str(version.file), read_only=True) as con:
        cohorts = con.execute("select cohort_id from marts.cohorts order by cohort_id").fetchall()
        rows = table_rows(con)
    return Manifest(
        version=version.name,
        published_at=now,
        cohorts=tuple(str(row[0]) for row in cohorts),
        rows=rows,
        files=tuple(file_of(version.folder, path) for path in _paths(version.folder)),
        **dict(about),
    )


def table_rows(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """schema.table -> number of rows of an open file."""
    rows = {}
    for schema, table in tables_of(con):
        counted = con.execute(f'select count(*) from "{schema}"."{table}"').fetchone()
        rows[f"{schema}.{table}"] = int(counted[0]) if counted else 0
    return rows


def read_manifest(version: Version) -> Manifest:
    """The manifest of a version.

    Raises
    ------
    VersionError
        There is none, or it cannot be read.
    """
    try:
        return Manifest.model_validate_json(version.manifest.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as exc:
        raise VersionError(
            f"the manifest cannot be read ({str(exc).splitlines()[0]})",
            where=str(version.manifest),
            remedy="bring the version's folder back from a backup, or remove it",
        ) from exc


def private_cohorts_of(version: Version) -> tuple[str, ...]:
    """Private cohorts that are in a version; none in one of before there were manifests."""
    return read_manifest(version).private_cohorts if version.manifest.exists() else ()


def smallest_cell(version: Version) -> int:
    """The smallest count of people that an export from a version shows, see ``warehouse.export.disclosure``."""
    return cell_of(Settings.from_environment(), private_cohorts_of(version))


def cell_of(settings: Settings, private_cohorts: tuple[str, ...]) -> int:
    """As :func:`smallest_cell`, of a version with these private cohorts."""
    if settings.smallest_cell is not None:
        return settings.smallest_cell
    return SMALLEST_PRIVATE_CELL if private_cohorts else 1


def last_of_catalogue(published: Path, catalogue: str) -> Version | None:
    """The version that a new one of the catalogue is compared with: the one in force, or if that is of another
    catalogue the newest that was public."""
    in_force = version_in_force(published)
    public = [version for version in versions(published) if was_public(published, version)]
    of_catalogue = [version for version in public if read_manifest(version).catalogue == catalogue]
    return in_force if in_force in of_catalogue else of_catalogue[-1] if of_catalogue else None


def faults_of(version: Version) -> list[str]:
    """Where a version differs from its manifest: files that are missing, changed, or not of it. Every file is read."""
    stated = {file.path: file for file in read_manifest(version).files}
    there = {str(path.relative_to(version.folder)) for path in _paths(version.folder)}
    faults = [f"{name} is missing" for name in sorted(stated.keys() - there)]
    faults += [f"{name} is no file of it" for name in sorted(there - stated.keys())]
    found = {name: file_of(version.folder, version.folder / name) for name in sorted(there & stated.keys())}
    return faults + [f"{name} has changed" for name, file in found.items() if file != stated[name]]


def _paths(folder: Path) -> list[Path]:
    """Files that a manifest lists: all but itself and what is written when it goes public."""
    apart = {folder / MANIFEST, folder / PUBLIC_SINCE}
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and path not in apart]


def file_of(folder: Path, path: Path) -> PublishedFile:
    """Path, size and checksum of one file of a folder."""
    with open(path, "rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    return PublishedFile(path=str(path.relative_to(folder)), bytes=path.stat().st_size, sha256=digest)
