"""Rows about signatures: presence by status against scipy and statsmodels, survival against the estimator itself."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from signature_samples import people, profiles, variant
from statsmodels.stats.contingency_tables import StratifiedTable

from analytics.biomarkers.groups import Contrast
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Scope
from analytics.signatures.estimate import (
    FITTED,
    SPEARMAN,
    SignedMembers,
    agreement_statistics,
    coverage_statistics,
    presence_statistics,
)
from analytics.signatures.samples import nothing_fitted, reference_set, refit_samples
from analytics.signatures.survival import presence_survival
from analytics.survival.curves.log_rank import log_rank_test
from analytics.survival.hazard_ratio import estimate_hazard_ratio


@pytest.fixture(scope="module")
def asked():
    members, spectra, _ = people()
    way = variant(estimators=["log_rank_oe", "cox_univariable"])
    found = refit_samples(
        spectra,
        reference_set(profiles(), way),
        way,
        assay=pd.Series("exome", index=spectra.counts.index),
        kinds=members.set_index("sample_key")["cancer_type"],
        published=None,
        drawn=[],
    )
    # the refit sees SBS27, which nobody has, in 6 of 400: here in nobody
    return members, replace(found, presence=found.presence.assign(SBS27=False)), way


def by_key(rows):
    return {row.key: row for row in rows}


def signed(members, found):
    return SignedMembers(Scope("a", "v", "presence"), RowSets(), members, found, Contrast.of_gene("ALK"))


@pytest.fixture(scope="module")
def presence(asked):
    members, found, way = asked
    of = signed(members, found)
    frequency, comparison = presence_statistics(of, way, ["SBS7a", "SBS99"])
    return of.sets, by_key(frequency), by_key(comparison)


def test_rates_are_counts_over_those_with_signatures_under_a_row_set_of_that_size(asked, presence):
    members, found, _ = asked
    sets_of, frequency, _ = presence
    present = found.presence["SBS7a"].astype(bool).to_numpy()
    for label, group in (("mutated", members["in_group"]), ("wild_type", ~members["in_group"])):
        row = frequency[f"sbs7a.rate.{label}"]
        assert (row.numerator, row.denominator) == ((present & group).sum(), group.sum())
        assert row.estimate == pytest.approx(row.numerator / row.denominator)
        interval = stats.binomtest(int(row.numerator), int(row.denominator)).proportion_ci()
        assert (row.ci_low, row.ci_high) == pytest.approx((interval.low, interval.high))
        assert sets_of.holds(row.row_set, members.index).sum() == row.n
        assert (row.counts.group_label, row.counts.n_in_group) == (f"ALK {label.replace('_', '-')}", row.n)


def test_fisher_and_mantel_haenszel_are_those_of_scipy_and_statsmodels(asked, presence):
    members, found, _ = asked
    _, _, comparison = presence
    x, y = found.presence["SBS13"].astype(bool).to_numpy(), members["in_group"].to_numpy()
    table = [[(x & y).sum(), (~x & y).sum()], [(x & ~y).sum(), (~x & ~y).sum()]]
    assert comparison["sbs13.fisher"].p == pytest.approx(stats.fisher_exact(table).pvalue)
    by_type = []
    for kind in ("skin", "other"):
        inside = (members["cancer_type"] == kind).to_numpy()
        by_type.append([[(x & y & inside).sum(), (x & ~y & inside).sum()],
                        [(~x & y & inside).sum(), (~x & ~y & inside).sum()]])  # fmt: skip
    theirs = StratifiedTable([np.array(t, dtype=float) for t in by_type])
    row = comparison["sbs13.mantel_haenszel"]
    assert row.estimate == pytest.approx(theirs.oddsratio_pooled)
    assert (row.ci_low, row.ci_high) == pytest.approx(theirs.oddsratio_pooled_confint())
    assert row.p == pytest.approx(theirs.test_null_odds(correction=False).pvalue)


def test_what_goes_with_the_type_alone_disappears_within_types_and_what_goes_with_the_gene_stays(presence):
    _, _, comparison = presence
    assert comparison["sbs7a.fisher"].q < 0.001
    assert comparison["sbs7a.mantel_haenszel"].p > 0.05
    assert comparison["sbs13.fisher"].q < 0.01 and comparison["sbs13.mantel_haenszel"].q < 0.01


def test_q_is_benjamini_hochberg_over_the_family_of_all_signatures(presence):
    _, _, comparison = presence
    family = [row for key, row in comparison.items() if key.endswith(".fisher") and row.p is not None]
    p = np.array([row.p for row in family])
    np.testing.assert_allclose([row.q for row in family], stats.false_discovery_control(p))


def test_a_signature_that_the_reference_lacks_and_one_in_nobody_are_rows_with_a_reason(presence):
    _, frequency, comparison = presence
    assert frequency["sbs99.rate.mutated"].warnings == ("generated_exome: there is no SBS99.",)
    assert comparison["sbs99.fisher"].p is None
    assert frequency["sbs27.rate.mutated"].estimate == 0.0
    assert comparison["sbs27.fisher"].warnings == ("present in no sample",)


def test_without_any_fit_every_asked_number_is_a_row_with_the_one_reason(asked):
    members, _, way = asked
    found = nothing_fitted(members["sample_key"].tolist(), "Calls need a reference genome.", "COSMIC")
    of = signed(members, found)
    frequency, comparison = presence_statistics(of, way, ["SBS7a"])
    survival = presence_survival(of, way, "os", ["SBS7a"])
    assert {row.key for row in survival} == {
        "os.logrank_oe.sbs7a",
        "os.log_rank.sbs7a",
        "os.cox_univariable.sbs7a",
    }
    for row in (*frequency, *comparison, *survival):
        assert row.warnings == ("Calls need a reference genome.",) and row.estimate is None and row.estimator
    coverage = coverage_statistics(of)[0]
    assert (coverage.numerator, coverage.denominator) == (0, len(members))


def test_survival_by_signature_is_the_hazard_ratio_of_its_carriers(asked):
    members, found, way = asked
    rows = by_key(presence_survival(signed(members, found), way, "os", []))
    carriers = members.assign(is_carrier=found.presence["SBS2"].astype(bool).to_numpy())
    for key, estimator in (("os.logrank_oe.sbs2", "log_rank_oe"), ("os.cox_univariable.sbs2", "auto")):
        direct = estimate_hazard_ratio(carriers, "is_carrier", estimator=estimator, strata=["cancer_type"])
        row, counts = rows[key], rows[key].counts
        assert (row.estimate, row.p) == pytest.approx((direct.hr, direct.p))
        assert (counts.n_in_group, counts.events_in_group) == (direct.n_in_group, direct.events_in_group)
        assert (counts.group_label, counts.reference_label) == ("SBS2 present", "SBS2 absent")
        assert row.row_set == FITTED
    # planted: median 12 against 30 months, hazard ratio 2.5
    assert rows["os.cox_univariable.sbs2"].ci_low < 2.5 < rows["os.cox_univariable.sbs2"].ci_high
    assert rows["os.cox_univariable.sbs2"].q < 0.001
    assert rows["os.cox_univariable.sbs27"].warnings == ("0 people with the signature, fewer than 10.",)


def test_the_ratio_of_observed_to_expected_carries_its_own_p_and_the_log_rank_test_has_a_row(asked):
    members, found, way = asked
    rows = by_key(presence_survival(signed(members, found), way, "os", []))
    carriers = members.assign(is_carrier=found.presence["SBS7a"].astype(bool).to_numpy())
    ratio, test = rows["os.logrank_oe.sbs7a"], rows["os.log_rank.sbs7a"]
    z = np.log(ratio.estimate) / ratio.standard_error
    assert (ratio.p, ratio.p_method) == (pytest.approx(2 * stats.norm.sf(abs(z))), "wald")
    direct = log_rank_test(carriers, "is_carrier", strata=["cancer_type"]).test
    assert (test.p, test.statistic) == pytest.approx((direct.p, direct.statistic))
    assert (test.estimate, test.estimator, test.p_method) == (None, "log_rank", "log-rank")
    for key in ("os log_rank", "os log_rank_oe"):
        family = [row for row in rows.values() if row.family == key and row.p is not None]
        expected = stats.false_discovery_control([row.p for row in family])
        np.testing.assert_allclose([row.q for row in family], expected)


def test_with_few_events_the_p_is_of_firths_likelihood_and_the_permutation_p_stands_beside(asked):
    members, found, way = asked
    few = members.copy()
    carriers = found.presence["SBS2"].astype(bool).to_numpy()
    few.loc[carriers, "event"] = False
    few.loc[few.index[carriers][:3], "event"] = True
    row = by_key(presence_survival(signed(few, found), way, "os", []))["os.cox_univariable.sbs2"]
    assert (row.estimator, row.p_method) == ("firth", "penalised likelihood ratio")
    assert row.counts.events_in_group == 3 and 0 < row.p_permutation <= 1


def test_people_without_a_stratum_or_follow_up_are_in_another_row_set(asked):
    members, found, way = asked
    lacking = members.copy()
    lacking.loc[lacking.index[:7], "cancer_type"] = None
    lacking.loc[lacking.index[7:9], "time_months"] = np.nan
    of = signed(lacking, found)
    found_rows = by_key(presence_survival(of, way, "os", []))
    row = found_rows["os.cox_univariable.sbs2"]
    assert row.n == len(members) - 9
    assert of.sets.holds(row.row_set, lacking.index).sum() == row.n


def test_without_a_minimum_presence_is_told_below_and_from_fifty_mutations():
    members, spectra, _ = people(n=200)
    counts = spectra.counts.copy()
    counts.iloc[:80] = np.random.default_rng(2).binomial(counts.iloc[:80].to_numpy(), 0.1)
    few = type(spectra)(counts, spectra.left_out, None, ())
    way = variant(min_mutations=1, min_fraction=0.0, min_exposure=0.0)
    found = refit_samples(
        few, reference_set(profiles(), way), way, assay=pd.Series("exome", index=counts.index),
        kinds=members.set_index("sample_key")["cancer_type"], published=None, drawn=[],
    )  # fmt: skip
    frequency, _ = presence_statistics(signed(members, found), way, ["SBS27"])
    rows = by_key(frequency)
    below, above = rows["sbs27.rate.few_mutations"], rows["sbs27.rate.enough_mutations"]
    assert below.n + above.n == 200 and below.n == (counts.sum(axis=1) < 50).sum()
    # nobody has SBS27: noise finds it where there is little to find it by
    assert below.estimate > 2 * above.estimate


def test_agreement_with_itself_is_complete(asked):
    members, found, _ = asked
    frequency, comparison = agreement_statistics(signed(members, found), found)
    assert all(row.estimate == 1.0 for row in frequency)
    rank = [row for row in comparison if row.estimator == SPEARMAN.key]
    assert rank and all(row.estimate == pytest.approx(1.0) for row in rank)
