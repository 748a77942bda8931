"""Analyses of biomarkers that are no single gene: joint groups and a number, each by a second route from the tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from graph_runs import Run
from lifelines import CoxPHFitter

MEMBERS = """
select members.cohort_id, members.patient_id, members.status, members.time_months, members.is_event, members.sample_id,
    summary.cancer_type
from stats.analysis_members as members
inner join marts.patient_summary as summary
    on members.cohort_id = summary.cohort_id and members.patient_id = summary.patient_id
where members.analysis_id = $analysis and members.is_member and members.endpoint = 'OS'
"""


def test_joint_groups_are_those_of_the_two_genes(demo: Run) -> None:
    """neither, A only, B only, both: from the status of each gene, and nobody who is not known for both."""
    found = demo.query(
        """
        select members.status as joint, tp53.status as tp53, igf1r.status as igf1r, count(*) as n
        from stats.analysis_members as members
        inner join marts.gene_status('TP53') as tp53
            on members.cohort_id = tp53.cohort_id and members.sample_id = tp53.sample_id
        inner join marts.gene_status('IGF1R') as igf1r
            on members.cohort_id = igf1r.cohort_id and members.sample_id = igf1r.sample_id
        where members.analysis_id = 'demo_tp53_igf1r' and members.is_member and members.endpoint = 'OS'
        group by all
        """
    )
    expected = {
        ("wild_type", "wild_type"): "neither", ("mutated", "wild_type"): "tp53_only",
        ("wild_type", "mutated"): "igf1r_only", ("mutated", "mutated"): "both",
    }  # fmt: skip
    assert len(found) == 4
    for row in found.itertuples():
        assert expected[row.tp53, row.igf1r] == row.joint
    counts = demo.query(
        "select estimate_key, estimate from stats.survival_stats "
        "where analysis_id = 'demo_tp53_igf1r' and estimate_key like 'flow.n\\_%' escape '\\' and cohort_id is null"
    ).set_index("estimate_key")["estimate"]
    for joint, n in found.set_index("joint")["n"].items():
        assert counts[f"flow.n_{joint}"] == n


def test_each_group_is_compared_with_neither_under_a_key_and_a_label_of_its_own(demo: Run) -> None:
    rows = demo.query(
        "select * from stats.survival_stats where analysis_id = 'demo_tp53_igf1r' and cohort_id is null "
        "and estimate_key like 'os.cox_univariable.%'"
    ).set_index("estimate_key")
    assert set(rows.index) == {f"os.cox_univariable.{group}" for group in ("tp53_only", "igf1r_only", "both")}
    assert set(rows["reference_label"]) == {"neither"}
    assert rows.loc["os.cox_univariable.both", "group_label"] == "both"
    assert rows["n_in_group"].lt(rows["n"]).all()
    every = demo.query("select stat_id from stats.every_stat where analysis_id = 'demo_tp53_igf1r'")
    assert every["stat_id"].is_unique


def test_the_ratio_of_a_joint_group_is_that_of_lifelines_on_the_two_groups(demo: Run) -> None:
    members = demo.query(MEMBERS.replace("$analysis", "'demo_tp53_igf1r'"))
    two = members[members["status"].isin(["neither", "both"])]
    data = pd.DataFrame(
        {
            "time": two["time_months"], "event": two["is_event"].astype(int),
            "both": (two["status"] == "both").astype(int),
            "cohort": two["cohort_id"], "type": two["cancer_type"],
        }
    )  # fmt: skip
    reference = CoxPHFitter().fit(data, "time", "event", strata=["cohort", "type"])
    row = demo.query(
        "select estimate, n from stats.survival_stats where analysis_id = 'demo_tp53_igf1r' and cohort_id is null "
        "and estimate_key = 'os.cox_univariable.both'"
    ).iloc[0]
    assert row["n"] == len(two)
    assert row["estimate"] == pytest.approx(np.exp(reference.params_["both"]), rel=1e-3)


def test_a_number_has_one_ratio_a_step_and_no_groups(demo: Run) -> None:
    """log2(rate + 1) of the index sample, from ``marts.burdens``, in lifelines."""
    rows = demo.query(
        "select * from stats.survival_stats where analysis_id = 'demo_tmb_per_doubling' and cohort_id is null"
    ).set_index("estimate_key")
    assert "os.median.mutated" not in rows.index, "a number has no groups"
    row = rows.loc["os.cox_univariable"]
    assert "doubling" in row["group_label"] and pd.isna(row["n_in_group"]) and pd.isna(row["reference_label"])
    members = demo.query(MEMBERS.replace("$analysis", "'demo_tmb_per_doubling'"))
    rates = demo.query(
        "select cohort_id, sample_id, numerator / denominator_mb as rate from marts.burdens "
        "where measure = 'tmb' and numerator_rule = 'non-synonymous calls counted here'"
    )
    joined = members.merge(rates, on=["cohort_id", "sample_id"], how="left", validate="many_to_one")
    assert joined["rate"].notna().all(), "who has no rate is no member"
    data = pd.DataFrame(
        {
            "time": joined["time_months"], "event": joined["is_event"].astype(int),
            "value": np.log2(joined["rate"] + 1), "cohort": joined["cohort_id"], "type": joined["cancer_type"],
        }
    )  # fmt: skip
    reference = CoxPHFitter().fit(data, "time", "event", strata=["cohort", "type"])
    assert row["n"] == len(data)
    assert row["estimate"] == pytest.approx(np.exp(reference.params_["value"]), rel=1e-3)
    pooled = demo.query(
        "select count(*) as n from stats.meta_stats where analysis_id = 'demo_tmb_per_doubling' and left_out is null"
    )
    assert pooled.loc[0, "n"] == 1
