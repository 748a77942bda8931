"""What speaks against believing a gene's result: one finding a guard, a verdict in fixed words and a sentence.

The guards are those of the field's traps: proportional hazards, sparse events, overlap of people, origin of time,
immortal time, heterogeneity across cohorts, prognostic against predictive, mutation burden. Scan, gene report and dossier say the
same because they all ask here. Estimators are in `survival`, `meta` and `scan`; which rows are members is decided in
`questions.selection`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from analytics.engine.numbers import p_value, with_ends
from analytics.errors import AnalysisError
from analytics.immortal_time import BEFORE, ENTERED_LATE, FOLLOWS, MAY_FOLLOW, immortal_time
from analytics.meta.interaction import RatioEstimate, ratio_estimate, treatment_biomarker_interaction
from analytics.meta.random_effects import fit_random_effects
from analytics.meta.verdict import Evidence, decide_verdict
from analytics.questions.selection import CLOCK_STEP
from analytics.scan.verdicts import BURDEN_NOT_KNOWN, BURDEN_VERDICTS, DISTINGUISHABLE, NO_ASSOCIATION
from analytics.survival.entry_independence import entry_independence
from analytics.survival.hazard_ratio import MIN_EVENTS_PER_GROUP, HazardRatio, estimate_hazard_ratio
from analytics.survival.proportional_hazards import schoenfeld_test
from analytics.survival.restricted_mean import restricted_mean_survival

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
    "prognostic or predictive": ("predictive", "associated in ICB only", "prognostic", "undetermined"),
    "mutation burden": BURDEN_VERDICTS,
}
ALPHA = 0.05


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
    scan_verdicts: Mapping[str, str] | None = None,
) -> list[Finding]:
    """One finding for each guard, in the order of `VERDICTS`; a guard that cannot be asked says why.

    members: one row a person, with time_months, event, entry_months, origin, clock_family, cohort_id, person_id,
    in_group, biopsy_time and the strata. flow: steps of the selection (`Selection.flow`): who was left out as a repeat or for
    another origin. trials: people of both arms of randomised cohorts, with is_icb_treated. control: people without
    checkpoint blockade. scan_row: this gene's row of a scan of the same people (`scan.columns.SURVIVAL_COLUMNS`), for
    burden; without it why_no_scan_row is said. scan_verdicts: scan -> its burden verdict of this gene, which counts
    every gene.
    """
    strata = tuple(column for column in strata if members[column].nunique(dropna=False) > 1)
    return [
        _or_reason("proportional hazards", lambda: _proportional(members, strata)),
        _or_reason("sparse events", lambda: _sparse(members, strata)),
        _overlap(members, flow),
        _origin(members, flow, strata),
        _immortal(members, strata),
        _or_reason("heterogeneity across cohorts", lambda: _heterogeneity(members, strata)),
        _predictive(members, strata, trials, control),
        burden_finding(scan_row, why_no_scan_row, scan_verdicts or {}),
    ]


def _or_reason(guard: Guard, find: Callable[[], Finding]) -> Finding:
    try:
        return find()
    except AnalysisError as exc:
        return Finding(guard, CANNOT_TELL, str(exc), True)


def _proportional(members: pd.DataFrame, strata: tuple[str, ...]) -> Finding:
    test = schoenfeld_test(members, ["in_group"], strata=strata).overall
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
            f": over {means.tau_months:.0f} months the mutated live {gain.estimate:+.1f} months "
            f"({gain.ci_low:+.1f} to {gain.ci_high:+.1f}, p {p_value(gain.p)}), without strata"
        )
    return Finding("proportional hazards", "not proportional", f"{sentence}.", True, numbers)


def _sparse(members: pd.DataFrame, strata: tuple[str, ...]) -> Finding:
    mutated, event = members["in_group"].astype(bool), members["event"].fillna(False).astype(bool)
    among, others = int((mutated & event).sum()), int((~mutated & event).sum())
    numbers: dict[str, float] = {"events_mutated": among, "events_wild_type": others}
    if min(among, others) >= MIN_EVENTS_PER_GROUP:
        sentence = f"There are {among} events among the mutated and {others} among the others."
        return Finding("sparse events", "enough events", sentence, False, numbers)
    ratio = estimate_hazard_ratio(members, strata=strata)
    numbers |= {"firth_hr": ratio.hr, "firth_ci_low": ratio.ci_low, "firth_ci_high": ratio.ci_high}
    numbers["permutation_p"] = ratio.p
    sentence = (
        f"Only {among} events among {int(mutated.sum())} mutated and {others} among the others: Firth's penalised "
        f"hazard ratio is {with_ends(ratio.hr, ratio.ci_low, ratio.ci_high)}, permutation p {p_value(ratio.p)}."
    )
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


def _immortal(members: pd.DataFrame, strata: tuple[str, ...]) -> Finding:
    guard: Guard = "immortal time"
    if "biopsy_time" not in members:
        return Finding(guard, CANNOT_TELL, "When the samples were taken is not in the table.", False)
    found = immortal_time(members, strata)
    return Finding(guard, found.verdict, found.sentence, found.is_warning, dict(found.numbers))


def _heterogeneity(members: pd.DataFrame, strata: tuple[str, ...]) -> Finding:
    guard: Guard = "heterogeneity across cohorts"
    by_cohort = dict(tuple(members.groupby("cohort_id", sort=True)))
    if len(by_cohort) == 1:
        return Finding(guard, "one cohort", "One cohort: whether it repeats elsewhere is open.", True)
    found: dict[str, HazardRatio] = {}
    for cohort_id, rows in by_cohort.items():
        inside = tuple(c for c in strata if c != "cohort_id" and rows[c].nunique(dropna=False) > 1)
        try:
            ratio = estimate_hazard_ratio(rows, estimator="cox", strata=inside)
        except AnalysisError:
            continue
        if ratio.events_in_group and ratio.se_log_hr > 0 and math.isfinite(ratio.log_hr):
            found[str(cohort_id)] = ratio
    without = [str(c) for c in by_cohort if c not in found]
    note = f" No estimate from {', '.join(without)}." if without else ""
    if len(found) < 2:
        sentence = f"Fewer than two of {len(by_cohort)} cohorts have an estimate of their own.{note}"
        return Finding(guard, CANNOT_TELL, sentence, True)
    pooled = fit_random_effects(
        [r.log_hr for r in found.values()],
        [r.se_log_hr for r in found.values()],
        labels=list(found),
        guard=True,
    )
    ratio_of_all = pooled.ratio()
    differ = pooled.q_p < ALPHA
    numbers = {"n_cohorts": float(pooled.k), "i2_percent": pooled.i2_percent, "q_p": pooled.q_p}
    numbers |= {"pooled_hr": ratio_of_all.ratio, "pooled_ci_low": ratio_of_all.ci_low}
    numbers |= {"pooled_ci_high": ratio_of_all.ci_high}
    sentence = (
        f"Over {pooled.k} cohorts I2 is {pooled.i2_percent:.0f} % (Cochran's Q, p {p_value(pooled.q_p)}): the effects "
        f"{'differ' if differ else 'are not shown to differ'}; random effects "
        f"{with_ends(ratio_of_all.ratio, ratio_of_all.ci_low, ratio_of_all.ci_high)}.{note}"
    )
    return Finding(guard, "effects differ" if differ else "no difference shown", sentence, differ, numbers)


def _predictive(
    members: pd.DataFrame,
    strata: tuple[str, ...],
    trials: pd.DataFrame | None,
    control: pd.DataFrame | None,
) -> Finding:
    guard: Guard = "prognostic or predictive"
    icb = _evidence(members, strata)
    if icb is None:
        return Finding(guard, "undetermined", "There is no estimate under checkpoint blockade.", True)
    interaction, control_arm, why_not = _interaction(trials)
    without = _evidence(control, ("cohort_id", "cancer_type")) if control is not None else None
    decided = decide_verdict(icb, without or control_arm, interaction)
    numbers: dict[str, float] = {}
    for name, ratio in (("interaction", interaction), ("ratio", decided.ratio_of_hazard_ratios)):
        if ratio is not None:
            numbers |= {f"{name}_of_hr": ratio.ratio, f"{name}_ci_low": ratio.ci_low}
            numbers |= {f"{name}_ci_high": ratio.ci_high, f"{name}_p": ratio.p}
    shown = (
        f", interaction {with_ends(interaction.ratio, interaction.ci_low, interaction.ci_high)}"
        if interaction
        else ""
    )
    sentence = f"{_capital(decided.verdict)}: {decided.reason}{shown} (decided by: {decided.basis}).{why_not}"
    return Finding(guard, decided.verdict, sentence, decided.verdict != "predictive", numbers)


def _evidence(members: pd.DataFrame, strata: Sequence[str]) -> Evidence | None:
    inside = tuple(c for c in strata if c in members and members[c].nunique(dropna=False) > 1)
    try:
        found = estimate_hazard_ratio(members, estimator="cox", strata=inside)
    except AnalysisError:
        return None
    if not (math.isfinite(found.log_hr) and math.isfinite(found.se_log_hr) and found.se_log_hr > 0):
        return None
    return Evidence(ratio_estimate(found.log_hr, found.se_log_hr), found.events_in_group)


def _interaction(trials: pd.DataFrame | None) -> tuple[RatioEstimate | None, Evidence | None, str]:
    """Arm x gene interaction, the control arm's effect, and why there is none."""
    if trials is None or trials.empty:
        return None, None, ""
    rows = trials.assign(arm=trials["is_icb_treated"].astype(int), gene=trials["in_group"].astype(int))
    try:
        found = treatment_biomarker_interaction(
            rows, time="time_months", event="event", treatment="arm", biomarker="gene", strata=("cohort_id",)
        )
    except AnalysisError as exc:
        return None, None, f" The trials cannot decide: {exc}"
    in_cell = found.cells[~found.cells["is_treated"] & found.cells["in_group"]]
    control = Evidence(found.biomarker_in_control, int(in_cell["events"].sum()))
    return found.interaction, control, ""


