"""How often the prediction interval holds the effect of a new cohort; run as a script, from the project's folder.

Cohorts of unequal size (standard errors of log hazard ratios from 0.12 to 0.5, log-uniform), true effects normal
around 0 with standard deviation 0.3; REML, Hartung-Knapp with the guard, t with k - 1 degrees of freedom. The column
of tau 0.3 is what `analytics.meta.pooling.PREDICTION_COVERAGE` says.
"""

from __future__ import annotations

import numpy as np

from analytics.meta.random_effects import fit_random_effects_many

COHORTS = (3, 4, 5, 6, 8, 10, 15)


def coverage(n_cohorts: int, tau: float, n_sets: int, seed: int) -> float:
    """Share of sets of cohorts whose 95 % prediction interval holds the effect of one more cohort."""
    rng = np.random.default_rng(seed)
    se = np.exp(rng.uniform(np.log(0.12), np.log(0.5), (n_sets, n_cohorts)))
    effect = rng.normal(0.0, tau, (n_sets, n_cohorts)) + rng.normal(0.0, se)
    pooled = fit_random_effects_many(effect, se, guard=True)
    new = rng.normal(0.0, tau, n_sets)
    return float(((pooled["prediction_low"] < new) & (new < pooled["prediction_high"])).mean())


if __name__ == "__main__":
    print("cohorts", *(f"tau {tau}" for tau in (0.1, 0.3, 0.5)))
    for k in COHORTS:
        print(k, *(f"{coverage(k, tau, 20_000, seed=k):.3f}" for tau in (0.1, 0.3, 0.5)))
