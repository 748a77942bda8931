"""Results of an analysis or a scan as files: tables as Parquet, figures as SVG and PNG with their data as CSV."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from analytics.figures.picture import Picture
from analytics.figures.style import svg_bytes
from analytics.results.schema import arrow_table
from analytics.results.tables import RESULT_TABLES
from warehouse.export.csv_files import csv_of

#: Resolution of the PNG.
DPI = 200


def save_tables(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """Each result table as Parquet, in an empty folder."""
    for name, table in tables.items():
        pq.write_table(arrow_table(RESULT_TABLES[name].columns, table), folder / f"{name}.parquet")


def save_figures(figures: dict[str, Picture], folder: Path, smallest_cell: int) -> None:
    """Each figure as SVG and PNG with its source data as CSV, in an empty folder; counts below the cell are coarse."""
    for name, picture in figures.items():
        (folder / f"{name}.svg").write_bytes(svg_bytes(picture.figure))
        picture.figure.savefig(folder / f"{name}.png", dpi=DPI)
        (folder / f"{name}.csv").write_text(csv_of(picture.data, smallest_cell), encoding="utf-8")
