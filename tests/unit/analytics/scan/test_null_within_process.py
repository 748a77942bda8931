"""The burden null keeps its level where a process of mutation is itself prognostic, if it draws within processes."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[4] / "benchmarks" / "burden_null"))

from levels import levels
from worlds import generate

from analytics.scan.spec import MUTATIONAL_PROCESS, ScanSpec


def test_drawn_by_burden_alone_a_gene_of_a_prognostic_process_is_rejected_and_within_processes_it_is_not() -> (
    None
):
    found = [levels(generate("process_and_gene", seed, n=500, n_genes=40), draws=499) for seed in range(8)]
    by_counts = np.mean([level["by counts"] for level in found])
    within = np.array([level["by counts within process"] for level in found])
    assert by_counts > 0.15
    # 320 genes in 8 cohorts: within three standard errors of 5 %
    assert within.mean() < 0.05 + 3 * max(within.std(ddof=1), 0.03) / np.sqrt(len(within))


def test_a_scan_may_draw_within_processes_and_adjust_for_none() -> None:
    fields = {"scan_id": "x", "title": "x", "question": "x", "cohorts": ("a",), "registered_on": ""}
    assert (
        ScanSpec(**fields, null_strata=("cohort_id", MUTATIONAL_PROCESS)).null_strata[-1]
        == MUTATIONAL_PROCESS
    )
    with pytest.raises(ValueError, match="unknown columns"):
        ScanSpec(**fields, covariates=(MUTATIONAL_PROCESS,))
