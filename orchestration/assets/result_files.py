"""Results on their way from an analysis to the ``stats`` schema and to Dagster: tables, comments, figures."""

import base64
import io
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pandas as pd
from matplotlib.figure import Figure

from analytics.result_tables import RESULT_TABLES, as_result_table, create_statement


def save_figures(figures: dict[str, Figure], folder: Path) -> None:
    """Each figure as SVG and PNG."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, figure in figures.items():
        figure.savefig(folder / f"{name}.svg")
        figure.savefig(folder / f"{name}.png", dpi=200)


def figure_metadata(figures: dict[str, Figure]) -> dict[str, Any]:
    """Small pictures for the UI."""
    metadata: dict[str, Any] = {}
    for name, figure in figures.items():
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=80)
        encoded = base64.b64encode(buffer.getvalue()).decode()
        metadata[f"figure_{name}"] = dg.MetadataValue.md(f"![{name}](data:image/png;base64,{encoded})")
    return metadata


def gathered_rows(folders: list[Path], table: str) -> pd.DataFrame:
    """A result table from the Parquet files of several analyses; empty when there are none."""
    parts = [pd.read_parquet(f / f"{table}.parquet") for f in folders if (f / f"{table}.parquet").exists()]
    return as_result_table(table, pd.concat(parts, ignore_index=True) if parts else pd.DataFrame())


def column_schema(table: str) -> dg.TableSchema:
    """Columns of a result table for the UI."""
    return dg.TableSchema(
        [
            dg.TableColumn(name, kind, description)
            for name, (kind, description) in RESULT_TABLES[table].items()
        ]
    )


def written(con: duckdb.DuckDBPyConnection, table: str, frame: pd.DataFrame) -> dg.MaterializeResult[None]:
    """Replace ``stats.<table>``, with the description of every column."""
    rows = as_result_table(table, frame)
    con.execute(create_statement(table, f"stats.{table}"))
    con.execute(f"insert into stats.{table} select * from rows")
    for column, (_, description) in RESULT_TABLES[table].items():
        con.execute(
            f"comment on column stats.{table}.\"{column}\" is '{description.replace(chr(39), chr(39) * 2)}'"
        )
    return dg.MaterializeResult(
        asset_key=dg.AssetKey(["stats", table]), metadata={"dagster/row_count": len(rows)}
    )
