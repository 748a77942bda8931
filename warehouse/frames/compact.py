"""Long tables in little memory: read a batch at a time, words as small numbers instead of a text object a cell.

DuckDB's ``df()`` makes a Python text of 60 bytes, and a pointer to it, for each cell that is a word: 300 bytes a row of
a number with four words. A category is 1 to 4 bytes a cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

#: Vectors of 2,048 rows that are fetched at once: 100,000 rows, some MB with words.
_VECTORS = 50


@contextmanager
def registered(con: duckdb.DuckDBPyConnection, **frames: pd.DataFrame | pa.Table) -> Iterator[None]:
    """Frames that queries read under these names, whatever was asked of the connection before.

    DuckDB 2 takes and drops no frame while rows of the last query are unread, and ``fetchone()`` leaves it so.
    """
    con.execute("select 1").fetchall()
    with ExitStack() as done:
        for name, frame in frames.items():
            con.register(name, frame)
            done.callback(con.unregister, name)
        yield
        con.execute("select 1").fetchall()


def batches(
    con: duckdb.DuckDBPyConnection, query: str, values: Mapping[str, object]
) -> Iterator[pd.DataFrame]:
    """The rows of a query, 100,000 at a time, at least one batch. Nothing else may be asked of ``con`` meanwhile."""
    con.execute(query, dict(values))
    part = con.fetch_df_chunk(_VECTORS)
    yield part
    while len(part):
        part = con.fetch_df_chunk(_VECTORS)
        if len(part):
            yield part


def coded_rows(
    con: duckdb.DuckDBPyConnection, query: str, values: Mapping[str, object], words: Sequence[str]
) -> pd.DataFrame:
    """The rows of a query with the columns ``words`` as categories, sorted, so that they sort as the words do."""
    known: dict[str, dict[str, int]] = {word: {} for word in words}
    parts: dict[str, list[npt.NDArray[np.generic]]] = {}
    for part in batches(con, query, values):
        for column in map(str, part.columns):
            cells = part[column]
            read = _codes(cells, known[column]) if column in known else cells.to_numpy()
            parts.setdefault(column, []).append(read)
    found: dict[str, npt.NDArray[np.generic] | pd.Categorical] = {}
    for column in list(parts):
        whole = np.concatenate(parts.pop(column))  # one column at a time is there twice
        found[column] = _category(whole, known[column]) if column in known else whole
    return pd.DataFrame(found, copy=False)


def _codes(cells: pd.Series, known: dict[str, int]) -> npt.NDArray[np.int32]:
    """The number of each word, -1 for none; words that are new get the next one."""
    codes, words = pd.factorize(cells)
    numbers = [known.setdefault(str(word), len(known)) for word in words]
    return np.array([*numbers, -1], dtype=np.int32)[codes]


def _category(numbers: npt.NDArray[np.generic], known: Mapping[str, int]) -> pd.Categorical:
    words = sorted(known)
    place = np.full(len(words) + 1, -1, dtype=np.int32)
    place[[known[word] for word in words]] = np.arange(len(words))
    return pd.Categorical.from_codes(place[numbers.astype(np.intp)], categories=pd.Index(words, dtype=object))
