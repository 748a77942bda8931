"""Are hazards proportional? The Schoenfeld-residual test of Grambsch and Therneau, and the data of its plot.

Belongs here: the test and the scaled residuals.
Does not belong here: what to report instead when it fails (`restricted_mean`).

This is the score test of R's survival 3.x (`cox.zph`): the model is extended by x * g(t) for each covariate
and the score test of the extension is taken with the exact information, by death time. Versions of R before
3.0, and lifelines, use the older approximation that replaces the information of every death by the average
one; their chi-squares differ.

Source: Grambsch & Therneau (1994), Biometrika 81:515; Therneau & Grambsch (2000), section 6.2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analytics.engine.arrays import BoolArray, FloatArray
from analytics.engine.cox.likelihood import PartialLikelihood, Ties
from analytics.engine.cox.newton import NewtonFit, maximise
from analytics.engine.inference import ChiSquareTest, chi_square_test, quadratic_form
from analytics.errors import InvalidSettingError
from analytics.survival.curves.kaplan_meier import EVERYBODY, kaplan_meier_curve
from analytics.survival.data import SurvivalData, count_of, survival_data
from analytics.survival.regression.model import CoxModel, DroppedTerm, cox_model

TimeTransform = Literal["km", "identity", "rank"]


@dataclass(frozen=True)
class CovariateTest:
    """The test of one covariate; all levels of a categorical one together."""

    covariate: str
    test: ChiSquareTest


@dataclass(frozen=True, eq=False)
class ProportionalHazardsTest:
    """Schoenfeld test per covariate and over all; NaN with a warning where events are too few for it.

    `residuals` is the plot's data, one row per event by stratum and time: time_months, transformed_time,
    stratum and one column per model term with the scaled residual plus the coefficient, an estimate of the
    coefficient at that time; NaN where the term does not vary in the event's stratum.
    """

    covariates: tuple[CovariateTest, ...]
    overall: ChiSquareTest
    residuals: pd.DataFrame
    transform: TimeTransform
    ties: Ties
    strata: tuple[str, ...]
    n: int
    n_events: int
    dropped: tuple[DroppedTerm, ...]
    warnings: tuple[str, ...]

    def covariate(self, name: str) -> ChiSquareTest:
        """The test of the named covariate. Raises KeyError when it is not in the model."""
        for one in self.covariates:
            if one.covariate == name:
                return one.test
        raise KeyError(
            f"There is no test of '{name}': there are {', '.join(c.covariate for c in self.covariates)}."
        )


def schoenfeld_test(
    frame: pd.DataFrame,
    covariates: Sequence[str],
    *,
    strata: Sequence[str] = (),
    transform: TimeTransform = "km",
    ties: Ties = "efron",
    time: str = "time_months",
    event: str = "event",
    entry: str | None = "entry_months",
) -> ProportionalHazardsTest:
    """Test proportional hazards of a Cox regression of `covariates` against a trend in g(time).

    g is the overall Kaplan-Meier curve just before each time ('km'), the time itself, or its rank among all
    times. Raises the errors of `survival_data` and `cox_model`, InvalidSettingError for an unknown
    transform or when the likelihood is monotone in a term (its coefficient is infinite, there is nothing to
    test).
    """
    if transform not in ("km", "identity", "rank"):
        raise InvalidSettingError(
            f"Time transform '{transform}' is unknown: choose 'km', 'identity' or 'rank'."
        )
    data = survival_data(frame, complete=covariates, strata=strata, time=time, event=event, entry=entry)
    model = cox_model(data, covariates, ties=ties)
    fit = maximise(model.likelihood)
    if not fit.converged:
        far = [t.name for t, diverges in zip(model.terms, fit.diverging, strict=True) if diverges]
        raise InvalidSettingError(
            f"The Cox fit has no finite maximum in {', '.join(far) or 'its terms'}: leave them "
            "out of the Schoenfeld test."
        )
    g = transformed_times(data, transform)[model.used]
    tests, overall = _score_tests(model, fit.beta, g)
    warnings = [*data.warnings, *(f"{one.term} was dropped: {one.reason}." for one in model.dropped)]
    if any(math.isnan(one.statistic) for one in (overall, *(one.test for one in tests))):
        warnings.append(
            f"{count_of(data.n_events, 'event')} are too few for the Schoenfeld test of all covariates."
        )
    return ProportionalHazardsTest(
        covariates=tests,
        overall=overall,
        residuals=_scaled_residuals(data, model, fit, g),
        transform=transform,
        ties=ties,
        strata=tuple(strata),
        n=data.n,
        n_events=data.n_events,
        dropped=model.dropped,
        warnings=tuple(warnings),
    )


def transformed_times(data: SurvivalData, transform: TimeTransform) -> FloatArray:
    """g of every row's time (n,)."""
    if transform == "identity":
        return data.time
    if transform == "rank":
        from scipy.stats import rankdata  # a second to load, and seldom asked for

        return np.asarray(rankdata(data.time), dtype=float)
    steps = kaplan_meier_curve(data, np.ones(data.n, dtype=bool), EVERYBODY).steps
    before = np.searchsorted(steps.time_months, data.time, side="left")
    died: FloatArray = 1.0 - np.r_[1.0, steps.survival][before]
    return died


