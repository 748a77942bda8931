"""Data of the benchmark's shape: patients in eight strata with six covariates, genes hit in proportion to burden.

Times are months with one decimal (about 1,100 distinct event times over the strata at 3,000 patients) or whole
months (about 240), both heavily tied. Everything follows from the seed.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.scan.frame import PatientFrame
from analytics.scan.genes import GeneData

STRATA, COVARIATES = 8, 6


@dataclass(frozen=True)
class Cohort:
    """A generated cohort: the patient table, and what the scan makes of it and of its carriers."""

    table: pd.DataFrame
    frame: PatientFrame
    genes: GeneData

    @property
    def carrier_table(self) -> pd.DataFrame:
        """One row per gene and carrier: gene (number), patient (row number)."""
        gene = np.repeat(np.arange(self.genes.n_genes), np.diff(self.genes.start))
        return pd.DataFrame({"gene": gene, "patient": self.genes.patient})


def generate(n_patients: int, n_genes: int, seed: int = 1, decimals: int = 1) -> Cohort:
    """n_patients in STRATA strata, n_genes with 1.4 % carriers on average (more in long genes and high burdens)."""
    rng = np.random.default_rng([seed, n_patients, n_genes])
    stratum = rng.integers(0, STRATA, n_patients)
    z = rng.normal(size=(n_patients, COVARIATES)).round(3)
    burden = rng.lognormal(1.5, 1.0, n_patients).round(2) + 0.01
    death = rng.exponential(20.0 / np.exp(0.3 * z[:, 0] - 0.1 * np.log2(burden)))
    censoring = rng.uniform(0.5, 40.0, n_patients)
    step = 10.0**-decimals
    columns = {
        "time_months": np.maximum(np.minimum(death, censoring), step).round(decimals),
        "event": (death <= censoring).astype(int),
        "stratum": stratum,
        "tmb": burden,
        **{f"z{k}": z[:, k] for k in range(COVARIATES)},
    }
    table = pd.DataFrame(columns)
    names = [f"z{k}" for k in range(COVARIATES)]
    frame = PatientFrame.from_table(
        table, strata=["stratum"], covariates=names, burden="tmb", cohort="stratum", person=None
    )
    length = rng.lognormal(0.0, 0.6, n_genes)
    rate = burden / burden.mean()
    carriers = [np.flatnonzero(rng.random(n_patients) < 1 - np.exp(-0.012 * x * rate)) for x in length]
    start = np.cumsum([0, *map(len, carriers)]).astype(np.int64)
    genes = GeneData(
        names=tuple(f"GENE{g}" for g in range(n_genes)),
        start=start,
        patient=np.concatenate(carriers).astype(np.int64),
        own_burden=np.minimum(0.03, burden[np.concatenate(carriers)]),
        covered=np.ones((1, n_genes), dtype=np.bool_),
        coding_length_bp=(1500.0 * length).round(),
    )
    return Cohort(table, frame, genes)
