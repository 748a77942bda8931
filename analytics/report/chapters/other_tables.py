"""Tables whose rows are no named statistics: printed numbers and their verdicts, a gene's row in a scan, guards, and
any result table that a kind of analysis declares.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analytics.claims.model import VERDICTS
from analytics.engine.numbers import count, is_missing, number, p_value, with_ends
from analytics.report.blocks import Cell, Column, Row, RowGroup, Table
from analytics.report.chapters.lineage import Lineage
from analytics.report.chapters.statistic_tables import MOST_ROWS
from analytics.report.words import (
    column_words,
    plural,
    shown_scale,
    text_of,
    variant_words,
)
from analytics.results.statistic import AnyStatistic

_KEYS_OF_ROWS = (
    "analysis_id",
    "variant",
    "endpoint",
    "run_id",
    "spec_sha256",
    "source_file_id",
    "source_row",
)
#: Columns of wide tables that a reader needs; the others are in the published file.
_SHOWN_OF = {
    "resistance_events": (
        "variant", "cohort_id", "patient_id", "role", "hugo_symbol", "mutation", "variant_classification", "timing",
        "biallelic", "confidence", "evidence",
    ),
}  # fmt: skip

#: Lists of statements, which have commas of their own.
_STATEMENTS = ("evidence",)


def plain_table(
    name: str, rows: pd.DataFrame, comments: Mapping[str, str], *, caption: str, most_rows: int = MOST_ROWS
) -> Table | None:
    """Any result table as it is: the columns that are filled, in their declared order."""
    if rows.empty:
        return None
    kept = rows.head(most_rows)
    several = "variant" in kept and kept["variant"].nunique() > 1
    named = _SHOWN_OF.get(name, tuple(rows.columns))
    shown = [c for c in named if c in rows and c not in _KEYS_OF_ROWS and kept[c].notna().any()]
    columns = tuple(
        Column(column_words(c), comments.get(c, ""), pd.api.types.is_numeric_dtype(rows[c])) for c in shown
    )
    groups: list[RowGroup] = []
    for variant, part in kept.groupby("variant", sort=False) if several else [("", kept)]:
        made = tuple(Row(tuple(_plain_cell(c, r[c]) for c in shown)) for r in part.to_dict("records"))
        groups.append(RowGroup(made, variant_words(variant) if several else ""))
    more = (
        f"The first {most_rows} of {len(rows):,} rows; all are in stats.{name}."
        if len(rows) > most_rows
        else ""
    )
    return Table(caption, columns, tuple(groups), more=more, source=f"stats.{name}")


def _plain_cell(column: str, value: Any) -> Cell:
    if is_missing(value):
        return Cell("")
    if isinstance(value, list):
        return Cell("; ".join(value) if column in _STATEMENTS else text_of(value))
    if isinstance(value, bool):
        return Cell("yes" if value else "no")
    if column in ("p", "q") or column.endswith(("_p", "_q")):
        return Cell(p_value(value))
    if isinstance(value, int):
        return Cell(count(value))
    if isinstance(value, float):
        return Cell(number(value))
    return Cell(str(value))


def claims_table(claims: pd.DataFrame, statistics: Sequence[AnyStatistic], lineage: Lineage) -> Table | None:
    """Printed numbers beside the warehouse's own, with the verdict of the run."""
    if claims.empty:
        return None
    scale_of = {row.name.stat_id: row.scale for row in statistics}
    rows = []
    for claim in claims.to_dict("records"):
        ref, anchor = lineage.cite(text_of(claim["stat_id"]))
        computed = _computed(claim, scale_of.get(text_of(claim["stat_id"])))
        rows.append(
            Row(
                (
                    Cell(f"{claim['row_id']}: {text_of(claim.get('description')) or claim['claim_id']}"),
                    Cell(text_of(claim["printed"])),
                    Cell(computed),
                    Cell(text_of(claim["verdict"])),
                    Cell(text_of(claim["sentence"])),
                    Cell(ref, f"#{anchor}" if anchor else ""),
                )
            )
        )
    columns = (
        Column("What is printed", "Row of the paper's table of claims, and what the number is"),
        Column("Printed", "As printed"),
        Column("Computed", "What the warehouse computes, in the claim's unit"),
        Column("Verdict", "Earned by this run"),
        Column("Why", "Why, in words"),
        Column("Source", "Lineage of the computed number"),
    )
    return Table("Printed numbers, and what the same question gives here", columns, (RowGroup(tuple(rows)),),
                 source="stats.claim_checks")  # fmt: skip


