"""What speaks against believing a gene's result: one finding a guard, a verdict in fixed words and a sentence.

The guards are those of the field's traps: proportional hazards, sparse events, overlap of people, origin of time,
immortal time, heterogeneity across cohorts, prognostic against predictive, mutation burden. Scan, gene report and
dossier say the same because they all ask here. Estimators are in `survival`, `meta` and `scan`; which rows are
members is decided in `questions.selection`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from analytics.biomarkers.groups import Contrast
from analytics.engine.numbers import MINUS, p_value, with_ends
from analytics.errors import AnalysisError
from analytics.immortal_time import BEFORE, ENTERED_LATE, FOLLOWS, MAY_FOLLOW, immortal_time
from analytics.meta.pooling import interaction_statistics, meta_statistics
from analytics.meta.predictive import external_ratio_effect
from analytics.questions.selection import CLOCK_STEP
from analytics.questions.specs import Variant
from analytics.results.row_sets import RowSets
from analytics.results.statistic import MetaStatistic, Scope, SurvivalStatistic
from analytics.scan.evidence import burden_evidence, number_of
from analytics.survival.curves.restricted_mean import restricted_mean_survival
from analytics.survival.entry_independence import entry_independence
from analytics.survival.estimate import survival_statistics
from analytics.survival.hazard_ratio import MIN_EVENTS_PER_GROUP, estimate_hazard_ratio
from analytics.survival.regression.proportional_hazards import schoenfeld_test
from analytics.verdicts import (
    BurdenWord,
    Effect,
    Family,
    PredictiveEvidence,
    PredictiveWord,
    burden_verdict,
    predictive_verdict,
)
from analytics.verdicts.words import capital

Guard = Literal[
    "proportional hazards",
    "sparse events",
    "overlap of people",
    "origin of time",
    "immortal time",
    "heterogeneity across cohorts",
    "prognostic or predictive",
    "mutation burden",
]
CANNOT_TELL = "cannot be told"
#: guard -> its verdicts, every word that can stand there.
VERDICTS: dict[Guard, tuple[str, ...]] = {
    "proportional hazards": ("not contradicted", "not proportional", CANNOT_TELL),
    "sparse events": ("enough events", "few events", CANNOT_TELL),
    "overlap of people": ("nobody twice", "repeats taken out", "people counted twice", CANNOT_TELL),
    "origin of time": (
        "one origin",
        "like origins pooled",
        "unlike origins left out",
        "unlike origins pooled",
        "origin not known",
    ),
    "immortal time": (BEFORE, MAY_FOLLOW, FOLLOWS, ENTERED_LATE, CANNOT_TELL),
    "heterogeneity across cohorts": ("one cohort", "no difference shown", "effects differ", CANNOT_TELL),
    "prognostic or predictive": tuple(PredictiveWord),
    "mutation burden": (*BurdenWord, CANNOT_TELL),
}
ALPHA = 0.05
#: The column whose effect is looked at: a group, or a number in its steps.
Exposure = Literal["in_group", "value"]


@dataclass(frozen=True)
class Finding:
    """What one guard found: a verdict of `VERDICTS`, a sentence for the reader, whether it speaks against the result,
    and the numbers of the sentence by name (months, ratios, per cent, p)."""

    guard: Guard
    verdict: str
    sentence: str
    is_warning: bool
    numbers: dict[str, float] = field(default_factory=dict)


def guard_findings(
    members: pd.DataFrame,
    *,
    strata: Sequence[str] = (),
    flow: pd.DataFrame | None = None,
    trials: pd.DataFrame | None = None,
    control: pd.DataFrame | None = None,
    scan_row: Mapping[str, Any] | None = None,
    why_no_scan_row: str = "Burden was not asked about.",
    pooled: MetaStatistic | None = None,
) -> list[Finding]:
    """One finding for each guard, in the order of `VERDICTS`; a guard that cannot be asked says why.

    members: one row a person, with time_months, event, entry_months, origin, clock_family, cohort_id, person_id,
    in_group, biopsy_time and the strata. flow: steps of the selection (`Selection.flow`): who was left out as a repeat
    or for another origin. trials: people of both arms of randomised cohorts, with is_icb_treated. control: people
    without checkpoint blockade. scan_row: this gene's row of a scan of the same people
    (`scan.columns.SURVIVAL_COLUMNS`), for burden; without it why_no_scan_row is said. pooled: the random-effects row
    that stands in the table beside; without it one is made as that is.
    """
    strata = _varying(members, strata)
    return [
        *people_findings(members, strata=strata, flow=flow, pooled=pooled),
        _predictive(members, strata, trials, control),
        burden_finding(scan_row, why_no_scan_row),
    ]


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
    strata = _varying(members, strata)
    sparse = _sparse if exposure == "in_group" else _sparse_number
    return [
        _or_reason("proportional hazards", lambda: _proportional(members, strata, exposure)),
        _or_reason("sparse events", lambda: sparse(members, strata)),
        _overlap(members, flow),
        _origin(members, flow, strata),
        _immortal(members, strata, exposure),
        _or_reason("heterogeneity across cohorts", lambda: _heterogeneity(members, strata, pooled, exposure)),
    ]


def _varying(members: pd.DataFrame, strata: Sequence[str]) -> tuple[str, ...]:
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
        sentence = f"There are {among:,} events in the group and {others:,} among the others."
        return Finding("sparse events", "enough events", sentence, False, numbers)
    ratio = estimate_hazard_ratio(members, strata=strata)
    numbers |= {"firth_hr": ratio.hr, "firth_ci_low": ratio.ci_low, "firth_ci_high": ratio.ci_high}
    numbers["permutation_p"] = ratio.p
    sentence = (
        f"Only {among} events among {int(mutated.sum())} in the group and {others} among the others: Firth's penalised "
        f"hazard ratio is {with_ends(ratio.hr, ratio.ci_low, ratio.ci_high)}, permutation p {p_value(ratio.p)}."
    )
    return Finding("sparse events", "few events", sentence, True, numbers)


def _sparse_number(members: pd.DataFrame, strata: tuple[str, ...]) -> Finding:
    events = int(members["event"].fillna(False).astype(bool).sum())
    numbers: dict[str, float] = {"events": events}
    if events >= MIN_EVENTS_PER_GROUP:
        return Finding("sparse events", "enough events", f"There are {events:,} events.", False, numbers)
    sentence = f"Only {_count(events, 'event')}: the interval of a step cannot be trusted."
    return Finding("sparse events", "few events", sentence, True, numbers)


def _step(flow: pd.DataFrame | None, begins: str) -> pd.Series | None:
    if flow is None:
        return None
    found = flow[flow["step"].str.startswith(begins)]
    return None if found.empty else found.iloc[0]


def _overlap(members: pd.DataFrame, flow: pd.DataFrame | None) -> Finding:
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
        return Finding(guard, "one cohort", "One cohort: whether it repeats elsewhere is open.", True)
    row = pooled or (_pooled(members, strata) if exposure == "in_group" else None)
    said = [w for w in row.warnings if w.startswith(("No estimate", "Firth's estimate"))] if row else []
    note = "".join(f" {sentence}" for sentence in said)
    if row is None or row.estimate is None or row.i2_percent is None or row.q_p is None:
        sentence = f"Fewer than two of {n_cohorts} cohorts have an estimate of their own.{note}"
        return Finding(guard, CANNOT_TELL, sentence, True)
    differ = row.q_p < ALPHA
    numbers = {"n_cohorts": float(row.n_cohorts or 0), "i2_percent": row.i2_percent, "q_p": row.q_p}
    numbers |= _ends("pooled_hr", "pooled", Effect.of(row))
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
        per_cohort += _estimates(rows, inside, str(cohort_id))
    found = meta_statistics(_SCOPE, "os", per_cohort, _CONTRAST)
    return found[0] if found else None


#: Names of estimates that stand in no table.
_SCOPE = Scope("guards", "default", "OS")
_CONTRAST = Contrast.of_gene("the biomarker")


def _estimates(
    rows: pd.DataFrame, strata: tuple[str, ...], cohort_id: str | None = None
) -> list[SurvivalStatistic]:
    """Cox's estimate, and Firth's beside it where a group has few events."""
    variant = Variant(description="guard", strata=strata, estimators=("cox_univariable",))
    return survival_statistics(_SCOPE.of_cohort(cohort_id), RowSets(), rows, variant, "os", _CONTRAST)


def _predictive(
    members: pd.DataFrame,
    strata: tuple[str, ...],
    trials: pd.DataFrame | None,
    control: pd.DataFrame | None,
) -> Finding:
    guard: Guard = "prognostic or predictive"
    icb = _evidence(members, strata)
    without = _evidence(control, ("cohort_id", "cancer_type")) if control is not None else None
    of_trials, why_not = _interaction(trials)
    evidence = PredictiveEvidence(
        biomarker="The biomarker",
        under_icb=Effect.of(icb),
        without_icb=Effect.of(without),
        control_arm=of_trials.get("gene_in_control_arm"),
        randomised=of_trials.get("arm_x_gene"),
        randomised_months=of_trials.get("arm_x_gene_months"),
        external=external_ratio_effect(icb, without),
        why_no_randomised=why_not,
        why_no_external="" if control is not None else "nobody without it was looked at",
    )
    decided = predictive_verdict(evidence)
    numbers = _ends("interaction_of_hr", "interaction", evidence.randomised)
    numbers |= _ends("ratio_of_hr", "ratio", evidence.external)
    said = capital(decided.sentence.removeprefix("The biomarker: "))
    sentence = f"{said} Against it: {decided.against} To settle it: {decided.would_settle}"
    return Finding(guard, decided.word, sentence, decided.word != PredictiveWord.PREDICTIVE, numbers)


def _ends(name: str, begins: str, effect: Effect | None) -> dict[str, float]:
    """The numbers of an effect under their names."""
    if effect is None:
        return {}
    numbers = {name: effect.estimate, f"{begins}_ci_low": effect.ci_low, f"{begins}_ci_high": effect.ci_high}
    return numbers if effect.p is None else numbers | {f"{begins}_p": effect.p}


def _evidence(members: pd.DataFrame, strata: Sequence[str]) -> SurvivalStatistic | None:
    """The hazard ratio over all members."""
    inside = tuple(c for c in strata if c in members and members[c].nunique(dropna=False) > 1)
    try:
        rows = _estimates(members, inside)
    except AnalysisError:
        return None
    cox = rows[0]
    return cox if cox.estimate is not None and cox.standard_error else None


def _interaction(trials: pd.DataFrame | None) -> tuple[dict[str, Effect], str]:
    """Effects of the trials' rows by kind, and why there are none."""
    if trials is None or trials.empty:
        return {}, ""
    names = sorted(str(c) for c in trials["cohort_id"].unique())
    rows = interaction_statistics(_SCOPE, names, "os", trials, _CONTRAST)
    found = {row.key.split(".")[1]: Effect.of(row) for row in rows}
    why_not = rows[0].warnings[0].rstrip(".") if rows[0].estimate is None and rows[0].warnings else ""
    return {kind: effect for kind, effect in found.items() if effect is not None}, why_not


