"""From a draft to the version that people open, and back to an earlier one: a single step switches.

The draft is put on the disk whole, gets its name, and only then the link ``current`` is pointed at it; a fault or a
power cut at any moment leaves the version before or the new one, with tables, figures and reports of its own.
"""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from warehouse.versions.durable import flush, flush_tree, point_link, remove_folder
from warehouse.versions.layout import (
    CURRENT,
    Version,
    VersionError,
    not_written,
    version_in_force,
    versions,
)
from warehouse.versions.manifest import About, Manifest, faults_of, manifest_of
from warehouse.versions.take_over import note_public, open_through_current, take_over


def publish_draft(
    published: Path, draft: Version, about: About, now: datetime | None = None
) -> tuple[Version, Manifest]:
    """Put a draft on the disk and switch to it; gives the version that it has become.

    Raises
    ------
    PublishError
        The disk is full, or the folder cannot be written. The version before stays in force.
    """
    at = now or datetime.now(UTC)
    try:
        take_over(published)
        manifest = manifest_of(draft, about, at)
        draft.manifest.write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
        flush_tree(draft.folder)
        version = Version(published / draft.name)
        os.replace(draft.folder, version.folder)
        flush(published)
        switch(published, version, at)
    except (duckdb.Error, OSError, shutil.Error) as exc:
        raise not_written(exc, published) from exc
    return version, manifest


def roll_back(published: Path, version: Version, now: datetime | None = None) -> None:
    """Make an earlier version the one in force, after every file of it has been compared with its manifest.

    Raises
    ------
    VersionError
        A file of it is missing or has changed; nothing is switched.
    """
    take_over(published)
    faults = faults_of(version)
    if faults:
        more = f" and {len(faults) - 1} more" if len(faults) > 1 else ""
        raise VersionError(
            f"the version is not what was published ({faults[0]}{more})",
            where=str(version.folder),
            remedy="bring its folder back from a backup, or choose another version",
        )
    switch(published, version, now or datetime.now(UTC))


def switch(published: Path, version: Version, now: datetime) -> None:
    """Make a version the one that people open: one link is replaced, by one rename."""
    open_through_current(published)
    point_link(published / CURRENT, version.name)
    note_public(version, now)


def prune_versions(published: Path, keep: int) -> tuple[Version, ...]:
    """Remove the oldest versions and keep ``keep``, the one in force among them; gives those that went."""
    in_force = version_in_force(published)
    others = [version for version in versions(published) if version != in_force]
    gone = tuple(others[: max(len(others) - (keep - 1), 0)])
    for version in gone:
        remove_folder(version.folder)
    return gone
