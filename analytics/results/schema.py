"""Result rows as types: a frozen dataclass is a table of the ``stats`` schema, its fields are the columns.

A field that is itself a dataclass (who was counted, the interval, the model) lends its columns to the table, so that a
value is one typed object from the fit to the published file and back, and is never a dictionary on the way.
"""

from __future__ import annotations

import dataclasses
import math
import numbers
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar, TypeVar

import pandas as pd
import pyarrow as pa

from analytics.errors import AnalysisError

#: column -> (SQL type, description)
Columns = dict[str, tuple[str, str]]
#: column of a closed vocabulary -> its words
Words = Mapping[str, tuple[str, ...]]

#: Type of a field -> SQL type of its column. A tuple is a list of texts.
_SQL_TYPES: dict[type, str] = {
    str: "string", bool: "boolean", int: "bigint", float: "double", datetime: "timestamp", date: "date",
    tuple: "strings",
}  # fmt: skip
_ARROW = {
    "string": pa.string(),
    "boolean": pa.bool_(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "timestamp": pa.timestamp("us"),
    "date": pa.date32(),
    "strings": pa.list_(pa.string()),
}
_PANDAS = {
    "string": "string",
    "bigint": "Int64",
    "double": "float64",
    "boolean": "boolean",
    "timestamp": "datetime64[us]",
    "date": "object",
    "strings": "object",
}
_SQL_WORDS = {"string": "varchar", "strings": "varchar[]"}
#: Kinds of pandas' type inference that a column of each SQL type may hold.
_FITTING = {
    "string": {"string"},
    "bigint": {"integer", "floating", "mixed-integer-float"},
    "double": {"integer", "floating", "mixed-integer-float"},
    "boolean": {"boolean"},
    "timestamp": {"datetime", "datetime64"},
    "date": {"date"},
}


class ResultTypeError(AnalysisError):
    """A value that is not of its column's type, or a column that the table does not have."""


def column(meaning: str, *, default: Any = None, name: str | None = None, words: Iterable[str] = ()) -> Any:
    """A field that is a column.

    Parameters
    ----------
    meaning : what it holds, in one sentence, for the comments of the published file.
    default : value of a row that does not give one.
    name : name of the column where it is not that of the field.
    words : the words that it may hold, where no other can occur; the published file gives it an ENUM of them.
    """
    return field(
        default=default,
        kw_only=True,
        metadata={"meaning": meaning, "column": name, "words": tuple(map(str, words))},
    )


def required(meaning: str, *, words: Iterable[str] = ()) -> Any:
    """A column that every row must give; ``words`` as for :func:`column`."""
    return field(kw_only=True, metadata={"meaning": meaning, "column": None, "words": tuple(map(str, words))})


@dataclass(frozen=True, kw_only=True)
class ResultRow:
    """A row of a result table. A subclass names its ``TABLE`` and says in ``MEANING`` what one row is.

    A number that is not finite is None: a median that is not reached, an interval without an end, an estimate that
    does not exist.
    """

    TABLE: ClassVar[str] = ""
    MEANING: ClassVar[str] = ""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, float) and not math.isfinite(value):
                object.__setattr__(self, name, None)


Row = TypeVar("Row", bound=ResultRow)


@dataclass(frozen=True)
class _Column:
    """A column of a row type: where its value lies in the object, and what it must be."""

    name: str
    path: tuple[str, ...]
    kind: type
    meaning: str
    words: tuple[str, ...]

    @property
    def type(self) -> str:
        return _SQL_TYPES[self.kind]

    def read(self, row: Any) -> Any:
        value = row
        for step in self.path:
            value = getattr(value, step)
            if value is None:
                return None
        return value


_KNOWN: dict[type, tuple[_Column, ...]] = {}


def _columns(row_type: type) -> tuple[_Column, ...]:
    if row_type not in _KNOWN:
        _KNOWN[row_type] = _found_columns(row_type)
    return _KNOWN[row_type]


def _found_columns(row_type: type) -> tuple[_Column, ...]:
    hints = typing.get_type_hints(row_type)
    found: dict[str, _Column] = {}
    for item in dataclasses.fields(row_type):
        kind = _plain_type(hints[item.name])
        if dataclasses.is_dataclass(kind):
            for inner in _columns(kind):
                found[inner.name] = dataclasses.replace(inner, path=(item.name, *inner.path))
        else:
            name = item.metadata.get("column") or item.name
            found[name] = _Column(name, (item.name,), kind, item.metadata["meaning"], item.metadata["words"])
    return tuple(found.values())


