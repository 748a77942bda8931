"""Pooled evidence beside the one-stage models: two-stage random effects over cohorts, arm x gene interaction in trials,
and the ratio of hazard ratios against people without checkpoint blockade, with the verdict in fixed words.

The estimators are in ``meta``; which rows they get, and the rows they become, is decided here.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from analytics.errors import AnalysisError
from analytics.meta.interaction import (
    InteractionResult,
    RatioEstimate,
    ratio_estimate,
    treatment_biomarker_interaction,
)
from analytics.meta.random_effects import RandomEffectsResult, fit_random_effects
from analytics.meta.verdict import Evidence, decide_verdict
from analytics.questions.specs import AnalysisSpec

#: The per-cohort estimate that is pooled, and the one-stage estimate that the verdict rests on.
POOLED_KEY = "cox_univariable"
#: Few cohorts often agree more than chance lets them (q < 1), and Hartung-Knapp then gives an interval shorter than
#: that without any heterogeneity: the variance is not scaled down (max(1, q); Rover 2015, BMC Med Res Methodol 15:99).
GUARD = True


def meta_rows(spec: AnalysisSpec, variant: str, endpoint: str, stats: pd.DataFrame) -> list[dict[str, Any]]:
    """Random effects (REML, Hartung-Knapp) over the per-cohort Cox estimates, and leave-one-out.

    Parameters
    ----------
    stats : rows of one variant and endpoint, as for ``stats.survival_stats``.

    Cohorts whose likelihood is monotone (a group without events) have no estimate and are named in the warnings.
    Fewer than two cohorts give no row.
    """
    rows = stats[stats["cohort_id"].notna() & stats["estimate_key"].str.endswith(f".{POOLED_KEY}")]
    if len(rows) < 2:
        return []
    usable = rows[rows["estimate"].notna() & (rows["standard_error"] > 0) & (rows["events_mutated"] > 0)]
    without = sorted(set(rows["cohort_id"]) - set(usable["cohort_id"]))
    note = f"No estimate from {', '.join(without)}." if without else ""
    prefix = str(rows["estimate_key"].iloc[0]).removesuffix(POOLED_KEY)
    if len(usable) < 2:
        return []
    log_hr, se = np.log(usable["estimate"].to_numpy(float)), usable["standard_error"].to_numpy(float)
    labels = usable["cohort_id"].tolist()
    common = {"analysis_id": spec.analysis_id, "variant": variant, "endpoint": endpoint}
    whole = fit_random_effects(log_hr, se, labels=labels, guard=GUARD)
    found: list[tuple[str, str | None, RandomEffectsResult]] = [(f"{prefix}random_effects", None, whole)]
    if len(usable) > 2:
        for left_out, result in _without_each(log_hr, se, labels):
            found.append((f"{prefix}random_effects.without.{left_out}", left_out, result))
    return [
        {**common, "stat_id": f"{spec.analysis_id}/{variant}/{key}", "estimate_key": key, "left_out": left_out,
         **_meta_values(result, note)}
        for key, left_out, result in found
    ]  # fmt: skip


def _without_each(
    log_hr: np.ndarray, se: np.ndarray, labels: list[str]
) -> list[tuple[str, RandomEffectsResult]]:
    keep = np.arange(len(labels))
    return [
        (
            label,
            fit_random_effects(
                log_hr[keep != i],
                se[keep != i],
                labels=[other for other in labels if other != label],
                guard=GUARD,
            ),
        )
        for i, label in enumerate(labels)
    ]


def _meta_values(result: RandomEffectsResult, note: str) -> dict[str, Any]:
    ratio = result.ratio()
    return {
        "estimator": "random effects, REML, Hartung-Knapp",
        "n_cohorts": result.k,
        "cohorts": ", ".join(result.labels),
        "estimate": ratio.ratio,
        "ci_low": ratio.ci_low,
        "ci_high": ratio.ci_high,
        "p": result.p,
        "prediction_low": _finite(ratio.prediction_low),
        "prediction_high": _finite(ratio.prediction_high),
        "tau2": result.tau2,
        "i2_percent": result.i2_percent,
        "i2_ci_low_percent": _finite(result.i2_ci_low_percent),
        "i2_ci_high_percent": _finite(result.i2_ci_high_percent),
        "q_p": result.q_p,
        "warnings": " ".join([*result.warnings, *([note] if note else [])]),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def interaction_rows(
    spec: AnalysisSpec, variant: str, endpoint: str, members: pd.DataFrame
) -> list[dict[str, Any]]:
    """Arm x gene interaction (Cox, stratified by trial) on people of both arms of the spec's trials.

    Parameters
    ----------
    members : with ``is_icb_treated`` and ``is_mutated``, both arms.
    """
    common = {"analysis_id": spec.analysis_id, "variant": variant, "endpoint": endpoint,
              "compared_with": ", ".join(spec.trials)}  # fmt: skip
    prefix = f"{spec.analysis_id}/{variant}/{endpoint.lower()}"
    rows = members.assign(arm=members["is_icb_treated"].astype(int), gene=members["is_mutated"].astype(int))
    try:
        result = treatment_biomarker_interaction(
            rows, time="time_months", event="event", treatment="arm", biomarker="gene", strata=("cohort_id",)
        )
    except AnalysisError as exc:
        key = f"{endpoint.lower()}.arm_x_gene"
        return [{**common, "stat_id": f"{spec.analysis_id}/{variant}/{key}", "estimate_key": key, "n": len(rows),
                 "estimator": "cox interaction", "warnings": str(exc)}]  # fmt: skip
    return [
        {**common, "stat_id": f"{prefix}.{key}", "estimate_key": f"{endpoint.lower()}.{key}",
         "estimator": "cox, stratified by trial", "n": result.n, "events": result.events,
         **_ratio_values(estimate), "warnings": " ".join(result.warnings)}
        for key, estimate in _arms(result)
    ]  # fmt: skip


def _arms(result: InteractionResult) -> list[tuple[str, RatioEstimate]]:
    return [
        ("arm_x_gene", result.interaction),
        ("gene_in_icb_arm", result.biomarker_in_treated),
        ("gene_in_control_arm", result.biomarker_in_control),
    ]


def _ratio_values(estimate: RatioEstimate) -> dict[str, Any]:
    return {
        "estimate": estimate.ratio,
        "ci_low": estimate.ci_low,
        "ci_high": estimate.ci_high,
        "p": estimate.p,
    }


def verdict_row(
    spec: AnalysisSpec, variant: str, endpoint: str, stats: pd.DataFrame, interactions: pd.DataFrame
) -> dict[str, Any] | None:
    """Predictive or prognostic? The effect under ICB against that of the control analysis, by the rules of
    ``meta.verdict``. None when the spec names no control analysis.

    Parameters
    ----------
    stats : every row of ``stats.survival_stats``. interactions : rows of :func:`interaction_rows`.
    """
    if spec.control_analysis is None:
        return None
    icb = _evidence(stats, spec.analysis_id, variant, endpoint)
    key = f"{endpoint.lower()}.ratio_of_hazard_ratios"
    row: dict[str, Any] = {
        "stat_id": f"{spec.analysis_id}/{variant}/{key}",
        "analysis_id": spec.analysis_id,
        "variant": variant,
        "endpoint": endpoint,
        "estimate_key": key,
        "estimator": "difference of log hazard ratios (Altman and Bland 2003)",
        "compared_with": spec.control_analysis,
    }
    if icb is None:
        return row | {"verdict": "undetermined", "reason": "no estimate under checkpoint blockade"}
    control = _evidence(stats, spec.control_analysis, variant, endpoint)
    decided = decide_verdict(icb, control, _trial_interaction(interactions, spec, variant, endpoint))
    ratio = decided.ratio_of_hazard_ratios
    return row | {
        **(_ratio_values(ratio) if ratio is not None else {}),
        "verdict": decided.verdict,
        "reason": f"{decided.reason} (decided by: {decided.basis})",
    }


def _evidence(stats: pd.DataFrame, analysis_id: str, variant: str, endpoint: str) -> Evidence | None:
    found = stats[
        (stats["analysis_id"] == analysis_id)
        & (stats["variant"] == variant)
        & (stats["endpoint"] == endpoint)
        & stats["cohort_id"].isna()
        & stats["estimate_key"].str.endswith(f".{POOLED_KEY}")
        & stats["estimate"].notna()
    ]
    if found.empty or not found["standard_error"].iloc[0] > 0:
        return None
    row = found.iloc[0]
    estimate = ratio_estimate(math.log(row["estimate"]), float(row["standard_error"]))
    return Evidence(hazard_ratio=estimate, carrier_events=int(row["events_mutated"]))


def _trial_interaction(
    interactions: pd.DataFrame, spec: AnalysisSpec, variant: str, endpoint: str
) -> RatioEstimate | None:
    if interactions.empty:
        return None
    found = interactions[
        (interactions["analysis_id"] == spec.analysis_id)
        & (interactions["variant"] == variant)
        & (interactions["estimate_key"] == f"{endpoint.lower()}.arm_x_gene")
        & interactions["estimate"].notna()
    ]
    if found.empty:
        return None
    row = found.iloc[0]
    log_se = (math.log(row["ci_high"]) - math.log(row["ci_low"])) / (2 * 1.959963984540054)
    return ratio_estimate(math.log(row["estimate"]), log_se)
