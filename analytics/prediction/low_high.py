"""Low against high points in one set of people: log-rank, its hazard ratio, Cox, medians; and the cut-off's row.

The cut-off is given and never moved here. Hazard ratios are of the low against the high, as nomogram papers print
them. What does NOT belong here: searching the cut (`cut_off`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import pandas as pd

from analytics.errors import AnalysisError
from analytics.prediction.estimators import CUT_OFF
from analytics.prediction.rows import COMPLETE, StudyRows, counts
from analytics.prediction.study import DISCOVERY, PredictionStudy, Side
from analytics.prediction.tables import PredictionStatistic
from analytics.results.estimator import Estimator
from analytics.results.statistic import Counts, Model
from analytics.survival.curves.curve_rows import log_rank_row
from analytics.survival.curves.kaplan_meier import MedianSurvival, kaplan_meier
from analytics.survival.data import survival_data
from analytics.survival.estimators import KAPLAN_MEIER, LOG_RANK
from analytics.survival.hazard_ratio import HazardRatioEstimator, estimate_hazard_ratio
from analytics.survival.hazard_rows import COX, LOG_RANK_OE, with_hazard_ratio

LOW, HIGH = "low points", "high points"
#: Printed beside every result at the points of a published nomogram.
OTHER_SCALE = (
    "The published scale cannot be rebuilt without its coefficients: these points are on the scale made here, so the "
    "cut is another one that only has the same number."
)
_Estimate = Callable[[PredictionStatistic, pd.DataFrame], PredictionStatistic]


def cut_off_statistic(out: StudyRows, study: PredictionStudy) -> PredictionStatistic:
    """The cut-off in points, with the p that pays for search and fit, and the p of those who do not."""
    people = replace(counts(study.discovery.people), group_label=LOW, reference_label=HIGH)
    row = out.row("score_cut_off", CUT_OFF, people)
    if study.cut is None:
        return row.warned(study.why_no_cut)
    cut, paid = study.cut.cutpoint, study.cut_p
    warnings = [*study.cut.warnings]
    if cut.higher_marker_is == "better":
        warnings.append("People above the cut live longer, against the direction of the score.")
    if paid is None:
        warnings.append(f"No p that pays for the fit: {study.why_no_cut}")
    elif paid.p >= 0.05:
        warnings.append(
            "No cut-off separates these people beyond what fitting and searching find where nothing is prognostic."
        )
    return replace(
        row,
        counts=replace(people, n_in_group=cut.n_low),
        estimate=cut.threshold,
        cut_off_points=cut.threshold,
        statistic=cut.statistic,
        p=paid.p if paid else None,
        p_method="permutation with the model refitted and the cut searched again" if paid else None,
        p_search_only=cut.p_corrected,
        p_lausen_1994=cut.p_lausen_1994,
        p_exact_gauss=cut.p_exact_gauss,
        p_naive=cut.p_naive,
        n_draws=paid.n_refits if paid else None,
        n_failed=paid.n_failed if paid else None,
        seed=cut.seed,
    ).warned(*warnings)


def with_groups(people: pd.DataFrame, cut_points: float) -> pd.DataFrame:
    """People with `is_low`: total points at or below the cut."""
    return people.assign(is_low=people["total_points"] <= cut_points)


def low_high_statistics(
    out: StudyRows,
    side: Side,
    cut_points: float,
    strata: Sequence[str],
    *,
    suffix: str = "",
    warnings: Sequence[str] = (),
) -> list[PredictionStatistic]:
    """`os.logrank_oe<suffix>.<population>` and the like; a test that cannot be made is a row with the reason."""
    people = with_groups(side.people, cut_points)
    kept = tuple(c for c in strata if c in people and people[c].notna().any())
    said = list(warnings)
    if side.population == DISCOVERY and not suffix:
        said.append("The cut was chosen in these people: the ratio is too far from 1 and its p too small.")
    tests: tuple[tuple[str, Estimator, _Estimate], ...] = (
        ("logrank_oe", LOG_RANK_OE, partial(_ratio, function="log_rank_oe", strata=kept)),
        ("log_rank", LOG_RANK, partial(log_rank_row, strata=kept, group="is_low")),
        ("cox_low_high", COX, partial(_ratio, function="auto", strata=kept)),
    )
    try:
        usable = people.loc[survival_data(people, yes_no=["is_low"], strata=kept).is_kept]
    except AnalysisError as problem:
        row = out.row(f"logrank_oe{suffix}.{side.population}", LOG_RANK_OE, _counts(people))
        return [replace(row, cut_off_points=cut_points, model=Model(strata=kept)).warned(str(problem))]
    name = COMPLETE
    if len(usable) < len(people):
        name += " at risk" + (" with known " + ", ".join(kept) if kept else "")
    row_set = out.sets.named(name, usable.index, side.members.index)
    found = []
    for what, estimator, estimate in tests:
        row = out.row(f"{what}{suffix}.{side.population}", estimator, _counts(usable), row_set)
        row = replace(row, cut_off_points=cut_points, model=Model(strata=kept)).warned(*said)
        try:
            row = estimate(row, usable)
        except AnalysisError as problem:
            row = row.warned(str(problem))
        found.append(_with_medians(row, usable))
    return found + ([] if suffix else _medians(out, side, usable))


def _counts(people: pd.DataFrame) -> Counts:
    low, event = people["is_low"], people["event"].astype(bool)
    return replace(
        counts(people),
        group_label=LOW,
        reference_label=HIGH,
        n_in_group=int(low.sum()),
        events_in_group=int((low & event).sum()),
    )


def _with_medians(row: PredictionStatistic, people: pd.DataFrame) -> PredictionStatistic:
    low = people["is_low"]
    return replace(
        row, median_in_group_months=_months(people[low]), median_in_reference_months=_months(people[~low])
    )


def _months(people: pd.DataFrame) -> float | None:
    median = _median(people)
    return median.months if median is not None and median.median_reached else None


def _median(people: pd.DataFrame) -> MedianSurvival | None:
    return kaplan_meier(people, group=None).curves[0].median if len(people) else None


def _medians(out: StudyRows, side: Side, people: pd.DataFrame) -> list[PredictionStatistic]:
    found = []
    for word, label, group in (
        ("low", LOW, people[people["is_low"]]),
        ("high", HIGH, people[~people["is_low"]]),
    ):
        row_set = out.sets.named(f"{word} points", group.index, side.members.index)
        of_group = replace(counts(group), group_label=label, n_in_group=len(group))
        row = out.row(f"median_{word}.{side.population}", KAPLAN_MEIER, of_group, row_set)
        median = _median(group)
        if median is None:
            row = row.warned("Nobody is in this group.")
        else:
            row = replace(row, estimate=median.months, ci_low=median.ci_low, ci_high=median.ci_high)
            row = row.warned("" if median.median_reached else "The median is not reached.")
        found.append(row)
    return found


def _ratio(
    row: PredictionStatistic, people: pd.DataFrame, function: HazardRatioEstimator, strata: tuple[str, ...]
) -> PredictionStatistic:
    return with_hazard_ratio(row, estimate_hazard_ratio(people, "is_low", estimator=function, strata=strata))
