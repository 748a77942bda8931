"""Spark's tables as tables of Delta Lake or Apache Iceberg, for what reads these: their Parquet files stay as they are,
and a log (Delta) or metadata and a catalogue (Iceberg) are written beside them.

Spark itself writes neither without jars, which it fetches from Maven; the libraries of both formats take over files
that are there (deltalake's ``convert_to_deltalake``, pyiceberg's ``add_files``).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, get_args

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.settings import SettingsError

LakeFormat = Literal["parquet", "delta", "iceberg"]


def asked_format() -> LakeFormat:
    """What ``ICB_SPARK_FORMAT`` says.

    Raises
    ------
    SettingsError
        It names no format.
    """
    text = os.environ.get("ICB_SPARK_FORMAT") or "parquet"
    for form in get_args(LakeFormat):
        if text == form:
            return form
    raise SettingsError(
        f"'{text}' is no table format",
        where="ICB_SPARK_FORMAT",
        remedy="write parquet, delta or iceberg, or unset it",
    )


def register_tables(folder: Path, tables: Iterable[tuple[str, str]], form: LakeFormat) -> None:
    """Make tables of a format out of Spark's Parquet files, which stay where they are.

    Parameters
    ----------
    folder : of the build on Spark. Delta's log is in the folder of each table; Iceberg's metadata and its catalogue
        (``iceberg/catalog.sqlite``, name ``icb``) in ``folder/iceberg``.
    tables : schema and name of each, all of them there.
    """
    places = {(schema, table): folder / "tables" / f"{schema}.db" / table for schema, table in tables}
    if form == "delta":
        from deltalake import convert_to_deltalake

        for place in places.values():
            convert_to_deltalake(str(place))
    if form == "iceberg":
        from pyiceberg.catalog.sql import SqlCatalog

        (folder / "iceberg").mkdir()
        catalog = SqlCatalog(
            "icb", uri=f"sqlite:///{folder}/iceberg/catalog.sqlite", warehouse=f"file://{folder}/iceberg"
        )
        for name, place in places.items():
            catalog.create_namespace_if_not_exists(name[0])
            files = sorted(str(path) for path in place.glob("*.parquet"))
            # a file says of its own columns whether they hold nulls; those of the table may
            columns = [column.with_nullable(True) for column in pq.read_schema(files[0])]
            catalog.create_table(name, schema=pa.schema(columns)).add_files(files)
        catalog.close()
