"""Who is in an analysis: the steps that people pass, how many are counted where, and what they are like by status."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analytics.characteristics.tables import CharacteristicStatistic
from analytics.engine.numbers import count, fixed, number, p_value
from analytics.report.blocks import Cell, Column, Row, RowGroup, Table
from analytics.report.chapters.lineage import Lineage
from analytics.report.words import (
    column_words,
    endpoint_words,
    group_words,
    plain_words,
    text_of,
    variant_words,
)
from analytics.results.statistic import AnyStatistic
from analytics.results.verdict_words import capital

#: What is told of people where it is known: column or name of the characteristic -> words.
CHARACTERISTICS = {
    "age_years": "Age, years",
    "age_group": "Age group",
    "sex": "Sex",
    "cancer_type": "Cancer type",
    "stage": "Stage",
    "sample_type": "Sample",
    "sample_site": "Site of the sample",
    "primary_site": "Primary site",
    "drug_class": "Drug class",
    "line_of_treatment": "Line of treatment",
    "ecog": "ECOG performance status",
    "smoking_history": "Smoking",
    "cohort_id": "Cohort",
    "panel_id": "Panel",
    "tmb_mut_per_mb": "Non-synonymous mutations per Mb",
    "n_nonsynonymous": "Non-synonymous calls",
    "best_response": "Best response",
    "time_months": "Follow-up, months",
}
#: Values of one characteristic that are listed; the rest is counted together.
_MOST_VALUES = 6
#: Share of people of whom a characteristic must be known to have rows of its own.
_KNOWN_ENOUGH = 0.2


def flow_table(flow: pd.DataFrame, caption: str) -> Table | None:
    """Steps of one selection: how many are left after each, how many it left out, and why."""
    if flow.empty:
        return None
    rows = []
    for i, r in enumerate(flow.sort_values("step_number").to_dict("records")):
        why = plain_words(text_of(r["reason"])) if r["n_left_out"] else ""
        step = Cell(capital(plain_words(text_of(r["step"]))))
        rows.append(Row((step, Cell(count(r["n"])), Cell(count(r["n_left_out"]) if i else ""), Cell(why))))
    columns = (
        Column("Step", "What is asked of a row"),
        Column("Left", "Rows kept after the step", True),
        Column("Left out", "Rows that the step left out", True),
        Column("Why", "Why they were left out"),
    )
    return Table(caption, columns, (RowGroup(tuple(rows)),), source="stats.analysis_flow")


def ends_of_flows(flow: pd.DataFrame, ways: Sequence[tuple[str, str]], caption: str) -> Table | None:
    """For each way and endpoint how many there were and how many are counted; None when there is one only."""
    rows: list[Row] = []
    for variant, _ in ways:
        of_way = flow[flow["variant"] == variant]
        for endpoint, steps in of_way.groupby("endpoint", sort=False):
            ordered = steps.sort_values("step_number")
            first, last = ordered.iloc[0], ordered.iloc[-1]
            rows.append(Row((Cell(variant_words(variant)), Cell(endpoint_words(endpoint)), Cell(count(first["n"])),
                             Cell(count(last["n"])))))  # fmt: skip
    if len(rows) < 2:
        return None
    columns = (
        Column("Way", "The way of doing the analysis"),
        Column("Endpoint", "Endpoint"),
        Column("Patients of the cohorts", "Rows before the first step", True),
        Column("Counted", "Rows after the last step", True),
    )
    return Table(caption, columns, (RowGroup(tuple(rows)),), source="stats.analysis_flow")


def count_table(rows: Sequence[AnyStatistic], lineage: Lineage, caption: str) -> Table | None:
    """The ``flow.*`` counts of one way: by cohort or group of cohorts, and by cancer type; each number is a link."""
    found = {row.key: row for row in rows if row.estimate is not None}
    if "flow.n_total" not in found:
        return None
    counted = [key.removeprefix("flow.n_") for key in found if key.startswith("flow.n_")]
    groups = [key for key in counted if "." not in key and key not in ("total", "cohorts")]

    def cell(key: str) -> Cell:
        row = found.get(key)
        if row is None:
            return Cell("")
        _, anchor = lineage.cite(row.name.stat_id)
        return Cell(count(row.estimate), f"#{anchor}" if anchor else "")

    def line(label: str, suffix: str, last: Cell) -> Row:
        return Row((Cell(label), *(cell(f"flow.n_{group}{suffix}") for group in groups), last))

    names = [
        key.removeprefix(f"{groups[0]}.") for key in counted if groups and key.startswith(f"{groups[0]}.")
    ]
    cohorts = tuple(line(name, f".{name}", Cell("")) for name in names)
    types = [key.removeprefix("flow.n.") for key in found if key.startswith("flow.n.")]
    nothing = tuple(Cell("") for _ in groups)
    by_type = tuple(
        Row((Cell(plain_words(name).capitalize()), *nothing, cell(f"flow.n.{name}"))) for name in types
    )
    columns = (
        Column("Who", "Everybody, a cohort, a cancer type"),
        *(Column(group_words(group), f"Counted and {group_words(group).lower()}", True) for group in groups),
        Column("All", "Counted", True),
    )
    parts = [RowGroup((line("All", "", cell("flow.n_total")),))]
    if len(cohorts) > 1:
        parts.append(RowGroup(cohorts, "By cohort"))
    if len(by_type) > 1:
        parts.append(RowGroup(by_type, "By cancer type"))
    return Table(caption, columns, tuple(parts), source="stats.survival_stats")


def characteristics_table(
    rows: Sequence[CharacteristicStatistic], lineage: Lineage, caption: str
) -> Table | None:
    """Members by group: medians with quartiles, counts with shares, how many are not known, and how much they differ.

    Parameters
    ----------
    rows : characteristics of one way and endpoint.
    """
    if not rows:
        return None
    made: list[Row] = []
    seldom: list[str] = []
    nowhere: list[str] = []
    by_variable: dict[str, list[CharacteristicStatistic]] = {}
    for row in rows:
        if row.variable is not None:
            by_variable.setdefault(row.variable, []).append(row)
    for variable, own in by_variable.items():
        head = next(row for row in own if row.level is None)
        words, n = heading(variable), head.n or 0
        n_all = n + (head.n_missing_in_group or 0) + (head.n_missing_in_reference or 0)
        if not n:
            nowhere.append(words.lower())
        elif n < _KNOWN_ENOUGH * n_all:
            seldom.append(f"{words.lower()} ({count(n)})")
        else:
            made += _variable_rows(words, head, [row for row in own if row.level is not None], lineage)
    whole = next((row for row in rows if row.variable is None), rows[0])
    columns = (
        Column("Characteristic", "Variable, and its levels with the numbers of people"),
        *(
            Column(_sized(label, n), "Median (quartiles), or people (share of the known)", True)
            for label, n in (
                (whole.counts.group_label, whole.counts.n_in_group),
                (whole.counts.reference_label, whole.counts.n_in_reference),
            )
        ),
        Column(
            "Standardised difference", "Difference of the groups in standard deviations (Austin 2009)", True
        ),
        Column("P", "Two-sided p", True),
        Column("Source", "Lineage: who is counted and from which rows of which files"),
    )
    notes = [f"Known of less than a fifth of the people: {', '.join(seldom)}." if seldom else "",
             f"In no source: {', '.join(nowhere)}." if nowhere else ""]  # fmt: skip
    more = " ".join(note for note in notes if note)
    return Table(caption, columns, (RowGroup(tuple(made)),), more=more, source="stats.characteristics")


def _sized(label: str | None, n: int | None) -> str:
    words = capital(label or "")
    return words if n is None else f"{words} (n {count(n)})"


def _variable_rows(
    words: str,
    head: CharacteristicStatistic,
    levels: Sequence[CharacteristicStatistic],
    lineage: Lineage,
) -> list[Row]:
    ref, anchor = lineage.cite(head.name.stat_id)
    tests = (Cell(fixed(head.standardised_difference, 2)), Cell(p_value(head.p)),
             Cell(ref, f"#{anchor}" if anchor else ""))  # fmt: skip
    nothing = (Cell(""), Cell(""), Cell(""))
    if not levels:
        shown = (
            _quartiles(head.median_in_group, head.q1_in_group, head.q3_in_group),
            _quartiles(head.median_in_reference, head.q1_in_reference, head.q3_in_reference),
        )
        rows = [Row((Cell(f"{words}, median (quartiles)"), *map(Cell, shown), *tests), head.name.stat_id)]
    else:
        rows = [Row((Cell(words), Cell(""), Cell(""), *tests), head.name.stat_id)]
        most = 2 * _MOST_VALUES if words == heading("cohort_id") else _MOST_VALUES
        largest = sorted(levels, key=lambda level: -(level.n or 0))[:most]
        for level in levels:
            if level in largest:
                rows.append(Row((Cell(f"\u2003{level.level}"), *_level_cells([level]), *nothing)))
        rest = [level for level in levels if level not in largest]
        if rest:
            label = f"\u2003{len(rest)} other{'s' if len(rest) > 1 else ''}"
            rows.append(Row((Cell(label), *_level_cells(rest), *nothing)))
    missing = (head.n_missing_in_group, head.n_missing_in_reference)
    if any(missing):
        rows.append(Row((Cell("\u2003Not known"), *(Cell(count(n)) for n in missing), *nothing)))
    return rows


def _quartiles(median: float | None, low: float | None, high: float | None) -> str:
    return "" if median is None else f"{number(median)} ({number(low)}\u2013{number(high)})"


def _level_cells(levels: Sequence[CharacteristicStatistic]) -> tuple[Cell, Cell]:
    """People of the levels in the group and in the reference, with their share of the known."""
    in_group = sum(level.counts.n_in_group or 0 for level in levels)
    in_reference = sum(level.counts.n_in_reference or 0 for level in levels)
    shares = [level.share_in_group for level in levels], [level.share_in_reference for level in levels]
    return _with_share(in_group, shares[0]), _with_share(in_reference, shares[1])


def _with_share(n: int, shares: Sequence[float | None]) -> Cell:
    known = [share for share in shares if share is not None]
    return Cell(f"{count(n)} ({100 * sum(known):.0f} %)" if known else count(n))


def heading(column: str) -> str:
    """Words of a characteristic."""
    return CHARACTERISTICS.get(column, column_words(column))
