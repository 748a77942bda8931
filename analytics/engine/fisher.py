"""Fisher's exact test of every gene's 2 x 2 table. What does not belong here: models with covariates."""

import math

import numpy as np

from analytics.engine.arrays import FloatArray, IntArray
from analytics.engine.compiled import compiled

SAME_PROBABILITY = 1.0 + 1e-7  # R's fisher.test: tables this close in probability count as equally likely


@compiled
def _two_sided(
    carriers: IntArray,
    events: IntArray,
    n: IntArray,
    n_events: IntArray,
    log_factorial: FloatArray,
    p: FloatArray,
) -> None:
    for g in range(len(carriers)):
        k, total, hits = carriers[g], n[g], n_events[g]
        low, high = max(0, k - (total - hits)), min(k, hits)
        fixed = (
            log_factorial[k] + log_factorial[total - k] + log_factorial[hits] + log_factorial[total - hits]
        )
        fixed -= log_factorial[total]
        x = events[g]
        observed = math.exp(
            fixed
            - log_factorial[x]
            - log_factorial[k - x]
            - log_factorial[hits - x]
            - log_factorial[total - k - hits + x]
        )
        sum_of_rarer, sum_of_all = 0.0, 0.0
        for y in range(low, high + 1):
            probability = math.exp(
                fixed
                - log_factorial[y]
                - log_factorial[k - y]
                - log_factorial[hits - y]
                - log_factorial[total - k - hits + y]
            )
            sum_of_all += probability
            if probability <= observed * SAME_PROBABILITY:
                sum_of_rarer += probability
        p[g] = min(1.0, sum_of_rarer / sum_of_all)


def fisher_exact_p(
    carriers: IntArray, carrier_events: IntArray, n: IntArray, n_events: IntArray
) -> FloatArray:
    """Two-sided p (G,) of G tables: carriers and their events among n people with n_events events.

    The sum of the probabilities of all tables no likelier than the observed one (Fisher 1935; R's fisher.test).
    """
    p = np.full(len(carriers), np.nan)
    top = int(n.max(initial=0)) + 1
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, top + 1)))])
    _two_sided(carriers, carrier_events, n, n_events, log_factorial, p)
    return p
