"""Burden, landscape, co-mutation and characteristics of the public cohorts, each against SQL and SciPy of its own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from graph_runs import Run
from scipy import stats

pytestmark = pytest.mark.mirror


def row(real: Run, table: str, stat_id: str) -> pd.Series:
    found = real.query(f"select * from stats.{table} where stat_id = ?", stat_id)
    assert len(found) == 1, stat_id
    return found.iloc[0]


def test_a9_msk_melanomas_with_igf1r_have_a_higher_burden_by_another_route(real: Run) -> None:
    people = real.query(
        "select status.status = 'mutated' as mutated, burdens.tmb_mut_per_mb as tmb "
        "from marts.gene_status('IGF1R') as status "
        "inner join marts.samples as samples using (cohort_id, sample_id) "
        "inner join marts.burdens as burdens using (cohort_id, sample_id) "
        "where cohort_id = 'tmb_mskcc_2018' and samples.is_index and samples.cancer_type = 'Melanoma' "
        "and burdens.measure = 'tmb' and burdens.numerator_rule = 'non-synonymous calls counted here' "
        "and status.status in ('mutated', 'wild_type')"
    )
    x, y = (people.loc[people["mutated"] == group, "tmb"].to_numpy(float) for group in (True, False))
    assert (len(x), len(y)) == (22, 298)
    ours = row(real, "comparison_stats", "igf1r_burden_msk/as_published/tmb.wilcoxon")
    assert ours["p"] == pytest.approx(stats.mannwhitneyu(x, y, method="asymptotic").pvalue)
    assert ours["estimate"] == pytest.approx(np.median(np.subtract.outer(x, y)))
    assert ours["estimate"] > 0


@pytest.mark.parametrize("analysis", ["igf1r_burden", "igf1r_burden_msk", "alk_burden"])
def test_a9_c11_the_higher_burden_of_carriers_is_what_hits_in_proportion_to_burden_make(
    real: Run, analysis: str
) -> None:
    crude = row(real, "comparison_stats", f"{analysis}/default/tmb.wilcoxon")
    excess = row(real, "comparison_stats", f"{analysis}/default/tmb.beyond_chance")
    assert crude["p"] < 1e-5
    assert crude["cliffs_delta"] > 0.4
    assert excess["ci_low"] < 0 < excess["ci_high"]


def test_c8_frequencies_and_classes_are_those_of_plain_counts(real: Run) -> None:
    counted = real.query(
        "select count(distinct status.patient_id) as n, "
        "count(distinct case when status.status = 'mutated' then status.patient_id end) as mutated "
        "from marts.gene_status('ALK') as status inner join marts.samples as samples using (cohort_id, sample_id) "
        "where cohort_id = 'tcga_pancan' and samples.is_index and status.status in ('mutated', 'wild_type')"
    ).iloc[0]
    ours = row(real, "frequency_stats", "alk_landscape/default/mutated.rate")
    assert abs(ours["denominator"] - counted["n"]) <= 10, "some persons are in two cohorts"
    assert ours["numerator"] == counted["mutated"]
    exact = stats.binomtest(int(ours["numerator"]), int(ours["denominator"])).proportion_ci(method="exact")
    assert (ours["ci_low"], ours["ci_high"]) == pytest.approx((exact.low, exact.high))
    classes = real.query(
        "select estimate_key, estimate from stats.frequency_stats where analysis_id = 'alk_landscape' "
        "and variant = 'default' and estimate_key like 'variants.n%'"
    ).set_index("estimate_key")["estimate"]
    assert classes.drop("variants.n").sum() == classes["variants.n"]


def test_the_co_mutation_audit_holds_burden_in_tcga(real: Run) -> None:
    counts = real.query(
        "select estimate_key, estimate from stats.frequency_stats where analysis_id = 'alk_comutation'"
    ).set_index("estimate_key")["estimate"]
    assert counts["comutation.n_crude"] > 0.9 * counts["comutation.n_tested"]
    assert counts["comutation.n_together"] < 0.01 * counts["comutation.n_tested"]
    assert 0.8 < counts["comutation.inflation"] < 1.2


def test_a13_the_table_of_characteristics_adds_up(real: Run) -> None:
    table = real.query(
        "select * from stats.characteristics where analysis_id = 'igf1r_melanoma_discovery' and variant = 'default'"
    )
    whole = table.loc[table["estimate_key"] == "characteristics", "n"].iloc[0]
    for variable, rows in table[table["variable"].notna()].groupby("variable"):
        own, levels = rows[rows["level"].isna()].iloc[0], rows[rows["level"].notna()]
        assert own["n"] + own["n_missing_in_group"] + own["n_missing_in_reference"] == whole, variable
        assert levels.empty or levels["n"].sum() == own["n"], variable
    assert {"age_years", "sex", "stage", "drug_class", "best_response", "n_nonsynonymous"} <= set(
        table["variable"]
    )
