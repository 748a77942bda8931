"""The guarded road to a hazard ratio: the estimator that the events allow, told with what it rests on.

Belongs here: the choice of estimator and the one result shape that every hazard ratio of the warehouse has.
Does not belong here: the estimators themselves, pooling over cohorts, adjustment for mutation burden.

With at least 5 events in both groups the estimate is Cox's. With fewer the normal approximation of its
interval and p fails and a group without events gets a hazard ratio of 0: then it is Firth's with profile
interval, the p that belongs to it, and where nothing is adjusted for a permutation p beside.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Literal

import pandas as pd

from analytics.engine.arrays import BoolArray
from analytics.engine.cox.likelihood import Ties
from analytics.engine.distributions import normal_sf
from analytics.engine.numbers import count
from analytics.errors import ConstantCovariateError, EmptyGroupError, InvalidSettingError
from analytics.survival.curves.kaplan_meier import MedianSurvival, kaplan_meier_curve
from analytics.survival.curves.log_rank import (
    LogRankResult,
    log_rank_hazard_ratio,
    log_rank_test,
    peto_hazard_ratio,
)
from analytics.survival.curves.permutation import DEFAULT_SEED, permutation_log_rank_test
from analytics.survival.data import SurvivalData, count_of, survival_data
from analytics.survival.regression.cox import CoxResult, CoxTerm, cox_regression
from analytics.survival.regression.firth import FirthResult, firth_cox_regression
from analytics.survival.regression.model import OnConstant

MIN_EVENTS_PER_GROUP = 5

HazardRatioEstimator = Literal["auto", "cox", "firth", "log_rank_oe", "peto_one_step"]
PMethod = Literal["wald", "penalised likelihood ratio"]
PermutationMethod = Literal["exact permutation log-rank", "sampled permutation log-rank"]


@dataclass(frozen=True)
class HazardRatio:
    """A hazard ratio of the group against the others, with what a reader needs to judge it.

    `p` is of the model that gave the interval, by `p_method`. Beside it stand `p_log_rank`, the (stratified) log-rank
    chi-square p, and for a Firth model without covariates `p_permutation`, that of the permutation log-rank test by
    `permutation_method`. `se_log_hr` is the sandwich standard error when clustered. `warnings` are plain sentences.
    """

    estimator: str
    hr: float
    ci_low: float
    ci_high: float
    conf_level: float
    log_hr: float
    se_log_hr: float
    p: float
    p_method: PMethod
    p_permutation: float | None
    permutation_method: PermutationMethod | None
    n: int
    n_in_group: int
    events: int
    events_in_group: int
    median_in_group: MedianSurvival
    median_in_reference: MedianSurvival
    ties: Ties | None
    adjusted_for: tuple[str, ...]
    strata: tuple[str, ...]
    cluster: str | None
    reference_levels: tuple[tuple[str, str], ...]
    has_delayed_entry: bool
    permutation_seed: int | None
    n_permutations: int | None
    warnings: list[str]
    _log_rank: Callable[[], LogRankResult] = field(repr=False, compare=False)

    @cached_property
    def p_log_rank(self) -> float:
        """Of the (stratified) log-rank test of the same people; made when it is asked for, which no answer does."""
        return self._log_rank().test.p


def estimate_hazard_ratio(
    frame: pd.DataFrame,
    group: str = "in_group",
    *,
    estimator: HazardRatioEstimator = "auto",
    adjust: Sequence[str] = (),
    strata: Sequence[str] = (),
    cluster: str | None = None,
    ties: Ties = "efron",
    conf_level: float = 0.95,
    on_constant: OnConstant = "drop",
    n_permutations: int = 9_999,
    seed: int = DEFAULT_SEED,
) -> HazardRatio:
    """Hazard ratio of a yes/no `group` in an analysis frame (time_months, event, entry_months, ...).

    'auto' is Cox, or Firth below 5 events in a group or when the likelihood is
    monotone in `group`. The other names force an estimator, for comparison with what was published; forced
    Cox has NaN where its likelihood is monotone. 'log_rank_oe' and 'peto_one_step' take strata but no
    adjustment.

    Raises the errors of `survival_data` and `cox_model`; EmptyGroupError when a group has nobody,
    ConstantCovariateError when the group does not vary within any risk set (or any adjustment does not vary
    and `on_constant` is 'raise'), TooFewError when a forced estimator has nothing to work on.
    """
    _check_settings(group, estimator, adjust, cluster)
    complete = [*adjust, *([] if cluster is None else [cluster])]
    data = survival_data(frame, yes_no=[group], complete=complete, strata=strata, carried=["person_id"])
    members = data.frame[group].to_numpy() == 1.0
    _require_both_groups(data, members, group)
    log_rank = partial(log_rank_test, data, group, strata=strata)
    events_in_group = int(data.event[members].sum())
    events_other = data.n_events - events_in_group
    is_sparse = min(events_in_group, events_other) < MIN_EVENTS_PER_GROUP
    names = (tuple(adjust), tuple(strata), cluster)
    common = _Common(data, members, *names, conf_level, log_rank, n_permutations, seed)
    warnings = [*data.warnings, *_repeated_people(data, cluster)]
    if is_sparse:
        warnings.append(_sparse_sentence(events_in_group, int(members.sum()), events_other))
    if estimator in ("log_rank_oe", "peto_one_step"):
        return _from_log_rank(common, estimator, warnings)
    if estimator == "cox" or (estimator == "auto" and not is_sparse):
        found = _from_cox(common, group, ties, on_constant, warnings, is_forced=estimator == "cox")
        if found is not None:
            return found
        warnings.append(f"Cox's likelihood has no finite maximum in {group}, so Firth's was used.")
    return _from_firth(common, group, ties, on_constant, warnings)


def _from_cox(
    common: _Common, group: str, ties: Ties, on_constant: OnConstant, warnings: list[str], *, is_forced: bool
) -> HazardRatio | None:
    """Cox's hazard ratio; None when it has no finite maximum in the group and is not forced."""
    cox = cox_regression(
        common.data,
        [group, *common.adjust],
        strata=common.strata,
        cluster=common.cluster,
        ties=ties,
        conf_level=common.conf_level,
        on_constant=on_constant,
    )
    line = _group_line(cox, group)
    # Separation in another term leaves the group's estimate at its limit, which is usable.
    is_usable = group not in cox.separated_terms and (cox.converged or bool(cox.separated_terms))
    if not (is_forced or is_usable):
        return None
    return common.from_model("cox", cox, line, "wald", [*warnings, *cox.warnings])


