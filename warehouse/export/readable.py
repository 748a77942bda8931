"""A value as a person reads it, in a terminal or on a page, and as it leaves for a spreadsheet."""

from __future__ import annotations

import re
from typing import Any

#: Beyond Latin-1: line separators, the marks that turn the direction of text, and those that nobody can see.
UNSEEN = r"\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff"
#: C0 (but tab and line feed), DEL, C1 and those: a terminal obeys them, and a word of a source must not write over what
#: stands beside it.
_CONTROL = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f{UNSEEN}]")
#: What a spreadsheet takes for the beginning of a formula (OWASP, "CSV injection"), wide signs of Japanese included.
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?%?\s*")


def readable(value: Any) -> str:
    """Four significant digits for a number, nothing for what is missing, a list with semicolons (its entries hold
    commas); control characters as ``\\x1b``."""
    if isinstance(value, list | tuple):
        return "; ".join(readable(entry) for entry in value)
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e6 else f"{value:,.0f}"
    return shown(str(value))


def shown(text: str) -> str:
    """The text with every control character written out, so that a terminal cannot obey it."""
    return _CONTROL.sub(_written_out, text)


def _written_out(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def csv_cell(value: Any) -> Any:
    """A value for a CSV file: a text that a spreadsheet would carry out as a formula begins with an apostrophe, as one
    types it into a spreadsheet to mean text. Numbers, also those written as text, and a lone sign stay. A list is one
    text, its entries parted by semicolons."""
    if isinstance(value, list | tuple):
        return csv_cell("; ".join("" if entry is None else str(entry) for entry in value))
    if not isinstance(value, str):
        return value
    if value.isascii() and value.isprintable() and value[:1].isalnum():
        return value  # names and plain words, without three patterns over each
    is_formula = _FORMULA.match(value) and len(value.strip()) > 1 and not _NUMBER.fullmatch(value)
    return shown(f"'{value}" if is_formula else value)
