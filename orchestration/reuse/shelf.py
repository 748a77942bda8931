"""Results that are kept by what they were computed from, so that a run computes only what has changed.

``build/shelf/<asset>/<key>/`` holds the tables and figures of one asset as they were written, and ``entry.json``: the
run that computed them, and the checksum of every file. An entry is made beside its place and appears there in one
step, so that a process that is killed leaves a whole entry or none; a file that was changed since is not reused.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from ingestion.fetching.store import sha256_of

#: Entries that are kept of one asset, the last used first: as many as published versions.
KEPT = 3
_ENTRY = "entry.json"
#: A row of ``stats.runs``, times as text.
Run = dict[str, str | bool | list[str] | None]


@dataclass(frozen=True)
class Entry:
    """What was computed once: ``folder`` holds ``tables`` and ``figures``; ``run`` is the row of ``stats.runs``;
    ``made_of`` is what the key stands for, part by part."""

    folder: Path
    run: Run
    made_of: dict[str, str]

    @property
    def tables(self) -> Path:
        return self.folder / "tables"

    @property
    def figures(self) -> Path:
        return self.folder / "figures"


@dataclass(frozen=True)
class _Note:
    """What ``entry.json`` says; ``files`` : path below the folder -> sha256."""

    run: Run
    made_of: dict[str, str]
    seconds: float
    files: dict[str, str]


@dataclass(frozen=True)
class Shelf:
    """The results that are kept in a folder."""

    folder: Path

    def find(self, asset: str, key: str) -> Entry | None:
        """The entry of a key, whole and unchanged, or None."""
        folder = self.folder / asset / key
        noted = _noted(folder)
        try:
            if noted is None or noted.files != _checksums(folder):
                return None
        except OSError:
            return None
        with contextlib.suppress(PermissionError):  # who may only read leaves no mark of having used it
            os.utime(folder)
        return Entry(folder, noted.run, noted.made_of)

    def keys(self, asset: str) -> list[str]:
        """Keys of an asset's entries, the last used first."""
        folder = self.folder / asset
        found = [p for p in folder.iterdir() if not p.name.startswith(".")] if folder.is_dir() else []
        return [p.name for p in sorted(found, key=lambda p: p.stat().st_mtime_ns, reverse=True)]

    def keep(
        self, asset: str, key: str, run: Run, made_of: dict[str, str], write: Callable[[Entry], None]
    ) -> Entry:
        """Let ``write`` write tables and figures, and keep them under the key; entries that are used least go.

        What ``write`` raises is raised, and nothing is kept.
        """
        place = self.folder / asset / key
        making = Entry(place.with_name(f".{key}.{uuid4().hex}.making"), run, made_of)
        try:
            making.tables.mkdir(parents=True)
            making.figures.mkdir()
            started = time.monotonic()
            write(making)
            took = round(time.monotonic() - started, 1)
            noted = _Note(run, made_of, took, _checksums(making.folder))
            (making.folder / _ENTRY).write_text(json.dumps(asdict(noted), indent=1), encoding="utf-8")
            shutil.rmtree(place, ignore_errors=True)  # damaged, or `find` would have found it
            os.replace(making.folder, place)
        finally:
            shutil.rmtree(making.folder, ignore_errors=True)
        for old in self.keys(asset)[KEPT:]:
            shutil.rmtree(self.folder / asset / old, ignore_errors=True)
        return Entry(place, run, made_of)

    def seconds(self, asset: str) -> float:
        """What the result that was used last took to compute; infinite where none is kept."""
        notes = (_noted(self.folder / asset / key) for key in self.keys(asset))
        return next((note.seconds for note in notes if note is not None), math.inf)

    def sweep(self, assets: Iterable[str]) -> None:
        """Remove what belongs to no asset of the catalogue, and what killed processes left unfinished. The caller has
        the data folder for itself."""
        known = set(assets)
        for folder in self.folder.iterdir() if self.folder.is_dir() else ():
            if folder.name not in known:
                shutil.rmtree(folder, ignore_errors=True)
                continue
            for leftover in folder.glob(".*.making"):
                shutil.rmtree(leftover, ignore_errors=True)


def put_in_place(entry: Entry, tables: Path, figures: Path) -> None:
    """Copy an entry to where the other steps read results; what was there is gone."""
    for source, target in ((entry.tables, tables), (entry.figures, figures)):
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)


def _noted(folder: Path) -> _Note | None:
    """The note of an entry; None where there is none, or what stands there is not of this form: half of one, or one of
    another version of the project."""
    try:
        said = json.loads((folder / _ENTRY).read_text(encoding="utf-8"))
        note = _Note(**said)
        is_sound = all(isinstance(part, dict) for part in (note.run, note.made_of, note.files))
        return note if is_sound and "run_id" in note.run and isinstance(note.seconds, int | float) else None
    except (OSError, ValueError, TypeError):
        return None


def _checksums(folder: Path) -> dict[str, str]:
    """sha256 of every file below a folder but the note itself, by its path there."""
    return {
        str(path.relative_to(folder)): sha256_of(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != _ENTRY
    }
