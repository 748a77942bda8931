"""What a comparison is held against, from the warehouse: carriers drawn by burden, trials, people without checkpoint
blockade. Which words follow is decided in ``analytics.verdicts``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import duckdb
import pandas as pd

from analytics.answers.number_and_burden import NumberAndBurden
from analytics.biomarkers.groups import Contrast
from analytics.biomarkers.language.model import measures_burden
from analytics.biomarkers.language.parse import parse
from analytics.engine.threads import usable_threads
from analytics.errors import AnalysisError
from analytics.meta.number_interaction import number_interaction_statistics
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
from analytics.scan.spec import NULL_STRATA_OF_ONE, ScanSpec, scan_covariates
from analytics.scan.survival_scan import scan_survival
from analytics.survival.estimate import number_rows, survival_statistics
from analytics.verdicts import (
    BurdenEvidence,
    Effect,
    Power,
    Verdict,
    burden_verdict,
    power_of_hazard_ratio,
    power_of_number,
    power_of_odds_ratio,
    predictive_verdict,
)
from analytics.verdicts.evidence import SINGLE
from analytics.verdicts.predictive import no_difference_of_a_step
from warehouse.frames.biomarker_people import asked_people
from warehouse.frames.patients import FOLLOWED
from warehouse.frames.scan import group_input, number_input, responses_of
from warehouse.questions.checked import CheckedQuestion


@dataclass(frozen=True)
class HeldAgainstBurden:
    """The word on burden, none where the biomarker is burden itself, and what these people could have shown."""

    verdict: Verdict | None
    power: Power


@dataclass(frozen=True)
class BurdenScan:
    """The group's row in a scan of one hypothesis over the people of a comparison.

    Attributes
    ----------
    evidence : none where the biomarker is burden itself: of it, it is no question whether it is more than burden.
    is_of_the_answer : the estimate of the answer is the effect without burden of the people scanned.
    """

    evidence: BurdenEvidence | None
    power: Power
    is_of_the_answer: bool = False

    def held(self, estimate: Statistic) -> HeldAgainstBurden:
        """The word on burden, which rests on the estimate of the answer where that is of the same people."""
        if self.evidence is None:
            return HeldAgainstBurden(None, self.power)
        crude = (Effect.of(estimate) if self.is_of_the_answer else None) or self.evidence.crude
        return HeldAgainstBurden(burden_verdict(replace(self.evidence, crude=crude)), self.power)


def scanned_against_burden(
    con: duckdb.DuckDBPyConnection,
    checked: CheckedQuestion,
    members: pd.DataFrame,
    contrast: Contrast,
    draws: int,
) -> BurdenScan:
    """Carriers drawn by burden among exactly these people (``in_group``); where the burden of a part is known, among
    that part."""
    question = checked.question
    if measures_burden(parse(question.biomarker)):
        share = _strata_share(members, checked.variant)
        return BurdenScan(None, _power(members, question.is_response, question.endpoint, share))
    spec = _scan_of_one(checked, contrast.group.label)
    # a core is left to the estimates, which are made meanwhile: with every core of two both took 1.3 times as long
    settings = _settings(draws, max(usable_threads() - 1, 1))
    label = contrast.group.label
    known = _with_burden(members)
    is_part = len(known) < len(members) and known["in_group"].nunique() == 2
    held = known if is_part else members
    try:
        frame, group = group_input(con, spec, _with_genes_as_numbers(held, spec), label)
        if question.is_response:
            table = scan_response(frame, group, responses_of(held, question.endpoint), settings).table
        else:
            table = scan_survival(frame, group, settings).table
        row = {str(name): value for name, value in table.iloc[0].items()}
    except AnalysisError as exc:
        power = _power(members, question.is_response, question.endpoint)
        evidence = BurdenEvidence(biomarker=label, power=power, crude=None, why_no_null=str(exc).rstrip("."))
        return BurdenScan(evidence, power)
    found = burden_evidence(row, SINGLE, label)
    share = _strata_share(members, checked.variant)
    if is_part:
        power = _power(members, question.is_response, question.endpoint, share)
    else:
        of = power_of_odds_ratio if question.is_response else power_of_hazard_ratio
        power = of(found.power.n, found.power.carriers or 0, found.power.events, share)
    # of other people, or adjusted for burden, the estimate is not the one without burden of the same people
    is_crude = not is_part and "burden" not in question.adjust
    searched_p = checked.cut.p_paid if checked.cut is not None else None
    n_known = found.power.n if is_part else None
    found = replace(found, power=power, n_known=n_known, searched_p=searched_p)
    return BurdenScan(found, power, is_crude)


def number_against_burden(
    con: duckdb.DuckDBPyConnection,
    checked: CheckedQuestion,
    label: str,
    estimate: Statistic,
    draws: int,
) -> HeldAgainstBurden:
    """The word on burden of a number (``value``) of exactly these people, and what they could have shown of a step."""
    members = checked.selection.members
    known = members[members["value"].notna()]
    variance = float(known["value"].astype(float).var(ddof=0)) if len(known) else 0.0
    events = int(known["event"].astype("boolean").sum())
    power = power_of_number(len(known), variance, events, _strata_share(known, checked.variant, "value"))
    if measures_burden(parse(checked.question.biomarker)):
        return HeldAgainstBurden(None, power)
    with_burden = _with_burden(known)
    is_part = 0 < len(with_burden) < len(known)
    try:
        spec, scanned = _scan_of_one(checked, label), with_burden if is_part else known
        frame, value = number_input(con, spec, _with_genes_as_numbers(scanned, spec))
        held = NumberAndBurden(frame, value, _settings(draws))
        is_crude = not is_part and "burden" not in checked.question.adjust
        evidence = held.evidence(label, power, Effect.of(estimate) if is_crude else held.without_burden())
        evidence = replace(evidence, n_known=len(with_burden) if is_part else None)
    except AnalysisError as exc:
        evidence = BurdenEvidence(
            biomarker=label, power=power, crude=Effect.of(estimate), why_no_null=str(exc).rstrip(".")
        )
    return HeldAgainstBurden(burden_verdict(evidence), power)


def _with_burden(members: pd.DataFrame) -> pd.DataFrame:
    """Those whose burden was counted: of the others it is not known what is beside burden."""
    return members[members["n_nonsynonymous"].notna()]


def _settings(draws: int, threads: int | None = None) -> ScanSettings:
    return ScanSettings(null_draws=draws, family_size=1, min_carriers=1, n_threads=usable_threads(threads))


def _scan_of_one(checked: CheckedQuestion, title: str) -> ScanSpec:
    """The question as a scan of one hypothesis. The status of another gene is a covariate of a question alone: scans of
    the catalogue have none."""
    question = checked.question
    genes = tuple(name for name in question.adjust if name not in COVARIATES)
    spec = ScanSpec(
        scan_id="asked",
        title=title,
        question=question.text,
        cohorts=checked.cohorts,
        endpoint=question.endpoint,  # type: ignore[arg-type]  # checked against the warehouse
        strata=checked.variant.strata,
        covariates=scan_covariates(question.adjust),
        null_strata=NULL_STRATA_OF_ONE,
        registered_on="",
    )
    return spec.model_copy(update={"covariates": (*spec.covariates, *genes)})


def _with_genes_as_numbers(members: pd.DataFrame, spec: ScanSpec) -> pd.DataFrame:
    """Members with the status of other genes as 1, 0 or not known."""
    genes = [name for name in spec.covariates if name not in COVARIATES]
    return members.assign(**{name: members[name].astype("boolean").astype("Float64") for name in genes})


def _power(members: pd.DataFrame, is_response: bool, endpoint: str, r2: float = 0.0) -> Power:
    if is_response:
        known = members[members[endpoint].notna()]
        responders = int(known[endpoint].astype("boolean").sum())
        return power_of_odds_ratio(len(known), int(known["in_group"].sum()), responders, r2)
    events = int(members["event"].astype("boolean").sum())
    return power_of_hazard_ratio(len(members), int(members["in_group"].sum()), events, r2)


def _strata_share(members: pd.DataFrame, variant: Variant, compared: str = "in_group") -> float:
    """Share of the variance of being in the group, or of a number, that lies between the strata: its R2 on them."""
    strata = [column for column in variant.strata if members[column].notna().any()]
    inside = members[compared].astype(float)
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
    compared: Contrast | str,
    under_icb: SurvivalStatistic,
) -> Predictive:
    """The pooled effect against that without checkpoint blockade: in the control arms of the trials among the cohorts,
    and in cohorts without it, of the same cancer types.

    Parameters
    ----------
    compared : the groups, or the label of a number.
    """
    label = compared if isinstance(compared, str) else compared.group.label
    suffix = "" if isinstance(compared, str) else compared.suffix
    trials, why_no_trial = _of_trials(checked, scope, compared)
    control, why_no_control = _without_icb(con, checked, scope, compared)
    plain = [replace(row, name=scope.name(row.key.removesuffix(suffix))) for row in trials]
    evidence = predictive_evidence(scope, checked.question.endpoint.lower(), label, under_icb, control, plain)
    evidence = replace(
        evidence,
        why_no_randomised=why_no_trial,
        why_no_external=why_no_control or evidence.why_no_external,
    )
    if isinstance(compared, str):
        spread = float(checked.selection.members["value"].astype(float).std(ddof=0))
        evidence = replace(evidence, no_difference=no_difference_of_a_step(spread))
    return Predictive(predictive_verdict(evidence), tuple(trials), control)


def _of_trials(
    checked: CheckedQuestion, scope: Scope, compared: Contrast | str
) -> tuple[list[InteractionStatistic], str]:
    """What treatment does to everybody randomised and in each group (by a number), in the trials among the cohorts
    asked."""
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
    both = checked.select(of_trials, icb_only=False, where=kept).members
    if everyone.empty:
        return [], f"of {', '.join(trials)} nobody is among those asked"
    rows = treatment_statistics(scope, trials, key, everyone)
    if both.empty:
        return rows, f"nobody of {', '.join(trials)} was looked at"
    if isinstance(compared, str):
        found = number_interaction_statistics(scope, trials, key, both, compared)
    else:
        found = interaction_statistics(scope, trials, key, compared.of(both), compared)
    first = found[0]
    why = first.warnings[0].rstrip(".") if first.estimate is None and first.warnings else ""
    return [*rows, *found], why


def _without_icb(
    con: duckdb.DuckDBPyConnection, checked: CheckedQuestion, scope: Scope, compared: Contrast | str
) -> tuple[SurvivalStatistic | None, str]:
    """The same effect in cohorts without checkpoint blockade, among the cancer types of the members."""
    cohorts = cohorts_without_icb(con, checked.question.endpoint, checked.cohorts)
    types = checked.selection.members["cancer_type"].dropna().unique()
    if not cohorts:
        return None, "no cohort without checkpoint blockade has this endpoint"
    try:
        people = asked_people(
            con, checked.question.biomarker, checked.question.endpoint, cohorts, columns=FOLLOWED
        )
    except AnalysisError as exc:
        return None, str(exc).splitlines()[0].rstrip(".")
    of_types = people.frame[people.frame["cancer_type"].isin(types)]
    found = checked.select(of_types, icb_only=False, where={})
    members = found.members if isinstance(compared, str) else compared.of(found.members)
    exposure = "value" if isinstance(compared, str) else "in_group"
    if members.empty or members[exposure].nunique() < 2:
        in_both = "" if isinstance(compared, str) else " in both groups"
        return None, f"nobody without checkpoint blockade was looked at{in_both}"
    variant = checked.variant.model_copy(
        update={"estimators": ("cox_univariable",), "strata": ("cohort_id", "cancer_type")}
    )
    key = f"{checked.question.endpoint.lower()}.without_icb"
    if isinstance(compared, str):
        rows = number_rows(scope, RowSets.forgotten(), found.members, variant, key, compared)
    else:
        rows = survival_statistics(scope, RowSets.forgotten(), members, variant, key, compared)
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
