"""Results on their way from an analysis to the ``stats`` schema and to Dagster: tables, comments, figures."""

import base64
import io
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pandas as pd
import pyarrow.parquet as pq
from PIL import Image

from analytics.figures.picture import Picture
from analytics.figures.style import svg_bytes
from analytics.results.schema import arrow_table
from analytics.results.tables import RESULT_TABLES, as_result_table
from warehouse.csv_files import csv_of
from warehouse.result_writing import write_result_table

#: Resolution of figures on disk and in the metadata, which are kept in the event log of every run.
_DPI, _SMALL_DPI = 200, 120


def save_figures(figures: dict[str, Picture], folder: Path) -> dict[str, Any]:
    """Each figure as SVG and PNG with its source data as CSV, and small for Dagster's metadata, which it gives back: a
    picture opens there at a click. Drawing takes longer than anything else in a small analysis, so that the small one
    is scaled, not drawn."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    metadata: dict[str, Any] = {}
    for name, picture in figures.items():
        (folder / f"{name}.svg").write_bytes(svg_bytes(picture.figure))
        picture.figure.savefig(folder / f"{name}.png", dpi=_DPI)
        (folder / f"{name}.csv").write_text(csv_of(picture.data), encoding="utf-8")
        metadata[f"figure: {name.replace('_', ' ')}"] = dg.MetadataValue.md(
            f"![{_in_markdown(picture.alt)}](data:image/png;base64,{_small(folder / f'{name}.png')})"
        )
    return metadata


def _in_markdown(alt: str) -> str:
    return alt.replace("[", "(").replace("]", ")").replace("\n", " ")


def _small(png: Path) -> str:
    with Image.open(png) as picture:
        size = (picture.width * _SMALL_DPI // _DPI, picture.height * _SMALL_DPI // _DPI)
        small = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS).quantize(64)
    buffer = io.BytesIO()
    small.save(buffer, format="png")
    return base64.b64encode(buffer.getvalue()).decode()


def save_tables(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """Each result table as Parquet; what an earlier run left is removed: one that is skipped now leaves no number."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, table in tables.items():
        pq.write_table(arrow_table(RESULT_TABLES[name].columns, table), folder / f"{name}.parquet")


def gathered_rows(folders: list[Path], table: str) -> pd.DataFrame:
    """A result table from the Parquet files of several analyses; empty when there are none."""
    parts = [pd.read_parquet(f / f"{table}.parquet") for f in folders if (f / f"{table}.parquet").exists()]
    return as_result_table(table, pd.concat(parts, ignore_index=True) if parts else pd.DataFrame())


def column_schema(table: str) -> dg.TableSchema:
    """Columns of a result table for the UI."""
    return dg.TableSchema(
        [
            dg.TableColumn(name, kind, description)
            for name, (kind, description) in RESULT_TABLES[table].columns.items()
        ]
    )


def written(con: duckdb.DuckDBPyConnection, table: str, frame: pd.DataFrame) -> dg.MaterializeResult[None]:
    """Replace ``stats.<table>``, and say so to Dagster."""
    n_rows = write_result_table(con, table, frame)
    return dg.MaterializeResult(
        asset_key=dg.AssetKey(["stats", table]), metadata={"dagster/row_count": n_rows}
    )
