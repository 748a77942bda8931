"""Results on their way from their folders to the ``stats`` schema and to Dagster: tables, comments, figures."""

import base64
import io
from pathlib import Path

import dagster as dg
import duckdb
import pandas as pd
from PIL import Image

from analytics.results.records import FigureRecord
from analytics.results.tables import RESULT_TABLES, as_result_table
from orchestration.reuse.shelf import Entry
from warehouse.results.folders import DPI
from warehouse.results.writing import quoted, write_result_query, write_result_table

#: Resolution in the metadata, which are kept in the event log of every run.
_SMALL_DPI = 120
#: Of a description of a figure beside two addresses of it: all three in less than 1,000 characters.
_LONGEST_ALT = 500


def pictures_for_metadata(entry: Entry) -> dict[str, dg.MetadataValue]:
    """Each figure of a result, small, for Dagster's metadata where nobody serves the published version: it opens there
    at a click. Drawing takes longer than anything else in a small analysis: the small one is scaled, not drawn."""
    return {
        _label(name): dg.MetadataValue.md(
            f"![{_in_markdown(alt)}](data:image/png;base64,{_small(entry.figures / f'{name}.png')})"
        )
        for name, alt in _alts(entry).items()
    }


def figures_served(asset: str, entry: Entry, explorer: str) -> dict[str, dg.MetadataValue]:
    """Each figure of a result as `icb explore` serves it, for Dagster's metadata: the event log has its address and not
    its bytes, kept results have it too, and the UI shows it without a click (it does with less than 1,000 characters).

    Parameters
    ----------
    asset : folder of the figures in a version.
    explorer : address at which the published version is served.
    """
    shown: dict[str, dg.MetadataValue] = {}
    for name, alt in _alts(entry).items():
        address = f"{explorer}/figure/{asset}/{name}.svg"
        shown[_label(name)] = dg.MetadataValue.md(
            f"[![{_in_markdown(alt)[:_LONGEST_ALT]}]({address})]({address})"
        )
    return shown


def _alts(entry: Entry) -> dict[str, str]:
    """Figure -> its description."""
    table = gathered_rows([entry.tables], FigureRecord.TABLE)
    return dict(zip(table["figure"], table["alt"], strict=True))


def _label(figure: str) -> str:
    return f"figure: {figure.replace('_', ' ')}"


def _in_markdown(alt: str) -> str:
    return alt.replace("[", "(").replace("]", ")").replace("\n", " ")


def _small(png: Path) -> str:
    with Image.open(png) as picture:
        size = (picture.width * _SMALL_DPI // DPI, picture.height * _SMALL_DPI // DPI)
        scaled = picture.convert("RGB").resize(size, Image.Resampling.BOX)
        # the median cut that is Pillow's own choice takes three times as long, and a run has some 230 pictures
        small = scaled.quantize(64, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    small.save(buffer, format="png")
    return base64.b64encode(buffer.getvalue()).decode()


def _files_of(folders: list[Path], table: str) -> list[Path]:
    """The Parquet files of a result table, of those analyses that have one."""
    return [path for folder in folders if (path := folder / f"{table}.parquet").exists()]


def gathered_rows(folders: list[Path], table: str) -> pd.DataFrame:
    """A result table from the Parquet files of several analyses; empty when there are none."""
    parts = [pd.read_parquet(path) for path in _files_of(folders, table)]
    return as_result_table(table, pd.concat(parts, ignore_index=True) if parts else pd.DataFrame())


def column_schema(table: str) -> dg.TableSchema:
    """Columns of a result table for the UI."""
    return dg.TableSchema(
        [
            dg.TableColumn(name, kind, description)
            for name, (kind, description) in RESULT_TABLES[table].columns.items()
        ]
    )


def gathered(con: duckdb.DuckDBPyConnection, table: str, folders: list[Path]) -> dg.MaterializeResult[None]:
    """Replace ``stats.<table>`` by the rows of several analyses, from their files: who was counted in each is millions
    of rows, which never are Python's."""
    files = [str(path) for path in _files_of(folders, table)]
    if not files:
        return written(con, table, gathered_rows([], table))
    columns = ", ".join(f'"{column}"' for column in RESULT_TABLES[table].columns)
    listed = ", ".join(quoted(file) for file in files)
    n_rows = write_result_query(con, table, f"select {columns} from read_parquet([{listed}])")
    return materialised(table, n_rows)


def written(con: duckdb.DuckDBPyConnection, table: str, frame: pd.DataFrame) -> dg.MaterializeResult[None]:
    """Replace ``stats.<table>``, and say so to Dagster."""
    return materialised(table, write_result_table(con, table, frame))


def materialised(table: str, n_rows: int) -> dg.MaterializeResult[None]:
    """What Dagster is told of a table of ``stats`` that has been written."""
    return dg.MaterializeResult(
        asset_key=dg.AssetKey(["stats", table]), metadata={"dagster/row_count": n_rows}
    )
