"""What a comparison is held against, from the warehouse: carriers drawn by burden, trials, people without checkpoint
blockade. Which words follow is decided in ``analytics.verdicts``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import duckdb
import numpy as np
import pandas as pd

from analytics.biomarkers.groups import Contrast
from analytics.errors import AnalysisError
from analytics.meta.pooling import interaction_statistics
from analytics.meta.predictive import predictive_evidence
from analytics.meta.trials import treatment_statistics
from analytics.questions.selection import select_members
from analytics.questions.specs import COVARIATES, Variant
from analytics.results.row_sets import RowSets
from analytics.results.statistic import InteractionStatistic, Scope, Statistic, SurvivalStatistic
from analytics.scan.evidence import burden_evidence
from analytics.scan.response_scan import scan_response
from analytics.scan.settings import ScanSettings
from analytics.scan.spec import MUTATIONAL_PROCESS, ScanSpec
from analytics.scan.survival_scan import scan_survival
from analytics.survival.estimate import survival_statistics
from analytics.verdicts import (
    BurdenEvidence,
    Effect,
    Power,
    Verdict,
    burden_verdict,
    power_of_hazard_ratio,
    power_of_odds_ratio,
    predictive_verdict,
)
from analytics.verdicts.evidence import SINGLE
from warehouse.frames.biomarker_people import asked_people
from warehouse.frames.scan import group_input
from warehouse.questions.checked import CheckedQuestion


@dataclass(frozen=True)
class HeldAgainstBurden:
    """The word on burden and what these people could have shown."""

    verdict: Verdict
    power: Power


def held_against_burden(
    con: duckdb.DuckDBPyConnection,
    checked: CheckedQuestion,
    members: pd.DataFrame,
    contrast: Contrast,
    estimate: Statistic,
    draws: int,
) -> HeldAgainstBurden:
    """The group's row in a scan of one hypothesis over exactly these people (``in_group``), and the word on it.

    Parameters
    ----------
    estimate : the effect without burden that stands in the answer; the word rests on this one.
    """
    question = checked.question
    spec = ScanSpec(
        scan_id="asked",
        title=contrast.group.label,
        question=question.text,
        cohorts=checked.cohorts,
        endpoint=question.endpoint,  # type: ignore[arg-type]  # checked against the warehouse
        strata=checked.variant.strata,
        covariates=tuple(c for c in question.adjust if c in COVARIATES and c != "burden"),
        null_strata=(*ScanSpec.model_fields["null_strata"].default, MUTATIONAL_PROCESS),
        registered_on="",
    )
    settings = ScanSettings(null_draws=draws, family_size=1, min_carriers=1)
    label = contrast.group.label
    try:
        frame, group = group_input(con, spec, members, label)
        if question.is_response:
            answers = members[question.endpoint].astype("Float64")
            response = np.asarray(answers.to_numpy(dtype=float, na_value=math.nan), dtype=np.float64)
            table = scan_response(frame, group, response, settings).table
        else:
            table = scan_survival(frame, group, settings).table
        row = {str(name): value for name, value in table.iloc[0].items()}
    except AnalysisError as exc:
        power = _power(members, question.is_response, question.endpoint)
        evidence = BurdenEvidence(biomarker=label, power=power, crude=None, why_no_null=str(exc).rstrip("."))
        return HeldAgainstBurden(burden_verdict(evidence), power)
    found = burden_evidence(row, SINGLE, label)
    of = power_of_odds_ratio if question.is_response else power_of_hazard_ratio
    power = of(
        found.power.n, found.power.carriers, found.power.events, _strata_share(members, checked.variant)
    )
    crude = Effect.of(estimate) or found.crude
    return HeldAgainstBurden(burden_verdict(replace(found, power=power, crude=crude)), power)


def _power(members: pd.DataFrame, is_response: bool, endpoint: str) -> Power:
    carriers = int(members["in_group"].sum())
    if is_response:
        return power_of_odds_ratio(len(members), carriers, int(members[endpoint].astype("boolean").sum()))
    return power_of_hazard_ratio(len(members), carriers, int(members["event"].astype("boolean").sum()))


def _strata_share(members: pd.DataFrame, variant: Variant) -> float:
    """Share of the variance of being in the group that lies between the strata: R2 of the group on them."""
    strata = [column for column in variant.strata if members[column].notna().any()]
    inside = members["in_group"].astype(float)
    total = float(((inside - inside.mean()) ** 2).sum())
    if not strata or not total:
        return 0.0
    within = inside - inside.groupby([members[c] for c in strata], dropna=False).transform("mean")
    return min(1.0 - float((within**2).sum()) / total, 0.99)


@dataclass(frozen=True)
class Predictive:
    """The word on predictive or prognostic, the rows of the trials and the effect without checkpoint blockade."""

    verdict: Verdict
    trials: tuple[InteractionStatistic, ...]
    without_icb: SurvivalStatistic | None


def predictive_or_prognostic(
    con: duckdb.DuckDBPyConnection,
    checked: CheckedQuestion,
    scope: Scope,
    contrast: Contrast,
    under_icb: SurvivalStatistic,
) -> Predictive:
    """The pooled effect against that without checkpoint blockade: in the control arms of the trials among the cohorts,
    and in cohorts without it, of the same cancer types."""
    trials, why_no_trial = _of_trials(checked, scope, contrast)
    control, why_no_control = _without_icb(con, checked, scope, contrast)
    plain = [replace(row, name=scope.name(row.key.removesuffix(contrast.suffix))) for row in trials]
    evidence = predictive_evidence(
        scope, checked.question.endpoint.lower(), contrast.group.label, under_icb, control, plain
    )
    evidence = replace(
        evidence,
        why_no_randomised=why_no_trial,
        why_no_external=why_no_control or evidence.why_no_external,
    )
    return Predictive(predictive_verdict(evidence), tuple(trials), control)


def _of_trials(
    checked: CheckedQuestion, scope: Scope, contrast: Contrast
) -> tuple[list[InteractionStatistic], str]:
    """What treatment does to everybody randomised and in each group, in the trials among the cohorts asked."""
    frame = checked.people.frame
    trials = checked.people.trials()
    if not trials:
        return [], "none of these cohorts has a control arm"
    of_trials = frame[frame["cohort_id"].isin(trials)]
    kept, key = checked.question.kept, checked.question.endpoint.lower()
    everyone = select_members(
        of_trials,
        checked.variant,
        kept,
        icb_only=False,
        requires_status=False,
        time_rules=checked.variant.time,
    ).members
    both = contrast.of(checked.select(of_trials, icb_only=False, where=kept).members)
    rows = treatment_statistics(scope, trials, key, everyone) if len(everyone) else []
    by_group = interaction_statistics(scope, trials, key, both, contrast)
    first = by_group[0]
    why = first.warnings[0].rstrip(".") if first.estimate is None and first.warnings else ""
    return [*rows, *by_group], why


def _without_icb(
    con: duckdb.DuckDBPyConnection, checked: CheckedQuestion, scope: Scope, contrast: Contrast
) -> tuple[SurvivalStatistic | None, str]:
    """The same effect in cohorts without checkpoint blockade, among the cancer types of the members."""
    cohorts = cohorts_without_icb(con, checked.question.endpoint, checked.cohorts)
    types = tuple(sorted(checked.selection.members["cancer_type"].dropna().unique()))
    if not cohorts:
        return None, "no cohort without checkpoint blockade has this endpoint"
    try:
        people = asked_people(con, checked.question.biomarker, checked.question.endpoint, cohorts)
    except AnalysisError as exc:
        return None, str(exc).splitlines()[0].rstrip(".")
    found = checked.select(people.frame, icb_only=False, where={"cancer_type": types})
    members = contrast.of(found.members)
    if members.empty or members["in_group"].nunique() < 2:
        return None, "nobody without checkpoint blockade was looked at in both groups"
    variant = checked.variant.model_copy(
        update={"estimators": ("cox_univariable",), "strata": ("cohort_id", "cancer_type")}
    )
    rows = survival_statistics(
        scope, RowSets(), members, variant, f"{checked.question.endpoint.lower()}.without_icb", contrast
    )
    estimated = [row for row in rows if row.estimate is not None]
    if not estimated:
        return None, rows[0].warnings[0].rstrip(".") if rows[0].warnings else "nothing could be estimated"
    return estimated[-1], ""


def cohorts_without_icb(con: duckdb.DuckDBPyConnection, endpoint: str, asked: Sequence[str]) -> list[str]:
    """Cohorts without checkpoint blockade that have the endpoint and are not asked already. One of mixed treatment is
    none; one whose people have no identifiers only where such cohorts are asked."""
    rows = con.execute(
        "select distinct cohort_id from marts.survival_outcomes inner join marts.cohorts using (cohort_id) "
        "where not is_icb and not is_mixed_treatment and endpoint = ? and (is_linkable or exists ("
        "select 1 from marts.cohorts as own where not own.is_linkable and list_contains(?, own.cohort_id))) "
        "order by cohort_id",
        [endpoint, list(asked)],
    ).fetchall()
    return [str(row[0]) for row in rows if row[0] not in asked]
