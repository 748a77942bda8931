"""From the members of a variant to result rows: counts and survival estimates under regular names.

An *estimate key* is ``<endpoint>.<estimator>[.<group>]`` (``os.cox_univariable``, ``os.median.mutated``,
``flow.n_mutated``); with analysis and variant it names one statistic. Choosing members belongs to
``questions.selection``, the estimators themselves to ``survival``, response rates to ``response_estimates``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pandas as pd

from analytics.errors import AnalysisError, EmptyGroupError
from analytics.questions.selection import BURDEN_COLUMNS, Selection, add_burden
from analytics.questions.specs import AnalysisSpec, Variant
from analytics.response.rates import exact_rate
from analytics.results.rows import ResultRows
from analytics.survival.data import survival_data
from analytics.survival.hazard_ratio import MIN_EVENTS_PER_GROUP, estimate_hazard_ratio
from analytics.survival.kaplan_meier import kaplan_meier
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
_NOT_PROPORTIONAL = "Hazards are not proportional: read the restricted mean beside the hazard ratio."
#: Columns without which a row cannot be analysed at all.
_FOLLOW_UP = ("time_months", "event", "entry_months")


def cancer_type_key(cancer_type: str) -> str:
    """'Bladder Cancer' -> 'bladder'."""
    known = CANCER_TYPE_KEYS.get(cancer_type)
    return known or re.sub(r"[^a-z0-9]+", "_", cancer_type.lower().removesuffix(" cancer")).strip("_")


def estimate_flow(rows: ResultRows, members: pd.DataFrame, spec: AnalysisSpec) -> None:
    """Counts of members: in all, by status, by cohort (or declared group of cohorts) and by cancer type."""
    mutated = members["is_mutated"].astype(bool)
    everybody = pd.Series(True, index=members.index)

    def count(key: str, counted: pd.Series, row_set: str) -> None:
        n = int(counted.sum())
        name = rows.row_set(row_set, members.index[counted], members.index)
        rows.add(
            rows.survival, key, None, {"estimator": "count", "estimate": float(n), "n": n, "row_set": name}
        )

    count("flow.n_total", everybody, "members")
    count("flow.n_mutated", mutated, "mutated")
    count("flow.n_wild_type", ~mutated, "wild_type")
    rows.add(
        rows.survival, "flow.n_cohorts", None,
        {"estimator": "count", "estimate": float(members["cohort_id"].nunique()), "n": len(members),
         "row_set": "members"},
    )  # fmt: skip
    groups = {c: (c,) for c in sorted(members["cohort_id"].unique())} | dict(spec.cohort_groups)
    for name, cohort_ids in groups.items():
        of_group = members["cohort_id"].isin(list(cohort_ids))
        count(f"flow.n_mutated.{name}", of_group & mutated, f"mutated of {name}")
        count(f"flow.n_wild_type.{name}", of_group & ~mutated, f"wild_type of {name}")
    keys = members["cancer_type"].map(cancer_type_key, na_action="ignore")
    for name in keys.dropna().value_counts().index:
        count(f"flow.n.{name}", (keys == name).fillna(False).astype(bool), f"cancer type {name}")
    if len(members):
        share = exact_rate(int(mutated.sum()), len(members))
        rows.add(
            rows.survival, "mutated.rate", None,
            {"estimator": "proportion", "estimate": share.rate, "ci_low": share.ci_low, "ci_high": share.ci_high,
             "n": share.n, "n_mutated": share.n_yes, "row_set": "members"},
        )  # fmt: skip


#: Who is asked: all members, or one group of them.
_PEOPLE: dict[str, bool | None] = {"members": None, "mutated": True, "wild_type": False}


@dataclass(frozen=True)
class _Estimate:
    """One estimate to make: its key, the computation, of whom, and what a row needs to be in it."""

    key: str
    compute: Callable[[pd.DataFrame], dict[str, Any]]
    complete: tuple[str, ...] = ()
    strata: tuple[str, ...] = ()
    people: str = "members"


@dataclass(frozen=True)
class _Members:
    """The members that are asked, and which of them an estimator can use (many estimators use the same rows)."""

    all: pd.DataFrame
    _known: dict[tuple[str, tuple[str, ...], tuple[str, ...]], pd.DataFrame] = field(default_factory=dict)

    def asked(self, estimate: _Estimate) -> pd.DataFrame:
        status = _PEOPLE[estimate.people]
        return self.all if status is None else self.all[self.all["is_mutated"] == status]

    def usable(self, estimate: _Estimate) -> pd.DataFrame:
        """The rows that the estimator can use: those of `survival_data`, under the members' index."""
        needs = (estimate.people, estimate.complete, estimate.strata)
        if needs not in self._known:
            asked = self.asked(estimate)
            kept = survival_data(
                asked.assign(_label=asked.index),
                yes_no=["is_mutated"],
                complete=estimate.complete,
                strata=estimate.strata,
                require_events=False,
            ).frame["_label"]
            self._known[needs] = asked.loc[kept]
        return self._known[needs]

    def row_set(self, estimate: _Estimate) -> str:
        """What the usable rows are, in words."""
        asked, usable = self.asked(estimate), self.usable(estimate)
        if len(usable) == len(asked):
            return estimate.people
        needed = dict.fromkeys((*_FOLLOW_UP, *estimate.complete, *estimate.strata))
        lacking = [column for column in needed if asked[column].isna().any()]
        known = asked.dropna(subset=lacking)
        at_risk = " at risk" if len(known) > len(usable) else ""
        with_known = " with known " + ", ".join(lacking) if lacking else ""
        return f"{estimate.people}{at_risk}{with_known}"


