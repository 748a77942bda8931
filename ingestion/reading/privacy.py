"""Calendar dates and other private values: how they are recognised, masked and kept out of the warehouse.

A date of birth, treatment or death identifies people. Declared dates become intervals (``clinical``); what is
undeclared is caught here. Nothing in this module stores anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ingestion.catalog.source_files import SourceFile

WITHHELD = "[withheld]"
_MASK = "[date]"

_MONTH = (
    r"(?:jan|feb|f[ée]v|mar|apr|avr|may|mai|jun|juin|jul|juil|aug|ao[uû]|sep|sept|oct|okt|nov|dec|d[ée]c|dez)"
    r"[a-zé]*\.?"
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MON = r"(?:0?[1-9]|1[0-2])"
_YEAR = r"(?:18|19|20)\d{2}"
_TIME = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"

#: A whole date with a four-digit year, as it may stand inside a longer text.
_FULL = (
    rf"(?<![\w/.-])(?:"
    rf"{_DAY}[/.-]{_DAY}[/.-]{_YEAR}"
    rf"|{_YEAR}[/.-]{_MON}[/.-]{_DAY}"
    rf"|{_DAY}[ -]?{_MONTH}[ ,-]*{_YEAR}"
    rf"|{_MONTH}[ -]?{_DAY}(?:st|nd|rd|th)?[ ,-]+{_YEAR}"
    rf")(?![\d/-]\d|\d)"
)
#: Shorter forms that count only where a whole column looks like this: two-digit years, months, 20120331.
_SHORT = (
    rf"{_DAY}[/.-]{_DAY}[/.-]\d{{2}}"
    rf"|{_DAY}[ -]{_MONTH}[ -]\d{{2}}"
    rf"|{_MON}[/.-]{_YEAR}|{_YEAR}[/-]{_MON}"
    rf"|{_MONTH}[ -]{_YEAR}"
    rf"|{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
)
_FULL_ANYWHERE = re.compile(_FULL, re.IGNORECASE)
_WHOLE_CELL = re.compile(rf"(?:{_FULL}|{_SHORT}){_TIME}", re.IGNORECASE)


#: Names of columns that hold dates, and the days since 1900 by which a spreadsheet keeps one (1938 to 2064).
_DATE_NAME = re.compile(
    r"(?<![a-z])(?:date|datum|dob|fecha|birth|geburt|geburtstag|geburtsdatum|naissance|nacimiento)(?![a-z])",
    re.IGNORECASE,
)
_SERIAL_DATE = re.compile(r"(?:1[4-9]|[2-5]\d)\d{3}(?:\.\d+)?")


def is_date(text: str) -> bool:
    """Whether the whole text reads as a calendar date, also with a two-digit year or without a day."""
    return _WHOLE_CELL.fullmatch(text.strip()) is not None


def holds_date(text: str) -> bool:
    """Whether a complete date with a four-digit year stands in the text."""
    return _FULL_ANYWHERE.search(text) is not None


def is_date_column(values: Iterable[str], name: str = "") -> bool:
    """Whether more than half of the filled values read as dates; in a column that is called a date also as a
    spreadsheet's number of one."""
    filled = list(values)
    is_named = _DATE_NAME.search(name) is not None and "day" not in name.lower()
    n_dates = sum(
        is_date(value) or (is_named and bool(_SERIAL_DATE.fullmatch(value.strip()))) for value in filled
    )
    return bool(filled) and 2 * n_dates > len(filled)


def mask_dates(text: str) -> str:
    """The text with every complete date replaced."""
    return _FULL_ANYWHERE.sub(_MASK, text)


def guard_for(file: SourceFile) -> Callable[[str], str]:
    """How the value of a rejected row may be shown: not at all where the file has private columns."""
    if file.private or file.intervals:
        return lambda text: WITHHELD if text else text
    return lambda text: WITHHELD if is_date(text) else mask_dates(text)
