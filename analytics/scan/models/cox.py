"""Cox models of every gene on one set of patients: maximum likelihood, and Firth's penalty where events are few.

Coefficient, standard error, and the Wald, score and likelihood-ratio tests, each worked out by itself.
What does not belong here: which patients and genes go together (`survival_scan.py`), the compiled loops.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from analytics.engine.arrays import BoolArray, FloatArray, IntArray
from analytics.engine.cox.kernels import CONVERGED, NOT_CONVERGED, REFERENCE, ROUNDING, maximise_cox
from analytics.engine.cox.risk_table import RiskTable
from analytics.engine.lanes.carriers import CarrierRows
from analytics.engine.lanes.firth import empty_firth, fit_genes_firth
from analytics.engine.lanes.log_rank import chi2_p
from analytics.engine.lanes.newton import APPROACH, CURVED, EXACT, FitArrays, empty_fit, run_stage, state_at
from analytics.engine.lanes.null_model import NullModel
from analytics.engine.lanes.scores import sparse_scores, sum_over_carriers
from analytics.engine.threads import blocks_of_genes, over_blocks, over_genes
from analytics.scan.models.reasons import (
    COLLINEAR,
    EFRON,
    FEW_CARRIER_EVENTS,
    FEW_OTHER_EVENTS,
    FIRTH,
    NO_COMPARISON,
    NO_EVENTS,
    NO_MAXIMUM,
    NOT_CONVERGED_REASON,
    no_words,
    word_where,
)
from analytics.scan.settings import ScanSettings

NO_INFORMATION = 1e-10  # share of the expected events below which a variance is rounding
COLLINEAR_SHARE = 1e-9  # share of a gene's information that the covariates must leave
LARGEST_COEFFICIENT, LARGEST_ERROR = 12.0, 50.0  # beyond these the likelihood has no maximum worth the name
FARTHEST_START = 4.0
MOST_APPROACHES = 6

COX_COLUMNS = (
    "coef",
    "se",
    "ci_low",
    "ci_high",
    "wald_chi2",
    "wald_p",
    "score_chi2",
    "score_p",
    "lr_chi2",
    "lr_p",
    "method",
    "firth_because",
    "reason",
)
#: The columns of one fit that are numbers.
NUMBERS = tuple(name for name in COX_COLUMNS if name not in ("method", "firth_because", "reason"))


@dataclass(frozen=True)
class _Scores:
    observed: FloatArray
    expected: FloatArray
    variance: FloatArray
    cross: FloatArray  # (G, p) information of gene and covariates
    rest: FloatArray  # variance that the covariates leave


def _score_terms(table: RiskTable, null: NullModel, carriers: CarrierRows, n_threads: int) -> _Scores:
    n, c = null.arrays, carriers.arrays
    n_genes = len(c.start) - 1
    observed, expected, variance = np.zeros((3, n_genes))
    own = n.base * n.hazard
    running = np.concatenate([[0.0], np.cumsum(n.q0)])
    a, q1, q2 = table.arrays, n.q1, n.q2
    over_genes(
        lambda first, stop: sparse_scores(
            a, c, n.base, own, own, running, q1, q2, first, stop, observed, expected, variance
        ),
        n_genes,
        n_threads,
    )
    cross = np.zeros((n_genes, n.slope.shape[1]))
    sum_over_carriers(c, n.slope, cross)
    return _Scores(observed, expected, variance, cross, variance - (cross**2).sum(axis=1))


def _starting_points(scores: _Scores, genes: IntArray) -> FloatArray:
    """Coefficients from observed and expected events as if carriers were a constant share of those at risk.

    With share s = 1 - V/E the hazard ratio solves O = D s r / (1 - s + s r); the covariates move by their cross
    information. Two cheap passes from here are usually enough.
    """
    start = np.zeros((len(scores.observed), scores.cross.shape[1] + 1))
    o, e, v = scores.observed[genes], scores.expected[genes], scores.variance[genes]
    share = np.clip(1.0 - v / e, 1e-12, 1.0 - 1e-9)
    others = np.maximum(e / share - o, 0.5)
    log_ratio = np.log(np.maximum(o, 0.5) / others) - np.log(share / (1.0 - share))
    gain = v / scores.rest[genes]
    start[genes, -1] = np.clip(log_ratio * gain, -FARTHEST_START, FARTHEST_START)
    start[genes, :-1] = -scores.cross[genes] * ((o - e) / scores.rest[genes])[:, None]
    return start


def _maximise(
    table: RiskTable,
    null: NullModel,
    carriers: CarrierRows,
    scores: _Scores,
    genes: IntArray,
    hold_gene: bool,
    n_threads: int,
) -> FitArrays:
    out = empty_fit(len(scores.observed))
    with np.errstate(divide="ignore", invalid="ignore"):
        cross = np.ascontiguousarray(np.nan_to_num(scores.cross / scores.variance[:, None]))
    start = np.zeros((len(out.status), cross.shape[1] + 1)) if hold_gene else _starting_points(scores, genes)
    state = state_at(start)

    def run(stage: np.int64, some: IntArray) -> None:
        a, n, c = table.arrays, null.arrays, carriers.arrays
        over_blocks(
            lambda blocks: run_stage(stage, a, n, c, blocks, cross, hold_gene, state, out),
            blocks_of_genes(some, scores.expected),
            n_threads,
        )

    far = genes
    for _ in range(MOST_APPROACHES):
        run(APPROACH, far)
        far = far[~state.is_close[far]]
    if cross.shape[1] and not hold_gene:  # without covariates the whole information is one number
        run(CURVED, genes)
    run(EXACT, genes[out.status[genes] != CONVERGED])
    return out


def _dense_design(null: NullModel, carriers: CarrierRows, gene: int) -> FloatArray:
    z = null.arrays.z
    x = np.zeros((z.shape[0], z.shape[1] + 1))
    x[:, :-1] = z
    span = slice(carriers.arrays.start[gene], carriers.arrays.start[gene + 1])
    rows = carriers.arrays.row[span]
    x[rows, -1] = 1.0
    if len(carriers.arrays.shift):
        x[rows, :-1] += carriers.arrays.shift[span]
    return x


def _refit_densely(
    table: RiskTable, null: NullModel, carriers: CarrierRows, genes: IntArray, out: FitArrays
) -> None:
    """The slow, safe way for genes on which the lanes gave up: full Newton steps with step halving."""
    for g in genes:
        x = _dense_design(null, carriers, int(g))
        p = x.shape[1] - 1
        beta = np.append(null.arrays.beta, 0.0)
        information = np.zeros((p + 1, p + 1))
        log_likelihood, status = maximise_cox(
            table.arrays, x, np.ones(len(x)), True, beta, information, REFERENCE, ROUNDING, True
        )
        variance = np.linalg.inv(information)[-1, -1] if status == CONVERGED else np.nan
        out.status[g] = (
            status if variance > 0.0 else NOT_CONVERGED
        )  # far out nothing is left of the information
        if variance > 0.0:
            out.coefficient[g], out.standard_error[g] = beta[-1], np.sqrt(variance)
            out.log_ratio[g] = log_likelihood - null.log_likelihood


def fit_cox(
    table: RiskTable,
    null: NullModel,
    carriers: CarrierRows,
    eligible: BoolArray,
    settings: ScanSettings,
) -> pd.DataFrame:
    """One row per gene of `carriers` (G'), columns COX_COLUMNS; only `eligible` (G') genes are fitted.

    Hazard ratios are exp(coef), carriers against the other patients of the table. wald, score, lr: chi-square with
    one degree of freedom. Efron (1977) ties; the score test is at the covariates-only fit; under Firth the
    likelihood-ratio test and the interval are of the penalised likelihood (Heinze & Schemper 2001), the Wald test
    uses the information at the penalised estimate, the score test has no penalty. A gene that is eligible and has
    no estimate has a reason; `firth_because` says why Firth was used.
    """
    scores = _score_terms(table, null, carriers, settings.n_threads)
    compared = eligible & (scores.variance > NO_INFORMATION * np.maximum(scores.expected, 1e-300))
    separate = compared & (scores.rest > COLLINEAR_SHARE * scores.variance)
    events, others = carriers.n_carrier_events, table.n_events - carriers.n_carrier_events
    few = separate & ((events < settings.firth_below_events) | (others < settings.firth_below_events))
    genes = np.flatnonzero(separate & ~few)
    has_shift = len(carriers.arrays.shift) > 0

    fit = _maximise(table, null, carriers, scores, genes, False, settings.n_threads)
    _refit_densely(table, null, carriers, genes[fit.status[genes] != CONVERGED], fit)
    lr_chi2 = 2.0 * fit.log_ratio
    with np.errstate(divide="ignore", invalid="ignore"):
        score_chi2 = np.where(separate, (scores.observed - scores.expected) ** 2 / scores.rest, np.nan)
    if has_shift:
        held = _maximise(table, null, carriers, scores, np.flatnonzero(separate), True, settings.n_threads)
        lr_chi2 = 2.0 * (fit.log_ratio - held.log_ratio)
        score_chi2 = held.score_chi2
    unbounded = (np.abs(fit.coefficient) > LARGEST_COEFFICIENT) | (fit.standard_error > LARGEST_ERROR)
    no_maximum = np.zeros(len(eligible), dtype=np.bool_)
    no_maximum[genes] = unbounded[genes] | (fit.status[genes] != CONVERGED)

    columns = test_columns(fit.coefficient, fit.standard_error, lr_chi2, score_chi2, settings.confidence)
    columns["method"] = word_where(separate & ~few & ~no_maximum, EFRON)
    _put_firth(columns, table, null, carriers, np.flatnonzero(few | no_maximum), settings)
    because = no_words(len(eligible))
    because[no_maximum] = NO_MAXIMUM
    because[few & (others < settings.firth_below_events)] = FEW_OTHER_EVENTS.format(
        n=settings.firth_below_events
    )
    because[few & (events < settings.firth_below_events)] = FEW_CARRIER_EVENTS.format(
        n=settings.firth_below_events
    )
    columns["firth_because"] = because
    reason = no_words(len(eligible))
    reason[compared & ~separate] = COLLINEAR
    reason[eligible & ~compared] = NO_COMPARISON if table.n_events else NO_EVENTS
    columns["reason"] = reason
    give_up_diverged(columns, separate)
    return pd.DataFrame(columns, columns=list(COX_COLUMNS))


def test_columns(
    coef: FloatArray, se: FloatArray, lr_chi2: FloatArray, score_chi2: FloatArray, confidence: float
) -> dict[str, np.ndarray]:
    """Estimates and tests of G genes as columns: intervals are Wald's, every chi-square has one degree of freedom."""
    half_width = special.ndtri(0.5 + confidence / 2.0) * se
    wald = (coef / se) ** 2
    lr = np.maximum(lr_chi2, 0.0)  # that of an exactly null gene may come out as -1e-15
    return {
        "coef": coef,
        "se": se,
        "ci_low": coef - half_width,
        "ci_high": coef + half_width,
        "wald_chi2": wald,
        "wald_p": chi2_p(wald),
        "score_chi2": score_chi2,
        "score_p": chi2_p(score_chi2),
        "lr_chi2": lr,
        "lr_p": chi2_p(lr),
    }


