"""What burden changes: the log ratio beside burden less the one without, on the same people, with its interval.

Two nested models of the same people are dependent, so the variance of the difference comes from each person's influence
on it: the sum of the squared differences of the two models' dfbeta residuals (seemingly unrelated estimates: Weesie
1999, Stata Technical Bulletin 52; for Cox models the dfbeta of Therneau and Grambsch 2000, section 7.1). Whether burden
explains an effect is read from this interval, not from one p above and one below 0.05.
What does not belong here: the word that follows (`analytics.verdicts`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from analytics.engine.arrays import BoolArray, FloatArray, IntArray
from analytics.engine.cox.likelihood import PartialLikelihood
from analytics.engine.cox.newton import maximise
from analytics.engine.cox.risk_sets import RiskSets, risk_sets
from analytics.engine.inference import scaled_inverse
from analytics.errors import AnalysisError
from analytics.scan.burden import burden_without_gene, fit_burden_spline
from analytics.scan.frame import PatientFrame, ScanInputError
from analytics.scan.models import reasons
from analytics.scan.models.logistic import fit_logistic_null
from analytics.scan.models.survival import CHANGE_COLUMNS, Group


@dataclass(frozen=True, eq=False)
class Influence:
    """A coefficient and every person's influence on it (n): what it would fall by without that person, to first
    order."""

    coef: float
    dfbeta: FloatArray

    @property
    def standard_error(self) -> float:
        """Robust: the root of the sum of the squared influences (Lin and Wei 1989)."""
        return float(np.sqrt(self.dfbeta @ self.dfbeta))


def difference(one: Influence, other: Influence) -> tuple[float, float]:
    """One coefficient less another on the same people, and its standard error."""
    return one.coef - other.coef, Influence(0.0, one.dfbeta - other.dfbeta).standard_error


#: First column of x (n, p) -> its coefficient with influences. Raises AnalysisError where there is no finite estimate.
Fit = Callable[[FloatArray], Influence]


def cox_influence(x: FloatArray, sets: RiskSets, stratum: IntArray) -> Influence:
    """The first coefficient of a stratified Cox model (Efron ties) of x (n, p)."""
    likelihood = PartialLikelihood(x, sets, stratum)
    fit = maximise(likelihood)
    if not fit.converged or fit.diverging[0]:
        raise ScanInputError(reasons.NOT_CONVERGED_REASON)
    keep = np.flatnonzero(~fit.diverging)
    inverse = scaled_inverse(fit.information[np.ix_(keep, keep)])
    return Influence(float(fit.beta[0]), likelihood.score_residuals(fit.beta)[:, keep] @ inverse[:, 0])


def logistic_influence(x: FloatArray, response: FloatArray, stratum: IntArray) -> Influence:
    """The first coefficient of a logistic model of x (n, p) with an intercept a stratum."""
    names = tuple(f"x{k}" for k in range(x.shape[1]))
    null = fit_logistic_null(response, stratum, x, names)
    if names[0] in null.dropped_names:
        raise ScanInputError(reasons.COLLINEAR)
    score = null.arrays.z * (response - null.mean)[:, None]
    return Influence(float(null.transform[0] @ null.beta), score @ null.transform[0])


def change_block(group: Group, chosen: BoolArray, response: FloatArray | None = None) -> pd.DataFrame:
    """Columns `CHANGE_COLUMNS` for the genes of the group, filled for those chosen (G').

    response (n patients): of a response scan; without it the survival models.
    """
    columns: dict[str, object] = {name: np.full(len(group.genes), np.nan) for name in CHANGE_COLUMNS[:-1]}
    block = pd.DataFrame({**columns, "reason": reasons.word_where(~chosen, reasons.CHANGE_NOT_ASKED)})
    if not chosen.any():
        return block
    if group.is_weighted:
        block.loc[chosen, "reason"] = reasons.WEIGHTED
        return block
    rows, fit = _people(group, response)
    if not rows.any():
        block.loc[chosen, "reason"] = reasons.NO_BURDEN
        return block
    designs = _Designs(group, rows)
    half = float(special.ndtri(0.5 + group.settings.confidence / 2.0))
    for place in np.flatnonzero(chosen):
        crude, beside = designs.of(int(group.genes[place]))
        try:
            without, with_burden = fit(crude), fit(beside)
        except AnalysisError as exc:
            block.loc[place, "reason"] = str(exc)
            continue
        coef, se = difference(with_burden, without)
        block.loc[place, list(CHANGE_COLUMNS[:-1])] = [
            rows.sum(),
            coef,
            se,
            coef - half * se,
            coef + half * se,
        ]
    return block


def is_chosen(crude: pd.DataFrame, null: pd.DataFrame, group: Group) -> BoolArray:
    """(G',) the genes whose change decides a word: shown without burden, and the null does not exclude burden. A single
    gene is always asked."""
    is_shown = (crude["ci_low"] > 0) | (crude["ci_high"] < 0)
    is_explicable = ~(null["p_two_sided"] < group.settings.alpha)
    is_fitted = crude["coef"].notna() & crude["firth_because"].isna()
    wanted = (is_shown & is_explicable) | (group.settings.family_size == 1)
    return np.asarray(is_fitted & wanted, dtype=np.bool_)


def _people(group: Group, response: FloatArray | None) -> tuple[BoolArray, Fit]:
    """Who is in both models (n patients), and how they are fitted."""
    frame = group.frame
    known = np.isfinite(frame.covariates).all(axis=1) & np.isfinite(frame.burden)
    if response is None:
        rows = group.evaluable & known
        stratum = np.unique(frame.stratum[rows], return_inverse=True)[1].astype(np.int64)
        if not frame.event[rows].any():
            return rows & False, lambda x: cox_influence(x, sets, stratum)
        sets = risk_sets(frame.time_months[rows], frame.event[rows], frame.entry_months[rows], stratum)
        return rows, lambda x: cox_influence(x, sets, stratum)
    rows = group.profiled & np.isfinite(response) & known
    mixed = np.intersect1d(frame.stratum[rows & (response == 1)], frame.stratum[rows & (response == 0)])
    rows &= np.isin(frame.stratum, mixed)
    answered, stratum = response[rows], frame.stratum[rows]
    return rows, lambda x: logistic_influence(x, answered, stratum)


class _Designs:
    """The two design matrices of a gene: carrier and covariates; the same with the spline of burden from which the
    gene's own mutations are taken out."""

    def __init__(self, group: Group, rows: BoolArray) -> None:
        frame: PatientFrame = group.frame
        self.group, self.rows = group, rows
        self.spline = fit_burden_spline(frame.burden[rows], group.settings.burden_knots)
        self.covariates = frame.covariates[rows]
        self.burden = self.spline.basis(frame.burden[rows])
        self.position = np.cumsum(rows) - 1
        self.stratum = np.unique(frame.stratum[rows], return_inverse=True)[1]

    def of(self, gene: int) -> tuple[FloatArray, FloatArray]:
        data, frame = self.group.data, self.group.frame
        inside = slice(int(data.start[gene]), int(data.start[gene + 1]))
        is_row = self.rows[data.patient[inside]]
        patient, own = data.patient[inside][is_row], data.own_burden[inside][is_row]
        carrier = np.zeros(len(self.covariates))
        carrier[self.position[patient]] = 1.0
        burden = self.burden.copy()
        burden[self.position[patient]] = self.spline.basis(burden_without_gene(frame.burden[patient], own))
        crude = independent_columns(np.column_stack([carrier, self.covariates]), self.stratum)
        return crude, independent_columns(np.column_stack([carrier, self.covariates, burden]), self.stratum)


def independent_columns(x: FloatArray, stratum: IntArray) -> FloatArray:
    """The columns centred within stratum and scaled to unit spread, without those that do not vary there or are a
    combination of those before; the first, which is asked about, stays as it is."""
    counts = np.bincount(stratum)
    means = np.column_stack([np.bincount(stratum, column) / counts for column in x.T])
    centred = x - means[stratum]
    spread = centred.std(axis=0)
    kept = [0]
    scaled = centred / np.where(spread > 1e-12, spread, 1.0)
    for k in range(1, x.shape[1]):
        others = scaled[:, kept]
        left = scaled[:, k] - others @ np.linalg.lstsq(others, scaled[:, k], rcond=None)[0]
        if spread[k] > 1e-12 and float(left @ left) > 1e-9 * len(x):
            kept.append(k)
    return np.column_stack([x[:, 0], *(scaled[:, k] for k in kept[1:])])
