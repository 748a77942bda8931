"""Tables of pandas as CSV files that may leave."""

from __future__ import annotations

import pandas as pd

from warehouse.export.disclosure import disclosed, is_coarsened
from warehouse.export.readable import csv_cell


def csv_of(table: pd.DataFrame, smallest_cell: int = 1) -> str:
    """A table as the text of a CSV file: coarsened, and with no text that a spreadsheet would carry out."""
    safe = table.copy()
    for column in safe.columns:
        name = str(column)
        if is_coarsened(name, smallest_cell):
            safe[column] = [disclosed(name, value, smallest_cell) for value in safe[column]]
        if not pd.api.types.is_numeric_dtype(safe[column]):
            safe[column] = safe[column].map(csv_cell, na_action="ignore")
    return str(safe.rename(columns=csv_cell).to_csv(index=False))
