"""Where a published version lies, and which of them people open.

```
data/published/
  icb.duckdb, figures, reports, manifest.json   links through `current`: the paths that people open
  current                                       link to the version in force; nothing else is ever switched
  20261130T142501Z-ac7c288a/                    icb.duckdb, figures, reports, manifest.json, public_since
  .20261130T142501Z-ac7c288a.draft/             a version in the making
```

A folder of before there were versions holds the file, the figures and the reports themselves; it reads as one version
without a name, and the next publication takes it over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from ingestion.errors import DiskFullError, IngestionError
from ingestion.storage_faults import storage_fault

CURRENT = "current"
FILE, FIGURES, REPORTS, MANIFEST = "icb.duckdb", "figures", "reports", "manifest.json"
#: Since when a version has been public, as a line of text; a version without it has never been switched to.
PUBLIC_SINCE = "public_since"
#: What people open, each a link into the version in force.
OPENED = (FILE, FIGURES, REPORTS, MANIFEST)
#: The name of the version in the making, where a version is asked for.
DRAFT = "draft"
_TIME = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"(?P<time>\d{8}T\d{6}Z)-[0-9a-f]{8}")
_DRAFT_FOLDER = re.compile(rf"\.(?P<name>{_NAME.pattern})\.draft")


class VersionError(IngestionError):
    """No version has the name, or one is not what its manifest says."""


class PublishError(IngestionError):
    """The new version is not fit to be published; the last one stays."""


@dataclass(frozen=True)
class Version:
    """A folder with the file, the figures and the reports of one version."""

    folder: Path

    @property
    def name(self) -> str:
        """UTC time and beginning of the run's id, so that names sort by time; a draft has the name that it will get."""
        found = _DRAFT_FOLDER.fullmatch(self.folder.name)
        return found["name"] if found else self.folder.name

    @property
    def file(self) -> Path:
        return self.folder / FILE

    @property
    def figures(self) -> Path:
        return self.folder / FIGURES

    @property
    def reports(self) -> Path:
        return self.folder / REPORTS

    @property
    def manifest(self) -> Path:
        return self.folder / MANIFEST

    @property
    def public_since(self) -> Path:
        return self.folder / PUBLIC_SINCE


def version_in_force(published: Path) -> Version:
    """The version that people open now, found by following the link once: whoever reads its file and its figures
    reads both of one version. There may be none: then its file does not exist."""
    return Version((published / FILE).resolve().parent)


def version_of(con: duckdb.DuckDBPyConnection) -> Version:
    """The version whose file a connection has open, whatever has been published since."""
    row = con.execute(
        "select path from duckdb_databases() where database_name = current_database()"
    ).fetchone()
    if row is None or row[0] is None:
        raise VersionError("the connection has no file open", remedy="open the published file")
    return Version(Path(str(row[0])).resolve().parent)


def is_version_folder(folder: Path) -> bool:
    """Whether a folder is that of a version that is published, by its name: nothing in it changes any more."""
    return _NAME.fullmatch(folder.name) is not None


def versions(published: Path) -> tuple[Version, ...]:
    """Every version that is complete, oldest first."""
    folders = [p for p in published.resolve().glob("*-*") if _NAME.fullmatch(p.name) and p.is_dir()]
    return tuple(Version(path) for path in sorted(folders) if (path / MANIFEST).is_file())


def was_public(published: Path, version: Version) -> bool:
    """Whether people could ever open it: a publication that was killed just before the switch leaves one that nobody
    could."""
    return version.public_since.exists() or version == version_in_force(published)


def draft_in_the_making(published: Path) -> Version | None:
    """The version in the making, complete but for its reports; None when there is none."""
    folders = sorted(path for path in published.glob(".*.draft") if _DRAFT_FOLDER.fullmatch(path.name))
    return Version(folders[-1]) if folders else None


def draft_folder(published: Path, name: str) -> Path:
    """Where the version of that name is made."""
    return published / f".{name}.draft"


def version_named(published: Path, name: str) -> Version:
    """The version of a name, or of the beginning of one if it fits one version only; ``current`` and ``draft`` are the
    one in force and the one in the making.

    Raises
    ------
    VersionError
        None or several; names those there are.
    """
    known = versions(published)
    if name == CURRENT and version_in_force(published).file.exists():
        return version_in_force(published)
    draft = draft_in_the_making(published) if name == DRAFT else None
    fitting = [draft] if draft else [version for version in known if version.name.startswith(name)]
    if len(fitting) == 1:
        return fitting[0]
    raise VersionError(
        f"{'several versions begin' if fitting else 'no version begins'} with '{name}'",
        where=str(published),
        remedy=f"there are {', '.join(v.name for v in fitting or known) or 'none'}",
    )


def new_name(published: Path, run_id: str, now: datetime) -> str:
    """A name for the next version, later than that of every other even if the clock has gone back.

    Parameters
    ----------
    now : with a time zone.
    """
    others = (
        [_NAME.fullmatch(Version(path).name) for path in published.iterdir()] if published.exists() else []
    )
    times = [datetime.strptime(found["time"], _TIME).replace(tzinfo=UTC) for found in others if found]
    earliest = max(times) + timedelta(seconds=1) if times else now
    return name_at(max(now.astimezone(UTC), earliest), run_id)


def name_at(time: datetime, run_id: str) -> str:
    """The name of a version of that time, in UTC, and run."""
    digits = re.sub(r"[^0-9a-f]", "", run_id.lower())[:8]
    return f"{time.astimezone(UTC).strftime(_TIME)}-{digits.ljust(8, '0')}"


def not_written(error: Exception, published: Path) -> PublishError:
    """The sentence for a version that could not be written."""
    fault = storage_fault(str(error), published)
    is_full = isinstance(fault, DiskFullError)  # of which DuckDB tells at some length
    lines = [fault.what] if fault and is_full else str(error).splitlines() or ["no reason was given"]
    return PublishError(
        f"the new version could not be written ({lines[0]})",
        where=str(published / FILE),
        remedy="see 'icb doctor' for space and locks; the last published file is unchanged",
    )
