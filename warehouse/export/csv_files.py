"""Tables of pandas as CSV files that may leave."""

from __future__ import annotations

import pandas as pd

from warehouse.export.disclosure import coarsened_columns, disclosed_row
from warehouse.export.readable import csv_cell


def csv_of(table: pd.DataFrame, smallest_cell: int) -> str:
    """A table as the text of a CSV file: coarsened, and with no text that a spreadsheet would carry out."""
    safe = table.copy()
    names = [str(column) for column in safe.columns]
    if at := coarsened_columns(names, smallest_cell):
        rows = [disclosed_row(names, row, smallest_cell) for row in safe.itertuples(index=False, name=None)]
        for i in at:
            safe[safe.columns[i]] = [row[i] for row in rows]
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column]):
            safe[column] = safe[column].map(csv_cell, na_action="ignore")
    return str(safe.rename(columns=csv_cell).to_csv(index=False))
