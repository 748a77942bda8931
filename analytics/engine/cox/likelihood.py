"""Cox's partial likelihood at given coefficients: value, score, information, residuals.

Belongs here: the likelihood as a function, for right-censored and delayed-entry data, with strata, Efron or
Breslow ties. Does not belong here: maximising it (`newton`, `firth`), naming terms (`covariates`) or
reading frames (`data`).

Efron's approximation treats d deaths tied at one time as d deaths in a row: before the l-th of them (l =
0..d-1) the share l/d of the tied deaths' weight has left the risk set. Breslow's is the same with that
share at 0, so one code path serves both. The information needs no row x term x term array, because the sum
over deaths of the risk-set mean of x x' is X' diag(c) X with one number c per row.

Source: Therneau & Grambsch (2000), Modeling Survival Data, sections 3.1-3.3 and 7.1-7.3; Efron (1977), JASA
72:557.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analytics.engine.arrays import FloatArray, IntArray
from analytics.engine.cox.risk_sets import RiskSets
from analytics.errors import InvalidSettingError

Ties = Literal["efron", "breslow"]


@dataclass(frozen=True, eq=False)
class RiskSetMoments:
    """Weights and risk-set means at one coefficient vector; E deaths, n rows, p terms.

    weight (n,): exp(linear predictor), scaled to a maximum of 1 per stratum, with log_scale (n,) taken out.
    denominator (E,), mean (E, p): sum of weights and weighted mean of x in the risk set that each death
    meets.
    """

    weight: FloatArray
    log_scale: FloatArray
    denominator: FloatArray
    mean: FloatArray


class PartialLikelihood:
    """The partial likelihood of a design matrix X (n x p) over given risk sets.

    X is centred within stratum on construction; no quantity below depends on that, but differences of large
    numbers become differences of small ones. Raises InvalidSettingError for an unknown `ties`.
    """

    def __init__(self, x: FloatArray, sets: RiskSets, strata: IntArray, ties: Ties = "efron") -> None:
        if ties not in ("efron", "breslow"):
            raise InvalidSettingError(f"Tie method '{ties}' is unknown: choose 'efron' or 'breslow'.")
        self.sets = sets
        self.strata = strata
        self.ties = ties
        self._n_strata = n_strata = int(strata.max()) + 1
        counts = np.bincount(strata, minlength=n_strata).astype(float)
        means = np.column_stack([np.bincount(strata, column, n_strata) / counts for column in x.T])
        self.x = x - means[strata]
        self._x_of_the_dead = self.x[sets.event]
        tied = sets.tied_rank / np.repeat(sets.n_deaths, sets.n_deaths)
        self.tied_share = tied if ties == "efron" else np.zeros_like(tied)
        # Newton's steps and Firth's penalty ask for the same coefficients two to five times in a row.
        self._last_moments: tuple[bytes, RiskSetMoments] | None = None
        self._last_evaluated: tuple[bytes, tuple[float, FloatArray, FloatArray]] | None = None

    @property
    def n_terms(self) -> int:
        return int(self.x.shape[1])

    def moments(self, beta: FloatArray) -> RiskSetMoments:
        """Weights, and the denominator and mean that each death meets."""
        at = beta.tobytes()
        if self._last_moments is None or self._last_moments[0] != at:
            self._last_moments = (at, self._moments(beta))
        return self._last_moments[1]

    def _moments(self, beta: FloatArray) -> RiskSetMoments:
        linear = self.x @ beta
        top = np.full(self._n_strata, -np.inf)
        np.maximum.at(top, self.strata, linear)
        scale = top[self.strata]
        weight = np.exp(linear - scale)
        weighted = np.column_stack([weight, weight[:, None] * self.x])
        sums = self._met_by_each_death(weighted)
        # Far out on a monotone likelihood all weights of a risk set underflow; the log-likelihood is then
        # NaN, which tells the caller to step back.
        with np.errstate(divide="ignore", invalid="ignore"):
            return RiskSetMoments(weight, scale, sums[:, 0], sums[:, 1:] / sums[:, :1])

    def log_likelihood(self, beta: FloatArray) -> float:
        """Log partial likelihood."""
        return self._log_likelihood(beta, self.moments(beta))

    def score(self, beta: FloatArray) -> FloatArray:
        """Gradient (p,)."""
        return self._score(self.moments(beta))

    def evaluate(self, beta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Log-likelihood, score (p,) and observed information (p, p)."""
        at = beta.tobytes()
        if self._last_evaluated is None or self._last_evaluated[0] != at:
            moments = self.moments(beta)
            found = self._log_likelihood(beta, moments), self._score(moments), self._information(moments)
            self._last_evaluated = (at, found)
        return self._last_evaluated[1]

    def information(self, beta: FloatArray, time_weight: FloatArray | None = None) -> FloatArray:
        """Observed information (p, p); with `time_weight` (n_times,) the sum of g(t) V(t) over the deaths."""
        return self._information(self.moments(beta), time_weight)

    def schoenfeld_residuals(self, beta: FloatArray) -> FloatArray:
        """x of the dead minus the mean that each of them met, summed per death time (n_times, p)."""
        met = self.sets.per_time(self.moments(beta).mean)
        return np.asarray(self.sets.death_sums(self.x) - met, dtype=float)

    def score_residuals(self, beta: FloatArray) -> FloatArray:
        """Each row's share of the score (n, p), as R's `residuals(fit, 'score')`, ties included.

        lifelines 0.30 leaves ties and entry times out of these residuals, see `newton`.
        """
        moments, sets = self.moments(beta), self.sets
        hazard = 1.0 / moments.denominator
        stay = 1.0 - self.tied_share
        # What a row at risk is charged at every death, and what a row that dies there is spared of it.
        charged = self._hazard_and_mean(hazard, moments.mean)
        spared = self._hazard_and_mean(hazard * (1.0 - stay), moments.mean)
        total = sets.over_time_at_risk(charged) - sets.at_own_death(spared)
        expected = moments.weight[:, None] * (self.x * total[:, :1] - total[:, 1:])
        mean_met = sets.per_time(moments.mean) / sets.n_deaths[:, None]
        observed = np.where(sets.event[:, None], self.x - sets.at_own_death(mean_met), 0.0)
        return np.asarray(observed - expected, dtype=float)

    def log_determinant_gradient(self, beta: FloatArray, variance: FloatArray) -> FloatArray:
        """Gradient (p,) of log|information|, given the inverse information (p, p).

        trace(V dI/db_r) is, summed over deaths, the third central moment E[(x_r - m_r) (x - m)' V (x - m)]
        in the risk set; it is expanded into raw moments of x, x x' and x x'Vx. Source: Heinze & Schemper
        (2001), section 2.
        """
        moments, p = self.moments(beta), self.n_terms
        x, weight = self.x, moments.weight
        form = np.einsum("ij,jk,ik->i", x, variance, x)
        outer = (x[:, :, None] * x[:, None, :]).reshape(-1, p * p)
        stacked = np.column_stack([np.ones_like(form), form, form[:, None] * x, outer]) * weight[:, None]
        raw = self._met_by_each_death(stacked)[:, 1:] / moments.denominator[:, None]
        mean_form, mean_form_x = raw[:, 0], raw[:, 1 : p + 1]
        second = raw[:, p + 1 :].reshape(-1, p, p)
        v_mean = moments.mean @ variance
        covariance_part = np.einsum("eij,ej->ei", second, v_mean)
        mean_part = moments.mean * np.einsum("ei,ei->e", moments.mean, v_mean)[:, None]
        terms = mean_form_x - moments.mean * mean_form[:, None] - 2.0 * (covariance_part - mean_part)
        return np.asarray(terms.sum(axis=0), dtype=float)

    def _met_by_each_death(self, weighted: FloatArray) -> FloatArray:
        at_risk = self.sets.weighted_risk_sums(weighted)[self.sets.death_time]
        dying = self.sets.death_sums(weighted)[self.sets.death_time]
        return np.asarray(at_risk - self.tied_share[:, None] * dying, dtype=float)

    def _hazard_and_mean(self, hazard: FloatArray, mean: FloatArray) -> FloatArray:
        return self.sets.per_time(np.column_stack([hazard, hazard[:, None] * mean]))

    def _log_likelihood(self, beta: FloatArray, moments: RiskSetMoments) -> float:
        at_death = self._x_of_the_dead @ beta - moments.log_scale[self.sets.event]
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(at_death.sum() - np.log(moments.denominator).sum())

    def _score(self, moments: RiskSetMoments) -> FloatArray:
        return np.asarray(self._x_of_the_dead.sum(axis=0) - moments.mean.sum(axis=0), dtype=float)

    def _information(self, moments: RiskSetMoments, time_weight: FloatArray | None = None) -> FloatArray:
        sets = self.sets
        g = np.ones(moments.denominator.shape[0]) if time_weight is None else time_weight[sets.death_time]
        hazard = g / moments.denominator
        at_risk = sets.over_time_at_risk(sets.per_time(hazard))
        spared = sets.at_own_death(sets.per_time(hazard * self.tied_share))
        share = moments.weight * (at_risk - spared)
        second = self.x.T @ (share[:, None] * self.x)
        return np.asarray(second - moments.mean.T @ (g[:, None] * moments.mean), dtype=float)