def _computed(claim: Mapping[Any, Any], scale: str | None) -> str:
    """Estimate with interval and P, in the claim's unit (a share that is printed in per cent is in per cent)."""
    shown_as = shown_scale(scale)
    shown = with_ends(
        claim["computed_estimate"],
        claim["computed_ci_low"],
        claim["computed_ci_high"],
        "months" if shown_as in ("percent", "points") else shown_as,
    )
    p = p_value(claim["computed_p"])
    return ", ".join(part for part in (shown, f"P {p}" if p else "") if part)


def claims_summary(claims: pd.DataFrame) -> str:
    """``Of 28 printed numbers 12 are exact, ...``."""
    if claims.empty:
        return ""
    counts = claims["verdict"].value_counts()
    ordered = [*VERDICTS, *(v for v in counts.index if v not in VERDICTS)]
    parts = [f"{int(counts[verdict])} {verdict}" for verdict in ordered if verdict in counts]
    return f"Of {plural(len(claims), 'printed number')}: {', '.join(parts)}."


_MODELS = (
    ("Log-rank, stratified", None, "logrank_p", "logrank_q", ""),
    ("Fisher's exact test", None, "fisher_p", "fisher_q", ""),
    ("Gene alone", "uni", "uni_lr_p", "uni_q", ""),
    ("With the scan's covariates", "adj", "adj_lr_p", "adj_q", "adj_"),
    ("With covariates and mutation burden", "burden", "burden_lr_p", "burden_q", "burden_"),
)


def scan_table(scan: Mapping[Any, Any], row: Mapping[Any, Any]) -> Table:
    """One gene's row of a scan: each model, the burden null, and the verdict in fixed words."""
    is_survival = not is_missing(row.get("events"))
    event, ratio_name = ("events", "Hazard ratio") if is_survival else ("responders", "Odds ratio")
    rows = []
    for label, model, p, q, counts in _MODELS:
        if is_missing(row.get(p)):
            continue
        effect = _hazard_ratio(row, model) if model else ""
        n = count(_or(row.get(f"{counts}n"), row["n"]))
        carriers = count(_or(row.get(f"{counts}n_carriers"), row["n_carriers"]))
        events = count(_or(row.get(f"{counts}{event}_carriers"), row.get(f"{event}_carriers")))
        rows.append(Row((Cell(label), Cell(f"{n} ({carriers})"), Cell(events), Cell(effect), Cell(p_value(row[p])),
                         Cell(p_value(row.get(q))))))  # fmt: skip
    if not is_missing(row.get("null_p_two_sided")):
        rows.append(
            Row((Cell(f"Against {count(row['null_draws'])} draws of carriers by burden alone"),
                 Cell(f"{count(row['null_n'])} ({count(row['null_n_carriers'])})"), Cell(""), Cell(""),
                 Cell(p_value(row["null_p_two_sided"])), Cell(p_value(row.get("null_q")))))
        )  # fmt: skip
    columns = (
        Column("Model", "What is fitted; strata and covariates stand in the scan's spec"),
        Column("n (carriers)", "Patients in the model, and carriers among them", True),
        Column(f"{event.capitalize()} in carriers", f"{event.capitalize()} among carriers", True),
        Column(f"{ratio_name} (95 % CI)", "Carriers against wild-type", True),
        Column("P", "Likelihood ratio; for the burden null twice the smaller tail", True),
        Column("q", "Benjamini-Hochberg over all genes of the scan", True),
    )
    family = count(scan.get("family_size"))
    more = f"One of {family} genes in the registered family of this scan." if family else ""
    return Table(f"{row['gene']} among all genes: {text_of(scan.get('title'))}", columns, (RowGroup(tuple(rows)),),
                 more=more, source="stats.scan_results")  # fmt: skip


def _or(value: Any, other: Any) -> Any:
    return other if is_missing(value) else value


def _hazard_ratio(row: Mapping[Any, Any], model: str) -> str:
    coef, low, high = (row.get(f"{model}_{name}", math.nan) for name in ("coef", "ci_low", "ci_high"))
    shown, low, high = (math.nan if is_missing(x) else math.exp(float(x)) for x in (coef, low, high))
    return with_ends(shown, low, high)
