"""How often each test of "more than burden?" rejects the genes of one generated cohort, none of which has an effect."""

import numpy as np
import pandas as pd
from worlds import World

from analytics.scan.frame import PatientFrame
from analytics.scan.genes import GeneData
from analytics.scan.models.survival import Group, null_block
from analytics.scan.settings import ScanSettings
from analytics.scan.survival_scan import scan_survival

COLUMNS = ("cox", "by counts", "by shrunken counts", "by counts within process")


def gene_data(world: World) -> GeneData:
    n_genes = world.hits.shape[1]
    gene, patient = np.nonzero(world.hits.T)
    return GeneData(
        names=tuple(f"GENE{g}" for g in range(n_genes)),
        start=np.searchsorted(gene, np.arange(n_genes + 1)).astype(np.int64),
        patient=patient.astype(np.int64),
        own_burden=world.hits[patient, gene] / world.size_mb,
        covered=np.ones((1, n_genes), dtype=np.bool_),
        coding_length_bp=np.full(n_genes, 1500.0),
    )


def shrunken(counts: np.ndarray) -> np.ndarray:
    """Posterior means of a gamma-Poisson model whose prior is fitted by moments."""
    mean, variance = counts.mean(), counts.var(ddof=1)
    prior_rate = mean / max(variance - mean, 1e-9)
    return (mean * prior_rate + counts) / (prior_rate + 1.0)


def rejected(p: pd.Series) -> float:
    return float((p.dropna() < 0.05).mean())


def levels(world: World, draws: int) -> dict[str, float]:
    """Share of a cohort's genes that each test rejects at 5 %."""
    patients, genes = world.patients, gene_data(world)
    patients = patients.assign(shrunken=shrunken(patients["mutations"].to_numpy(float)))
    settings = ScanSettings(null_draws=draws, firth_intervals=False, n_threads=2)

    def drawn(weight: str, strata: tuple[str, ...] = ()) -> float:
        frame = PatientFrame.from_table(
            patients, burden="tmb", drawing_weight=weight, null_strata=strata, person=None
        )
        everyone = np.ones(len(patients), dtype=np.bool_)
        group = Group(frame, genes, np.arange(genes.n_genes), everyone, settings)
        return rejected(null_block(group)["p_two_sided"])

    frame = PatientFrame.from_table(patients, burden="tmb", person=None)
    table = scan_survival(frame, genes, settings).table
    return {
        "cox": rejected(table["burden_lr_p"]),
        "by counts": rejected(table["null_p_two_sided"]),
        "by shrunken counts": drawn("shrunken"),
        "by counts within process": drawn("mutations", ("process",)),
    }
