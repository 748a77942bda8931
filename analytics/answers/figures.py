"""The figures of an answer: curves of both groups with numbers at risk, and a forest of the rows of its table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from analytics.biomarkers.groups import Contrast
from analytics.engine.numbers import count, with_ends
from analytics.errors import AnalysisError
from analytics.figures.forest import ForestRow, forest_figure
from analytics.figures.picture import UndrawnPicture
from analytics.questions.selection import Selection
from analytics.results.statistic import ResponseStatistic, Statistic, SurvivalStatistic
from analytics.survival.figures import endpoint_label, forest_picture, kaplan_meier_by_group


def curves_of_answer(
    selection: Selection, contrast: Contrast, pooled: Statistic, endpoint: str, biomarker: str
) -> UndrawnPicture | None:
    """Kaplan-Meier curves of everybody in the pool; None where nobody can be drawn.

    Parameters
    ----------
    pooled : written into the figure, as it stands in the table.
    """
    own = selection.among(contrast)
    if not isinstance(pooled, SurvivalStatistic) or not len(own.members):
        return None
    try:
        return kaplan_meier_by_group(
            own.members,
            contrast,
            endpoint,
            {pooled.key.split(".", 1)[-1].removesuffix(contrast.suffix): pooled},
            f"{endpoint_label(endpoint)}: {contrast.group.label}",
            biomarker,
        )
    except AnalysisError:
        return None


def forest_of_answer(
    by_cohort: Sequence[Statistic], pooled: Statistic, outside: Sequence[str], title: str
) -> UndrawnPicture | None:
    """A line a cohort and one for the pool, in the order of the table; None without an estimate.

    Parameters
    ----------
    outside : cohorts that are not in the pool.
    """
    rows = [_row(row, is_outside=row.cohort_id in outside) for row in by_cohort]
    if len(by_cohort) > 1:
        rows.append(_row(pooled, is_pooled=True))
    if all(math.isnan(row.hr) for row in rows):
        return None
    is_response = isinstance(pooled, ResponseStatistic)
    ratio = "Odds ratio" if is_response else "Hazard ratio"
    has_group = pooled.counts.n_in_group is not None
    draw = partial(
        forest_figure,
        rows,
        title=title,
        n_heading="Group / n" if has_group else "n",
        events_heading="Responders" if is_response else "Events",
        effect_heading=f"{'OR' if is_response else 'HR'} (95 % CI)",
        axis_label=f"{ratio} (log scale)",
        favours=("fewer respond", "more respond") if is_response else ("live longer", "live shorter"),
    )
    return forest_picture(draw, rows, f"{ratio} by cohort: {title}")


def _row(row: Statistic, *, is_outside: bool = False, is_pooled: bool = False) -> ForestRow:
    counts = row.counts
    events = row.responders if isinstance(row, ResponseStatistic) else counts.events
    drawn = row.estimate is not None and row.ci_low is not None and row.ci_low > 0
    return ForestRow(
        label="Pooled" if is_pooled else f"{row.cohort_id or 'All'}{' *' if is_outside else ''}",
        n=" / ".join(count(n) for n in (counts.n_in_group, counts.n) if n is not None),
        events="" if events is None else count(events),
        hr=float(row.estimate) if drawn and row.estimate is not None else math.nan,
        ci_low=float(row.ci_low) if drawn and row.ci_low is not None else math.nan,
        ci_high=float(row.ci_high) if drawn and row.ci_high is not None else math.nan,
        p=row.p if row.estimate is not None else None,
        is_pooled=is_pooled,
        # a log axis has no place for a ratio of 0 (nobody responded): its words stand as in the table
        note="" if drawn else "no estimate" if row.estimate is None else _words(row),
    )


def _words(row: Statistic) -> str:
    if row.estimate is None or row.ci_low is None:
        return "no interval"
    return with_ends(row.estimate, row.ci_low, row.ci_high)
