"""The scan of every gene on the generated cohorts: planted genes are found, and shadows of burden are called so."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
from conftest import Run

from analytics.guards import VERDICTS


@pytest.fixture(scope="module")
def scanned(demo: Run) -> pd.DataFrame:
    return demo.query("select * from stats.scan_results where scan_id = 'demo_os'").set_index("gene")


def test_the_predictive_and_the_prognostic_gene_lead_and_are_more_than_burden(scanned: pd.DataFrame) -> None:
    assert list(scanned.sort_values("primary_p").index[:2]) == ["IGF1R", "TP53"]
    assert (scanned.loc[["IGF1R", "TP53"], "burden_verdict"] == "beyond burden").all()


@pytest.mark.parametrize(
    ("gene", "planted"), [("IGF1R", 0.45), ("TP53", 1.6), ("ALK", 1.0), ("TTN", 1.0), ("MUC16", 1.0)]
)
def test_with_burden_in_the_model_the_interval_holds_what_was_planted(
    scanned: pd.DataFrame, gene: str, planted: float
) -> None:
    row = scanned.loc[gene]
    assert row["burden_ci_low"] < math.log(planted) < row["burden_ci_high"]


def test_a_long_gene_is_significant_alone_and_compatible_with_burden_alone(scanned: pd.DataFrame) -> None:
    assert scanned.loc["TTN", "uni_lr_p"] < 0.001
    assert scanned.loc["TTN", "burden_lr_p"] > 0.05
    assert scanned.loc["TTN", "burden_verdict"] == "compatible with burden alone"
    assert scanned.loc["TTN", "change_ci_low"] > 0


def test_people_whose_panel_lacks_the_gene_are_in_none_of_its_models(
    demo: Run, scanned: pd.DataFrame
) -> None:
    """TTN is on no panel: its n is the exomes alone, counted here by the table macro."""
    members = demo.value(
        "select n from stats.scan_flow where scan_id = 'demo_os' order by step_number desc limit 1"
    )
    assert scanned.loc["TTN", "n_profiled"] < members
    covered = demo.value(
        "select count(distinct g.person_id) from marts.gene_status('TTN') as g "
        "inner join marts.survival_outcomes as o on g.cohort_id = o.cohort_id and g.patient_id = o.patient_id "
        "inner join marts.samples as s on g.cohort_id = s.cohort_id and g.sample_id = s.sample_id and s.is_index "
        "where g.status in ('mutated', 'wild_type') and o.endpoint = 'OS' and o.origin = 'icb_start' and list_contains("
        "(select cohorts from stats.scan_specs where scan_id = 'demo_os'), g.cohort_id)"
    )
    assert scanned.loc["TTN", "n_profiled"] == covered


def test_every_gene_has_an_estimate_or_a_reason(scanned: pd.DataFrame) -> None:
    for block in ("uni", "adj", "burden"):
        without = scanned[scanned[f"{block}_coef"].isna()]
        assert (without[f"{block}_reason"].fillna("") != "").all()


def test_the_command_line_shows_the_leading_genes_and_refuses_an_unknown_scan(demo: Run) -> None:
    rows = demo.json("scan", "demo_os", "--top", "2")
    assert [row["gene"] for row in rows] == ["IGF1R", "TP53"]
    refused = demo.icb("scan", "nonsense")
    assert refused.returncode != 0 and "demo_os" in refused.stderr and "Traceback" not in refused.stderr


def test_predictive_and_prognostic_are_told_apart_with_the_cohort_without_checkpoint_blockade(
    scanned: pd.DataFrame,
) -> None:
    """IGF1R is planted under checkpoint blockade alone, TP53 everywhere. Nobody of this scan was randomised."""
    assert scanned.loc["IGF1R", "control_verdict"] == "consistent with predictive"
    assert scanned.loc["TP53", "control_verdict"] == "prognostic"


def test_the_other_arm_of_the_trials_says_the_same(demo: Run) -> None:
    table = demo.query("select * from stats.scan_results where scan_id = 'demo_trials_os'").set_index("gene")
    assert table.loc["IGF1R", "control_verdict"] == "predictive"
    assert "arms of a trial" in table.loc["IGF1R", "control_reason"]
    assert table.loc["TP53", "control_verdict"] != "predictive"


def test_the_scan_of_responses_has_a_table_of_its_own_with_the_burden_guard(demo: Run) -> None:
    table = demo.query("select * from stats.scan_response_results where scan_id = 'demo_orr'").set_index(
        "gene"
    )
    assert table["primary_p"].idxmin() == "IGF1R"
    assert table.loc["IGF1R", "burden_verdict"] == "beyond burden"
    assert "beyond burden" not in table.loc["TTN", "burden_verdict"]
    cohorts = demo.value("select cohorts from stats.scan_specs where scan_id = 'demo_orr'")
    counted = demo.query(
        "select count(*) as n, count(*) filter (where r.is_objective_response) as hits "
        "from marts.gene_status('TP53') as g "
        "inner join marts.samples as s on g.cohort_id = s.cohort_id and g.sample_id = s.sample_id and s.is_index "
        "inner join marts.response_outcomes as r on s.cohort_id = r.cohort_id and s.patient_id = r.patient_id "
        "where g.status = 'mutated' and r.is_objective_response is not null and list_contains(?, g.cohort_id)",
        list(cohorts),
    ).iloc[0]
    assert table.loc["TP53", "n_carriers"] == counted["n"]
    assert table.loc["TP53", "responders_carriers"] == counted["hits"]


def test_a_scan_says_its_origin_its_burden_scale_and_how_many_repeats_it_took_out(demo: Run) -> None:
    spec = demo.query("select * from stats.scan_specs where scan_id = 'demo_os'").iloc[0]
    assert list(spec["origins"]) == ["icb_start"] and "percentile" in spec["burden"]
    assert spec["n_taken_out_as_repeats"] == demo.value(
        "select n_left_out from stats.scan_flow where scan_id = 'demo_os' and step = 'one person once'"
    )


def test_every_member_of_a_scan_can_be_walked_back_to_a_line_of_a_file(demo: Run) -> None:
    counted = demo.query(
        "select specs.scan_id, specs.n, count(*) filter (where members.is_member) as members, "
        "count(*) filter (where members.is_member and files.source_file_id is null) as without_file, "
        "count(*) filter (where members.is_member and members.left_at is not null) as contradictory "
        "from stats.scan_specs as specs inner join stats.scan_members as members "
        "on specs.scan_id = members.scan_id and members.role = 'scan' "
        "left join marts.source_files as files on members.source_file_id = files.source_file_id "
        "where specs.endpoint = 'OS' group by specs.scan_id, specs.n"
    )
    assert (counted["n"] == counted["members"]).all() and len(counted) == 2
    assert (counted["without_file"] == 0).all() and (counted["contradictory"] == 0).all()
    control = demo.query("select * from stats.scan_members where scan_id = 'demo_trials_os' and is_member")
    both = control.groupby("person_id")["role"].nunique()
    assert (both == 1).all() and set(control["role"]) == {"scan", "control"}


def test_every_scan_has_its_five_figures_in_the_published_folder(demo: Run) -> None:
    for scan_id in ("demo_os", "demo_orr", "demo_trials_os"):
        folder = demo.published.parent / "figures" / f"scan_{scan_id}"
        stems = {path.stem for path in folder.glob("*.svg")}
        assert stems == {"volcano", "qq", "ranked", "forest", "burden_slope"}, scan_id
        assert {path.stem for path in folder.glob("*.csv")} == stems


def test_the_gene_answer_names_every_guard_in_fixed_words_and_its_verdicts_beside(demo: Run) -> None:
    answer = demo.json("gene", "IGF1R")
    guards = {row["guard"]: row for row in answer["guards"]}
    assert set(guards) == set(VERDICTS) - {"prognostic or predictive", "mutation burden"}
    for guard, found in guards.items():
        assert found["verdict"] in VERDICTS[guard] and found["sentence"].endswith(".")
    assert guards["overlap of people"]["numbers"]["n_taken_out"] > 0
    assert answer["predictive"]["word"] == "predictive"
    burden = answer["comparisons"][-1]["burden"]
    assert burden["word"] == "nominally beyond burden"
    assert all(burden[name].endswith(".") for name in ("sentence", "against", "would_settle"))


@pytest.mark.parametrize(
    ("kind", "cohorts", "words"),
    [
        ("predictive_gene", (), "nominally beyond burden"),
        ("prognostic_gene", (), "nominally beyond burden"),
        ("shadow_genes", (), "compatible with burden alone"),
        ("masked_gene", ("demo_msk_2018",), "nominally beyond burden, masked by burden"),
        ("null_genes", (), "no association shown"),
        ("sparse_gene", (), "too few to say"),
    ],
)
def test_every_planted_gene_is_named_rightly_on_burden(
    demo: Run, truth: dict[str, Any], kind: str, cohorts: tuple[str, ...], words: str
) -> None:
    planted = truth[kind]
    gene = planted if isinstance(planted, str) else planted[0]
    options = [part for cohort in cohorts for part in ("--cohort", cohort)]
    assert demo.json("gene", gene, *options)["comparisons"][-1]["burden"]["word"] == words


@pytest.mark.parametrize(
    ("kind", "word"),
    [("predictive_gene", "predictive"), ("prognostic_gene", "prognostic"), ("null_genes", "undetermined")],
)
def test_every_planted_gene_is_named_rightly_on_prediction(
    demo: Run, truth: dict[str, Any], kind: str, word: str
) -> None:
    """The null gene's interval is as wide as its 58 carriers make it: no evidence of no difference."""
    planted = truth[kind]
    gene = planted if isinstance(planted, str) else planted[0]
    assert demo.json("gene", gene)["predictive"]["word"] == word