def _from_log_rank(common: _Common, estimator: HazardRatioEstimator, warnings: list[str]) -> HazardRatio:
    make = log_rank_hazard_ratio if estimator == "log_rank_oe" else peto_hazard_ratio
    ratio = make(common.log_rank(), common.conf_level)
    estimate = (ratio.log_hr, ratio.se_log_hr, ratio.ci_low, ratio.ci_high)
    p = float(2.0 * normal_sf(abs(ratio.log_hr / ratio.se_log_hr)))
    return common.result(estimator, estimate, p, "wald", warnings)


def _from_firth(
    common: _Common, group: str, ties: Ties, on_constant: OnConstant, warnings: list[str]
) -> HazardRatio:
    data, adjust = common.data, common.adjust
    firth = firth_cox_regression(
        data,
        [group, *adjust],
        strata=common.strata,
        ties=ties,
        conf_level=common.conf_level,
        on_constant=on_constant,
        profile_terms=[group],
    )
    line = _group_line(firth, group)
    adjusted = {term.covariate for term in firth.terms} & set(adjust)
    permuted = None
    if not adjusted:  # the test knows no covariates: its p would not be of this model
        permuted = permutation_log_rank_test(
            data, group, strata=common.strata, n_permutations=common.n_permutations, seed=common.seed
        )
    if common.cluster is not None and data.frame[common.cluster].duplicated().any():
        warnings.append(
            f"Firth's interval takes rows as independent and is not clustered by {common.cluster}."
        )
    found = common.from_model(
        "firth", firth, line, "penalised likelihood ratio", [*warnings, *firth.warnings]
    )
    if permuted is None:
        return found
    return replace(
        found,
        p_permutation=permuted.p,
        permutation_method="exact permutation log-rank"
        if permuted.is_exact
        else "sampled permutation log-rank",
        permutation_seed=None if permuted.is_exact else common.seed,
        n_permutations=permuted.n_permutations,
    )


