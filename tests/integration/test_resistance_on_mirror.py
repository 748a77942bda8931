"""Roh 2017 and Riaz 2017 through the graph: who has pairs, what is known and what nobody can say."""

from __future__ import annotations

import pytest
from graph_runs import Run

pytestmark = pytest.mark.mirror


def statistic(real: Run, stat_id: str) -> dict[str, object]:
    found = real.query("select * from stats.every_stat where stat_id = ?", stat_id).to_dict("records")
    assert len(found) == 1, stat_id
    return {str(k): v for k, v in found[0].items()}


def test_roh_has_sixteen_patients_with_pairs_in_the_roles_of_their_letters(real: Run) -> None:
    pairs = real.query("select * from marts.sample_pairs where cohort_id = 'roh_2017' and is_both_sequenced")
    assert pairs["patient_id"].nunique() == 16 and len(pairs) == 20
    by_letters = {
        (row.first_sample_id.lstrip("0123456789")[0] + row.second_sample_id.lstrip("0123456789")[0]): row
        for row in pairs.itertuples()
    }
    assert (
        by_letters["AC"].intervening_therapy == "CTLA-4"
        and by_letters["AC"].role == "baseline to progression"
    )
    assert by_letters["CD"].intervening_therapy == "PD-1/PD-L1"
    assert by_letters["AD"].intervening_therapy == "CTLA-4, then PD-1/PD-L1"
    assert by_letters["DD"].role == "one time"
    assert (
        real.value(
            "select count(distinct sample_id) from marts.copy_number_segments where cohort_id = 'roh_2017'"
        )
        == 48
    )


def test_samples_that_share_nothing_leave_the_pooled_numbers_of_roh(real: Run) -> None:
    row = statistic(real, "resistance_roh/default/relapse_only.rate")
    assert row["n"] == 13 and "3 pairs are left out" in str(row["warnings"])
    words = statistic(real, "resistance_roh/default@roh_2017/pair.45C>45E.relapse_only.rate")["warnings"]
    # 563 rows with a gene; 7 of them name several genes and are nobody's
    assert "share 0 mutations of 556" in str(words)


def test_the_nonsense_mutation_of_b2m_in_patient_20_was_there_before_and_left_an_allele(real: Run) -> None:
    found = real.query(
        "select * from stats.resistance_events where analysis_id = 'resistance_roh' and variant = 'default' "
        "and pair_id = 'roh_2017:20A>20E' and hugo_symbol = 'B2M'"
    )
    assert len(found) == 1
    event = found.iloc[0]
    assert list(event["mutation"]) == ["p.G63X"]
    assert (event["presence"], event["second_word"]) == ("shared", "monoallelic")
    assert (
        round(event["first_allele_fraction"], 2) == 0.23 and round(event["second_allele_fraction"], 2) == 0.30
    )


def test_roh_tells_no_progression_so_that_nobody_can_say_who_acquired_resistance(real: Run) -> None:
    row = statistic(real, "resistance_roh/default/acquired_resistance.n")
    assert row["n"] == 0 and "14 responders are left out" in str(row["warnings"])


def test_riaz_has_fifty_patients_before_and_on_treatment_and_no_second_exome(real: Run) -> None:
    pairs = real.query("select * from marts.sample_pairs where cohort_id = 'riaz_2017'")
    assert pairs["patient_id"].nunique() == 50 and not pairs["is_both_sequenced"].any()
    assert set(pairs["role"]) == {"baseline to on_treatment"}
    rate = statistic(real, "resistance_riaz/default/intrinsic_loss.truncating.jak.rate.all")
    assert rate["n"] == 68 and "frameshifts are not seen" in str(rate["warnings"])


def test_b4_is_contradictory_and_the_other_rows_of_b_wait_for_their_files(real: Run) -> None:
    checks = real.query("select * from stats.claim_checks where row_id similar to 'B[1-5]|D2'").set_index(
        "claim_id"
    )
    assert checks.loc["B4.acquired_share", "verdict"] == "internally inconsistent"
    assert "15 of the 38" in checks.loc["B4.acquired_share", "sentence"]
    assert checks.loc["B4.min_response_months", "verdict"] == "exact"
    others = checks.drop(["B4.acquired_share", "B4.min_response_months"])
    assert (others["verdict"] == "not reproducible from public data").all()
    assert others["computed_estimate"].isna().all(), "no number of another cohort stands in for Zaretsky's"
    assert others["missing_sources"].str.len().min() > 0


def test_intrinsic_loss_counts_every_profiled_patient_once(real: Run) -> None:
    row = statistic(real, "resistance_intrinsic_icb/default/intrinsic_loss.truncating.jak.rate.all")
    n = real.value(
        "select count(distinct person_id) from stats.analysis_members where analysis_id = 'resistance_intrinsic_icb' "
        "and variant = 'default' and endpoint = 'intrinsic, jak' and is_member and status in ('mutated', 'wild_type')"
    )
    assert row["n"] == n > 2000
    assert 0 < row["estimate"] < 0.05  # type: ignore[operator]
