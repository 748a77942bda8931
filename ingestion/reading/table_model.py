"""What a table is once it has been read: named columns of text, the row each line came from, and the doubts.

The shapes and naming rules that the readers (``delimited``, ``fast_delimited``, ``workbooks``) share, and the
rules that tell data from blank lines, footers and repeated headers. How bytes become cells does not belong
here, nor what a cell means.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from ingestion.errors import AbsentColumnError, ParseError

#: Which columns to keep, given the header; None keeps all.
Select = Callable[[Sequence[str]], Collection[str]]

Cell = str | None
NumberedRow = tuple[int, list[Cell]]

_LONGEST_VALUE = 300  # characters of a rejected line that are kept
_FOOTER_MARKS = ("*", "#", "†", "‡", "§", "Note", "note", "NOTE", "Source", "Total", "Abbreviation")


@dataclass(frozen=True)
class RejectedRow:
    """A row that could not be read, or one that was kept and is doubtful (rules: ``REJECTION_RULES``).

    ``n_rows`` says how many rows the line stands for; ``is_lost`` whether they were left out (None: what the rule says,
    see ``LOSING_RULES``).
    """

    source_row: int | None
    rule_id: str
    value: str | None
    message: str
    column_name: str | None = None
    n_rows: int = 1
    is_lost: bool | None = None


@dataclass(frozen=True)
class ParsedTable:
    """One table as text.

    Attributes
    ----------
    columns : names in the file's order: white space collapsed, ``unnamed_<position>`` where the header cell
        is empty, ``.1``, ``.2`` ... after a repeated name.
    frame : those columns as strings (an empty cell is null, nothing else is changed) and ``source_row``, the
        1-based physical line or sheet row, int64.
    rejected : rows that were left out, and notes on rows that were kept.
    """

    columns: tuple[str, ...]
    frame: pa.Table
    rejected: tuple[RejectedRow, ...] = ()

    def find(self, name: str) -> str | None:
        """The table's own spelling of a column, or None; see `find_column`."""
        return find_column(self.columns, name)

    def cells(self, name: str) -> list[Cell]:
        """One column as a list."""
        values: list[Cell] = self.frame.column(name).to_pylist()
        return values

    def rows(self) -> list[int]:
        """``source_row`` as a list."""
        numbers: list[int] = self.frame.column("source_row").to_pylist()
        return numbers


def shorten(text: str) -> str:
    """At most 300 characters of a rejected value, so that one broken file cannot fill the warehouse."""
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def normal_name(name: str) -> str:
    """A column name with every run of white space (line ends too) as one blank."""
    return " ".join(name.split())


def find_column(columns: Sequence[str], name: str) -> str | None:
    """The spelling in ``columns`` of the column that the catalogue calls ``name``.

    White space counts as one blank, and case is ignored when that leaves one candidate. ``""`` is the first
    column without a name.
    """
    wanted = normal_name(name)
    if not wanted:
        return next((c for c in columns if c.startswith("unnamed_")), None)
    if wanted in columns:
        return wanted
    alike = [c for c in columns if c.casefold() == wanted.casefold()]
    return alike[0] if len(alike) == 1 else None


def require_column(columns: Sequence[str], name: str, where: str, key: str) -> str:
    """As `find_column`, but a column that is not there is an error that names file, key and what is there."""
    found = find_column(columns, name)
    if found is None:
        shown = ", ".join(columns[:25]) + (", ..." if len(columns) > 25 else "")
        raise AbsentColumnError(
            f"there is no column '{normal_name(name)}', which the catalogue names under {key}; "
            f"the file has: {shown}",
            file=where,
            remedy="correct the column name, the delimiter or the header row in the cohort file",
            column=name,
        )
    return found


def column_names(header: Sequence[Cell]) -> tuple[str, ...]:
    """Unique names for the cells of a header line; see `ParsedTable.columns`."""
    names: list[str] = []
    seen: dict[str, int] = {}
    taken = {normal_name(cell or "") for cell in header}
    for position, cell in enumerate(header, start=1):
        base = normal_name(cell or "") or f"unnamed_{position}"
        name, n = base, seen.get(base, 0)
        while n and (name := f"{base}.{n}") in taken:
            n += 1
        seen[base] = n + 1
        taken.add(name)
        names.append(name)
    return tuple(names)