@dataclass(frozen=True, eq=False)
class _Common:
    """What is the same in a result whatever the estimator."""

    data: SurvivalData
    members: BoolArray
    adjust: tuple[str, ...]
    strata: tuple[str, ...]
    cluster: str | None
    conf_level: float
    log_rank: Callable[[], LogRankResult]
    n_permutations: int
    seed: int

    def from_model(
        self,
        estimator: str,
        model: CoxResult | FirthResult,
        line: CoxTerm,
        p_method: PMethod,
        warnings: list[str],
    ) -> HazardRatio:
        in_model = {term.covariate for term in model.terms}
        return self.result(
            estimator,
            (line.coef, line.se, line.ci_low, line.ci_high),
            line.p,
            p_method,
            warnings,
            ties=model.ties,
            adjusted_for=tuple(name for name in self.adjust if name in in_model),
            reference_levels=model.reference_levels,
        )

    def result(
        self,
        estimator: str,
        estimate: tuple[float, float, float, float],
        p: float,
        p_method: PMethod,
        warnings: list[str],
        *,
        ties: Ties | None = None,
        adjusted_for: tuple[str, ...] = (),
        reference_levels: tuple[tuple[str, str], ...] = (),
    ) -> HazardRatio:
        log_hr, se, ci_low, ci_high = estimate
        data, members = self.data, self.members
        return HazardRatio(
            estimator=estimator,
            hr=math.exp(log_hr),
            ci_low=ci_low,
            ci_high=ci_high,
            conf_level=self.conf_level,
            log_hr=log_hr,
            se_log_hr=se,
            p=p,
            p_method=p_method,
            p_permutation=None,
            permutation_method=None,
            n=data.n,
            n_in_group=int(members.sum()),
            events=data.n_events,
            events_in_group=int(data.event[members].sum()),
            median_in_group=kaplan_meier_curve(data, members, "mutated", conf_level=self.conf_level).median,
            median_in_reference=kaplan_meier_curve(
                data, ~members, "wild type", conf_level=self.conf_level
            ).median,
            ties=ties,
            adjusted_for=adjusted_for,
            strata=self.strata,
            cluster=self.cluster,
            reference_levels=reference_levels,
            has_delayed_entry=data.has_delayed_entry,
            permutation_seed=None,
            n_permutations=None,
            warnings=list(dict.fromkeys(warnings)),
            _log_rank=self.log_rank,
        )


def _check_settings(group: str, estimator: str, adjust: Sequence[str], cluster: str | None) -> None:
    if estimator not in ("auto", "cox", "firth", "log_rank_oe", "peto_one_step"):
        raise InvalidSettingError(
            f"Estimator '{estimator}' is unknown: choose auto, cox, firth, log_rank_oe or peto_one_step."
        )
    if group in adjust:
        raise InvalidSettingError(
            f"'{group}' is the group and also in the adjustment: take it out of the adjustment."
        )
    if estimator in ("log_rank_oe", "peto_one_step") and (adjust or cluster):
        raise InvalidSettingError(
            f"Estimator '{estimator}' can be stratified but not adjusted or clustered: use cox, "
            "or take them out."
        )


def _require_both_groups(data: SurvivalData, members: BoolArray, group: str) -> None:
    people, is_plain = count_of(data.n, "person"), group == "in_group"
    if not members.any():
        what = "is in the group" if is_plain else f"has {group}"
        raise EmptyGroupError(
            f"Nobody among {people} {what}: choose another biomarker, cohort or definition."
        )
    if members.all():
        what = "are in the group" if is_plain else f"have {group}"
        raise EmptyGroupError(f"All {people} {what}: there is nobody to compare them with.")


def _group_line(model: CoxResult | FirthResult, group: str) -> CoxTerm:
    for one in model.dropped:
        if one.term == group:
            raise ConstantCovariateError(
                f"The hazard ratio of {group} cannot be estimated because it {one.reason}: "
                "use fewer strata or adjustments."
            )
    return model.term(group)


def _repeated_people(data: SurvivalData, cluster: str | None) -> list[str]:
    if cluster is not None or "person_id" not in data.frame.columns:
        return []
    repeated = int(data.frame["person_id"].dropna().duplicated().sum())
    if not repeated:
        return []
    return [
        f"{count_of(repeated, 'row')} belong to a person who is already in the analysis: take "
        "one row per person, "
        "or cluster by person_id."
    ]


def _sparse_sentence(events_in_group: int, n_in_group: int, events_other: int) -> str:
    in_group = f"{count(events_in_group)} among {count(n_in_group)} in the group"
    return (
        f"Few events: {in_group} and {count(events_other)} among the others; below "
        f"{MIN_EVENTS_PER_GROUP} in a group a Cox interval and p are unreliable."
    )
