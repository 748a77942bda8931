"""Guards of the response scan: the textbook's Mantel-Haenszel, a burden null that keeps its level, burden taken out."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from generated import generate
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable

from analytics.scan.columns import RESPONSE_COLUMNS
from analytics.scan.frame import PatientFrame
from analytics.scan.genes import GeneData
from analytics.scan.response_scan import scan_response
from analytics.scan.settings import ScanSettings
from analytics.scan.survival_scan import ScanResult
from analytics.verdicts import BurdenWord

N_GENES = 600


@cache
def by_burden() -> tuple[PatientFrame, GeneData, np.ndarray, ScanResult]:
    """Response depends on burden alone, but for gene 0, which is planted."""
    _, frame, genes = generate(99, 900, N_GENES, carriers_per_gene=70)
    rng = np.random.default_rng(5)
    log_odds = -1.0 + 0.8 * (np.log2(frame.burden + 1) - 2.5)
    log_odds[genes.carriers(0)] += 2.5
    response = (rng.random(900) < 1 / (1 + np.exp(-log_odds))).astype(float)
    return frame, genes, response, scan_response(frame, genes, response, ScanSettings(null_draws=2_000))


def test_the_table_has_exactly_the_documented_columns_and_a_reason_for_every_gap() -> None:
    _, _, _, result = by_burden()
    assert list(result.table) == list(RESPONSE_COLUMNS)
    for block in ("mh", "null", "cohort", "burden", "adj", "uni"):
        first = {"mh": "z", "null": "z", "cohort": "q"}.get(block, "coef")
        without = result.table[f"{block}_{first}"].isna()
        assert (result.table.loc[without, f"{block}_reason"].fillna("") != "").all()
    assert set(result.table["burden_verdict"]) <= set(BurdenWord)


@pytest.mark.parametrize("gene", [0, 3, 17])
def test_mantel_haenszel_is_that_of_statsmodels(gene: int) -> None:
    frame, genes, response, result = by_burden()
    carrier = np.zeros(frame.n_patients, dtype=bool)
    carrier[genes.carriers(gene)] = True
    tables = []
    for stratum in np.unique(frame.stratum):
        inside = frame.stratum == stratum
        hit, own = response[inside] == 1, carrier[inside]
        tables.append([[(own & hit).sum(), (own & ~hit).sum()], [(~own & hit).sum(), (~own & ~hit).sum()]])
    theirs = StratifiedTable(np.moveaxis(np.asarray(tables, dtype=float), 0, -1)).test_null_odds(
        correction=False
    )
    assert result.table["mh_chi2"][gene] == pytest.approx(theirs.statistic, rel=1e-9)
    assert result.table["mh_p"][gene] == pytest.approx(theirs.pvalue, rel=1e-8)


def test_burden_fools_the_exact_test_but_neither_the_null_nor_the_adjusted_model() -> None:
    _, _, _, result = by_burden()
    table = result.table.iloc[1:]
    assert (table["fisher_p"] < 0.05).mean() > 0.15
    assert (table["null_p_two_sided"] < 0.05).mean() < 0.08
    assert (table["burden_lr_p"] < 0.05).mean() < 0.08
    assert (table["null_false_positive_rate"] > 0.10).all()


def test_the_planted_gene_is_more_than_burden_and_the_shadows_are_not() -> None:
    _, _, _, result = by_burden()
    assert result.table["burden_verdict"][0] == "beyond burden"
    shadows = result.table["burden_verdict"].iloc[1:]
    assert (shadows == "compatible with burden alone").sum() > 50
    assert not shadows.str.startswith("beyond burden").any()


def test_a_carriers_own_mutations_are_taken_out_of_his_burden() -> None:
    """With the whole burden of the carriers theirs, the gene's odds ratio must change; with none it must not."""
    frame, genes, response, result = by_burden()
    settings = ScanSettings(null_draws=0)
    every = replace(genes, own_burden=frame.burden[genes.patient])
    changed = scan_response(frame, every, response, settings).table
    again = scan_response(frame, genes, response, settings).table
    assert again["burden_coef"].equals(result.table["burden_coef"])
    assert (changed["burden_coef"] - again["burden_coef"]).abs().min() > 0.01


def test_without_an_effect_of_anything_p_is_uniform() -> None:
    _, frame, genes = generate(20240611, 800, 800, by_burden=False)
    rng = np.random.default_rng(6)
    response = (rng.random(800) < 0.35).astype(float)
    table = scan_response(frame, genes, response, ScanSettings(null_draws=0)).table
    for column in ("mh_p", "burden_lr_p", "burden_wald_p"):
        assert stats.kstest(table[column].dropna(), "uniform").pvalue > 0.005, column


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (0.0, "no responders"),
        (1.0, "everyone responds"),
        (np.nan, "no profiled patient has an evaluable response"),
    ],
)
def test_a_cohort_without_a_contrast_says_so_in_every_block(response: float, reason: str) -> None:
    _, frame, genes = generate(3, 80, 4, carriers_per_gene=20)
    table = scan_response(frame, genes, np.full(80, response), ScanSettings(null_draws=50)).table
    for column in ("fisher_reason", "mh_reason", "uni_reason", "adj_reason"):
        assert (table[column] == reason).all(), column
    assert pd.isna(table["null_p_two_sided"]).all() and table["null_reason"].notna().all()
    assert table["burden_reason"].notna().all()
