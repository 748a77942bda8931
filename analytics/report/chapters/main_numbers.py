"""The few numbers of an analysis that stand beside its figure; its whole tables are unfolded, and are in the file."""

from __future__ import annotations

from collections.abc import Sequence

from analytics.engine.numbers import count, p_value, with_ends
from analytics.report.blocks import Cell, Column, Row, RowGroup, Table
from analytics.report.chapters.lineage import Lineage
from analytics.report.chapters.statistic_tables import Notes
from analytics.report.material import Material
from analytics.report.words import endpoint_words, key_words, plain_words, shown_scale
from analytics.results.records import SpecRecord
from analytics.results.statistic import AnyStatistic

#: Most rows.
MOST = 6
#: Last parts of keys that say most of survival and response, in this order; of alternatives the first counts.
_MAIN = (
    ("firth_univariable", "cox_univariable", "logrank_oe"),
    ("firth_burden_adjusted", "cox_burden_adjusted"),
    ("firth_adjusted", "cox_adjusted"),
    ("random_effects",),
    ("arm_x_gene", "ratio_of_hazard_ratios"),
    ("orr.difference",),
)


def main_numbers(material: Material, spec: SpecRecord, lineage: Lineage) -> Table | None:
    """The main estimates of the leading way over all cohorts; None where there is none.

    Of survival the hazard ratio alone, with burden, with covariates, over cohorts and between arms, and the difference
    in response; of any other kind those of smallest p.
    """
    rows = [
        row
        for row in material.statistics
        if (row.name.analysis_id, row.name.variant) == (spec.analysis_id, spec.variant)
        and row.cohort_id is None
        and row.estimate is not None
        and not row.key.startswith("flow.")
    ]
    chosen = _named(rows, spec.first_endpoint)
    caption = "The main numbers"
    if not chosen:
        with_p = sorted((row for row in rows if row.p is not None), key=lambda row: row.p or 0.0)
        chosen = (with_p or rows)[:MOST]
        if len(rows) > MOST:
            caption = f"{'The' if with_p else 'The first'} {len(chosen)} of {len(rows):,} numbers" + (
                " with the smallest P; they are not adjusted for having been chosen" if with_p else ""
            )
    if not chosen:
        return None
    notes = Notes()
    groups = {row.counts.group_label for row in chosen if row.counts.group_label}
    in_group = groups.pop() if len(groups) == 1 else "in the group"
    columns = [
        Column("What"),
        Column(f"n ({in_group})", is_numeric=True),
        Column("Events" if len(groups) else f"Events ({in_group})", is_numeric=True),
        Column("Estimate (95 % CI)", is_numeric=True),
        Column("P", is_numeric=True),
        Column("Source"),
    ]
    made = tuple(_row(row, spec.first_endpoint, notes, lineage) for row in chosen)
    filled = [i for i, column in enumerate(columns) if any(row.cells[i].text for row in made)]
    cut = tuple(Row(tuple(row.cells[i] for i in filled), row.stat_id) for row in made)
    return Table(f"{caption}. {spec.title}", tuple(columns[i] for i in filled), (RowGroup(cut),), notes.all())


def _named(rows: Sequence[AnyStatistic], endpoint: str) -> list[AnyStatistic]:
    """The main rows by key, of the first endpoint where a key has one."""
    found = []
    for keys in _MAIN:
        fitting = [
            row
            for key in keys
            for row in rows
            if (row.key == key or row.key.split(".")[-1] == key)
            and (
                key.startswith("orr.") or row.name.endpoint in ("", endpoint) or endpoint in row.name.endpoint
            )
        ]
        found += fitting[:1]
    return found


def _row(row: AnyStatistic, endpoint: str, notes: Notes, lineage: Lineage) -> Row:
    counts, scale = row.counts, shown_scale(row.scale, getattr(row, "unit", None) or "")
    shown = with_ends(row.estimate, row.ci_low, row.ci_high, scale)
    percent = " %" if scale in ("percent", "points") and "%" not in key_words(row.key) and shown else ""
    words = [key_words(row.key)]
    if row.name.endpoint and row.name.endpoint != endpoint and row.name.endpoint != "response":
        words.append(endpoint_words(row.name.endpoint))
    words += [plain_words(name) for name in (row.feature, getattr(row, "stratum", None)) if name]
    ref, anchor = lineage.cite(row.name.stat_id)
    return Row(
        (
            Cell(": ".join(dict.fromkeys(words)), marks=notes.mark(row.warnings)),
            Cell(_of_which(counts.n, counts.n_in_group)),
            Cell(_of_which(counts.events, counts.events_in_group)),
            Cell(f"{shown}{percent}"),
            Cell(p_value(row.p)),
            Cell(ref, f"#{anchor}" if anchor else ""),
        ),
        row.name.stat_id,
    )


def _of_which(whole: int | None, part: int | None) -> str:
    all_, some = count(whole), count(part)
    return f"{all_} ({some})" if all_ and some else all_
