"""Signatures on the real files: every exome known, nothing counted on panels, the claims with their verdicts."""

from __future__ import annotations

import pytest
from graph_runs import Run

pytestmark = pytest.mark.mirror

ASKED = ("SBS7a", "SBS10b", "SBS30", "SBS31", "SBS42", "SBS86")


def test_the_9493_exomes_are_known_and_34_whose_sample_no_list_has_are_rejected(real: Run) -> None:
    listed = real.query(
        "select table_kind, count(*) as n from marts.signature_samples where cohort_id = 'tcga_pancan' "
        "group by 1 order by 1"
    )
    assert listed["n"].tolist() == [9459, 9459]
    rejected = real.query(
        "select raw_table, count(*) as n from marts.rejected_rows where rule_id = 'unknown_sample' "
        "and raw_table in ('signature_samples', 'mutation_spectra', 'published_exposures') group by 1 order by 1"
    )
    assert rejected["n"].tolist() == [34, 34, 68], "both tables list their samples"
    # the sum of the published table, less the 34
    assert real.value(
        "select sum(n_mutations) from marts.signature_samples where table_kind = 'spectrum'"
    ) == (real.value("select sum(n_mutations) from marts.mutation_spectra"))


def test_the_110_exomes_of_van_allen_have_spectra_without_a_genome_and_most_of_it_is_ultraviolet(
    real: Run,
) -> None:
    spectra = real.query(
        "select sample_id, sum(n_mutations) as n, "
        "sum(case when channel[1] in ('C', 'T') and channel[3:5] = 'C>T' then n_mutations else 0 end) as uv "
        "from marts.mutation_spectra where cohort_id = 'van_allen_2015' group by 1"
    )
    assert len(spectra) == 110
    # C>T after a pyrimidine: what ultraviolet light leaves; by chance a twelfth of the channels
    assert (spectra["uv"] / spectra["n"]).median() > 0.6
    disagree = real.value(
        "select count(*) from marts.rejected_rows where cohort_id = 'van_allen_2015' and rule_id = 'context_disagrees'"
    )
    assert disagree == 3


def test_reference_profiles_add_up_to_one(real: Run) -> None:
    sums = real.query(
        "select reference_id, signature, sum(probability) as s, count(*) as n from marts.signature_profiles "
        "group by all"
    )
    assert sums.groupby("reference_id").size().to_dict() == {
        "COSMIC_v3.3_GRCh37_exome": 79,
        "COSMIC_v3.4_GRCh37_genome": 86,
    }
    assert (sums["n"] == 96).all() and (sums["s"] - 1).abs().max() < 0.001


def test_presence_agrees_with_what_was_published_for_the_same_exomes(real: Run) -> None:
    agree = real.query(
        "select feature, estimate from stats.frequency_stats where analysis_id = 'alk_signatures' "
        "and variant = 'default' and estimate_key like 'agreement.presence.%'"
    ).set_index("feature")["estimate"]
    assert agree.mean() > 0.97 and agree.min() > 0.75
    rank = real.query(
        "select feature, estimate from stats.comparison_stats where analysis_id = 'alk_signatures' "
        "and variant = 'default' and estimate_key like 'agreement.spearman.%'"
    ).set_index("feature")["estimate"]
    assert (rank[["SBS1", "SBS2", "SBS7a", "SBS13"]] > 0.75).all()


def test_of_the_six_only_sbs10b_goes_with_alk_within_tumour_types(real: Run) -> None:
    rows = real.query(
        "select variant, feature, estimate, ci_low, q from stats.comparison_stats "
        "where analysis_id = 'alk_signatures' and estimator = 'mantel_haenszel' and feature in "
        "('SBS7a', 'SBS10b', 'SBS30', 'SBS31', 'SBS42', 'SBS86') and variant in ('default', 'published_exposures')"
    )
    small = rows[rows["q"] < 0.05]
    assert set(small["feature"]) == {"SBS10b"} and set(small["variant"]) == {"default", "published_exposures"}
    assert (small["ci_low"] > 1).all()


def test_the_printed_signs_are_met_by_the_published_way_and_every_c12_claim_has_its_sentence(
    real: Run,
) -> None:
    rates = real.query(
        "select feature, group_label, estimate from stats.frequency_stats where analysis_id = 'alk_signatures' "
        "and variant = 'as_published' and group_label in ('ALK mutated', 'ALK wild-type')"
    ).pivot(index="feature", columns="group_label", values="estimate")
    higher = {name for name in ASKED if rates.loc[name, "ALK mutated"] > rates.loc[name, "ALK wild-type"]}
    assert higher == {"SBS7a", "SBS10b"}
    checks = real.query("select verdict, sentence from stats.claim_checks where row_id = 'C12'")
    assert len(checks) == 18
    assert checks["sentence"].str.contains("computed").all()


def test_without_a_genome_c13_says_that_one_is_needed(real: Run) -> None:
    rows = real.query(
        "select estimate, array_to_string(warnings, ' ') as warnings from stats.signature_survival_stats "
        "where analysis_id = 'icb_signatures'"
    )
    assert len(rows) == 24 and rows["estimate"].isna().all()
    assert rows["warnings"].str.contains("set ICB_REFERENCE_GENOME to a FASTA or 2bit file of GRCh37").all()
    checks = real.query("select sentence from stats.claim_checks where row_id = 'C13'")
    assert checks["sentence"].str.contains("A reference genome of GRCh37").all()


def test_intervals_are_stored_with_their_number_of_resamples_and_seed(real: Run) -> None:
    drawn = real.query(
        "select count(distinct sample_id) as samples, min(n_resamples) as least, max(n_resamples) as most, "
        "count(distinct seed) as seeds, count(distinct reference_sha256) as hashes from stats.signature_exposures "
        "where analysis_id = 'alk_signatures' and variant = 'default' and exposure_ci_low is not null"
    ).iloc[0]
    assert drawn["samples"] == 185
    assert (drawn["least"], drawn["most"], drawn["seeds"], drawn["hashes"]) == (200, 200, 1, 1)
