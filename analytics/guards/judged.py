"""Every guard, also the two that have a verdict: prognostic or predictive, and mutation burden."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analytics.engine.numbers import p_value
from analytics.errors import AnalysisError
from analytics.guards.finding import CANNOT_TELL, Finding, Guard, ends_of
from analytics.guards.people import CONTRAST, SCOPE, people_findings, plain_estimates, varying
from analytics.meta.pooling import interaction_statistics
from analytics.meta.predictive import external_ratio_effect
from analytics.results.statistic import MetaStatistic, SurvivalStatistic
from analytics.results.verdict_words import capital
from analytics.scan.evidence import burden_evidence, number_of
from analytics.verdicts import (
    BurdenWord,
    Effect,
    Family,
    PredictiveEvidence,
    PredictiveWord,
    burden_verdict,
    predictive_verdict,
)


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
    strata = varying(members, strata)
    return [
        *people_findings(members, strata=strata, flow=flow, pooled=pooled),
        _predictive(members, strata, trials, control),
        burden_finding(scan_row, why_no_scan_row),
    ]


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
    numbers = ends_of("interaction_of_hr", "interaction", evidence.randomised)
    numbers |= ends_of("ratio_of_hr", "ratio", evidence.external)
    said = capital(decided.sentence.removeprefix("The biomarker: "))
    sentence = f"{said} Against it: {decided.against} To settle it: {decided.would_settle}"
    return Finding(guard, decided.word, sentence, decided.word != PredictiveWord.PREDICTIVE, numbers)


def _evidence(members: pd.DataFrame, strata: Sequence[str]) -> SurvivalStatistic | None:
    """The hazard ratio over all members."""
    inside = tuple(c for c in strata if c in members and members[c].nunique(dropna=False) > 1)
    try:
        rows = plain_estimates(members, inside)
    except AnalysisError:
        return None
    cox = rows[0]
    return cox if cox.estimate is not None and cox.standard_error else None


def _interaction(trials: pd.DataFrame | None) -> tuple[dict[str, Effect], str]:
    """Effects of the trials' rows by kind, and why there are none."""
    if trials is None or trials.empty:
        return {}, ""
    names = sorted(str(c) for c in trials["cohort_id"].unique())
    rows = interaction_statistics(SCOPE, names, "os", trials, CONTRAST)
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
    numbers = ends_of("burden_hr", "burden", evidence.beside)
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
