"""Which two files are compared: versions by name, or files by path."""

from __future__ import annotations

from pathlib import Path

from warehouse.diff.tables import DiffError, published_path
from warehouse.versions.layout import version_in_force, version_named, versions
from warehouse.versions.manifest import private_cohorts_of


def file_named(name: str, published: Path) -> Path:
    """The file of a version (its name, the beginning of one, ``current``, ``draft``), or at a path.

    Raises
    ------
    VersionError, DiffError
        There is no such version, or no such file.
    """
    place = Path(name).expanduser()
    return published_path(place) if place.exists() or "/" in name else version_named(published, name).file


def both_named(before: str | None, after: str | None, published: Path) -> tuple[Path, Path]:
    """The two files to compare: with one name that and the version in force, with none the last version and the one
    before it. A version with a private cohort that the last one has not is compared only when it is named.

    Raises
    ------
    VersionError, DiffError
        One of them is not there, or there are no two versions yet.
    """
    if before is not None:
        in_force = version_in_force(published).file
        return file_named(before, published), file_named(after, published) if after else published_path(
            in_force
        )
    known = versions(published)
    if len(known) < 2:
        raise DiffError(
            "there are no two versions to compare",
            where=str(published),
            remedy="'icb versions' lists what there is; a file elsewhere can be named by its path",
        )
    *earlier, last = known
    private = set(private_cohorts_of(last))
    open_ones = [version for version in earlier if set(private_cohorts_of(version)) <= private]
    if not open_ones:
        raise DiffError(
            "every version before the last has a private cohort that the last has not",
            where=str(published),
            remedy=f"name one if you mean it: icb diff {earlier[-1].name}",
        )
    return open_ones[-1].file, last.file
