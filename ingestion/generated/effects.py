"""The planted truth of the generated cohorts, read from ``data/effects.yaml``: what each number is for stands there.

Drawing patients from it is ``people``; how a cohort's files look is its file in ``cohorts/``.
"""

from __future__ import annotations

from functools import cache

from pydantic import Field

from ingestion.catalog.columns import Strict
from ingestion.generated.data_files import DATA, read_spec

BEST_RESPONSES = ("CR", "PR", "SD", "PD")


class Hotspot(Strict):
    """The one recurrent change of a gene: residue, amino acids, position (GRCh37) and bases."""

    residue: int
    wild: str
    changed: str
    position: int
    ref: str
    alt: str


class CancerType(Strict):
    """A tumour type; ``names`` are the words of cBioPortal (detailed, oncotree, site) and TCGA for it."""

    burden: tuple[float, float]
    os_icb: float = float("nan")
    os_diagnosis: float
    drivers: dict[str, float]
    names: dict[str, str]


class Effects(Strict):
    """Every planted number, under the key that it has in the file."""

    hazard_ratios_icb: dict[str, float]
    hazard_ratios_control: dict[str, float]
    hazard_ratio_log2_tmb_icb: float = Field(gt=0)
    hazard_ratio_log2_tmb_control: float = Field(gt=0)
    reference_log2_tmb: float
    hazard_ratio_icb_arm: float = Field(gt=0)
    predictive_gene: str
    prognostic_gene: str
    null_genes: tuple[str, ...]
    shadow_genes: tuple[str, ...]
    masked_gene: str
    sparse_gene: str
    truth_genes: tuple[str, ...]
    response_mutated: dict[str, float]
    response_wild_type: dict[str, float]
    response_chemotherapy: dict[str, float]
    not_evaluable: float
    response_loading: float
    progression_share: float
    weibull_shape: float
    cancer_types: dict[str, CancerType]
    truncating_drivers: dict[str, float]
    hotspots: dict[str, Hotspot]
    expression_shift_log2: dict[str, float]
    expression_shift_set_log2: float
    leukocyte_shift: float
    gene_lists: dict[str, tuple[str, ...]]


@cache
def effects() -> Effects:
    """The planted truth of this project's demo."""
    return read_spec(DATA / "effects.yaml", Effects)