def _score_tests(
    model: CoxModel, beta: FloatArray, g: FloatArray
) -> tuple[tuple[CovariateTest, ...], ChiSquareTest]:
    likelihood, p = model.likelihood, len(model.terms)
    sets = likelihood.sets
    centred = g - g[sets.event].mean()
    g_at_time = sets.death_sums(centred) / sets.n_deaths
    score = np.r_[np.zeros(p), g_at_time @ likelihood.schoenfeld_residuals(beta)]
    cross = likelihood.information(beta, g_at_time)
    information = np.block(
        [[likelihood.information(beta), cross], [cross.T, likelihood.information(beta, g_at_time**2)]]
    )
    tests = []
    for covariate in dict.fromkeys(term.covariate for term in model.terms):
        columns = [p + j for j, term in enumerate(model.terms) if term.covariate == covariate]
        keep = [*range(p), *columns]
        statistic = quadratic_form(score[keep], information[np.ix_(keep, keep)])
        tests.append(CovariateTest(covariate, chi_square_test(statistic, len(columns))))
    return tuple(tests), chi_square_test(quadratic_form(score, information), p)


def _scaled_residuals(data: SurvivalData, model: CoxModel, fit: NewtonFit, g: FloatArray) -> pd.DataFrame:
    """One row per event: Schoenfeld residual over an event's average information, plus coefficient."""
    likelihood = model.likelihood
    sets, strata = likelihood.sets, likelihood.strata
    mean_met = sets.per_time(likelihood.moments(fit.beta).mean) / sets.n_deaths[:, None]
    residual = likelihood.x - sets.at_own_death(mean_met)
    varies = _varying_terms(likelihood)
    n_events = np.bincount(strata[sets.event], minlength=varies.shape[0])
    # Events that inform on both of two terms: those in strata where both vary.
    pairs = np.einsum("s,sj,sk->jk", n_events.astype(float), varies.astype(float), varies.astype(float))
    average = fit.information / np.where(pairs == 0, 1.0, pairs)
    time, labels = data.time[model.used], data.strata[model.used]
    rows = np.flatnonzero(sets.event)
    rows = rows[np.lexsort((time[rows], strata[rows]))]
    scaled = np.full((rows.size, len(model.terms)), np.nan)
    for code in np.unique(strata[rows]):
        here, terms = np.flatnonzero(strata[rows] == code), np.flatnonzero(varies[code])
        if terms.size:
            part = residual[np.ix_(rows[here], terms)]
            scaled[np.ix_(here, terms)] = (
                np.linalg.solve(average[np.ix_(terms, terms)], part.T).T + fit.beta[terms]
            )
    frame = pd.DataFrame(scaled, columns=[term.name for term in model.terms])
    frame.insert(0, "stratum", [data.stratum_labels[code] for code in labels[rows]])
    frame.insert(0, "transformed_time", g[rows])
    frame.insert(0, "time_months", time[rows])
    return frame


def _varying_terms(likelihood: PartialLikelihood) -> BoolArray:
    """Whether each term (columns) varies among the rows of each stratum (rows)."""
    n_strata = int(likelihood.strata.max()) + 1
    top = np.full((n_strata, likelihood.n_terms), -np.inf)
    bottom = np.full((n_strata, likelihood.n_terms), np.inf)
    np.maximum.at(top, likelihood.strata, likelihood.x)
    np.minimum.at(bottom, likelihood.strata, likelihood.x)
    return np.asarray(top > bottom, dtype=bool)
