"""Cohorts with known truth, for the calibration tests."""

import numpy as np
import pandas as pd

from analytics.scan.frame import PatientFrame
from analytics.scan.genes import GeneData


def generate(
    seed: int,
    n: int,
    n_genes: int,
    *,
    carriers_per_gene: int = 60,
    by_burden: bool = True,
    burden_log_hazard: float = 0.0,
    planted: dict[int, float] | None = None,
) -> tuple[pd.DataFrame, PatientFrame, GeneData]:
    """n patients in four cohorts. Mutations fall on a gene as a Poisson process whose rate is the patient's burden, or
    (by_burden False) at random.

    burden_log_hazard: log hazard ratio per doubling of burden. planted: gene number -> its own log hazard ratio.
    """
    rng = np.random.default_rng(seed)
    cohort = rng.integers(0, 4, n)
    burden = np.round(rng.lognormal(1.5, 0.8, n), 3)
    age = rng.normal(0, 1, n)
    rate = burden / burden.sum() if by_burden else np.full(n, 1.0 / n)
    carriers = [np.flatnonzero(rng.random(n) < 1 - np.exp(-rate * carriers_per_gene)) for _ in range(n_genes)]
    log_hazard = 0.3 * age + burden_log_hazard * (np.log2(burden + 1) - 2.5)
    for gene, effect in (planted or {}).items():
        log_hazard[carriers[gene]] += effect
    scale = np.array([8.0, 12.0, 16.0, 24.0])[cohort]
    death, censoring = rng.exponential(scale / np.exp(log_hazard)), rng.uniform(3, 40, n)
    table = pd.DataFrame(
        {
            "person_id": np.arange(n),
            "time_months": np.ceil(np.minimum(death, censoring)),
            "event": (death <= censoring).astype(int),
            "cohort": cohort,
            "age": age,
            "tmb": burden,
            "response": (rng.random(n) < 1 / (1 + np.exp(0.8 + 0.5 * age))).astype(float),
        }
    )
    frame = PatientFrame.from_table(
        table, strata=["cohort"], covariates=["age"], burden="tmb", cohort="cohort"
    )
    genes = GeneData(
        names=tuple(f"GENE{g}" for g in range(n_genes)),
        start=np.cumsum([0, *map(len, carriers)]).astype(np.int64),
        patient=np.concatenate(carriers).astype(np.int64),
        own_burden=np.zeros(sum(map(len, carriers))),
        covered=np.ones((1, n_genes), dtype=bool),
        coding_length_bp=rng.lognormal(7, 0.7, n_genes),
    )
    return table, frame, genes
