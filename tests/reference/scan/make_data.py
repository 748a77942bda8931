"""Writes the generated cohorts of this folder (*.csv). Run in this folder: python make_data.py, then make_reference.R.

Each cohort has one row per patient: time, entry, event, stratum, weight, z1, z2, tmb, response, genes (0 or 1) and for
each gene <gene>_own, its own part of the carrier's tmb. What each is for:
  ties             whole months, heavy ties, three strata
  single_strata    half of the patients alone in their stratum, some strata without events
  delayed          delayed entry, no tied times (the log-rank test is then the score test of coxph)
  weighted         case weights, ties, delayed entry
  near_collinear   z2 is z1 plus noise 10,000 times smaller
"""

import csv
from pathlib import Path

import numpy as np

SEED = 20170520
GENES = {"common": 0.35, "medium": 0.15, "rare": 0.06, "strong": 0.2, "no_events": 0.07, "all_events": 0.07}
COHORTS = {"ties": 150, "single_strata": 120, "delayed": 140, "weighted": 130, "near_collinear": 150}


def cohort(name: str, n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    z1 = np.round(rng.normal(size=n), 3)
    z2 = (
        z1 + np.round(1e-4 * rng.normal(size=n), 8)
        if name == "near_collinear"
        else (rng.random(n) < 0.4) * 1.0
    )
    stratum = rng.integers(0, 3, n)
    if name == "single_strata":
        stratum = np.where(np.arange(n) < n // 2, stratum, np.arange(n))
    tmb = np.round(rng.lognormal(1.5, 1.0, n), 2)
    hazard = np.exp(0.4 * z1 - 0.15 * np.log2(tmb + 1))
    carriers = {}
    for gene, share in GENES.items():
        odds = share * (tmb / np.median(tmb)) ** 0.5
        carriers[gene] = rng.random(n) < np.minimum(odds, 0.9)
    hazard = hazard * np.exp(0.9 * carriers["strong"])
    death, censoring = rng.exponential(14.0 / hazard), rng.uniform(2.0, 36.0, n)
    time, event = np.minimum(death, censoring), death <= censoring
    if name in ("ties", "single_strata", "weighted", "near_collinear"):
        time = np.ceil(time)
    entry = np.zeros(n)
    if name in ("delayed", "weighted"):
        entry = np.round(rng.uniform(0, 6, n) * (rng.random(n) < 0.6), 4)
        time = np.round(time + entry, 6) if name == "delayed" else np.ceil(time + entry) + 0.5
    carriers["no_events"] &= ~event
    carriers["all_events"] &= event
    response = rng.random(n) < 1 / (1 + np.exp(0.6 - 0.7 * carriers["common"] + 0.4 * z1))
    columns = {
        "time": time,
        "entry": entry,
        "event": event.astype(int),
        "stratum": stratum,
        "weight": np.round(rng.uniform(0.4, 2.5, n), 2) if name == "weighted" else np.ones(n, dtype=int),
        "z1": z1,
        "z2": z2,
        "tmb": tmb,
        "response": response.astype(int),
    }
    for gene, is_carrier in carriers.items():
        columns[gene] = is_carrier.astype(int)
        columns[f"{gene}_own"] = np.round(is_carrier * np.minimum(tmb, rng.integers(1, 4, n) / 1.2), 3)
    return columns


def main() -> None:
    for number, (name, n) in enumerate(COHORTS.items()):
        columns = cohort(name, n, np.random.default_rng([SEED, number]))
        with Path(f"{name}.csv").open("w", newline="", encoding="utf-8") as handle:
            writer = csv.writer(handle, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(zip(*(values.tolist() for values in columns.values()), strict=True))


if __name__ == "__main__":
    main()
