"""A publication of before there were versions becomes one, under the eyes of its readers."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from warehouse.versions.durable import flush, flush_tree, link_or_copy, point_link, remove, write_durably
from warehouse.versions.layout import CURRENT, OPENED, PublishError, Version, name_at
from warehouse.versions.manifest import About, manifest_of

#: Beside the file of before there were versions: what it was made from.
_OLD_INPUTS = "icb.inputs.sha256"


def take_over(published: Path) -> Version | None:
    """Make a version of a publication of before there were versions, so that it can be compared with and gone back
    to. None if there is nothing to take over.

    The file stays where it is for every reader: it gets a second name in the version's folder, and the link that takes
    its place leads to that one.

    Raises
    ------
    PublishError
        The folder was copied without its links.
    """
    if (published / CURRENT).is_dir() and not (published / CURRENT).is_symlink():
        raise PublishError(
            "it is a folder and should be a link: versions were copied without their links",
            where=str(published / CURRENT),
            remedy="remove it and run again; the file beside it becomes a version",
        )
    plain = Version(published)
    if plain.file.is_symlink():
        remove(published / _OLD_INPUTS)  # a take-over that was killed when all but this was done
    if not plain.file.is_file() or plain.file.is_symlink():
        return None
    last = _last_run(plain.file)
    if last is None:
        return None  # no published file: a link takes its place
    run_id, catalogue = last
    then = datetime.fromtimestamp(plain.file.stat().st_mtime, UTC)
    version = Version(published / name_at(then, run_id))
    if not version.manifest.exists():
        making = Version(published / f".{version.name}.{os.getpid()}.making")
        remove(making.folder)
        making.folder.mkdir()
        link_or_copy(str(plain.file), str(making.file))
        for old, new in ((plain.figures, making.figures), (plain.reports, making.reports)):
            if old.is_dir():
                shutil.copytree(old, new, copy_function=link_or_copy)
            else:
                new.mkdir()
        about = About(run_id=run_id or None, catalogue=catalogue)
        manifest = manifest_of(making, about, then).model_copy(update={"version": version.name})
        making.manifest.write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
        flush_tree(making.folder)
        os.replace(making.folder, version.folder)
        flush(published)
    point_link(published / CURRENT, version.name)
    open_through_current(published)  # to the same content, so that it does not matter who has followed which
    note_public(version, then)
    remove(published / _OLD_INPUTS)
    return version


def _last_run(file: Path) -> tuple[str, str] | None:
    """Run and catalogue of a published file, empty and public if it does not say; None if it is no such file."""
    try:
        with duckdb.connect(str(file), read_only=True) as con:
            row = con.execute(
                "select run_id, catalog from stats.runs order by started_at desc nulls last, run_id limit 1"
            ).fetchone()
    except duckdb.Error:
        return None
    return (str(row[0]), str(row[1])) if row else ("", "public")


def open_through_current(published: Path) -> None:
    """Put links where people look for the file and the folders, unless they are there.

    A folder of before there were versions makes way first, for no system call of Python exchanges a folder for a link:
    for a moment, once in the life of a publication, there is no such path; its content stands in the version.
    """
    for name in OPENED:
        path = published / name
        if path.is_symlink():
            continue
        leaving = path.with_name(f".{name}.{os.getpid()}.old")
        if path.is_dir():
            os.replace(path, leaving)
        point_link(path, f"{CURRENT}/{name}")
        remove(leaving)


def note_public(version: Version, now: datetime) -> None:
    """Write down since when people can open a version."""
    if not version.public_since.exists():
        with suppress(OSError):  # it is public all the same; the next publication notes it (see draft.sweep)
            write_durably(version.public_since, f"{now.astimezone(UTC).isoformat()}\n", version.folder.parent)
