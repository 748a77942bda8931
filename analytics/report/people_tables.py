"""Who is in an analysis: the steps that people pass, how many are counted where, and what they are like by status."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics.report.blocks import Cell, Column, Row, RowGroup, Table
from analytics.report.lineage import Lineage
from analytics.report.words import column_words, count, endpoint_words, plain_words, text_of, variant_words

#: What is told of people where it is known: column -> (words, is it a number).
CHARACTERISTICS = {
    "age_years": ("Age, years", True),
    "age_group": ("Age group", False),
    "sex": ("Sex", False),
    "cancer_type": ("Cancer type", False),
    "stage": ("Stage", False),
    "sample_type": ("Sample", False),
    "primary_site": ("Primary site", False),
    "drug_class": ("Drug class", False),
    "line_of_treatment": ("Line of treatment", False),
    "ecog": ("ECOG performance status", False),
    "smoking_history": ("Smoking", False),
    "cohort_id": ("Cohort", False),
    "panel_id": ("Panel", False),
    "tmb_mut_per_mb": ("Non-synonymous mutations per Mb", True),
    "time_months": ("Follow-up, months", True),
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
        step = Cell(_capital(plain_words(text_of(r["step"]))))
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


def count_table(rows: pd.DataFrame, lineage: Lineage, caption: str) -> Table | None:
    """The ``flow.*`` counts of one way: by cohort or group of cohorts, and by cancer type; each number is a link."""
    found = {
        text_of(r["estimate_key"]): r for r in rows.to_dict("records") if pd.notna(r["estimate"])
    }  # one way only

    def cell(key: str) -> Cell:
        row = found.get(key)
        if row is None:
            return Cell("")
        _, anchor = lineage.cite(text_of(row["stat_id"]))
        return Cell(count(row["estimate"]), f"#{anchor}" if anchor else "")

    everybody = Row((Cell("All"), cell("flow.n_mutated"), cell("flow.n_wild_type"), cell("flow.n_total")))
    names = [key.removeprefix("flow.n_mutated.") for key in found if key.startswith("flow.n_mutated.")]
    cohorts = tuple(
        Row((Cell(name), cell(f"flow.n_mutated.{name}"), cell(f"flow.n_wild_type.{name}"), Cell("")))
        for name in names
    )
    types = [key.removeprefix("flow.n.") for key in found if key.startswith("flow.n.")]
    by_type = tuple(
        Row((Cell(plain_words(name).capitalize()), Cell(""), Cell(""), cell(f"flow.n.{name}")))
        for name in types
    )
    if "flow.n_total" not in found:
        return None
    columns = (
        Column("Who", "Everybody, a cohort, a cancer type"),
        Column("Mutated", "Counted and mutated", True),
        Column("Wild-type", "Counted and wild-type", True),
        Column("All", "Counted", True),
    )
    groups = [RowGroup((everybody,))]
    if len(cohorts) > 1:
        groups.append(RowGroup(cohorts, "By cohort"))
    if len(by_type) > 1:
        groups.append(RowGroup(by_type, "By cancer type"))
    return Table(caption, columns, tuple(groups), source="stats.survival_stats")


def characteristics_table(members: pd.DataFrame, caption: str) -> Table | None:
    """Members by status: medians with quartiles, counts with shares, and how many are not known.

    Parameters
    ----------
    members : one row a person with ``status`` and any of :data:`CHARACTERISTICS`.
    """
    if members.empty:
        return None
    by_status = {
        "mutated": members[members["status"] == "mutated"],
        "wild_type": members[members["status"] != "mutated"],
        "all": members,
    }
    groups: list[RowGroup] = []
    seldom: list[str] = []
    for column, (words, is_number) in CHARACTERISTICS.items():
        if column not in members or members[column].isna().all():
            continue
        if column == "age_group" and "age_years" in members and members["age_years"].notna().mean() > 0.5:
            continue  # the same in bands
        if not is_number and members[column].nunique() == 1 and members[column].notna().all():
            continue  # all alike: the spec says so
        if members[column].notna().mean() < _KNOWN_ENOUGH:
            seldom.append(f"{words.lower()} ({int(members[column].notna().sum()):,})")
            continue
        rows = _number_rows(by_status, column) if is_number else _category_rows(by_status, column)
        n_unknown = [int(part[column].isna().sum()) for part in by_status.values()]
        if n_unknown[-1]:
            rows = [*rows, Row((Cell("Not known"), *(Cell(count(n)) for n in n_unknown)))]
        groups.append(RowGroup(tuple(rows), words))
    columns = (
        Column("", "Characteristic"),
        *(
            Column(f"{label} (n {len(part):,})", f"{label} members", True)
            for label, part in zip(("Mutated", "Wild-type", "All"), by_status.values(), strict=True)
        ),
    )
    more = f"Known of less than a fifth of the people: {', '.join(seldom)}." if seldom else ""
    table = Table(caption, columns, tuple(groups), more=more, source="stats.analysis_members")
    return table if groups else None


def _number_rows(by_status: dict[str, pd.DataFrame], column: str) -> list[Row]:
    cells = []
    for part in by_status.values():
        values = part[column].dropna().astype(float)
        if values.empty:
            cells.append(Cell(""))
            continue
        low, middle, high = np.percentile(values, [25, 50, 75])
        cells.append(Cell(f"{middle:.1f} ({low:.1f}\u2013{high:.1f})"))
    return [Row((Cell("Median (quartiles)"), *cells))]


def _category_rows(by_status: dict[str, pd.DataFrame], column: str) -> list[Row]:
    named = {status: part[column].dropna().map(_name) for status, part in by_status.items()}
    names = list(named["all"].value_counts().index)
    most = 2 * _MOST_VALUES if column == "cohort_id" else _MOST_VALUES
    listed = names if len(names) <= most else names[: most - 1]
    if pd.api.types.is_numeric_dtype(by_status["all"][column]):
        listed = sorted(listed, key=float)
    rows = [(name, [int((part == name).sum()) for part in named.values()]) for name in listed]
    others = [name for name in names if name not in listed]
    if others:
        rows.append((f"{len(others)} others", [int(part.isin(others).sum()) for part in named.values()]))
    sizes = [len(part) for part in by_status.values()]
    return [
        Row((Cell(name), *(Cell(_with_share(n, size)) for n, size in zip(counts, sizes, strict=True))))
        for name, counts in rows
    ]


def _name(value: object) -> str:
    """A category as text; a whole number without its decimals."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _with_share(n: int, size: int) -> str:
    return f"{n:,} ({100 * n / size:.0f} %)" if size else "0"


def heading(column: str) -> str:
    """Words of a characteristic."""
    return CHARACTERISTICS.get(column, (column_words(column), False))[0]
