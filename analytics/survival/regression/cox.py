"""Cox proportional-hazards regression: univariable, adjusted, stratified, clustered, with delayed entry.

Belongs here: the fit, its standard errors (model and sandwich), its tests and its table.
Does not belong here: penalised fits (`firth`), the choice between estimators (`hazard_ratio`), diagnostics
(`proportional_hazards`).

Why not lifelines' CoxPHFitter: measured against R on lung and heart (0.30.3, its defaults), its
coefficients are off by 1.4e-6 to 3.9e-5, its clustered standard errors by 4.7 % with ties and 6.1 % with
delayed entry (its score residuals leave both out), its concordance by 0.006 with delayed entry, and it has
no global Wald, score or robust score test. Only log-likelihood and likelihood-ratio test reach R to 1e-6.
The fit here agrees with R to 5e-12 in all of them.

Sources: Cox (1972), JRSS B 34:187; Efron (1977), JASA 72:557; Lin & Wei (1989), JASA 84:1074 for the
sandwich; Therneau & Grambsch (2000), Modeling Survival Data, sections 3.4 and 8.2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from analytics.engine.arrays import FloatArray
from analytics.engine.cox.likelihood import Ties
from analytics.engine.cox.newton import NewtonFit, maximise
from analytics.engine.inference import (
    ChiSquareTest,
    chi_square_test,
    exp_or_infinity,
    normal_quantile,
    quadratic_form,
    two_sided_p,
)
from analytics.survival.data import SurvivalData, count_of, survival_data
from analytics.survival.regression.concordance import concordance
from analytics.survival.regression.model import CoxModel, DroppedTerm, OnConstant, cox_model
from analytics.survival.regression.variance import (
    cluster_codes,
    model_variance,
    robust_score_test,
    sandwich_variance,
)


@dataclass(frozen=True)
class CoxTerm:
    """One line of the coefficient table. NaN throughout when the coefficient tends to infinity.

    `se` is the sandwich standard error when the fit is clustered, and `model_se` the one from the
    information.
    """

    term: str
    covariate: str
    level: str | None
    reference: str | None
    coef: float
    se: float
    model_se: float
    hr: float
    ci_low: float
    ci_high: float
    z: float
    p: float


class HasTerms:
    """What a fitted regression says of its terms, whichever likelihood was maximised."""

    terms: tuple[CoxTerm, ...]

    def term(self, name: str) -> CoxTerm:
        """The line of the named term. Raises KeyError when the model has no such term."""
        for one in self.terms:
            if one.term == name:
                return one
        raise KeyError(f"The model has no term '{name}': it has {', '.join(one.term for one in self.terms)}.")

    def table(self) -> pd.DataFrame:
        """The coefficient table, one row per term, columns as the fields of CoxTerm."""
        return pd.DataFrame([vars(one) for one in self.terms])


@dataclass(frozen=True)
class CoxResult(HasTerms):
    """A fitted Cox regression.

    `n` counts all analysed rows, `n_events` their events, `n_clusters` the clusters (None without a
    sandwich). `wald` uses the sandwich when there is one; `robust_score` is R's robust score test.
    `covariance` (p x p, nested tuples, order of `terms`) belongs to `se`. `separated_terms` have a monotone
    likelihood: their coefficient tends to -inf or +inf, as `separated_directions` says. `warnings` are
    whole sentences. `data` are the analysed rows and `linear_predictor` (n,) their risk scores.
    """

    terms: tuple[CoxTerm, ...]
    n: int
    n_events: int
    n_clusters: int | None
    ties: Ties
    strata: tuple[str, ...]
    covariates: tuple[str, ...]
    cluster: str | None
    conf_level: float
    log_likelihood: float
    log_likelihood_null: float
    likelihood_ratio: ChiSquareTest
    wald: ChiSquareTest
    score: ChiSquareTest
    robust_score: ChiSquareTest | None
    covariance: tuple[tuple[float, ...], ...]
    reference_levels: tuple[tuple[str, str], ...]
    dropped: tuple[DroppedTerm, ...]
    separated_terms: tuple[str, ...]
    separated_directions: tuple[str, ...]
    converged: bool
    iterations: int
    has_delayed_entry: bool
    warnings: tuple[str, ...]
    data: SurvivalData = field(repr=False, compare=False)
    linear_predictor: FloatArray = field(repr=False, compare=False)

    @cached_property
    def concordance(self) -> float:
        """Harrell's C of the linear predictor. Counted when it is asked for: it looks at every pair of people, which
        took a twentieth of the time of an answer that does not show it."""
        return concordance(self.data, self.linear_predictor)


def cox_regression(
    people: pd.DataFrame | SurvivalData,
    covariates: Sequence[str],
    *,
    strata: Sequence[str] = (),
    cluster: str | None = None,
    ties: Ties = "efron",
    conf_level: float = 0.95,
    on_constant: OnConstant = "drop",
    time: str = "time_months",
    event: str = "event",
    entry: str | None = "entry_months",
) -> CoxResult:
    """Fit a Cox regression of `covariates` on an analysis frame.

    Numeric and yes/no covariates enter as they are, text and categorical ones as levels against the most
    frequent level with events. `cluster` names the person column when a person may have several rows:
    standard errors are then the grouped sandwich. Times may be in any one unit; entry is in the same unit.

    Raises the errors of `survival_data` and `cox_model`. Separation does not raise: see `separated_terms`.
    """
    normal_quantile(conf_level)
    complete = [*covariates, *([] if cluster is None else [cluster])]
    data = survival_data(people, complete=complete, strata=strata, time=time, event=event, entry=entry)
    model = cox_model(data, covariates, ties=ties, on_constant=on_constant)
    fit = maximise(model.likelihood)
    clusters = None if cluster is None else cluster_codes(data.frame.loc[model.used, cluster])
    variance, robust_score = model_variance(fit), None
    if clusters is not None:
        variance = sandwich_variance(model.likelihood, fit, clusters)
        robust_score = robust_score_test(model.likelihood, clusters)
    null_value, null_score, null_information = model.likelihood.evaluate(np.zeros(model.likelihood.n_terms))
    df = model.likelihood.n_terms
    return CoxResult(
        terms=term_table(model, fit, variance, conf_level),
        n=data.n,
        n_events=data.n_events,
        n_clusters=None if clusters is None else int(data.frame[cluster].nunique()),
        ties=ties,
        strata=tuple(strata),
        covariates=tuple(covariates),
        cluster=cluster,
        conf_level=conf_level,
        log_likelihood=fit.log_likelihood,
        log_likelihood_null=null_value,
        likelihood_ratio=chi_square_test(2.0 * (fit.log_likelihood - null_value), df),
        wald=chi_square_test(quadratic_form(fit.beta, variance), df),
        score=chi_square_test(quadratic_form(null_score, null_information), df),
        robust_score=robust_score,
        covariance=tuple(tuple(float(value) for value in row) for row in variance),
        reference_levels=tuple(model.reference_levels.items()),
        dropped=model.dropped,
        separated_terms=tuple(t.name for t, far in zip(model.terms, fit.diverging, strict=True) if far),
        separated_directions=tuple("-inf" if b < 0 else "+inf" for b in fit.beta[fit.diverging]),
        converged=fit.converged,
        iterations=fit.iterations,
        has_delayed_entry=data.has_delayed_entry,
        warnings=(*data.warnings, *fit_warnings(model, fit), *_no_spread(model, fit, variance, cluster)),
        data=data,
        linear_predictor=_linear_predictor(data, model, fit),
    )


def _no_spread(model: CoxModel, fit: NewtonFit, variance: FloatArray, cluster: str | None) -> list[str]:
    return [
        f"{term.name} has no clustered standard error: all that informs on it comes from one {cluster}."
        for term, far, value in zip(model.terms, fit.diverging, np.diag(variance), strict=True)
        if cluster is not None and not far and math.isnan(value)
    ]


def _linear_predictor(data: SurvivalData, model: CoxModel, fit: NewtonFit) -> FloatArray:
    """Risk score of every row; rows of a dropped level without events rank below everybody."""
    score = np.full(data.n, -np.inf)
    # Scored on uncentred columns would be the same within a stratum, which is all that concordance compares.
    # Row sums, not a matrix product: BLAS may round equal rows differently, which would break ties in risk.
    score[model.used] = (model.likelihood.x * fit.beta).sum(axis=1)
    return score


def term_table(
    model: CoxModel, fit: NewtonFit, variance: FloatArray, conf_level: float
) -> tuple[CoxTerm, ...]:
    """The coefficient table of a fit: Wald tests and intervals from `variance`, NaN for diverging terms."""
    z_limit, information_variance = normal_quantile(conf_level), model_variance(fit)
    lines = []
    for j, term in enumerate(model.terms):
        coef = math.nan if fit.diverging[j] else float(fit.beta[j])
        se = math.sqrt(float(variance[j, j]))
        z = coef / se if se > 0 else math.nan
        lines.append(
            CoxTerm(
                term=term.name,
                covariate=term.covariate,
                level=term.level,
                reference=term.reference,
                coef=coef,
                se=se,
                model_se=math.sqrt(float(information_variance[j, j])),
                hr=exp_or_infinity(coef),
                ci_low=exp_or_infinity(coef - z_limit * se),
                ci_high=exp_or_infinity(coef + z_limit * se),
                z=z,
                p=two_sided_p(z),
            )
        )
    return tuple(lines)


def fit_warnings(model: CoxModel, fit: NewtonFit) -> list[str]:
    """Sentences on dropped, separated and unconverged terms."""
    warnings = [f"{one.term} was dropped: {one.reason}." for one in model.dropped]
    for term, beta, far in zip(model.terms, fit.beta, fit.diverging, strict=True):
        if far:
            side = "0" if beta < 0 else "infinity"
            warnings.append(
                f"The likelihood is monotone in {term.name} (its hazard ratio tends to {side}): "
                "use Firth's penalised likelihood for it."
            )
    if not fit.converged and not fit.diverging.any():
        warnings.append(
            f"The Cox fit did not converge in {count_of(fit.iterations, 'iteration')}: do not use it."
        )
    return warnings