def test_the_trials_give_the_effect_of_treatment_in_all_and_in_each_group(
    demo: Run, truth: dict[str, Any]
) -> None:
    rows = demo.query(
        "select * from stats.interaction_stats where analysis_id = 'demo_igf1r' and estimate_key like 'os.%'"
    )
    overall = rows[rows["estimate_key"] == "os.treatment_effect"]
    assert set(overall["cohort_id"].fillna("all")) == {"all", "demo_trial_alpha", "demo_trial_beta"}
    randomised = demo.value(
        "select count(*) from marts.survival_outcomes where endpoint = 'OS' and time_months is not null "
        "and is_event is not null and cohort_id in ('demo_trial_alpha', 'demo_trial_beta')"
    )
    assert overall.loc[overall["cohort_id"].isna(), "n"].item() == randomised
    keyed = rows[rows["cohort_id"].isna()].set_index("estimate_key")
    group, others = keyed.loc["os.treatment_in_group"], keyed.loc["os.treatment_in_reference"]
    assert group["estimate"] / others["estimate"] == pytest.approx(
        keyed.loc["os.arm_x_gene", "estimate"], rel=1e-9
    )
    assert keyed.loc["os.arm_x_gene_months", "estimate"] > 0
    ratio = truth["hazard_ratios_icb"]["IGF1R"] / truth["hazard_ratios_control"]["IGF1R"]
    assert keyed.loc["os.arm_x_gene", "ci_low"] < ratio < keyed.loc["os.arm_x_gene", "ci_high"]
