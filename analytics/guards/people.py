"""The guards that have no verdict of their own: proportional hazards, sparse events, overlap of people, origin of time,
immortal time, heterogeneity across cohorts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pandas as pd

from analytics.biomarkers.groups import Contrast
from analytics.engine.numbers import MINUS, count, p_value, with_ends
from analytics.errors import AnalysisError
from analytics.guards.finding import ALPHA, CANNOT_TELL, Exposure, Finding, Guard, ends_of
from analytics.immortal_time import immortal_time
from analytics.meta.pooling import meta_statistics
from analytics.questions.selection import CLOCK_STEP
from analytics.questions.specs import Variant
from analytics.results.row_sets import RowSets
from analytics.results.statistic import MetaStatistic, Scope, SurvivalStatistic
from analytics.survival.curves.restricted_mean import restricted_mean_survival
from analytics.survival.entry_independence import entry_independence
from analytics.survival.estimate import survival_statistics
from analytics.survival.hazard_ratio import MIN_EVENTS_PER_GROUP, estimate_hazard_ratio
from analytics.survival.regression.proportional_hazards import schoenfeld_test
from analytics.verdicts import Effect

SCOPE = Scope("guards", "default", "OS")
CONTRAST = Contrast.of_gene("the biomarker")
ONE_COHORT = Finding(
    "heterogeneity across cohorts", "one cohort", "One cohort: whether it repeats elsewhere is open.", True
)


def people_findings(
    members: pd.DataFrame,
    *,
    strata: Sequence[str] = (),
    flow: pd.DataFrame | None = None,
    pooled: MetaStatistic | None = None,
    exposure: Exposure = "in_group",
) -> list[Finding]:
    """The guards that have no verdict of their own, all but prediction and burden; arguments as `guard_findings`.

    exposure: of a biomarker that is a number, ``value``, in the steps of its estimate; `pooled` stands for it then.
    """
    strata = varying(members, strata)
    return [
        _or_reason("proportional hazards", lambda: _proportional(members, strata, exposure)),
        _or_reason(
            "sparse events",
            lambda: _sparse(members, strata) if exposure == "in_group" else _sparse_number(members),
        ),
        overlap(members, flow),
        _origin(members, flow, strata),
        _immortal(members, strata, exposure),
        _or_reason("heterogeneity across cohorts", lambda: _heterogeneity(members, strata, pooled, exposure)),
    ]


def varying(members: pd.DataFrame, strata: Sequence[str]) -> tuple[str, ...]:
    return tuple(column for column in strata if members[column].nunique(dropna=False) > 1)


def _or_reason(guard: Guard, find: Callable[[], Finding]) -> Finding:
    try:
        return find()
    except AnalysisError as exc:
        return Finding(guard, CANNOT_TELL, str(exc), True)


def _proportional(members: pd.DataFrame, strata: tuple[str, ...], exposure: Exposure) -> Finding:
    test = schoenfeld_test(members, [exposure], strata=strata).overall
    if not math.isfinite(test.p):
        return Finding(
            "proportional hazards",
            CANNOT_TELL,
            "There are too few events to test proportional hazards.",
            True,
        )
    numbers = {"schoenfeld_chi2": test.statistic, "schoenfeld_p": test.p}
    if test.p >= ALPHA:
        sentence = f"Nothing speaks against proportional hazards (Schoenfeld test, p {p_value(test.p)})."
        return Finding("proportional hazards", "not contradicted", sentence, False, numbers)
    sentence = f"Hazards are not proportional (Schoenfeld test, p {p_value(test.p)}), so one hazard ratio is not enough"
    if exposure == "value":  # a number has no groups whose months could be compared
        return Finding("proportional hazards", "not proportional", f"{sentence}.", True, numbers)
    means = restricted_mean_survival(members)
    gain = means.difference
    if gain is not None:
        numbers |= {
            "restricted_mean_difference_months": gain.estimate,
            "restricted_mean_difference_ci_low": gain.ci_low,
            "restricted_mean_difference_ci_high": gain.ci_high,
            "restricted_mean_difference_p": gain.p,
            "horizon_months": means.tau_months,
        }
        sentence += (
            f": over {means.tau_months:.0f} months the group lives {abs(gain.estimate):.1f} months "
            f"{'longer' if gain.estimate >= 0 else 'shorter'} than the others (difference "
            f"{_months(gain.ci_low)} to {_months(gain.ci_high)}, p {p_value(gain.p)}), without strata"
        )
    return Finding("proportional hazards", "not proportional", f"{sentence}.", True, numbers)


def _sparse(members: pd.DataFrame, strata: tuple[str, ...]) -> Finding:
    mutated, event = members["in_group"].astype(bool), members["event"].fillna(False).astype(bool)
    among, others = int((mutated & event).sum()), int((~mutated & event).sum())
    numbers: dict[str, float] = {"events_mutated": among, "events_wild_type": others}
    if min(among, others) >= MIN_EVENTS_PER_GROUP:
        sentence = f"There are {count(among)} events in the group and {count(others)} among the others."
        return Finding("sparse events", "enough events", sentence, False, numbers)
    ratio = estimate_hazard_ratio(members, strata=strata)
    numbers |= {"firth_hr": ratio.hr, "firth_ci_low": ratio.ci_low, "firth_ci_high": ratio.ci_high}
    numbers["permutation_p"] = ratio.p
    sentence = (
        f"Only {_count(among, 'event')} among {count(int(mutated.sum()))} in the group and {count(others)} among the "
        f"others: Firth's penalised hazard ratio is {with_ends(ratio.hr, ratio.ci_low, ratio.ci_high)}, permutation p "
        f"{p_value(ratio.p)}."
    )
    return Finding("sparse events", "few events", sentence, True, numbers)


def _sparse_number(members: pd.DataFrame) -> Finding:
    events = int(members["event"].fillna(False).astype(bool).sum())
    numbers: dict[str, float] = {"events": events}
    if events >= MIN_EVENTS_PER_GROUP:
        return Finding("sparse events", "enough events", f"There are {count(events)} events.", False, numbers)
    sentence = f"Only {_count(events, 'event')}: the interval of a step cannot be trusted."
    return Finding("sparse events", "few events", sentence, True, numbers)


def _step(flow: pd.DataFrame | None, begins: str) -> pd.Series | None:
    if flow is None:
        return None
    found = flow[flow["step"].str.startswith(begins)]
    return None if found.empty else found.iloc[0]


def overlap(members: pd.DataFrame, flow: pd.DataFrame | None) -> Finding:
    """Whether anybody is counted twice, and how many rows of people in two cohorts were taken out."""
    guard: Guard = "overlap of people"
    repeats = int(members["person_id"].dropna().duplicated().sum())
    if repeats:
        sentence = (
            f"{_count(repeats, 'row')} of people who are counted already: the intervals are too narrow."
        )
        return Finding(guard, "people counted twice", sentence, True, {"n_repeated": repeats})
    step = _step(flow, "one person once")
    if step is None:
        return Finding(
            guard,
            CANNOT_TELL,
            "How many repeats were taken out is not known; nobody is counted twice.",
            False,
        )
    taken = int(step["n_left_out"])
    if not taken:
        return Finding(guard, "nobody twice", "Nobody is in two of the cohorts.", False, {"n_taken_out": 0})
    sentence = (
        f"{_count(taken, 'row')} of people who are in another of the cohorts, too: each is counted once."
    )
    return Finding(guard, "repeats taken out", sentence, False, {"n_taken_out": taken})


def _origin(members: pd.DataFrame, flow: pd.DataFrame | None, strata: tuple[str, ...]) -> Finding:
    guard: Guard = "origin of time"
    origins = sorted(members["origin"].fillna("unknown").unique())
    step = _step(flow, CLOCK_STEP)
    left_out = int(step["n_left_out"]) if step is not None else 0
    numbers: dict[str, float] = {"n_left_out": left_out}
    name = ", ".join(str(origin).replace("_", " ") for origin in origins)
    late, doubtful = _late_entry(members, strata)
    if members["clock_family"].fillna("unknown").nunique() > 1:
        return Finding(guard, "unlike origins pooled", f"Clocks start at {name}.{late}", True, numbers)
    if origins == ["unknown"]:
        return Finding(guard, "origin not known", f"When the clocks start is not known.{late}", True, numbers)
    name = " or ".join(str(origin).replace("_", " ") for origin in origins)
    if left_out:
        sentence = (
            f"Every clock starts at {name}; {left_out} people with another origin are not pooled, and their cohorts "
            f"stand by themselves.{late}"
        )
        return Finding(guard, "unlike origins left out", sentence, doubtful, numbers)
    if len(origins) > 1:
        sentence = f"Every clock starts at {name}, which are one family.{late}"
        return Finding(guard, "like origins pooled", sentence, doubtful, numbers)
    return Finding(guard, "one origin", f"Every clock starts at {name}.{late}", doubtful, numbers)


def _late_entry(members: pd.DataFrame, strata: tuple[str, ...]) -> tuple[str, bool]:
    if "entry_months" not in members or not (members["entry_months"].fillna(0) > 0).any():
        return "", False
    try:
        test = entry_independence(members, strata=strata)
    except AnalysisError as exc:
        return f" Some enter late, and whether that is independent of survival cannot be told: {exc}", True
    return f" {test.n_delayed} enter late. {test.sentence}", min(test.p, test.cox.p) < ALPHA


def _immortal(members: pd.DataFrame, strata: tuple[str, ...], exposure: Exposure) -> Finding:
    guard: Guard = "immortal time"
    if "biopsy_time" not in members:
        return Finding(guard, CANNOT_TELL, "When the samples were taken is not in the table.", False)
    found = immortal_time(members, strata, exposure)
    return Finding(guard, found.verdict, found.sentence, found.is_warning, dict(found.numbers))


def _heterogeneity(
    members: pd.DataFrame, strata: tuple[str, ...], pooled: MetaStatistic | None, exposure: Exposure
) -> Finding:
    guard: Guard = "heterogeneity across cohorts"
    n_cohorts = members["cohort_id"].nunique()
    if n_cohorts == 1:
        return ONE_COHORT
    row = pooled or (_pooled(members, strata) if exposure == "in_group" else None)
    said = [w for w in row.warnings if w.startswith(("No estimate", "Firth's estimate"))] if row else []
    note = "".join(f" {sentence}" for sentence in said)
    if row is None or row.estimate is None or row.i2_percent is None or row.q_p is None:
        sentence = f"Fewer than two of {n_cohorts} cohorts have an estimate of their own.{note}"
        return Finding(guard, CANNOT_TELL, sentence, True)
    differ = row.q_p < ALPHA
    numbers = {"n_cohorts": float(row.n_cohorts or 0), "i2_percent": row.i2_percent, "q_p": row.q_p}
    numbers |= ends_of("pooled_hr", "pooled", Effect.of(row))
    sentence = (
        f"Over {row.n_cohorts} cohorts I2 is {row.i2_percent:.0f} % (Cochran's Q, p {p_value(row.q_p)}): the effects "
        f"{'differ' if differ else 'are not shown to differ'}; random effects "
        f"{with_ends(row.estimate, row.ci_low, row.ci_high)}.{note}"
    )
    return Finding(guard, "effects differ" if differ else "no difference shown", sentence, differ, numbers)


def _pooled(members: pd.DataFrame, strata: tuple[str, ...]) -> MetaStatistic | None:
    """Random effects over the cohorts, by the path of every table (`meta.pooling`)."""
    per_cohort: list[SurvivalStatistic] = []
    for cohort_id, rows in members.groupby("cohort_id", sort=True):
        inside = tuple(c for c in strata if c != "cohort_id" and rows[c].nunique(dropna=False) > 1)
        per_cohort += plain_estimates(rows, inside, str(cohort_id))
    found = meta_statistics(SCOPE, "os", per_cohort, CONTRAST, leave_one_out=False)
    return found[0] if found else None


#: Names of estimates that stand in no table.


def plain_estimates(
    rows: pd.DataFrame, strata: tuple[str, ...], cohort_id: str | None = None
) -> list[SurvivalStatistic]:
    """Cox's estimate, and Firth's beside it where a group has few events."""
    variant = Variant(description="guard", strata=strata, estimators=("cox_univariable",))
    return survival_statistics(SCOPE.of_cohort(cohort_id), RowSets.forgotten(), rows, variant, "os", CONTRAST)


def _months(value: float) -> str:
    """Signed months with a real minus."""
    return f"{value:+.1f}".replace("-", MINUS)


def _count(n: int, what: str) -> str:
    return f"{count(n)} {what}{'' if n == 1 else 's'}"