def burden_finding(
    scan_row: Mapping[str, Any] | None,
    why_not: str = "Burden was not asked about.",
    scan_verdicts: Mapping[str, str] | None = None,
) -> Finding:
    """The guard of mutation burden from a gene's row of a scan (null draws, model adjusted for burden, matched set).

    scan_verdicts: scan -> burden verdict of this gene there. A gene that is one of hundreds is judged as that: where it
    is distinguishable by itself and in no scan, that is a warning."""
    guard: Guard = "mutation burden"
    if scan_row is None:
        return Finding(guard, BURDEN_NOT_KNOWN, why_not, True)
    verdict = str(scan_row["burden_verdict"])
    parts: list[str] = []
    numbers: dict[str, float] = {}
    percentile = _number(scan_row, "null_percentile")
    if math.isfinite(percentile):
        for name in ("percentile", "p_lower", "p_upper", "p_two_sided", "false_positive_rate", "draws"):
            numbers[f"null_{name}"] = _number(scan_row, f"null_{name}")
        side = min(numbers["null_p_lower"], numbers["null_p_upper"])
        parts.append(
            f"among {numbers['null_draws']:,.0f} sets of carriers drawn by burden alone the gene's log-rank z is at "
            f"percentile {percentile:.1f} (two-sided p {p_value(numbers['null_p_two_sided'])}, "
            f"one-sided p {p_value(side)}), and "
            f"{numbers['null_false_positive_rate']:.0%} of these sets have a nominal p below 0.05"
        )
    else:
        parts.append(f"no null distribution ({scan_row['null_reason']})")
    coefficient = _number(scan_row, "burden_coef")
    if math.isfinite(coefficient):
        hr, low, high = (
            math.exp(_number(scan_row, f"burden_{name}")) for name in ("coef", "ci_low", "ci_high")
        )
        p = _number(scan_row, "burden_lr_p")
        numbers |= {"burden_hr": hr, "burden_ci_low": low, "burden_ci_high": high, "burden_p": p}
        parts.append(
            f"adjusted for a spline of burden without its own mutations the hazard ratio is {with_ends(hr, low, high)}"
        )
    else:
        parts.append(f"no estimate adjusted for burden ({scan_row['burden_reason']})")
    matched = _number(scan_row, "matched_percentile")
    if math.isfinite(matched):
        numbers |= {"matched_percentile": matched, "matched_genes": _number(scan_row, "matched_genes")}
        numbers["matched_p"] = _number(scan_row, "matched_p")
        parts.append(
            f"among {numbers['matched_genes']:.0f} genes of like coding length its |z| is at percentile {matched:.0f}"
        )
    sentence = f"{_capital(verdict)}, as a single hypothesis: {'; '.join(parts)}."
    is_warning = verdict not in (DISTINGUISHABLE, NO_ASSOCIATION)
    if scan_verdicts:
        said = "; ".join(f"{scan}: {words}" for scan, words in scan_verdicts.items())
        sentence += f" Where every gene counts, {said}."
        is_warning |= verdict == DISTINGUISHABLE and DISTINGUISHABLE not in scan_verdicts.values()
    return Finding(guard, verdict, sentence, is_warning, numbers)


def _number(row: Mapping[str, Any], name: str) -> float:
    value = row.get(name)
    return float("nan") if value is None or value is pd.NA else float(np.float64(value))


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