def _plain_type(hint: Any) -> type:
    """``int | None`` -> int, ``tuple[str, ...]`` -> tuple."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        hint = next(option for option in typing.get_args(hint) if option is not type(None))
    plain: type = typing.get_origin(hint) or hint
    return plain


def columns_of(row_type: type[ResultRow]) -> Columns:
    """Columns of a row type with SQL type and description, in order."""
    return {c.name: (c.type, c.meaning) for c in _columns(row_type)}


def words_of(row_type: type[ResultRow]) -> Words:
    """The closed vocabularies of a row type by column."""
    return {c.name: c.words for c in _columns(row_type) if c.words}


def table_of(row_type: type[Row], rows: Iterable[Row]) -> pd.DataFrame:
    """Rows as a frame under the columns and types of their table.

    Raises
    ------
    ResultTypeError
        A value is not of its column's type: ``False`` in a text, 2.5 in a count, a word that is not in the column's
        vocabulary.
    """
    rows = list(rows)
    data = {c.name: [_checked(c, c.read(row), row_type.TABLE) for row in rows] for c in _columns(row_type)}
    frame = pd.DataFrame(data, columns=list(data), dtype="object")
    return frame.astype({c.name: _PANDAS[c.type] for c in _columns(row_type)})


def _checked(column: _Column, value: Any, table: str) -> Any:
    if column.kind is tuple:
        if not all(isinstance(text, str) for text in value or ()):
            raise ResultTypeError(f"{table}.{column.name} is a list of texts, not {value!r}.")
        return list(value or ())
    if value is None or value is pd.NA:
        return None
    fits = isinstance(value, column.kind)
    if column.kind is float:
        fits = isinstance(value, numbers.Real) and not isinstance(value, bool)
        value = float(value) if fits else value
    elif column.kind is int:
        fits = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not fits:
        raise ResultTypeError(f"{table}.{column.name} is of type {column.type}, not {value!r}.")
    if column.words and value not in column.words:
        raise ResultTypeError(f"{table}.{column.name} is one of {', '.join(column.words)}, not {value!r}.")
    return value


def rows_of(row_type: type[Row], table: pd.DataFrame) -> list[Row]:
    """The rows of a table as the objects that they were made from. Columns that the frame lacks are null.

    Raises
    ------
    ResultTypeError
        The frame has a column that the table does not have.
    """
    _known_columns(row_type.TABLE, list(table.columns), [c.name for c in _columns(row_type)])
    records = table.astype("object").where(table.notna(), None).to_dict("records")
    return [_object(row_type, record) for record in records]


#: Field, type and column of each part of a row type: asked for every row of thousands, and Python reads the
#: annotations anew each time.
_PARTS: dict[type, tuple[tuple[str, type, str], ...]] = {}


def _parts(row_type: type) -> tuple[tuple[str, type, str], ...]:
    if row_type not in _PARTS:
        hints = typing.get_type_hints(row_type)
        _PARTS[row_type] = tuple(
            (item.name, _plain_type(hints[item.name]), item.metadata.get("column") or item.name)
            for item in dataclasses.fields(row_type)
        )
    return _PARTS[row_type]


def _object(row_type: type[Any], record: Mapping[Any, Any]) -> Any:
    values: dict[str, Any] = {}
    for name, kind, column_name in _parts(row_type):
        if dataclasses.is_dataclass(kind):
            values[name] = _object(kind, record)
            continue
        value = record.get(column_name)
        if kind is tuple:
            value = () if value is None else tuple(value)
        elif kind is int and value is not None:
            value = int(value)
        elif kind is date and isinstance(value, datetime):  # pandas has no dates
            value = value.date()
        values[name] = value
    return row_type(**values)


def as_table(table: str, columns: Columns, frame: pd.DataFrame) -> pd.DataFrame:
    """A frame under the columns and types of a result table, for results that are made as arrays and not row by row;
    columns that the frame lacks are null.

    Raises
    ------
    ResultTypeError
        The frame has a column that the table does not have, or values of another type.
    """
    _known_columns(table, list(frame.columns), list(columns))
    shaped = frame.reindex(columns=list(columns))
    for name, (sql_type, _) in columns.items():
        if sql_type == "strings":
            shaped[name] = [list(v) if isinstance(v, Iterable) and not isinstance(v, str) else [] if _null(v) else v
                            for v in shaped[name]]  # fmt: skip
            fits = all(isinstance(v, list) and all(isinstance(t, str) for t in v) for v in shaped[name])
        else:
            known = shaped[name].dropna()
            fits = known.empty or pd.api.types.infer_dtype(known) in _FITTING[sql_type]
        if not fits:
            kind = pd.api.types.infer_dtype(shaped[name], skipna=True)
            raise ResultTypeError(f"{table}.{name} is of type {sql_type}, and holds {kind} values.")
    try:
        return shaped.astype({name: _PANDAS[sql_type] for name, (sql_type, _) in columns.items()})
    except (TypeError, ValueError) as exc:
        raise ResultTypeError(f"{table}: {exc}.") from exc


def _null(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and value != value)


def _known_columns(table: str, given: Sequence[str], known: Sequence[str]) -> None:
    unknown = [name for name in given if name not in known]
    if unknown:
        raise ResultTypeError(f"{table} has no column {', '.join(unknown)}; it has {', '.join(known)}.")


def arrow_table(columns: Columns, frame: pd.DataFrame) -> pa.Table:
    """The frame with the types of its table even where a column is empty, to be written to Parquet or DuckDB."""
    schema = pa.schema([(name, _ARROW[sql_type]) for name, (sql_type, _) in columns.items()])
    return pa.Table.from_pandas(frame[list(columns)], schema=schema, preserve_index=False)


def sql_type(kind: str) -> str:
    """The type of a column in DuckDB's words."""
    return _SQL_WORDS.get(kind, kind)


def create_statement(columns: Columns, target: str) -> str:
    """DuckDB statement that makes an empty table ``target``."""
    listed = ", ".join(f'"{name}" {sql_type(kind)}' for name, (kind, _) in columns.items())
    return f"create or replace table {target} ({listed})"


@dataclass(frozen=True)
class ResultTable:
    """A table of the ``stats`` schema: what one row is, its columns with SQL type and description, and the words of
    those that can hold no other."""

    name: str
    meaning: str
    columns: Columns
    words: Words = field(default_factory=dict)

    @classmethod
    def of(cls, row_type: type[ResultRow]) -> ResultTable:
        """The table whose rows are of this type."""
        return cls(row_type.TABLE, row_type.MEANING, columns_of(row_type), words_of(row_type))