@dataclass
class TableBuilder:
    """Collects the rows after a header and tells data from blank lines, footers and repeated headers.

    Parameters
    ----------
    header : the cells of the header line as they stand.
    where : file name for errors.
    flag_short : note rows with fewer cells than the header; off for workbooks, which store no empty cells.
    """

    header: Sequence[Cell]
    where: str
    flag_short: bool = True
    rejected: list[RejectedRow] = field(default_factory=list)
    kept: list[NumberedRow] = field(default_factory=list)
    _after_blank: set[int] = field(default_factory=set)
    _last_was_blank: bool = False
    _blank_run: tuple[int, int] = (0, 0)
    _n_long: int = 0

    def __post_init__(self) -> None:
        self.columns = column_names(self.header)
        named = [i for i, cell in enumerate(self.header, start=1) if cell and cell.strip()]
        # A delimiter at the end of the header line makes a nameless last column that rows may do without.
        self._n_needed = named[-1] if named else len(self.columns)
        self._header_text = [normal_name(cell or "") for cell in self.header]

    def add(self, row: int, cells: list[Cell], line: str | None = None) -> None:
        """Take one row; ``line`` is its text, for the report should it be rejected."""
        width = len(self.columns)
        if not any(cell and not cell.isspace() for cell in cells):
            self.add_blank(row)
            return
        if self._is_header(cells):
            self._reject(row, "repeated_header", line, cells, "the header stands again inside the table")
            return
        if len(cells) > width:
            if any(cell and not cell.isspace() for cell in cells[width:]):
                self._n_long += 1
                message = f"{len(cells)} cells where the header has {width}"
                self._reject(row, "wrong_number_of_cells", line, cells, message)
                return
            cells = cells[:width]
        elif len(cells) < width:
            if self.flag_short and len(cells) < self._n_needed:
                self.rejected.append(self._short(row, line, cells))
            cells = cells + [None] * (width - len(cells))
        if self._last_was_blank:
            self._after_blank.add(row)
            self._last_was_blank = False
        self.kept.append((row, cells))

    def finish(self, select: Select | None, missing: Iterable[str] = ()) -> ParsedTable:
        """The table; ``missing`` words become null besides empty cells.

        Raises
        ------
        ParseError : more rows have surplus cells than not: then the header does not fit the table.
        """
        if self._n_long > len(self.kept):
            raise ParseError(
                f"{self._n_long} rows have more cells than the {len(self.columns)} of the header, which cannot be "
                "right then",
                file=self.where,
                remedy="declare the right delimiter and header_row, or has_header: false with names",
            )
        self._strike_footers()
        wanted = set(self.columns if select is None else select(self.columns))
        no_value = {"", *missing}
        arrays, names = [], []
        for i, name in enumerate(self.columns):
            if name in wanted:
                column = (cells[i] for _, cells in self.kept)
                arrays.append(pa.array([None if cell in no_value else cell for cell in column], pa.string()))
                names.append(name)
        arrays.append(pa.array([row for row, _ in self.kept], pa.int64()))
        frame = pa.table(arrays, names=[*names, "source_row"])
        ordered = sorted(self.rejected, key=lambda r: (r.source_row or 0, r.rule_id))
        return ParsedTable(tuple(names), frame, tuple(ordered))

    def _strike_footers(self) -> None:
        """Take rows from the end that only have a first cell, when that cell reads like a remark.

        A patient of whom nothing but the identifier is known looks the same but for its text.
        """
        while len(self.columns) >= 3 and self.kept:
            row, cells = self.kept[-1]
            if any(cell and not cell.isspace() for cell in cells[1:]):
                return
            text = (cells[0] or "").strip()
            is_remark = " " in text or len(text) > 40 or text.endswith(":") or text.startswith(_FOOTER_MARKS)
            if not (is_remark or row in self._after_blank):
                return
            self.kept.pop()
            self.rejected = [r for r in self.rejected if (r.source_row, r.rule_id) != (row, "short_row")]
            self._reject(row, "footer_or_blank", text, cells, "the row is a footer below the table")

    def _is_header(self, cells: list[Cell]) -> bool:
        # The first cell decides for nearly every row; a column of one name may well hold that name.
        if len(self.columns) < 2 or normal_name(cells[0] or "") != self._header_text[0]:
            return False
        return [normal_name(cell or "") for cell in cells[: len(self.columns)]] == self._header_text

    def add_blank(self, row: int, n_rows: int = 1) -> None:
        """Take a run of empty rows; runs that follow each other are one note: workbooks are known for thousands."""
        first, end = self._blank_run
        if self._last_was_blank and row == end:
            self.rejected.pop()
        else:
            first = row
        end = row + n_rows
        message = "the row is empty" if end - first == 1 else f"rows {first} to {end - 1} are empty"
        self.rejected.append(RejectedRow(first, "footer_or_blank", "", message, n_rows=end - first))
        self._blank_run, self._last_was_blank = (first, end), True

    def _short(self, row: int, line: str | None, cells: list[Cell]) -> RejectedRow:
        message = f"{len(cells)} cells where the header has {self._n_needed}; the missing ones count as empty"
        return RejectedRow(row, "short_row", shorten(self._text(line, cells)), message)

    def _reject(self, row: int, rule: str, line: str | None, cells: list[Cell], message: str) -> None:
        self.rejected.append(RejectedRow(row, rule, shorten(self._text(line, cells)), message))

    @staticmethod
    def _text(line: str | None, cells: list[Cell]) -> str:
        return line if line is not None else "\t".join(cell or "" for cell in cells).rstrip("\t")


def with_notes(table: ParsedTable, notes: Iterable[RejectedRow]) -> ParsedTable:
    """The table with further notes in front of its own, in row order."""
    merged = sorted([*notes, *table.rejected], key=lambda r: (r.source_row or 0, r.rule_id))
    return replace(table, rejected=tuple(merged))
