"""Cox regression by Firth's penalised likelihood, for few events and for groups without any.

Belongs here: the penalised fit, its profile intervals and its penalised likelihood-ratio tests.
Does not belong here: deciding when to use it (`hazard_ratio`).

The log partial likelihood is increased by half the log determinant of the information (Jeffreys' prior),
which removes the first-order bias and gives a finite estimate under separation. Intervals and p are from
the profile of the penalised likelihood: the other coefficients are maximised with the tested one held
fixed, with the determinant of the full information in the penalty, as in the authors' coxphf.

Sources: Firth (1993), Biometrika 80:27; Heinze & Schemper (2001), Biometrics 57:114, sections 2 and 3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.engine.arrays import FloatArray
from analytics.engine.cox.firth import PenalisedLikelihood
from analytics.engine.cox.likelihood import Ties
from analytics.engine.distributions import chi_square_sf
from analytics.engine.inference import (
    ChiSquareTest,
    chi_square_test,
    exp_or_infinity,
    normal_quantile,
    scaled_inverse,
)
from analytics.survival.data import SurvivalData, survival_data
from analytics.survival.regression.cox import CoxTerm, HasTerms
from analytics.survival.regression.model import CoxModel, DroppedTerm, OnConstant, cox_model


@dataclass(frozen=True)
class FirthResult(HasTerms):
    """A fitted Firth regression; fields as in `CoxResult`.

    In `terms` the interval is the profile penalised-likelihood interval, p is the penalised
    likelihood-ratio p, z its signed root and se the Wald standard error from the information at the
    estimate.
    """

    terms: tuple[CoxTerm, ...]
    n: int
    n_events: int
    ties: Ties
    strata: tuple[str, ...]
    covariates: tuple[str, ...]
    conf_level: float
    penalised_log_likelihood: float
    penalised_log_likelihood_null: float
    likelihood_ratio: ChiSquareTest
    reference_levels: tuple[tuple[str, str], ...]
    dropped: tuple[DroppedTerm, ...]
    has_delayed_entry: bool
    warnings: tuple[str, ...]


def firth_cox_regression(
    people: pd.DataFrame | SurvivalData,
    covariates: Sequence[str],
    *,
    strata: Sequence[str] = (),
    ties: Ties = "efron",
    conf_level: float = 0.95,
    on_constant: OnConstant = "drop",
    profile_terms: Sequence[str] | None = None,
    time: str = "time_months",
    event: str = "event",
    entry: str | None = "entry_months",
) -> FirthResult:
    """Fit Firth's penalised Cox regression; arguments as in `cox_regression`.

    `profile_terms` limits profile intervals and p to the named terms (each costs about twenty penalised
    fits); the others get NaN there. Levels without events stay in the model. Raises the errors of
    `survival_data` and `cox_model`, and NotConvergedError.
    """
    level_z = normal_quantile(conf_level)
    data = survival_data(people, complete=covariates, strata=strata, time=time, event=event, entry=entry)
    model = cox_model(data, covariates, ties=ties, keep_eventless_levels=True, on_constant=on_constant)
    penalised = PenalisedLikelihood(model.likelihood)
    p = model.likelihood.n_terms
    beta = penalised.maximise(np.zeros(p), np.arange(p))
    top, null = penalised.value(beta), penalised.value(np.zeros(p))
    variance = scaled_inverse(model.likelihood.information(beta))
    wanted = set(profile_terms) if profile_terms is not None else {term.name for term in model.terms}
    terms = tuple(
        _term_line(penalised, model, j, beta, math.sqrt(float(variance[j, j])), level_z**2, wanted)
        for j in range(p)
    )
    return FirthResult(
        terms=terms,
        n=data.n,
        n_events=data.n_events,
        ties=ties,
        strata=tuple(strata),
        covariates=tuple(covariates),
        conf_level=conf_level,
        penalised_log_likelihood=top,
        penalised_log_likelihood_null=null,
        likelihood_ratio=chi_square_test(2.0 * (top - null), p),
        reference_levels=tuple(model.reference_levels.items()),
        dropped=model.dropped,
        has_delayed_entry=data.has_delayed_entry,
        warnings=(
            *data.warnings,
            *(f"{one.term} was dropped: {one.reason}." for one in model.dropped),
            *_missing_limits(terms, wanted),
        ),
    )


def _missing_limits(terms: Sequence[CoxTerm], wanted: set[str]) -> list[str]:
    return [
        f"The profile interval of {term.term} has a limit that could not be found: use fewer covariates."
        for term in terms
        if term.term in wanted and (math.isnan(term.ci_low) or math.isnan(term.ci_high))
    ]


def _term_line(
    penalised: PenalisedLikelihood,
    model: CoxModel,
    j: int,
    beta: FloatArray,
    se: float,
    critical: float,
    wanted: set[str],
) -> CoxTerm:
    term, coef = model.terms[j], float(beta[j])
    low = high = p_value = z = math.nan
    if term.name in wanted:
        half_width = math.sqrt(critical) * se
        low = penalised.profile_limit(j, beta, -1, critical / 2.0, half_width)
        high = penalised.profile_limit(j, beta, +1, critical / 2.0, half_width)
        at_null, _ = penalised.profile(j, 0.0, beta)
        ratio = max(2.0 * (penalised.value(beta) - at_null), 0.0)
        p_value = float(chi_square_sf(ratio, 1))
        z = math.copysign(math.sqrt(ratio), coef)
    return CoxTerm(
        term=term.name,
        covariate=term.covariate,
        level=term.level,
        reference=term.reference,
        coef=coef,
        se=se,
        model_se=se,
        hr=exp_or_infinity(coef),
        ci_low=exp_or_infinity(low),
        ci_high=exp_or_infinity(high),
        z=z,
        p=p_value,
    )
