"""A number held against mutation burden: what the word on burden rests on where a biomarker has no carriers.

The same three estimates as for a group (`scan`): the effect beside a spline of burden, what burden changes, and a null
that burden draws. A group's null draws carriers; here the part of the number that burden does not explain is dealt out
anew among the people of a null stratum (permutation of the residuals of the exposure: Potter 2005, Stat Med 24:693), so
that every drawn set of values follows burden as the observed one does and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from analytics.engine.arrays import BoolArray, FloatArray, IntArray
from analytics.engine.cox.risk_sets import risk_sets
from analytics.engine.cox.risk_table import build_risk_table
from analytics.engine.inference import normal_quantile
from analytics.engine.lanes.log_rank import log_rank_terms
from analytics.errors import AnalysisError
from analytics.results.estimator import Scale
from analytics.scan.burden import fit_burden_spline
from analytics.scan.frame import PatientFrame
from analytics.scan.models import reasons
from analytics.scan.models.change import Influence, cox_influence, difference, independent_columns
from analytics.scan.settings import ScanSettings
from analytics.verdicts import BurdenEvidence, BurdenNull, Effect, Power

DRAWS_AT_ONCE = 250
#: Nothing but rounding is left of the number once burden and strata are taken out.
NOTHING_LEFT = 1e-9


@dataclass(frozen=True)
class NumberAndBurden:
    """People (n) with a number and their burden.

    Attributes
    ----------
    frame : follow-up, strata, covariates and burden. value (n,) : the number in its steps, NaN where unknown.
    settings : knots of the spline of burden, sets of values that burden draws, and their seed.
    """

    frame: PatientFrame
    value: FloatArray
    settings: ScanSettings = field(default_factory=ScanSettings)

    def evidence(self, biomarker: str, power: Power, crude: Effect | None) -> BurdenEvidence:
        """What the word rests on.

        Parameters
        ----------
        crude : the effect without burden that stands in the answer, where it is one of exactly these people.
        """
        found = BurdenEvidence(biomarker=biomarker, power=power, crude=crude)
        try:
            found = replace(found, null=self.null())
        except AnalysisError as exc:
            found = replace(found, why_no_null=str(exc).rstrip("."))
        try:
            beside, change = self.beside_burden()
        except AnalysisError as exc:
            return replace(found, why_no_beside=str(exc).rstrip("."))
        return replace(found, beside=beside, change=change)

    @property
    def _has_number(self) -> BoolArray:
        return self.frame.is_evaluable & np.isfinite(self.value)

    def beside_burden(self) -> tuple[Effect, Effect]:
        """The hazard ratio of one step with a spline of burden in the model, and what burden changes: that ratio over
        the one without, on the same people. Intervals are robust (sums of squared dfbeta residuals).

        Raises
        ------
        AnalysisError
            Nobody has a burden, or a model has no finite estimate.
        """
        without, beside = self._without_and_beside
        return (
            _effect(beside.coef, beside.standard_error, Scale.HAZARD_RATIO),
            _effect(*difference(beside, without), Scale.RATIO_OF_HAZARD_RATIOS),
        )

    def without_burden(self) -> Effect | None:
        """The hazard ratio of one step without burden among the people whose burden is known; None without a finite
        estimate."""
        try:
            without, _ = self._without_and_beside
        except AnalysisError:
            return None
        return _effect(without.coef, without.standard_error, Scale.HAZARD_RATIO)

    @cached_property
    def _without_and_beside(self) -> tuple[Influence, Influence]:
        """Both models of the people whose burden is known, fitted once for the effects that are read off them.

        Raises
        ------
        AnalysisError
            Nobody has a burden, or a model has no finite estimate.
        """
        frame = self.frame
        rows = self._has_number & np.isfinite(frame.burden) & np.isfinite(frame.covariates).all(axis=1)
        if not frame.event[rows].any():
            raise AnalysisError(reasons.NO_BURDEN)
        stratum = _codes(frame.stratum[rows])
        sets = risk_sets(frame.time_months[rows], frame.event[rows], frame.entry_months[rows], stratum)
        spline = fit_burden_spline(frame.burden[rows], self.settings.burden_knots).basis(frame.burden[rows])
        crude = np.column_stack([self.value[rows], frame.covariates[rows]])

        def fitted(x: FloatArray) -> Influence:
            return cox_influence(independent_columns(x, stratum), sets, stratum)

        return fitted(crude), fitted(np.column_stack([crude, spline]))

    def null(self) -> BurdenNull:
        """Where the score of the number lies among values that follow burden alone, within the null strata.

        Raises
        ------
        AnalysisError
            Nobody has a burden, or burden and strata say all of the number.
        """
        frame, draws = replace(self.frame, stratum=self.frame.null_stratum), self.settings.null_draws
        rows = self._has_number & np.isfinite(frame.drawing_weight)
        if not frame.event[rows].any():
            raise AnalysisError(reasons.NO_BURDEN)
        stratum, value = _codes(frame.stratum[rows]), self.value[rows]
        spline = fit_burden_spline(frame.drawing_weight[rows], self.settings.burden_knots).basis(
            frame.drawing_weight[rows]
        )
        left = value - _explained(value, spline, stratum)
        residual = _martingale_residuals(frame, rows)
        if not float(left @ left) > NOTHING_LEFT * len(left):
            raise AnalysisError("burden and strata say all of it")
        of_burden = float((value - left) @ residual)
        # the observed rest owes nothing to burden, so the drawn ones may not meet the part of survival that burden
        # makes: with it 2 of 100 questions of nothing are shown beside a prognostic burden, without it 5
        residual = residual - _explained(residual, spline, stratum)
        drawn = _dealt_out(left, residual, stratum, draws, self.settings.seed)
        spread = float(drawn.std())
        if not spread > 0:
            raise AnalysisError(reasons.NO_COMPARISON)
        own = float(left @ residual)
        as_far = int(np.sum(np.abs(drawn) >= abs(own) * (1 - 1e-12)))
        return BurdenNull(
            z=(of_burden + own) / spread,
            mean_z=of_burden / spread,
            p=(1 + as_far) / (1 + draws),
            draws=draws,
        )


def _codes(labels: IntArray) -> IntArray:
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def _effect(coef: float, se: float, scale: Scale) -> Effect:
    half = normal_quantile(0.95) * se
    found = Effect.of_logs(coef, coef - half, coef + half, scale=scale)
    if found is None:
        raise AnalysisError(reasons.NOT_CONVERGED_REASON)
    return found


def _explained(value: FloatArray, spline: FloatArray, stratum: IntArray) -> FloatArray:
    """(n,) what burden and strata say of the number: its mean within stratum and a least-squares fit on the spline."""
    counts = np.bincount(stratum)

    def means(x: FloatArray) -> FloatArray:
        return np.asarray((np.bincount(stratum, x) / counts)[stratum])

    inside = np.column_stack([column - means(column) for column in spline.T])
    own = value - means(value)
    coef = np.linalg.lstsq(inside, own, rcond=None)[0]
    return np.asarray(means(value) + inside @ coef)


def _martingale_residuals(frame: PatientFrame, rows: BoolArray) -> FloatArray:
    """(rows,) events less those expected with no effect, within strata: the score of a number is its sum with these."""
    table = build_risk_table(frame, rows)
    expected = np.zeros(frame.n_patients)
    expected[table.patient_of_row] = log_rank_terms(table).expected_of_row
    return np.asarray((frame.event - expected)[rows])


def _dealt_out(
    left: FloatArray, residual: FloatArray, stratum: IntArray, draws: int, seed: int
) -> FloatArray:
    """(draws,) scores of the residuals ``left`` dealt out anew within each stratum."""
    rng = np.random.default_rng(seed)
    scores = np.zeros(draws)
    for code in range(int(stratum.max()) + 1):
        inside = stratum == code
        own, weights = left[inside] - left[inside].mean(), residual[inside]
        if len(own) < 2 or not weights.any():
            continue
        for first in range(0, draws, DRAWS_AT_ONCE):
            many = min(DRAWS_AT_ONCE, draws - first)
            scores[first : first + many] += rng.permuted(np.tile(own, (many, 1)), axis=1) @ weights
    return scores
