"""What a document is made of: cells, tables, figures, notes. No HTML and no numbers of its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """One cell. ``href`` : an anchor of the same document; ``marks`` : letters of the notes below the table."""

    text: str
    href: str = ""
    marks: tuple[str, ...] = ()
    is_code: bool = False


@dataclass(frozen=True)
class Column:
    """Head of a column, what it means, and whether it holds numbers (right-aligned)."""

    label: str
    meaning: str = ""
    is_numeric: bool = False


@dataclass(frozen=True)
class Row:
    """One row; the first cell is its header. ``stat_id`` : the statistic it shows, if it shows one."""

    cells: tuple[Cell, ...]
    stat_id: str = ""


@dataclass(frozen=True)
class RowGroup:
    """Rows under a common heading; without ``label`` they have none."""

    rows: tuple[Row, ...]
    label: str = ""
    text: str = ""


@dataclass(frozen=True)
class Note:
    mark: str
    text: str


@dataclass(frozen=True)
class Table:
    """A table with its caption. ``more`` : what was left out and where it is."""

    caption: str
    columns: tuple[Column, ...]
    groups: tuple[RowGroup, ...]
    notes: tuple[Note, ...] = ()
    more: str = ""
    number: int = 0
    source: str = ""

    @property
    def rows(self) -> list[Row]:
        return [row for group in self.groups for row in group.rows]


@dataclass(frozen=True)
class FigureBlock:
    """A figure as a data URI. ``csv_uri`` : its source data, empty when too large to travel."""

    title: str
    alt: str
    uri: str
    width_px: int
    height_px: int
    csv_name: str
    csv_uri: str = ""
    number: int = 0


@dataclass(frozen=True)
class FindingRow:
    """What a guard found. ``is_warning`` : speaks against believing the result."""

    about: str
    guard: str
    verdict: str
    sentence: str
    is_warning: bool


@dataclass(frozen=True)
class LeadBlock:
    """One paragraph of the answer: sentences that cite their lineage, and the fixed verdict words, when "
    "there are any."""

    title: str
    sentences: tuple[Cell, ...]
    verdicts: tuple[str, ...] = ()
    href: str = ""


@dataclass(frozen=True)
class ChecklistItem:
    """One item of a reporting guideline (REMARK, TRIPOD).

    ``state`` is 'in the run', 'partly', 'not done', 'not available' or 'not applicable'.
    """

    number: str
    topic: str
    asks: str
    state: str
    answer: str
    href: str = ""
    href_text: str = ""


@dataclass(frozen=True)
class Checklist:
    """The items of a guideline on one analysis."""

    title: str
    items: tuple[ChecklistItem, ...]


@dataclass(frozen=True)
class AnalysisBlock:
    """One analysis, or one scan. ``blocks`` : what is read first, and printed; ``more`` : what a reader unfolds."""

    anchor: str
    title: str
    question: str
    ways: tuple[tuple[str, str], ...]
    blocks: tuple[Table | FigureBlock, ...]
    more: tuple[Table | FigureBlock, ...] = ()

    @property
    def more_words(self) -> str:
        """What there is to unfold: ``3 figures and 1 table more``."""
        n_figures = sum(isinstance(block, FigureBlock) for block in self.more)
        counts = ((n_figures, "figure"), (len(self.more) - n_figures, "table"))
        parts = [f"{n} {what}{'' if n == 1 else 's'}" for n, what in counts if n]
        return f"{' and '.join(parts)} more" if parts else ""


@dataclass(frozen=True)
class SectionBlock:
    anchor: str
    title: str
    text: str
    analyses: tuple[AnalysisBlock, ...]


@dataclass(frozen=True)
class SourceFile:
    """One file behind the numbers, under the name that the lineage uses."""

    ref: str
    address: str
    member: str
    sha256: str
    licence: str
    cohorts: str


@dataclass(frozen=True)
class LineageEntry:
    """One set of people or rows, the statistics computed on it, and the files it is made of."""

    ref: str
    anchor: str
    title: str
    people: str
    spec_anchor: str
    statistics: tuple[tuple[str, str], ...]  # (anchor, stat_id)
    roles: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]  # (role, mart, ((file ref, rows), ...))


@dataclass(frozen=True)
class SpecRow:
    """One way of doing an analysis, as it was registered."""

    anchor: str
    name: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Report:
    """The whole document.

    Attributes
    ----------
    figure : what is seen beside the answer.
    made_by : the command that computed the statistics, when the published file has them not.
    """

    report_id: str
    title: str
    question: str
    intro: str
    is_synthetic: bool
    made_from: tuple[tuple[str, str], ...]
    leads: tuple[LeadBlock, ...]
    figure: FigureBlock | None
    people: tuple[Table | FigureBlock, ...]
    findings: tuple[FindingRow, ...]
    sections: tuple[SectionBlock, ...]
    claims_summary: str
    claims: Table | None
    methods: tuple[tuple[str, str], ...]
    remark: tuple[ChecklistItem, ...]
    tripod: tuple[Checklist, ...]
    run_facts: tuple[tuple[str, str], ...]
    specs: tuple[SpecRow, ...]
    lineage: tuple[LineageEntry, ...]
    sources: tuple[SourceFile, ...]
    glossary: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    made_by: str = ""
