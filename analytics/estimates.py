"""From the members of a variant to result rows: counts, survival estimates and response rates under regular names.

An *estimate key* is ``<endpoint>.<estimator>[.<group>]`` (``os.cox_univariable``, ``orr.rate.mutated``,
``flow.n_mutated``); with analysis and variant it names one statistic. Choosing members belongs to
``selection``, the estimators themselves to ``survival`` and ``response``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analytics.errors import AnalysisError, EmptyGroupError
from analytics.response.comparison import RateComparison, compare_response
from analytics.specs import AnalysisSpec, Variant
from analytics.survival.hazard_ratio import MIN_EVENTS_PER_GROUP, estimate_hazard_ratio
from analytics.survival.kaplan_meier import MedianSurvival, kaplan_meier
from analytics.survival.log_rank import log_rank_test
from analytics.survival.proportional_hazards import schoenfeld_test
from analytics.survival.restricted_mean import restricted_mean_survival

#: cBioPortal cancer types under the short names that estimate keys use.
CANCER_TYPE_KEYS = {
    "Non-Small Cell Lung Cancer": "lung",
    "Small Cell Lung Cancer": "lung",
    "Renal Cell Carcinoma": "renal",
    "Head and Neck Cancer": "head_and_neck",
    "Soft Tissue Sarcoma": "sarcoma",
}


def cancer_type_key(cancer_type: str) -> str:
    """'Bladder Cancer' -> 'bladder'."""
    known = CANCER_TYPE_KEYS.get(cancer_type)
    return known or re.sub(r"[^a-z0-9]+", "_", cancer_type.lower().removesuffix(" cancer")).strip("_")


@dataclass
class ResultRows:
    """Rows for ``stats.survival_stats`` and ``stats.response_stats``, gathered under one analysis and variant."""

    analysis_id: str
    variant: str
    survival: list[dict[str, Any]] = field(default_factory=list)
    response: list[dict[str, Any]] = field(default_factory=list)

    def stat_id(self, key: str, cohort_id: str | None) -> str:
        scope = f"@{cohort_id}" if cohort_id else ""
        return f"{self.analysis_id}/{self.variant}{scope}/{key}"

    def add(
        self, rows: list[dict[str, Any]], key: str, cohort_id: str | None, values: dict[str, Any]
    ) -> None:
        rows.append(
            {
                "stat_id": self.stat_id(key, cohort_id),
                "analysis_id": self.analysis_id,
                "variant": self.variant,
                "cohort_id": cohort_id,
                "estimate_key": key,
                **values,
            }
        )


def estimate_flow(rows: ResultRows, members: pd.DataFrame, spec: AnalysisSpec) -> None:
    """Counts of members: in all, by status, by cohort (or declared group of cohorts) and by cancer type."""

    def count(key: str, n: int, estimator: str = "count") -> None:
        rows.add(rows.survival, key, None, {"estimator": estimator, "estimate": float(n), "n": n})

    mutated = members["is_mutated"]
    count("flow.n_total", len(members))
    count("flow.n_mutated", int(mutated.sum()))
    count("flow.n_wild_type", int((~mutated).sum()))
    count("flow.n_cohorts", members["cohort_id"].nunique())
    groups = {c: (c,) for c in sorted(members["cohort_id"].unique())} | dict(spec.cohort_groups)
    for name, cohort_ids in groups.items():
        of_group = members["cohort_id"].isin(list(cohort_ids))
        count(f"flow.n_mutated.{name}", int((of_group & mutated).sum()))
        count(f"flow.n_wild_type.{name}", int((of_group & ~mutated).sum()))
    by_type = members["cancer_type"].dropna().map(cancer_type_key).value_counts()
    for name, n in by_type.items():
        count(f"flow.n.{name}", int(n))
    if len(members):
        rows.add(
            rows.survival, "mutated.rate", None,
            {"estimator": "proportion", "estimate": float(mutated.mean()), "n": len(members),
             "n_mutated": int(mutated.sum())},
        )  # fmt: skip


def estimate_survival(
    rows: ResultRows, members: pd.DataFrame, variant: Variant, endpoint_key: str, cohort_id: str | None = None
) -> None:
    """Every estimator of the variant on these members. What cannot be estimated becomes a row with the reason."""
    for key, make in _survival_estimates(members, variant):
        full_key = f"{endpoint_key}.{key}"
        try:
            values = make()
        except AnalysisError as exc:
            values = {"estimator": key, "n": len(members), "n_mutated": int(members["is_mutated"].sum()),
                      "warnings": str(exc)}  # fmt: skip
        for name, value in values.items():
            if isinstance(value, float) and math.isinf(value):
                values[name] = None
        rows.add(rows.survival, full_key, cohort_id, values)


def _survival_estimates(
    members: pd.DataFrame, variant: Variant
) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    strata = [c for c in variant.strata if c in members and members[c].notna().any()]
    cluster = "person_id" if variant.robust else None

    def hazard(
        estimator: str, adjust: tuple[str, ...] = (), on: pd.DataFrame | None = None
    ) -> dict[str, Any]:
        frame = members if on is None else on
        is_rank = estimator == "log_rank_oe"
        found = estimate_hazard_ratio(
            frame,
            estimator=estimator,  # type: ignore[arg-type]
            adjust=() if is_rank else adjust,
            strata=strata,
            cluster=None if is_rank else cluster,
        )
        return _hazard_row(found.as_row())

    events = members.groupby("is_mutated")["event"].sum()
    is_sparse = len(events) == 2 and int(events.min()) < MIN_EVENTS_PER_GROUP
    for name in variant.estimators:
        if name == "kaplan_meier":
            yield from _medians(members)
        elif name == "log_rank":
            yield "log_rank", lambda: _log_rank_row(members, strata)
        elif name == "log_rank_oe":
            yield "logrank_oe", lambda: hazard("log_rank_oe")
        elif name == "cox_univariable":
            yield "cox_univariable", lambda: hazard("cox")
            if is_sparse:
                yield "firth_univariable", lambda: hazard("auto")
        elif name == "cox_adjusted":
            yield "cox_adjusted", lambda: hazard("cox", variant.covariates)
            if is_sparse:
                yield "firth_adjusted", lambda: hazard("auto", variant.covariates)
        elif name == "cox_burden_adjusted":
            yield "cox_burden_adjusted", lambda: _burden_row(hazard("cox", ("burden",)), members)
        elif name == "restricted_mean":
            yield "restricted_mean_difference", lambda: _restricted_mean_row(members)
        elif name == "schoenfeld":
            yield "schoenfeld", lambda: _schoenfeld_row(members, strata)


def _hazard_row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "estimator": row["estimator"],
        "adjusted_for": row["adjusted_for"],
        "strata": row["strata"],
        "ties": row["ties"],
        "n": row["n"],
        "n_mutated": row["n_mutated"],
        "events": row["events"],
        "events_mutated": row["events_mutated"],
        "estimate": row["hr"],
        "ci_low": row["ci_low"],
        "ci_high": row["ci_high"],
        "p": row["p"],
        "p_method": row["p_method"],
        "standard_error": row["se_log_hr"],
        "median_mutated_months": row["median_mutated"],
        "median_wild_type_months": row["median_wild_type"],
        "warnings": row["warnings"],
    }


def _counts(members: pd.DataFrame) -> dict[str, Any]:
    mutated = members["is_mutated"]
    event = members["event"].astype(bool)
    return {
        "n": len(members),
        "n_mutated": int(mutated.sum()),
        "events": int(event.sum()),
        "events_mutated": int((event & mutated).sum()),
    }


def _medians(members: pd.DataFrame) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    for status, group in (("mutated", True), ("wild_type", False)):
        yield f"median.{status}", lambda group=group: _median_row(members, group)  # type: ignore[misc]


def _median_row(members: pd.DataFrame, group: bool) -> dict[str, Any]:
    of_group = members[members["is_mutated"] == group]
    median: MedianSurvival = kaplan_meier(of_group, group=None).curves[0].median
    return {
        "estimator": "kaplan_meier",
        "n": len(of_group),
        "events": int(of_group["event"].astype(bool).sum()),
        "estimate": median.months if median.median_reached else math.inf,
        "ci_low": median.ci_low,
        "ci_high": median.ci_high,
        "warnings": "" if median.median_reached else "The median is not reached.",
    }


def _log_rank_row(members: pd.DataFrame, strata: list[str]) -> dict[str, Any]:
    result = log_rank_test(members, strata=strata)
    return {
        "estimator": "log_rank",
        "strata": ", ".join(strata),
        **_counts(members),
        "statistic": result.test.statistic,
        "p": result.test.p,
        "p_method": "log-rank",
        "warnings": " ".join(result.warnings),
    }


def _burden_row(row: dict[str, Any], members: pd.DataFrame) -> dict[str, Any]:
    definition = members["burden_definition"].iloc[0]
    return row | {"warnings": f"{row['warnings']} Burden is the {definition}.".strip()}


def _restricted_mean_row(members: pd.DataFrame) -> dict[str, Any]:
    result = restricted_mean_survival(members)
    if result.difference is None:
        raise EmptyGroupError("The restricted mean needs people of both groups: there is one group only.")
    return {
        "estimator": "restricted_mean",
        **_counts(members),
        "estimate": result.difference.estimate,
        "ci_low": result.difference.ci_low,
        "ci_high": result.difference.ci_high,
        "standard_error": result.difference.se,
        "p": result.difference.p,
        "warnings": f"Months gained up to {result.tau_months:.1f} months.",
    }


def _schoenfeld_row(members: pd.DataFrame, strata: list[str]) -> dict[str, Any]:
    result = schoenfeld_test(members, ["is_mutated"], strata=strata)
    test = result.overall
    failed = (
        "Hazards are not proportional: read the restricted mean beside the hazard ratio."
        if test.p < 0.05
        else ""
    )
    return {
        "estimator": "schoenfeld",
        "strata": ", ".join(strata),
        **_counts(members),
        "statistic": test.statistic,
        "p": test.p,
        "p_method": "score test, Kaplan-Meier transform",
        "warnings": failed,
    }


def estimate_response(
    rows: ResultRows, members: pd.DataFrame, variant: Variant, cohort_id: str | None = None
) -> None:
    """Rates, Newcombe difference and Fisher's test of each response of the variant.

    The evaluable denominator has the plain key (``orr.rate.mutated``), intention to treat ``orr_itt.*``.
    """
    for response in variant.responses:
        try:
            compared = compare_response(members, response)
        except AnalysisError as exc:
            rows.add(
                rows.response, f"{response}.fisher", cohort_id,
                {"estimator": "fisher_exact", "n": len(members), "warnings": str(exc)},
            )  # fmt: skip
            continue
        if compared.evaluable is not None:
            _add_rates(rows, response, compared.evaluable, "evaluable", cohort_id, compared.warnings)
        _add_rates(
            rows,
            f"{response}_itt",
            compared.intention_to_treat,
            "intention_to_treat",
            cohort_id,
            compared.warnings,
        )


def _add_rates(
    rows: ResultRows,
    key: str,
    compared: RateComparison,
    denominator: str,
    cohort_id: str | None,
    warnings: tuple[str, ...],
) -> None:
    mutated, wild_type = compared.mutated, compared.wild_type
    common = {
        "denominator": denominator,
        "n": mutated.n + wild_type.n,
        "n_mutated": mutated.n,
        "responders": mutated.n_yes + wild_type.n_yes,
        "responders_mutated": mutated.n_yes,
        "warnings": " ".join((*warnings, *compared.warnings)),
    }
    for group, rate in (("mutated", mutated), ("wild_type", wild_type)):
        values = {
            "estimator": "clopper_pearson",
            "estimate": rate.rate,
            "ci_low": rate.ci_low,
            "ci_high": rate.ci_high,
        }
        rows.add(rows.response, f"{key}.rate.{group}", cohort_id, common | values)
    difference, fisher = compared.difference, compared.fisher
    rows.add(
        rows.response, f"{key}.difference", cohort_id,
        common | {"estimator": "newcombe", "estimate": difference.difference, "ci_low": difference.ci_low,
                  "ci_high": difference.ci_high},
    )  # fmt: skip
    rows.add(
        rows.response, f"{key}.fisher", cohort_id,
        common | {"estimator": "fisher_exact", "estimate": fisher.odds_ratio, "ci_low": fisher.ci_low,
                  "ci_high": fisher.ci_high, "p": fisher.p},
    )  # fmt: skip
    rows.add(
        rows.response, f"{key}.chi_square", cohort_id,
        common | {"estimator": "chi_square", "p": compared.chi_square.p},
    )  # fmt: skip