def estimate_survival(
    rows: ResultRows, members: pd.DataFrame, variant: Variant, endpoint_key: str, cohort_id: str | None = None
) -> None:
    """Every estimator of the variant on these members. What cannot be estimated becomes a row with the reason.

    Burden is measured among these members: a cohort by itself keeps its rates where the pool of unlike assays has
    percentiles, and who else was asked for does not change it.
    """
    of_members = _Members(add_burden(members) if set(members.columns) >= BURDEN_COLUMNS else members)
    for estimate in _estimates(of_members, variant):
        asked = of_members.asked(estimate)
        name = rows.row_set(estimate.people, asked.index, members.index, cohort_id)
        values = {"estimator": estimate.key, **_counts(asked), "row_set": name}
        try:
            usable = of_members.usable(estimate)
            name = rows.row_set(of_members.row_set(estimate), usable.index, members.index, cohort_id)
            values |= {**_counts(usable), "row_set": name}
            values |= estimate.compute(asked)
        except AnalysisError as exc:
            values["warnings"] = str(exc)
        rows.add(rows.survival, f"{endpoint_key}.{estimate.key}", cohort_id, values)


def pool_warnings(selection: Selection) -> tuple[str, ...]:
    """What must be said of the estimate over all members."""
    own = ("Each of these cohorts has a row of its own.",) if len(selection.outside) else ()
    return (*selection.warnings, *own)


def estimate_cohorts(rows: ResultRows, selection: Selection, variant: Variant, endpoint_key: str) -> None:
    """Every estimator on each cohort by itself, when there are several. A cohort whose clock is not that of the pool
    has its rows, too, and they say so: only pooling asks for like clocks."""
    members, outside = selection.members, selection.cohorts_outside()
    inside = sorted(members["cohort_id"].unique())
    if len(inside) + len(outside) < 2:
        return
    for cohort_id in sorted({*inside, *outside}):
        people = selection.outside if cohort_id in outside else members
        first = len(rows.survival)
        own = people[people["cohort_id"] == cohort_id]
        estimate_survival(rows, own, variant, endpoint_key, cohort_id)
        if cohort_id in outside:
            said = f"Not in the pooled estimate: clock {outside[cohort_id]}."
            for row in rows.survival[first:]:
                row["warnings"] = f"{row.get('warnings') or ''} {said}".strip()


def _estimates(members: _Members, variant: Variant) -> Iterator[_Estimate]:
    strata = tuple(c for c in variant.strata if c in members.all and members.all[c].notna().any())
    for name in variant.estimators:
        if name == "kaplan_meier":
            for people in ("mutated", "wild_type"):
                yield _Estimate(f"median.{people}", _median, people=people)
        elif name == "log_rank":
            yield _Estimate("log_rank", partial(_log_rank, strata=strata), strata=strata)
        elif name == "log_rank_oe":
            compute = partial(_hazard, estimator="log_rank_oe", strata=strata)
            yield _Estimate("logrank_oe", compute, strata=strata)
        elif name == "restricted_mean":
            yield _Estimate("restricted_mean_difference", _restricted_mean)
        elif name == "schoenfeld":
            yield _Estimate("schoenfeld", partial(_schoenfeld, strata=strata), strata=strata)
        else:
            adjust = {"cox_adjusted": variant.covariates, "cox_burden_adjusted": ("burden",)}.get(name, ())
            yield from _regressions(members, name.removeprefix("cox_"), adjust, strata, variant.robust)


