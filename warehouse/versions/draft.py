"""A version in the making: tables and figures in a folder that nobody opens, to which the reports are added."""

from __future__ import annotations

import os
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import psutil

from warehouse.versions.durable import remove, remove_folder, write_durably
from warehouse.versions.layout import (
    PublishError,
    Version,
    draft_folder,
    draft_in_the_making,
    new_name,
    not_written,
    versions,
    was_public,
)
from warehouse.versions.public_tables import copy_public_tables
from warehouse.versions.runs import note_in_draft
from warehouse.versions.take_over import take_over

#: What a process that was killed left unfinished, with the process that was at it.
_UNFINISHED = re.compile(r"\..+\.(?P<pid>\d+)\.(making|new|old)(\.wal)?")


def make_draft(
    build_file: Path,
    published: Path,
    figures: Path | None = None,
    *,
    run_id: str,
    is_private: bool = False,
    now: datetime | None = None,
) -> Version:
    """Begin a version: the public schemas of the build, and the figures. What was begun before is given up.

    Parameters
    ----------
    figures : folder of figures to go along; None for none.
    is_private : it holds a private cohort, and nobody but its owner may enter its folder.
    run_id : the run that makes it; its row in ``stats.runs`` gets outcome and version.
    now : with a time zone; the time of the version's name.

    Raises
    ------
    PublishError
        The build file is missing, locked or incomplete, or the disk is full. What is published stays as it is.
    """
    if not build_file.exists():
        raise PublishError("there is no build file", where=str(build_file), remedy="run 'icb run' first")
    making = None
    try:
        published.mkdir(parents=True, exist_ok=True)
        sweep(published)
        take_over(published)
        name = new_name(published, run_id, now or datetime.now(UTC))
        making = Version(published / f".{name}.{os.getpid()}.making")
        making.folder.mkdir(mode=0o700 if is_private else 0o777)
        copy_public_tables(build_file, making.file)
        draft = Version(draft_folder(published, name))
        if figures is not None and figures.exists():
            shutil.copytree(figures, making.figures)
        else:
            making.figures.mkdir()
        making.reports.mkdir()
        note_in_draft(making.file, draft.name, run_id)
        os.replace(making.folder, draft.folder)
        return draft
    except (duckdb.Error, OSError, shutil.Error) as exc:
        raise not_written(exc, published) from exc
    finally:
        if making is not None:
            remove(making.folder)


def open_draft(published: Path) -> Version:
    """The version in the making.

    Raises
    ------
    PublishError
        There is none.
    """
    draft = draft_in_the_making(published)
    if draft is None:
        raise PublishError(
            "there is no version in the making",
            where=str(published),
            remedy="materialise draft/icb first; a single document is made by 'icb report'",
        )
    return draft


def sweep(published: Path) -> None:
    """Remove what processes left that have ended: drafts, what they had half written, and versions that were complete
    but never switched to."""
    for version in versions(published):
        if not was_public(published, version):
            remove_folder(version.folder)
        elif not version.public_since.exists():  # killed right after the switch
            write_durably(version.public_since, f"{datetime.now(UTC).isoformat()}\n", published)
    while (draft := draft_in_the_making(published)) is not None:
        remove_folder(draft.folder)
    for leftover in published.iterdir():
        found = _UNFINISHED.fullmatch(leftover.name)
        if found and (int(found["pid"]) == os.getpid() or not psutil.pid_exists(int(found["pid"]))):
            remove(leftover)
