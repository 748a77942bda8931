"""The demo's TTN was planted as a shadow of burden: a comparison has to find both halves of that."""

from __future__ import annotations

from graph_runs import Run


def test_ttn_carriers_have_a_higher_burden_which_hits_in_proportion_to_burden_explain(demo: Run) -> None:
    rows = demo.query(
        "select estimate_key, estimate, ci_low, ci_high, p, cliffs_delta from stats.comparison_stats "
        "where analysis_id = 'demo_ttn_burden' and variant = 'default' and cohort_id is null"
    ).set_index("estimate_key")
    assert rows.loc["tmb.wilcoxon", "estimate"] > 0
    assert rows.loc["tmb.wilcoxon", "p"] < 1e-6
    assert (
        0.5 < rows.loc["tmb.remaining", "estimate"] < 1
    )  # each carrier has at least one mutation of TTN's own
    excess = rows.loc["tmb.beyond_chance"]
    assert excess["p"] > 0.05
    assert excess["ci_low"] < 0 < excess["ci_high"]


def test_a_measure_that_no_demo_cohort_has_is_a_row_with_the_reason(demo: Run) -> None:
    found = demo.value(
        "select array_to_string(warnings, ' ') from stats.comparison_stats "
        "where stat_id = 'demo_ttn_burden/default/neoantigens.wilcoxon'"
    )
    assert "nobody of" in str(found)
