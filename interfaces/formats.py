"""Rows and records as the text of a file: the same JSON and CSV from the terminal, a page and a chat."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from warehouse.export.disclosure import disclosed_record, disclosed_row
from warehouse.export.readable import UNSEEN, csv_cell

#: Control characters that json leaves as they are, and that a terminal would obey.
TERMINAL = re.compile(rf"[\x7f-\x9f{UNSEEN}]")


def json_text(value: Any, smallest_cell: int) -> str:
    """JSON with dates as ISO text and NaN as null, so that any reader can parse it; control characters are escaped.

    Parameters
    ----------
    smallest_cell : smallest count of people that is shown, see ``warehouse.export.disclosure``.
    """
    value = disclosed_record(value, smallest_cell)
    text = json.dumps(plain(value), indent=2, ensure_ascii=False, default=str)
    # json escapes those below a blank; of the others each stands in a text, where \uXXXX means the same
    return TERMINAL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def csv_text(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], smallest_cell: int) -> str:
    """Rows under a line of column names, coarsened, and with no text that a spreadsheet would carry out."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([csv_cell(column) for column in columns])
    for row in rows:
        cells = disclosed_row(columns, [row.get(column) for column in columns], smallest_cell)
        writer.writerow(["" if (value := plain(cell)) is None else csv_cell(value) for cell in cells])
    return buffer.getvalue()


def plain(value: Any) -> Any:
    """A value that JSON has a word for; what is no finite number is None."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value