def burden_finding(
    scan_row: Mapping[str, Any] | None, why_not: str = "Burden was not asked about."
) -> Finding:
    """The guard of mutation burden from a gene's row of a scan (null draws, model adjusted for burden, matched set)."""
    guard: Guard = "mutation burden"
    if scan_row is None:
        return Finding(guard, CANNOT_TELL, why_not, True)
    evidence = burden_evidence(scan_row, Family(), "The biomarker")
    decided = burden_verdict(evidence)
    word = BurdenWord(decided.word)
    numbers = _ends("burden_hr", "burden", evidence.beside)
    parts = [decided.sentence.removeprefix("The biomarker: ")]
    if evidence.null is not None:
        for name in ("percentile", "p_lower", "p_upper", "p_two_sided", "false_positive_rate", "draws"):
            numbers[f"null_{name}"] = number_of(scan_row, f"null_{name}")
        side = min(numbers["null_p_lower"], numbers["null_p_upper"])
        parts.append(
            f"Among {numbers['null_draws']:,.0f} sets of carriers drawn by burden alone its log-rank z is at "
            f"percentile {numbers['null_percentile']:.1f} (two-sided p {p_value(numbers['null_p_two_sided'])}, "
            f"one-sided p {p_value(side)}), and {numbers['null_false_positive_rate']:.0%} of these sets have a nominal "
            "p below 0.05."
        )
    matched = number_of(scan_row, "matched_percentile")
    if math.isfinite(matched):
        numbers |= {"matched_percentile": matched, "matched_genes": number_of(scan_row, "matched_genes")}
        numbers["matched_p"] = number_of(scan_row, "matched_p")
        parts.append(
            f"Among {numbers['matched_genes']:.0f} genes of like coding length its |z| is at percentile {matched:.0f}."
        )
    parts.append(f"Against it: {decided.against} To settle it: {decided.would_settle}")
    is_warning = not word.is_beyond and word != BurdenWord.NO_ASSOCIATION
    return Finding(guard, word, capital(" ".join(parts)), is_warning, numbers)


def _months(value: float) -> str:
    """Signed months with a real minus."""
    return f"{value:+.1f}".replace("-", MINUS)


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"
