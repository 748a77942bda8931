"""A gene by itself has the numbers that it has in the scan of all genes; burden percentiles are mean ranks."""

import numpy as np
import pandas as pd
import pytest
from generated import generate

from analytics.scan.burden import percentile_in_group, percentile_without_own
from analytics.scan.columns import SURVIVAL_COLUMNS
from analytics.scan.frame import ScanInputError
from analytics.scan.settings import ScanSettings
from analytics.scan.single_gene import scan_one_gene
from analytics.scan.survival_scan import scan_survival

SETTINGS = ScanSettings(null_draws=200)
OF_THE_FAMILY = {"primary_q", "shrunken_coef", "shrunken_sd", "burden_verdict", "identical_group", "warnings"}
#: asked of a single gene always, of one in a scan where it decides the word
ASKED_ALONE = {"change_n", "change_coef", "change_se", "change_ci_low", "change_ci_high", "change_reason"}


def test_a_gene_alone_has_the_row_of_the_scan_but_for_what_counts_the_family() -> None:
    _, frame, genes = generate(5, 400, 60, carriers_per_gene=14)
    together = scan_survival(frame, genes, SETTINGS).table.set_index("gene", drop=False)
    alone = scan_one_gene(frame, genes, "GENE7", SETTINGS)
    for column in SURVIVAL_COLUMNS:
        if column in OF_THE_FAMILY | ASKED_ALONE or (column.endswith("_q") and column != "cohort_q"):
            continue
        assert pd.Series([alone[column]]).equals(pd.Series([together.loc["GENE7", column]])), column
    assert alone["matched_genes"] == 59
    assert alone["change_n"] == 400 and np.isfinite(alone["change_se"])


def test_a_gene_that_nobody_carries_is_refused_in_one_sentence() -> None:
    _, frame, genes = generate(5, 100, 5)
    with pytest.raises(ScanInputError, match="NOSUCH"):
        scan_one_gene(frame, genes, "NOSUCH", SETTINGS)


def test_percentiles_are_mean_ranks_within_the_group() -> None:
    values = np.array([5.0, 1.0, 5.0, np.nan, 9.0, 2.0])
    group = np.array([0, 0, 0, 0, 0, 1])
    expected = pd.Series(values).groupby(group).rank(pct=True).to_numpy() * 100.0
    np.testing.assert_allclose(percentile_in_group(values, group), expected, rtol=1e-15)


def test_without_its_own_mutations_a_carrier_is_ranked_anew_among_the_others() -> None:
    rng = np.random.default_rng(3)
    values = rng.integers(0, 30, 40).astype(float)
    group = rng.integers(0, 3, 40)
    patient = np.array([0, 7, 11, 39])
    own = np.minimum(np.array([1.0, 4.0, 0.0, 50.0]), values[patient])
    found = percentile_without_own(values, group, patient, own)
    for place, carrier in enumerate(patient):
        changed = values.copy()
        changed[carrier] -= own[place]
        assert found[place] == pytest.approx(percentile_in_group(changed, group)[carrier], rel=1e-14)