def give_up_diverged(columns: dict[str, np.ndarray], fitted: BoolArray) -> None:
    """Take back every number of a fit that has diverged, in place, and say so as its reason.

    fitted (G,): genes that a model was fitted for. What a diverging fit leaves depends on the processor (nan, inf, or
    large numbers from rounding), sometimes in one of its columns only: the gene has all of them or none.
    """
    numbers = np.stack([columns[name] for name in NUMBERS])
    with np.errstate(invalid="ignore"):
        is_far = (np.abs(columns["coef"]) > LARGEST_COEFFICIENT) | (columns["se"] > LARGEST_ERROR)
    given_up = fitted & (is_far | ~np.isfinite(numbers).all(axis=0))
    for name in NUMBERS:
        columns[name][given_up] = np.nan
    columns["method"][given_up] = None
    columns["reason"][given_up] = NOT_CONVERGED_REASON


def _put_firth(
    columns: dict[str, np.ndarray],
    table: RiskTable,
    null: NullModel,
    carriers: CarrierRows,
    genes: IntArray,
    settings: ScanSettings,
) -> None:
    """Overwrite the columns of `genes` with their penalised fits."""
    if not len(genes):
        return
    out = empty_firth(len(carriers.n_carriers))
    half_chi2 = 0.5 * float(special.chdtri(1, 1.0 - settings.confidence)) if settings.firth_intervals else 0.0
    over_blocks(
        lambda blocks: fit_genes_firth(table.arrays, null.arrays, carriers.arrays, blocks, half_chi2, out),
        blocks_of_genes(genes, carriers.n_carriers.astype(np.float64)),
        settings.n_threads,
    )
    lr_chi2 = 2.0 * (out.log_ratio - out.held_log_ratio)[genes]
    penalised = test_columns(
        out.coefficient[genes],
        out.standard_error[genes],
        lr_chi2,
        columns["score_chi2"][genes],
        settings.confidence,
    )
    if settings.firth_intervals:
        penalised["ci_low"], penalised["ci_high"] = out.ci_low[genes], out.ci_high[genes]
    for name, values in penalised.items():
        columns[name][genes] = values
    columns["method"][genes[out.status[genes] == CONVERGED]] = FIRTH