def _regressions(
    members: _Members, name: str, adjust: tuple[str, ...], strata: tuple[str, ...], robust: bool
) -> Iterator[_Estimate]:
    """Cox; and Firth beside it when a group has too few events for Cox among the rows that can be used."""
    cluster = "person_id" if robust else None
    complete = (*adjust, *([cluster] if cluster else []))
    options: dict[str, Any] = {"adjust": adjust, "strata": strata, "cluster": cluster}
    cox = _Estimate(f"cox_{name}", partial(_hazard, estimator="cox", **options), complete, strata)
    yield cox
    try:
        usable = members.usable(cox)
    except AnalysisError:
        return  # nobody can be analysed: Cox's row says why
    events = usable["event"].astype(bool).groupby(usable["is_mutated"]).sum()
    if len(events) == 2 and int(events.min()) < MIN_EVENTS_PER_GROUP:
        yield _Estimate(f"firth_{name}", partial(_hazard, estimator="auto", **options), complete, strata)


def _counts(members: pd.DataFrame) -> dict[str, Any]:
    mutated = members["is_mutated"].astype(bool)
    event = members["event"].fillna(False).astype(bool)
    return {
        "n": len(members),
        "n_mutated": int(mutated.sum()),
        "events": int(event.sum()),
        "events_mutated": int((event & mutated).sum()),
    }


def _hazard(members: pd.DataFrame, **options: Any) -> dict[str, Any]:
    row = estimate_hazard_ratio(members, **options).as_row()
    warnings = str(row["warnings"])
    if "burden" in options.get("adjust", ()):
        warnings = f"{warnings} Burden is the {members['burden_definition'].iloc[0]}.".strip()
    return {
        "estimator": row["estimator"],
        "adjusted_for": row["adjusted_for"],
        "strata": row["strata"],
        "ties": row["ties"],
        "estimate": row["hr"],
        "ci_low": row["ci_low"],
        "ci_high": row["ci_high"],
        "p": row["p"],
        "p_method": row["p_method"],
        "standard_error": row["se_log_hr"],
        "median_mutated_months": row["median_mutated"],
        "median_wild_type_months": row["median_wild_type"],
        "warnings": warnings,
    }


def _median(members: pd.DataFrame) -> dict[str, Any]:
    result = kaplan_meier(members, group=None)
    median = result.curves[0].median
    not_reached = [] if median.median_reached else ["The median is not reached."]
    return {
        "estimator": "kaplan_meier",
        "estimate": median.months if median.median_reached else math.inf,
        "ci_low": median.ci_low,
        "ci_high": median.ci_high,
        "warnings": " ".join([*result.warnings, *not_reached]),
    }


def _log_rank(members: pd.DataFrame, strata: tuple[str, ...]) -> dict[str, Any]:
    result = log_rank_test(members, strata=strata)
    return {
        "estimator": "log_rank",
        "strata": ", ".join(strata),
        "statistic": result.test.statistic,
        "p": result.test.p,
        "p_method": "log-rank",
        "warnings": " ".join(result.warnings),
    }


def _restricted_mean(members: pd.DataFrame) -> dict[str, Any]:
    result = restricted_mean_survival(members)
    if result.difference is None:
        raise EmptyGroupError("The restricted mean needs people of both groups: there is one group only.")
    horizon = f"Months gained up to {result.tau_months:.1f} months."
    return {
        "estimator": "restricted_mean",
        "estimate": result.difference.estimate,
        "ci_low": result.difference.ci_low,
        "ci_high": result.difference.ci_high,
        "standard_error": result.difference.se,
        "p": result.difference.p,
        "warnings": " ".join([horizon, *result.warnings]),
    }


def _schoenfeld(members: pd.DataFrame, strata: tuple[str, ...]) -> dict[str, Any]:
    result = schoenfeld_test(members, ["is_mutated"], strata=strata)
    failed = [_NOT_PROPORTIONAL] if result.overall.p < 0.05 else []
    return {
        "estimator": "schoenfeld",
        "strata": ", ".join(strata),
        "statistic": result.overall.statistic,
        "p": result.overall.p,
        "p_method": "score test, Kaplan-Meier transform",
        "warnings": " ".join([*failed, *result.warnings]),
    }
