"""Low against high points in one set of people: log-rank, its hazard ratio, Cox, medians; and the cut-off's row.

The cut-off is given and never moved here. Hazard ratios are of the low against the high, as nomogram papers print
them. What does NOT belong here: searching the cut (`cutpoint`, `refitted_p`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from analytics.errors import AnalysisError
from analytics.prediction.study import DISCOVERY, PredictionStudy, Side
from analytics.prediction.study_rows import COMPLETE, StudyRows, counts
from analytics.survival.data import survival_data
from analytics.survival.hazard_ratio import estimate_hazard_ratio
from analytics.survival.kaplan_meier import kaplan_meier
from analytics.survival.log_rank import log_rank_test

#: Printed beside every result at the points of a published nomogram.
OTHER_SCALE = (
    "The published scale cannot be rebuilt without its coefficients: these points are on the scale made here, so the "
    "cut is another one that only has the same number."
)


def cut_off_row(out: StudyRows, study: PredictionStudy) -> None:
    """The cut-off in points, with the p that pays for search and fit, and the p of those who do not."""
    values: dict[str, Any] = {
        "estimator": "maximally selected log-rank statistic",
        "row_set": COMPLETE,
        **counts(study.discovery.people),
    }
    if study.cut is None:
        out.add("prediction_stats", out.key("score_cut_off"), values | {"warnings": study.why_no_cut})
        return
    cut = study.cut.cutpoint
    warnings = [*study.cut.warnings]
    if cut.higher_marker_is == "better":
        warnings.append("People above the cut live longer, against the direction of the score.")
    if study.cut_p is None:
        warnings.append(f"No p that pays for the fit: {study.why_no_cut}")
    elif study.cut_p.p >= 0.05:
        warnings.append(
            "No cut-off separates these people beyond what fitting and searching find where nothing is prognostic."
        )
    values |= {
        "estimate": cut.threshold,
        "cut_off_points": cut.threshold,
        "n_low": cut.n_low,
        "statistic": cut.statistic,
        "p": study.cut_p.p if study.cut_p else None,
        "p_method": "permutation with the model refitted and the cut searched again" if study.cut_p else None,
        "p_search_only": cut.p_corrected,
        "p_lausen_1994": cut.p_lausen_1994,
        "p_exact_gauss": cut.p_exact_gauss,
        "p_naive": cut.p_naive,
        "n_draws": study.cut_p.n_refits if study.cut_p else None,
        "n_failed": study.cut_p.n_failed if study.cut_p else None,
        "seed": cut.seed,
        "warnings": " ".join(warnings),
    }
    out.add("prediction_stats", out.key("score_cut_off"), values)


def with_groups(people: pd.DataFrame, cut_points: float) -> pd.DataFrame:
    """People with `is_low`: total points at or below the cut."""
    return people.assign(is_low=people["total_points"] <= cut_points)


def low_high_rows(
    out: StudyRows,
    side: Side,
    cut_points: float,
    strata: Sequence[str],
    *,
    suffix: str = "",
    warnings: Sequence[str] = (),
) -> None:
    """Rows `os.logrank_oe<suffix>.<population>` and the like; a test that cannot be made is a row with the reason."""
    people = with_groups(side.people, cut_points)
    kept = tuple(c for c in strata if c in people and people[c].notna().any())
    name = COMPLETE + (" at risk" + (" with known " + ", ".join(kept) if kept else ""))
    said = list(warnings)
    if side.population == DISCOVERY and not suffix:
        said.append("The cut was chosen in these people: the ratio is too far from 1 and its p too small.")
    common: dict[str, Any] = {"cut_off_points": cut_points, "strata": ", ".join(kept)}
    try:
        usable = people.loc[
            survival_data(people.assign(_label=people.index), yes_no=["is_low"], strata=kept).frame["_label"]
        ]
    except AnalysisError as problem:
        values = {"estimator": "log_rank_oe", "row_set": COMPLETE, **counts(people), "warnings": str(problem)}
        out.add("prediction_stats", out.key(f"logrank_oe{suffix}.{side.population}"), common | values)
        return
    if len(usable) == len(people):
        name = COMPLETE
    common |= {"row_set": out.rows.row_set(name, usable.index, side.members.index), **counts(usable)}
    common |= _low_counts(usable)
    for what, compute in (("logrank_oe", _log_rank_oe), ("log_rank", _log_rank), ("cox_low_high", _cox)):
        try:
            values = compute(usable, kept)
        except AnalysisError as problem:
            values = {"estimator": what, "warnings": str(problem)}
        values["warnings"] = " ".join([*said, str(values.get("warnings") or "")]).strip()
        out.add("prediction_stats", out.key(f"{what}{suffix}.{side.population}"), common | values)
    if not suffix:
        _median_rows(out, side, usable)


def _low_counts(people: pd.DataFrame) -> dict[str, Any]:
    low = people["is_low"]
    medians = {}
    for word, group in (("low", people[low]), ("high", people[~low])):
        if len(group):
            median = kaplan_meier(group, group=None).curves[0].median
            medians[f"median_{word}_months"] = median.months if median.median_reached else math.nan
    return {"n_low": int(low.sum()), "events_low": int((low & people["event"].astype(bool)).sum()), **medians}


def _median_rows(out: StudyRows, side: Side, people: pd.DataFrame) -> None:
    for word, group in (("low", people[people["is_low"]]), ("high", people[~people["is_low"]])):
        row_set = out.rows.row_set(f"{word} points", group.index, side.members.index)
        values: dict[str, Any] = {"estimator": "kaplan_meier", "row_set": row_set, **counts(group)}
        if len(group):
            median = kaplan_meier(group, group=None).curves[0].median
            values |= {"estimate": median.months, "ci_low": median.ci_low, "ci_high": median.ci_high}
            values["warnings"] = "" if median.median_reached else "The median is not reached."
        else:
            values["warnings"] = "Nobody is in this group."
        out.add("prediction_stats", out.key(f"median_{word}.{side.population}"), values)


def _log_rank_oe(people: pd.DataFrame, strata: tuple[str, ...]) -> dict[str, Any]:
    return _ratio(people, "log_rank_oe", strata)


def _cox(people: pd.DataFrame, strata: tuple[str, ...]) -> dict[str, Any]:
    return _ratio(people, "auto", strata)


def _ratio(people: pd.DataFrame, estimator: Any, strata: tuple[str, ...]) -> dict[str, Any]:
    found = estimate_hazard_ratio(people, "is_low", estimator=estimator, strata=strata)
    return {
        "estimator": found.estimator,
        "estimate": found.hr,
        "ci_low": found.ci_low,
        "ci_high": found.ci_high,
        "standard_error": found.se_log_hr,
        "p": found.p,
        "p_method": found.p_method,
        "warnings": " ".join(found.warnings),
    }


def _log_rank(people: pd.DataFrame, strata: tuple[str, ...]) -> dict[str, Any]:
    found = log_rank_test(people, "is_low", strata=strata)
    return {
        "estimator": "log_rank",
        "statistic": found.test.statistic,
        "p": found.test.p,
        "p_method": "log-rank",
        "warnings": " ".join(found.warnings),
    }
