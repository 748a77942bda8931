"""Worlds in which no gene does anything, and burden, or the process behind it, tells who lives.

Each patient has one dominant process (ageing, smoking, APOBEC or mismatch repair) beside some ageing; a rate of
mutations per Mb; and a hazard that falls with the logarithm of that true rate. Mutations fall on genes and on the rest
of what is sequenced by independent Poisson counts of the true rate, so that a counted burden is an uncertain one.

few_carriers       exome, genes hit in some 4 % of patients
panel              1.1 Mb at 6 mutations per Mb: 6.6 mutations a patient
sparse_panel       1.1 Mb at 2.5 mutations per Mb: 2.7 mutations a patient, the burden twice as prognostic
many_carriers      exome, genes hit in some 30 %
prognostic_process exome, processes differ in hazard beyond their burden; genes are hit by all alike
process_and_gene   the same, and each gene is hit by one process ten times as often as by the others
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

WORLDS = ("few_carriers", "panel", "sparse_panel", "many_carriers", "prognostic_process", "process_and_gene")
PROCESSES = ("ageing", "smoking", "apobec", "mismatch_repair")
SHARE_OF_PATIENTS = np.array([0.40, 0.30, 0.18, 0.12])
MUTATIONS_PER_MB = np.array([2.5, 8.0, 5.0, 25.0])
LOG_HAZARD_OF_PROCESS = np.array([0.0, -0.5, 0.6, -0.9])
LOG_HAZARD_OF_BURDEN = -0.4  # per standard deviation of the logarithm of the true rate
SD_OF_LOG_RATE = 0.8
PANEL_MUTATIONS_PER_MB = {"panel": 6.0, "sparse_panel": 2.5}


@dataclass(frozen=True)
class World:
    """One generated cohort. patients: time_months, event, process, mutations (counted, of size_mb), tmb. hits (n, G):
    mutations of each gene in each patient, which are among those counted."""

    patients: pd.DataFrame
    hits: np.ndarray
    size_mb: float


def generate(name: str, seed: int, n: int = 700, n_genes: int = 60) -> World:
    """A cohort of world `name` (one of WORLDS); everything follows from the seed."""
    rng = np.random.default_rng([seed, WORLDS.index(name)])
    process = rng.choice(len(PROCESSES), n, p=SHARE_OF_PATIENTS)
    is_panel = name in PANEL_MUTATIONS_PER_MB
    median = PANEL_MUTATIONS_PER_MB[name] if is_panel else MUTATIONS_PER_MB[process]
    rate = median * np.exp(SD_OF_LOG_RATE * rng.normal(size=n))
    dominant = rng.beta(9.0, 2.0, n)
    exposure = np.zeros((n, len(PROCESSES)))
    exposure[:, 0] = rate * (1.0 - dominant)
    exposure[np.arange(n), process] += rate * dominant
    size_mb = 1.1 if is_panel else 30.0
    carriers = 0.30 if name == "many_carriers" else 0.06 if is_panel else 0.04
    preference = np.ones((n_genes, len(PROCESSES)))
    if name == "process_and_gene":
        preference[np.arange(n_genes), rng.integers(1, len(PROCESSES), n_genes)] = 10.0
    raw = exposure @ preference.T
    length = carriers / np.median(raw, axis=0) * rng.uniform(0.7, 1.4, n_genes)
    hits = rng.poisson(raw * length)
    mutations = hits.sum(axis=1) + rng.poisson(rate * max(size_mb - float(length.sum()), 0.3 * size_mb))
    strength = 2.0 if name == "sparse_panel" else 1.0
    log_hazard = strength * LOG_HAZARD_OF_BURDEN * (np.log(rate) - np.log(rate).mean()) / np.log(rate).std()
    if name in ("prognostic_process", "process_and_gene"):
        log_hazard = log_hazard + LOG_HAZARD_OF_PROCESS[process]
    death = rng.exponential(18.0 / np.exp(log_hazard))
    censored = rng.uniform(3.0, 48.0, n)
    patients = pd.DataFrame(
        {
            "time_months": np.minimum(death, censored),
            "event": (death <= censored).astype(int),
            "process": np.array(PROCESSES, dtype=object)[process],
            "mutations": mutations,
            "tmb": mutations / size_mb,
        }
    )
    return World(patients, hits, size_mb)
