"""The figures of an analysis: Kaplan-Meier by status, forest of the estimates, patient flow. How they look belongs to
``figures``; which numbers they show is decided here.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from analytics.errors import AnalysisError
from analytics.figures.flow import FlowStep, flow_figure
from analytics.figures.forest import ForestRow, forest_figure
from analytics.figures.kaplan_meier import kaplan_meier_figure
from analytics.figures.picture import Picture
from analytics.pooling import POOLED_KEY
from analytics.questions.selection import Selection
from analytics.questions.specs import AnalysisSpec
from analytics.results.rows import ResultRows
from analytics.survival.kaplan_meier import kaplan_meier

_ENDPOINT_LABELS = {
    "OS": "Overall survival",
    "PFS": "Progression-free survival",
    "DSS": "Disease-specific survival",
    "DFI": "Disease-free interval",
    "PFI": "Progression-free interval",
}
_FOREST_KEYS = {
    "cox_univariable": "Cox",
    "cox_adjusted": "Cox, adjusted",
    "cox_burden_adjusted": "Cox, adjusted for burden",
    "logrank_oe": "Log-rank O/E",
    "firth_univariable": "Firth",
    "firth_adjusted": "Firth, adjusted",
    "firth_burden_adjusted": "Firth, adjusted for burden",
}


def analysis_figures(
    spec: AnalysisSpec,
    variant_name: str,
    endpoint: str,
    selection: Selection,
    rows: ResultRows,
    pooled: Sequence[dict[str, Any]] = (),
) -> dict[str, Picture]:
    """File stem -> figure; a figure that its data do not allow is left out (the tables say why).

    ``pooled`` : rows of ``pooling.meta_rows``; the one over all cohorts stands below the Cox estimates.
    """
    stem = f"{variant_name}_{endpoint.lower()}"
    figures: dict[str, Picture] = {f"{stem}_flow": _flow(spec, variant_name, selection)}
    estimates = {
        row["estimate_key"].split(".", 1)[-1]: row for row in rows.survival if row["cohort_id"] is None
    }
    members = selection.members
    if len(members) and members["is_mutated"].any():
        try:
            figures[f"{stem}_kaplan_meier"] = kaplan_meier_by_status(
                members, spec.gene, endpoint, estimates, spec.title
            )
        except AnalysisError:
            return figures
        forest = _forest(spec, variant_name, endpoint, rows, pooled, selection.cohorts_outside())
        if forest is not None:
            figures[f"{stem}_forest"] = forest
    return figures


def kaplan_meier_by_status(
    members: pd.DataFrame, gene: str, endpoint: str, estimates: dict[str, dict[str, Any]], title: str
) -> Picture:
    """Curves of mutated and wild-type with numbers at risk, the hazard ratio and the log-rank p.

    Raises
    ------
    AnalysisError
        Nobody can be drawn.
    """
    curves = kaplan_meier(members, group="is_mutated").curves
    labels = {"True": f"{gene} mutated", "False": f"{gene} wild-type"}
    figure = kaplan_meier_figure(
        curves,
        labels=labels,
        title=title,
        annotation=_annotation(estimates),
        x_label=f"Months from {origin_words(members)}",
        y_label=_ENDPOINT_LABELS[endpoint],
    )
    groups = [
        f"{labels[curve.group]}: {curve.n_events} events in {curve.n}, median "
        + (f"{curve.median.months:.1f} months" if math.isfinite(curve.median.months) else "not reached")
        for curve in curves
    ]
    return Picture(
        figure,
        title=f"{_ENDPOINT_LABELS[endpoint]} by {gene} status",
        alt=f"Kaplan-Meier curves. {'; '.join(groups)}. {'. '.join(_annotation(estimates))}.",
        data=pd.concat(
            [curve.table.assign(group=labels[curve.group]) for curve in curves], ignore_index=True
        ),
    )


def origin_words(members: pd.DataFrame) -> str:
    """Time zero of these people, in words for an axis."""
    origins = sorted(members["origin"].dropna().unique())
    if not origins or members["clock_family"].nunique() > 1:
        return "unlike origins"
    words = {"icb_start": "start of treatment", "stage_iv": "stage IV", "unknown": "an unknown start"}
    return " or ".join(words.get(origin, str(origin)) for origin in origins)


def _annotation(estimates: dict[str, dict[str, Any]]) -> list[str]:
    lines = []
    for key in ("cox_univariable", "firth_univariable", "logrank_oe", "cox_burden_adjusted"):
        row = estimates.get(key)
        if row is not None and _is_number(row.get("estimate")):
            low, high = _digits(row.get("ci_low")), _digits(row.get("ci_high"))
            strata = f", stratified by {row['strata']}" if row.get("strata") else ""
            lines.append(
                f"{_FOREST_KEYS[key]}{strata}: HR {_digits(row['estimate'])} ({low}-{high}), p {_p(row.get('p'))}"
            )
    log_rank = estimates.get("log_rank")
    if log_rank is not None and _is_number(log_rank.get("p")):
        lines.append(f"Log-rank p {_p(log_rank['p'])}")
    return lines


def _is_number(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def _digits(value: Any) -> str:
    if not _is_number(value):
        return "not reached"
    return f"{value:.2f}" if value >= 0.095 else f"{value:.2g}"  # two decimals would print a ratio of 0.00


def _p(value: Any) -> str:
    if not _is_number(value):
        return "not known"
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def _forest(
    spec: AnalysisSpec,
    variant_name: str,
    endpoint: str,
    rows: ResultRows,
    pooled: Sequence[dict[str, Any]],
    outside: Mapping[str, str],
) -> Picture | None:
    lines: list[ForestRow] = []
    for key, label in _FOREST_KEYS.items():
        found = [r for r in rows.survival if r["estimate_key"].endswith(f".{key}")]
        if not found:
            continue
        lines.append(ForestRow(label=label, is_heading=True))
        for row in sorted(found, key=lambda r: (r["cohort_id"] is None, str(r["cohort_id"]))):
            lines.append(_forest_row(row, outside.get(str(row["cohort_id"]))))
        if key == POOLED_KEY:
            lines += [_random_effects_row(row) for row in pooled if row["left_out"] is None]
    if not any(not line.is_heading and not math.isnan(line.hr) for line in lines):
        return None
    figure = forest_figure(
        lines,
        title=f"{spec.title}: {variant_name.replace('_', ' ')}",
        n_heading="Mutated / n",
        favours=("Mutated live longer", "Wild-type live longer"),
    )
    return forest_picture(
        figure, lines, f"Hazard ratios for {_ENDPOINT_LABELS[endpoint].lower()} by {spec.gene} status"
    )


def forest_picture(figure: Figure, lines: Sequence[ForestRow], title: str) -> Picture:
    """A forest plot with its rows as source data, and its pooled estimates in words."""
    heading, rows = "", []
    for line in lines:
        if line.is_heading:
            heading = line.label
        else:
            rows.append({"estimator": heading, **dataclasses.asdict(line), "label": line.label.strip()})
    data = pd.DataFrame(rows).drop(columns=["is_heading", "weight"])
    told = [row for row in rows if row["is_pooled"]] or rows
    words = [
        f"{row['estimator'] + ', ' if row['estimator'] else ''}{row['label'].lower()} "
        f"{_digits(row['hr'])} ({_digits(row['ci_low'])}-{_digits(row['ci_high'])})"
        for row in told[:8]
        if not math.isnan(row["hr"])
    ]
    return Picture(figure, title, f"Forest plot. {'; '.join(words)}.", data)


def _random_effects_row(row: dict[str, Any]) -> ForestRow:
    return ForestRow(
        label=f"Random effects, {row['n_cohorts']} cohorts (I\u00b2 {row['i2_percent']:.0f} %)",
        hr=float(row["estimate"]),
        ci_low=float(row["ci_low"]),
        ci_high=float(row["ci_high"]),
        p=float(row["p"]),
        is_pooled=True,
    )


def _forest_row(row: dict[str, Any], clock: str | None) -> ForestRow:
    """``clock`` : where the clock of a cohort starts that is not in the pool."""
    not_pooled = f" (not pooled: {_in_words(clock)})" if clock else ""
    is_pooled = row["cohort_id"] is None
    has_estimate = _is_number(row.get("estimate"))
    return ForestRow(
        label="All members" if is_pooled else f"  {row['cohort_id']}{not_pooled}",
        n=f"{row.get('n_mutated', '')} / {row.get('n', '')}",
        events=str(row.get("events", "")),
        hr=float(row["estimate"]) if has_estimate else math.nan,
        ci_low=float(row["ci_low"]) if has_estimate and _is_number(row.get("ci_low")) else math.nan,
        ci_high=float(row["ci_high"]) if has_estimate and _is_number(row.get("ci_high")) else math.nan,
        p=float(row["p"]) if _is_number(row.get("p")) else None,
        is_pooled=is_pooled and has_estimate,
    )


def _in_words(name: str) -> str:
    """Columns and origins of time without their underscores."""
    return str(name).replace("icb_start", "ICB start").replace("_", " ")


def _flow(spec: AnalysisSpec, variant_name: str, selection: Selection) -> Picture:
    steps: list[FlowStep] = []
    for step in selection.flow.to_dict("records"):
        left_out = ((_in_words(step["reason"]), int(step["n_left_out"])),) if step["n_left_out"] else ()
        if left_out or not steps:
            label = _in_words(step["step"])
            steps.append(FlowStep(label=label[:1].upper() + label[1:], n=int(step["n"]), left_out=left_out))
    members = selection.members
    n_mutated = int(members["is_mutated"].sum())
    groups = ((f"{spec.gene} mutated", n_mutated), (f"{spec.gene} wild-type", len(members) - n_mutated))
    figure = flow_figure(steps, groups=groups, title=f"{spec.title}: {variant_name.replace('_', ' ')}")
    first = steps[0].n
    return Picture(
        figure,
        title="Who is counted",
        alt=f"Flow diagram. Of {first} patients {len(members)} are counted: {n_mutated} {spec.gene} mutated, "
        f"{len(members) - n_mutated} wild-type.",
        data=selection.flow,
    )
