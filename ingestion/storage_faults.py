"""A full disk, or a folder that may not be written, told of in the words of somebody else (DuckDB, dbt, SQLite)."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from ingestion.errors import DiskFullError, StorageError

_FULL = re.compile(
    r"no space left|disk is full|disk quota exceeded|file too large|out of disk space|not enough (disk )?space",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"permission denied|read-only file ?system|readonly database|unable to open database file|disk i/o error",
    re.IGNORECASE,
)
_PATH = re.compile(r"""['"](/[^'"\n]+)['"]""")
#: Bytes below which SQLite can begin no transaction.
_A_JOURNAL = 65_536
_MAKE_ROOM = (
    "make room or point ICB_DATA at a larger disk, then run again; 'icb prune' removes what nothing needs"
)
_MAY_WRITE = "check that the disk is mounted and that you may write to the folder, then run again"


def storage_fault(text: str, data: Path | None) -> StorageError | None:
    """The sentence when a text tells of a full disk or of a folder that may not be written; None when of neither.

    The folder is that of the path which the text names, or the data folder.
    """
    if not (_FULL.search(text) or _REFUSED.search(text)):
        return None
    named = _PATH.search(text)
    folder = _folder(Path(named[1])) if named else data
    kind = DiskFullError if _FULL.search(text) or _is_full(folder) else StorageError
    what = "no space is left for writing" if kind is DiskFullError else "it cannot be written or read"
    return kind(
        what,
        where=str(folder or "the data folder"),
        remedy=_MAKE_ROOM if kind is DiskFullError else _MAY_WRITE,
    )


def _is_full(folder: Path | None) -> bool:
    """Whether no room is left where SQLite says "disk I/O error" of a journal that it cannot begin."""
    return folder is not None and os.path.isdir(folder) and shutil.disk_usage(folder).free < _A_JOURNAL


def _folder(path: Path) -> Path:
    return path if os.path.isdir(path) else path.parent  # Path.is_dir raises where one may not look
