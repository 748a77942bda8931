"""Frames of a published version that do not depend on what is asked, kept by the process that asks again and again.

A published version never changes, so that what was read of it stays true; a build file does, and nothing of it is kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import TypeVar, cast

import duckdb
import pandas as pd

from warehouse.versions.layout import is_version_folder

Kept = TypeVar("Kept", pd.DataFrame, pd.Series)
#: People under and without checkpoint blockade of two endpoints, and the mutational processes of their tumours; people
#: of one endpoint are some 10 MB.
_MOST = 6
_kept: OrderedDict[Hashable, pd.DataFrame | pd.Series] = OrderedDict()
_keeping = threading.Lock()

_FILE = "select path from duckdb_databases() where database_name = current_database() and readonly"


def kept(con: duckdb.DuckDBPyConnection, asked: tuple[Hashable, ...], read: Callable[[], Kept]) -> Kept:
    """What ``read`` gives, from memory where this version was asked the same before.

    Columns are those that are kept: a caller may replace one, and must not write into it.
    """
    file = _published_file(con)
    if file is None:
        return read()
    key = (str(file), file.stat().st_mtime_ns, *asked)
    with _keeping:
        known = _kept.get(key)
        if known is not None:
            _kept.move_to_end(key)
            return cast(Kept, known.copy(deep=False))
    found = read()
    with _keeping:
        _kept[key] = found
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
    return found.copy(deep=False)


def _published_file(con: duckdb.DuckDBPyConnection) -> Path | None:
    """The file of a published version that is open read-only; None for any other."""
    row = con.execute(_FILE).fetchone()
    path = Path(str(row[0])).resolve() if row and row[0] is not None else None
    return path if path is not None and is_version_folder(path.parent) else None
