"""Who is in an analysis: the steps that people pass, how many are counted where, and what they are like by status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analytics.engine.numbers import count, fixed, is_missing, number, p_value
from analytics.report.blocks import Cell, Column, Row, RowGroup, Table
from analytics.report.lineage import Lineage
from analytics.report.words import column_words, endpoint_words, plain_words, text_of, variant_words

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


def characteristics_table(rows: pd.DataFrame, lineage: Lineage, caption: str) -> Table | None:
    """Members by status: medians with quartiles, counts with shares, how many are not known, and how much they differ.

    Parameters
    ----------
    rows : rows of ``stats.characteristics`` of one way and endpoint.
    """
    if rows.empty:
        return None
    whole = rows[rows["variable"].isna()]
    made: list[Row] = []
    seldom: list[str] = []
    nowhere: list[str] = []
    for variable, own in rows.dropna(subset=["variable"]).groupby("variable", sort=False):
        head = own[own["level"].isna()].iloc[0].to_dict()
        words = heading(str(variable))
        n_all = int(head["n"]) + int(head["n_missing_mutated"]) + int(head["n_missing_wild_type"])
        if not head["n"]:
            nowhere.append(words.lower())
        elif int(head["n"]) < _KNOWN_ENOUGH * n_all:
            seldom.append(f"{words.lower()} ({int(head['n']):,})")
        else:
            made += _variable_rows(words, head, own[own["level"].notna()], lineage)
    sizes = whole.iloc[0] if len(whole) else None
    labels = [
        f" (n {int(sizes[name]):,})" if sizes is not None else "" for name in ("n_mutated", "n_wild_type")
    ]
    columns = (
        Column("Characteristic", "Variable, and its levels with the numbers of people"),
        Column(f"Mutated{labels[0]}", "Median (quartiles), or people (share of the known)", True),
        Column(f"Wild-type{labels[1]}", "Median (quartiles), or people (share of the known)", True),
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


def _variable_rows(words: str, head: Mapping[Any, Any], levels: pd.DataFrame, lineage: Lineage) -> list[Row]:
    ref, anchor = lineage.cite(text_of(head["stat_id"]))
    tests = (Cell(fixed(head["standardised_difference"], 2)), Cell(p_value(head["p"])),
             Cell(ref, f"#{anchor}" if anchor else ""))  # fmt: skip
    groups = ("mutated", "wild_type")
    if levels.empty:
        shown = [
            "" if is_missing(head[f"median_{g}"])
            else f"{number(head[f'median_{g}'])} ({number(head[f'q1_{g}'])}\u2013{number(head[f'q3_{g}'])})"
            for g in groups
        ]  # fmt: skip
        rows = [
            Row(
                (Cell(f"{words}, median (quartiles)"), *(Cell(text) for text in shown), *tests),
                text_of(head["stat_id"]),
            )
        ]
    else:
        rows = [Row((Cell(words), Cell(""), Cell(""), *tests), text_of(head["stat_id"]))]
        most = 2 * _MOST_VALUES if words == heading("cohort_id") else _MOST_VALUES
        largest = levels.index.isin(levels.nlargest(most, "n").index)
        for level in levels[largest].to_dict("records"):
            cells = [Cell(_with_share(level[f"n_{g}"], level[f"share_{g}"])) for g in groups]
            rows.append(Row((Cell(f"\u2003{level['level']}"), *cells, Cell(""), Cell(""), Cell(""))))
        rest = levels[~largest]
        if len(rest):
            cells = [Cell(_with_share(rest[f"n_{g}"].sum(), rest[f"share_{g}"].sum())) for g in groups]
            rows.append(
                Row(
                    (
                        Cell(f"\u2003{len(rest)} other{'s' if len(rest) > 1 else ''}"),
                        *cells,
                        Cell(""),
                        Cell(""),
                        Cell(""),
                    )
                )
            )
    missing = [head[f"n_missing_{g}"] for g in groups]
    if any(missing):
        rows.append(
            Row((Cell("\u2003Not known"), *(Cell(count(n)) for n in missing), Cell(""), Cell(""), Cell("")))
        )
    return rows


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _with_share(n: Any, share: Any) -> str:
    return count(n) if is_missing(share) else f"{count(n)} ({100 * float(share):.0f} %)"


def heading(column: str) -> str:
    """Words of a characteristic."""
    return CHARACTERISTICS.get(column, column_words(column))
