"""The figures of an analysis: Kaplan-Meier by status, forest of the estimates, patient flow. How they look belongs to
``figures``; which numbers they show is decided here.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import pandas as pd
from matplotlib.figure import Figure

from analytics.biomarkers.groups import Contrast, Group
from analytics.engine.numbers import count, interval, p_relation, ratio, with_ends
from analytics.errors import AnalysisError
from analytics.figures.flow import FlowStep
from analytics.figures.flow import flow_figure as flow_diagram
from analytics.figures.forest import ForestRow, forest_figure
from analytics.figures.kaplan_meier import curve_words, kaplan_meier_figure
from analytics.figures.picture import Picture, UndrawnPicture, figure_stem
from analytics.meta.pooling import POOLED_KEY
from analytics.questions.selection import Selection
from analytics.questions.specs import AnalysisSpec
from analytics.results.statistic import MetaStatistic, Scope, SurvivalStatistic
from analytics.survival.curves.kaplan_meier import kaplan_meier

_ENDPOINT_LABELS = {
    "OS": "Overall survival",
    "PFS": "Progression-free survival",
    "DSS": "Disease-specific survival",
    "DFI": "Disease-free interval",
    "PFI": "Progression-free interval",
}


def endpoint_label(endpoint: str) -> str:
    """An endpoint in words; one that an analysis has made of others has its own name."""
    return _ENDPOINT_LABELS.get(endpoint, endpoint)


def _in_sentence(endpoint: str) -> str:
    known = _ENDPOINT_LABELS.get(endpoint)
    return endpoint if known is None else known.lower()


_FOREST_KEYS = {
    "cox_univariable": "Cox",
    "cox_adjusted": "Cox, adjusted",
    "cox_burden_adjusted": "Cox, adjusted for burden",
    "logrank_oe": "Log-rank O/E",
    "firth_univariable": "Firth",
    "firth_adjusted": "Firth, adjusted",
    "firth_burden_adjusted": "Firth, adjusted for burden",
}


def flow_figure(
    spec: AnalysisSpec, scope: Scope, selection: Selection, groups: Mapping[Group, pd.Series]
) -> dict[str, Picture]:
    """File stem -> who is counted, step by step, and how many are in each group."""
    stem = figure_stem("flow", variant=scope.variant, endpoint=scope.endpoint)
    return {stem: _flow(spec, scope.variant, selection, groups)}


def contrast_figures(
    spec: AnalysisSpec,
    scope: Scope,
    selection: Selection,
    rows: Sequence[SurvivalStatistic],
    pooled: Sequence[MetaStatistic],
    contrast: Contrast,
    biomarker: str,
) -> dict[str, Picture]:
    """File stem -> curves and forest of one group against the reference; a figure that its data do not allow is left
    out (the tables say why).

    ``pooled`` : random effects; those over all cohorts stand below the Cox estimates.
    """
    part = contrast.group.key if contrast.is_one_of_several else ""
    stem = partial(figure_stem, variant=scope.variant, endpoint=scope.endpoint, part=part)
    estimates = {
        row.key.split(".", 1)[-1].removesuffix(contrast.suffix): row for row in rows if row.cohort_id is None
    }
    members = selection.members
    if not len(members) or not members["in_group"].any():
        return {}
    try:
        plan = kaplan_meier_by_group(members, contrast, scope.endpoint, estimates, spec.title, biomarker)
        curves = plan.drawn()
    except AnalysisError:
        return {}
    figures = {stem("kaplan_meier"): curves}
    forest = _forest(spec, scope, rows, pooled, selection.cohorts_outside(), contrast, biomarker)
    return figures | ({stem("forest"): forest} if forest is not None else {})


def kaplan_meier_by_group(
    members: pd.DataFrame,
    contrast: Contrast,
    endpoint: str,
    estimates: Mapping[str, SurvivalStatistic],
    title: str,
    biomarker: str,
) -> UndrawnPicture:
    """Curves of both groups with numbers at risk, the hazard ratio and the log-rank p.

    Raises
    ------
    AnalysisError
        Nobody can be drawn.
    """
    curves = kaplan_meier(members, group="in_group").curves
    labels = {"True": contrast.group.label, "False": contrast.reference.label}
    annotation = _annotation(estimates)
    groups = [curve_words(curve, labels[curve.group]) for curve in curves]
    return UndrawnPicture(
        title=f"{endpoint_label(endpoint)} by {biomarker} status",
        alt=f"Kaplan-Meier curves. {'; '.join(groups)}. {'. '.join(annotation)}.",
        data=pd.concat(
            [curve.table.assign(group=labels[curve.group]) for curve in curves], ignore_index=True
        ),
        draw=partial(
            kaplan_meier_figure,
            curves,
            labels=labels,
            title=title,
            annotation=annotation,
            x_label=f"Months from {origin_words(members)}",
            y_label=endpoint_label(endpoint),
        ),
    )


def origin_words(members: pd.DataFrame) -> str:
    """Time zero of these people, in words for an axis."""
    origins = sorted(members["origin"].dropna().unique())
    if not origins or members["clock_family"].nunique() > 1:
        return "unlike origins"
    words = {"icb_start": "start of treatment", "stage_iv": "stage IV", "unknown": "an unknown start"}
    return " or ".join(words.get(origin, str(origin)) for origin in origins)


def _annotation(estimates: Mapping[str, SurvivalStatistic]) -> list[str]:
    lines = []
    for key in ("cox_univariable", "firth_univariable", "logrank_oe", "cox_burden_adjusted"):
        row = estimates.get(key)
        if row is not None and row.estimate is not None:
            strata = f", stratified by {', '.join(row.model.strata)}" if row.model.strata else ""
            lines.append(
                f"{_FOREST_KEYS[key]}{strata}: HR {with_ends(row.estimate, row.ci_low, row.ci_high)}, "
                f"p {p_relation(row.p)}"
            )
    log_rank = estimates.get("log_rank")
    if log_rank is not None and log_rank.p is not None:
        lines.append(f"Log-rank p {p_relation(log_rank.p)}")
    return lines


def _forest(
    spec: AnalysisSpec,
    scope: Scope,
    rows: Sequence[SurvivalStatistic],
    pooled: Sequence[MetaStatistic],
    outside: Mapping[str, str],
    contrast: Contrast,
    biomarker: str,
) -> Picture | None:
    lines: list[ForestRow] = []
    for key, label in _FOREST_KEYS.items():
        found = [row for row in rows if row.key.endswith(f".{key}{contrast.suffix}")]
        if not found:
            continue
        lines.append(ForestRow(label=label, is_heading=True))
        for row in sorted(found, key=lambda r: (r.cohort_id is None, str(r.cohort_id))):
            lines.append(_forest_row(row, outside.get(str(row.cohort_id))))
        if key == POOLED_KEY:
            lines += [
                _random_effects_row(row)
                for row in pooled
                if row.left_out is None and row.estimate is not None
            ]
    if not any(not line.is_heading and not math.isnan(line.hr) for line in lines):
        return None
    draw = partial(
        forest_figure,
        lines,
        title=f"{spec.title}: {scope.variant.replace('_', ' ')}",
        n_heading=f"{_upper(contrast.group.key)} / n",
        favours=(
            f"{_upper(contrast.group.key)} live longer",
            f"{_upper(contrast.reference.key)} live longer",
        ),
    )
    title = f"Hazard ratios for {_in_sentence(scope.endpoint)} by {biomarker} status"
    return forest_picture(draw, lines, title).drawn()


def _upper(key: str) -> str:
    """'wild_type' -> 'Wild-type'."""
    return key.replace("_", "-").capitalize()


def forest_picture(draw: Callable[[], Figure], lines: Sequence[ForestRow], title: str) -> UndrawnPicture:
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
        f"{ratio(row['hr'])} ({interval(row['ci_low'], row['ci_high'])})"
        for row in told[:8]
        if not math.isnan(row["hr"])
    ]
    return UndrawnPicture(title, f"Forest plot. {'; '.join(words)}.", data, draw)


def _random_effects_row(row: MetaStatistic) -> ForestRow:
    return ForestRow(
        label=f"Random effects, {row.n_cohorts} cohorts (I\u00b2 {row.i2_percent:.0f} %)",
        hr=_drawn(row.estimate),
        ci_low=_drawn(row.ci_low),
        ci_high=_drawn(row.ci_high),
        p=row.p,
        is_pooled=True,
    )


def _drawn(value: float | None) -> float:
    return math.nan if value is None else value


def _forest_row(row: SurvivalStatistic, clock: str | None) -> ForestRow:
    """``clock`` : where the clock of a cohort starts that is not in the pool."""
    not_pooled = f" (not pooled: {_in_words(clock)})" if clock else ""
    has_estimate = row.estimate is not None
    return ForestRow(
        label="All members" if row.cohort_id is None else f"  {row.cohort_id}{not_pooled}",
        n=f"{count(row.counts.n_in_group)} / {count(row.counts.n)}",
        events=count(row.counts.events),
        hr=_drawn(row.estimate),
        ci_low=_drawn(row.ci_low if has_estimate else None),
        ci_high=_drawn(row.ci_high if has_estimate else None),
        p=row.p,
        is_pooled=row.cohort_id is None and has_estimate,
    )


def _in_words(name: str) -> str:
    """Columns and origins of time without their underscores."""
    return str(name).replace("icb_start", "ICB start").replace("_", " ")


def _flow(
    spec: AnalysisSpec, variant_name: str, selection: Selection, groups: Mapping[Group, pd.Series]
) -> Picture:
    steps: list[FlowStep] = []
    for step in selection.flow.to_dict("records"):
        left_out = ((_in_words(step["reason"]), int(step["n_left_out"])),) if step["n_left_out"] else ()
        if left_out or not steps:
            label = _in_words(step["step"])
            steps.append(FlowStep(label=label[:1].upper() + label[1:], n=int(step["n"]), left_out=left_out))
    members = selection.members
    sizes = tuple((group.label, int(is_in.sum())) for group, is_in in groups.items())
    figure = flow_diagram(steps, groups=sizes, title=f"{spec.title}: {variant_name.replace('_', ' ')}")
    first = steps[0].n
    return Picture(
        figure,
        title="Who is counted",
        alt=f"Flow diagram. Of {count(first)} patients {count(len(members))} are counted: "
        f"{', '.join(f'{count(n)} {label}' for label, n in sizes)}.",
        data=selection.flow,
    )
