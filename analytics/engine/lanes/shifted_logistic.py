"""Logistic models in which each carrier has covariates of his own (burden without the gene's own mutations).

A batch of genes at a time in plain NumPy: cohorts with a response have hundreds of patients, not tens of thousands.
What does not belong here: models in which covariates are the same for every gene (`logistic_kernels.py`).
"""

from typing import NamedTuple

import numpy as np

from analytics.engine.arrays import BoolArray, FloatArray, IntArray
from analytics.engine.cox.kernels import CONVERGED
from analytics.engine.lanes.logistic import LogisticFits
from analytics.engine.lanes.memory import CarrierArrays

GENES_PER_BATCH = 64
MOST_STEPS, MOST_HALVINGS = 100, 12
LAST_DECREMENT = 1e-18  # square of the last step in standard errors
SINGULAR_SHARE = 1e-10


class _State(NamedTuple):
    """A batch at some coefficients: (B,) log-likelihood (penalised or not), (B, q) gradient, (B, q, q) information."""

    value: FloatArray
    gradient: FloatArray
    information: FloatArray


def fit_shifted(
    z: FloatArray,
    response: FloatArray,
    start: FloatArray,
    carriers: CarrierArrays,
    genes: IntArray,
    penalised: bool,
    out: LogisticFits,
    score: FloatArray,
) -> None:
    """Fit the genes of `genes` and write their results into `out` and their score tests (never penalised) into `score`.

    z (m, p): covariates in the null model's coordinates, its intercepts among them; start (p): the null model's
    coefficients there; carriers: rows and, per carrier, the shift of z. `log_ratio` is the log-likelihood (Firth's
    penalised) with the gene, `held_log_ratio` that with its coefficient held at 0 and the same covariates and penalty.
    """
    for first in range(0, len(genes), GENES_PER_BATCH):
        _fit_batch(
            z, response, start, carriers, genes[first : first + GENES_PER_BATCH], penalised, out, score
        )


def _fit_batch(
    z: FloatArray,
    response: FloatArray,
    start: FloatArray,
    carriers: CarrierArrays,
    genes: IntArray,
    penalised: bool,
    out: LogisticFits,
    score: FloatArray,
) -> None:
    m, p = z.shape
    x = np.zeros((len(genes), m, p + 1))
    x[:, :, :p] = z
    for place, gene in enumerate(genes):
        span = slice(int(carriers.start[gene]), int(carriers.start[gene + 1]))
        x[place, carriers.row[span], p] = 1.0
        x[place, carriers.row[span], :p] += carriers.shift[span]
    beta = np.tile(np.append(start, 0.0), (len(genes), 1))
    beta, held, held_done = _maximise(x, response, beta, p, False)
    score[genes] = np.where(held_done, held.gradient[:, p] ** 2 / _left_over(held.information), np.nan)
    if penalised:
        beta, held, held_done = _maximise(x, response, beta, p, True)
    beta, full, done = _maximise(x, response, beta, p + 1, penalised)
    rest = _left_over(full.information)
    usable = done & held_done & (rest > SINGULAR_SHARE * full.information[:, p, p])
    chosen = genes[usable]
    out.coefficient[chosen] = beta[usable, p]
    out.standard_error[chosen] = 1.0 / np.sqrt(rest[usable])
    out.log_ratio[chosen] = full.value[usable]
    out.held_log_ratio[chosen] = held.value[usable]
    out.status[chosen] = CONVERGED


def _maximise(
    x: FloatArray, response: FloatArray, beta: FloatArray, free: int, penalised: bool
) -> tuple[FloatArray, _State, BoolArray]:
    """Newton's steps in the first `free` coefficients, halved until the likelihood does not fall; who converged."""
    beta = beta.copy()
    state = _evaluate(x, response, beta, penalised)
    done = np.zeros(len(beta), dtype=np.bool_)
    for _ in range(MOST_STEPS):
        gradient = state.gradient[:, :free]
        step = np.linalg.solve(_conditioned(state.information[:, :free, :free]), gradient[..., None])[..., 0]
        done |= (step * gradient).sum(axis=1) < LAST_DECREMENT
        if done.all():
            break
        step[done] = 0.0
        length = np.ones(len(beta))
        for _ in range(MOST_HALVINGS):
            trial = beta.copy()
            trial[:, :free] += length[:, None] * step
            tried = _evaluate(x, response, trial, penalised)
            worse = ~(tried.value >= state.value - 1e-12 * (1.0 + np.abs(state.value)))
            if not worse.any():
                break
            length[worse] /= 2.0
        beta, state = trial, tried
    return beta, state, done


def _conditioned(information: FloatArray) -> FloatArray:
    """A ridge that only matters where a likelihood without maximum has run away and is given up anyway."""
    return np.asarray(information + 1e-12 * np.eye(information.shape[-1]))


def _evaluate(x: FloatArray, response: FloatArray, beta: FloatArray, penalised: bool) -> _State:
    eta = np.clip((x @ beta[..., None])[..., 0], -700.0, 700.0)
    mean = 1.0 / (1.0 + np.exp(-eta))
    spread = mean * (1.0 - mean)
    value = (response * eta - np.logaddexp(0.0, eta)).sum(axis=1)
    weighted = x * spread[..., None]
    information = x.transpose(0, 2, 1) @ weighted
    residual = response - mean
    if penalised:
        # Firth (1993): half the log-determinant of the information; leverages h = spread x' I^-1 x.
        inverse = np.linalg.inv(_conditioned(information))
        leverage = ((x @ inverse) * weighted).sum(axis=2)
        residual = residual + leverage * (0.5 - mean)
        value = value + 0.5 * np.linalg.slogdet(_conditioned(information))[1]
    gradient = (x.transpose(0, 2, 1) @ residual[..., None])[..., 0]
    return _State(value, gradient, information)


def _left_over(information: FloatArray) -> FloatArray:
    """(B,) information on the last coefficient that the others leave."""
    others, cross = _conditioned(information[:, :-1, :-1]), information[:, :-1, -1]
    explained = (cross * np.linalg.solve(others, cross[..., None])[..., 0]).sum(axis=1)
    return np.asarray(information[:, -1, -1] - explained)
