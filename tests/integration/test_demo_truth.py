"""The generated cohorts through the whole graph: the warehouse finds what was planted, in whom, and nothing else."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import pandas as pd
import pytest
from graph_runs import Run

from ingestion.generated.effects import effects
from ingestion.generated.genes import EXOME, territory

#: Largest difference in months between the planted time and what a file can hold: msk prints whole months, melanoma A
#: years of one decimal, luad months of one decimal, the others days, weeks or months of two decimals.
ROUNDED_BY = {("demo_msk_2018", "OS"): 1.0, ("demo_melanoma_a", "OS"): 0.6, ("demo_luad_2015", "PFS"): 0.05}
ROUNDED_BY_ELSEWHERE = 0.02


def statistic(demo: Run, stat_id: str) -> dict[str, Any]:
    found = demo.query("select * from stats.survival_stats where stat_id = ?", stat_id).to_dict("records")
    assert len(found) == 1, stat_id
    return {str(name): value for name, value in found[0].items()}


# --- planted effects ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gene", ["igf1r", "tp53", "alk"])
@pytest.mark.parametrize("endpoint", ["os", "pfs"])
@pytest.mark.parametrize("estimator", ["cox_univariable", "cox_adjusted", "cox_burden_adjusted"])
def test_the_default_interval_holds_the_planted_hazard_ratio(
    demo: Run, truth: dict[str, Any], gene: str, endpoint: str, estimator: str
) -> None:
    row = statistic(demo, f"demo_{gene}/default/{endpoint}.{estimator}")
    assert row["ci_low"] < truth["hazard_ratios_icb"][gene.upper()] < row["ci_high"]


def test_the_planted_ratios_are_those_of_the_documentation(truth: dict[str, Any]) -> None:
    planted = truth["hazard_ratios_icb"]
    assert (planted["IGF1R"], planted["TP53"], planted["ALK"], planted["TTN"]) == (0.45, 1.6, 1.0, 1.0)


def test_igf1r_and_tp53_are_found_and_alk_is_not(demo: Run) -> None:
    for gene in ("igf1r", "tp53"):
        assert statistic(demo, f"demo_{gene}/default/os.cox_burden_adjusted")["p"] < 0.001
        assert statistic(demo, f"demo_{gene}/default/os.log_rank")["p"] < 0.001
    for key in ("os.cox_univariable", "os.cox_burden_adjusted", "os.log_rank", "pfs.cox_univariable"):
        assert statistic(demo, f"demo_alk/default/{key}")["p"] > 0.05


@pytest.mark.parametrize("endpoint", ["os", "pfs"])
def test_ttn_looks_protective_alone_and_is_nothing_beside_burden(demo: Run, endpoint: str) -> None:
    alone = statistic(demo, f"demo_ttn/default/{endpoint}.cox_univariable")
    beside = statistic(demo, f"demo_ttn/default/{endpoint}.cox_burden_adjusted")
    assert alone["estimate"] < 1 and alone["p"] < 0.01
    assert beside["p"] > 0.05 and beside["ci_low"] < 1 < beside["ci_high"]


def test_without_checkpoint_blockade_igf1r_has_no_effect_and_tp53_keeps_its_own(
    demo: Run, truth: dict[str, Any]
) -> None:
    for gene, endpoint in (("igf1r", "os"), ("igf1r", "dss"), ("alk", "os"), ("tp53", "os")):
        row = statistic(demo, f"demo_{gene}_control/default/{endpoint}.cox_univariable")
        assert row["ci_low"] < truth["hazard_ratios_control"][gene.upper()] < row["ci_high"], (gene, endpoint)
    assert statistic(demo, "demo_tp53_control/default/os.cox_univariable")["p"] < 0.001
    assert statistic(demo, "demo_igf1r_control/default/os.cox_univariable")["p"] > 0.05


def test_response_rates_hold_the_planted_ones(demo: Run, truth: dict[str, Any]) -> None:
    rates = demo.query(
        "select * from stats.response_stats where analysis_id = 'demo_igf1r' and cohort_id is null"
    )
    rates = rates.set_index("estimate_key")
    planted = {
        "orr.rate.mutated": truth["response_rate_mutated"],
        "orr.rate.wild_type": truth["response_rate_wild_type"],
        "dcr.rate.mutated": truth["disease_control_rate_mutated"],
        "dcr.rate.wild_type": truth["disease_control_rate_wild_type"],
        "orr.difference": truth["response_rate_mutated"] - truth["response_rate_wild_type"],
        "dcr.difference": truth["disease_control_rate_mutated"] - truth["disease_control_rate_wild_type"],
    }
    for key, value in planted.items():
        assert rates.loc[key, "ci_low"] < value < rates.loc[key, "ci_high"], key
    assert rates.loc["orr.fisher", "p"] < 0.001
    # whoever was not evaluable is a non-responder by intention to treat: the rates can only be lower
    assert rates.loc["orr_itt.rate.mutated", "estimate"] < rates.loc["orr.rate.mutated", "estimate"]


# --- who is counted -----------------------------------------------------------------------------------------------


def test_patients_are_joined_to_people_exactly_as_planted(demo: Run, truth: dict[str, Any]) -> None:
    planted, found = defaultdict(set), defaultdict(set)
    for patient in truth["patients"]:
        planted[patient["person_id"]].add((patient["cohort_id"], patient["patient_id"]))
    for row in demo.query("select cohort_id, patient_id, person_id from marts.patients").itertuples():
        found[row.person_id].add((row.cohort_id, row.patient_id))
    assert {frozenset(group) for group in found.values()} == {frozenset(group) for group in planted.values()}
    assert len(found) == truth["n_persons"] == 1818 == demo.value("select count(*) from marts.persons")


def test_each_overlap_is_found_by_the_road_that_was_planted(demo: Run, truth: dict[str, Any]) -> None:
    aliases = demo.query("select cohort_id, patient_id, person_id, rule_id from marts.person_aliases")
    of = aliases.set_index(["cohort_id", "patient_id"])
    by_fingerprint = 0
    for overlap in truth["overlaps"]:
        one = of.loc[(overlap["cohort_id"], overlap["patient_id"])]
        other = of.loc[(overlap["other_cohort_id"], overlap["other_patient_id"])]
        assert one["person_id"] == other["person_id"], overlap
        is_fingerprint = "mutation_fingerprint" in (one["rule_id"], other["rule_id"])
        assert is_fingerprint == (overlap["found_by"] == "mutation fingerprint"), overlap
        by_fingerprint += is_fingerprint
    assert by_fingerprint == 10


def test_false_friends_stay_apart(demo: Run, truth: dict[str, Any]) -> None:
    people = demo.query("select cohort_id, patient_id, person_id from marts.patients")
    of = people.set_index(["cohort_id", "patient_id"])["person_id"]
    assert len(truth["false_friends"]) == 27
    for pair in truth["false_friends"]:
        one, other = (
            (pair["cohort_id"], pair["patient_id"]),
            (pair["other_cohort_id"], pair["other_patient_id"]),
        )
        assert one[1] == other[1] and of[one] != of[other], pair


def test_no_default_analysis_counts_a_person_twice_and_the_other_way_says_that_it_does(demo: Run) -> None:
    repeats = demo.query(
        "select variant, count(*) - count(distinct person_id) as n from stats.analysis_members "
        "where is_member and analysis_id = 'demo_igf1r' and endpoint = 'OS' group by variant"
    ).set_index("variant")["n"]
    assert repeats["default"] == 0 and repeats["as_often_published"] > 50
    warnings = statistic(demo, "demo_igf1r/as_often_published/os.cox_univariable")["warnings"]
    assert f"{repeats['as_often_published']} rows are people who are counted more than once" in " ".join(
        warnings
    )


# --- what is known of them ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("gene", effects().truth_genes)
def test_gene_status_of_every_patient_is_the_planted_one_where_it_can_be_judged(
    demo: Run, truth: dict[str, Any], gene: str
) -> None:
    status = demo.query(
        "select s.cohort_id, s.patient_id, g.status from marts.samples as s "
        "inner join marts.gene_status(?) as g on s.cohort_id = g.cohort_id and s.sample_id = g.sample_id "
        "where s.is_index",
        gene,
    ).set_index(["cohort_id", "patient_id"])["status"]
    called = demo.query(
        "select distinct s.cohort_id, s.patient_id from marts.samples as s inner join marts.mutations as m "
        "on s.cohort_id = m.cohort_id and s.sample_id = m.sample_id where s.is_index"
    )
    has_calls = set(called.itertuples(index=False, name=None))
    covered = {p["panel_id"]: gene in {g.symbol for g in territory(p["panel_id"])} for p in truth["patients"]}
    wrong = Counter()
    for patient in truth["patients"]:
        expected = "wild_type"
        is_called = (patient["cohort_id"], patient["patient_id"]) in has_calls
        is_bare_exome = (
            patient["panel_id"] == EXOME and patient["cohort_id"] != "demo_melanoma_a"
        )  # believed there
        if is_called != patient["is_profiled"] and (is_called or is_bare_exome):
            expected = "undetermined"  # calls on no list of sequenced samples; an exome without one call
        elif not patient["is_profiled"] or not covered[patient["panel_id"]]:
            expected = "not_profiled"
        elif gene in patient["mutated"]:
            expected = "mutated"
        found = status.get((patient["cohort_id"], patient["patient_id"]), "not_profiled")
        if found != expected:
            wrong[(patient["cohort_id"], expected, found)] += 1
    assert not wrong


@pytest.mark.parametrize(("endpoint", "planted"), [("OS", "os"), ("PFS", "pfs")])
def test_times_events_and_entries_are_the_planted_ones(
    demo: Run, truth: dict[str, Any], endpoint: str, planted: str
) -> None:
    found = demo.query(
        "select cohort_id, patient_id, time_months, is_event, entry_months from marts.survival_outcomes "
        "where endpoint = ?",
        endpoint,
    ).set_index(["cohort_id", "patient_id"])
    expected = [p for p in truth["patients"] if p[f"{planted}_months"] is not None]
    assert set(found.index) == {(p["cohort_id"], p["patient_id"]) for p in expected}
    for patient in expected:
        row = found.loc[(patient["cohort_id"], patient["patient_id"])]
        within = ROUNDED_BY.get((patient["cohort_id"], endpoint), ROUNDED_BY_ELSEWHERE)
        assert abs(row["time_months"] - patient[f"{planted}_months"]) <= within, patient
        assert row["is_event"] == patient[f"{planted}_event"], patient
        assert abs(row["entry_months"] - patient["entry_months"]) <= ROUNDED_BY_ELSEWHERE, patient


def test_best_responses_are_the_planted_ones(demo: Run, truth: dict[str, Any]) -> None:
    found = demo.query("select cohort_id, patient_id, recist from marts.response_outcomes")
    recist = found.set_index(["cohort_id", "patient_id"])["recist"].dropna().to_dict()
    planted = {
        (p["cohort_id"], p["patient_id"]): p["best_response"]
        for p in truth["patients"]
        if p["best_response"] is not None
    }
    assert recist == planted


def test_who_died_of_something_else_competes_with_death_of_the_disease(demo: Run) -> None:
    """One death in five was planted as of another cause; counted in the file itself."""
    file = demo.data / "demo_sources" / "synthetic.invalid" / "demo_control_2018_clinical_SYNTHETIC.xlsx"
    sheet = pd.read_excel(file, sheet_name="SYNTHETIC-CDR", header=1, dtype=str)
    has_died = sheet["OS_STATUS"].str.startswith("1")
    others = set(sheet.loc[has_died & (sheet["DSS"] == "0"), "bcr_patient_barcode"])
    assert 0.1 < len(others) / has_died.sum() < 0.3
    found = demo.query(
        "select patient_id from marts.survival_outcomes where cohort_id = 'demo_control_2018' and endpoint = 'DSS' "
        "and is_competing_death"
    )["patient_id"]
    assert set(found) == others
    rows = demo.query(
        "select estimate_key, estimate, warnings from stats.survival_stats where analysis_id = 'demo_igf1r_control' "
        "and estimate_key like '%cumulative_incidence%' order by 1"
    ).set_index("estimate_key")
    assert list(rows.index) == [
        "dss.cumulative_incidence.mutated", "dss.cumulative_incidence.wild_type", "dss.cumulative_incidence_difference"
    ], "overall survival counts every death: nothing competes with it"  # fmt: skip
    assert rows["estimate"].iloc[0] - rows["estimate"].iloc[1] == pytest.approx(rows["estimate"].iloc[2])
    assert "died of other causes" in rows["warnings"].iloc[2][0]


def test_delayed_entry_is_used_and_ignoring_it_would_flatter(demo: Run) -> None:
    late = demo.value(
        "select count(*) from marts.survival_outcomes where cohort_id = 'demo_control_2018' "
        "and endpoint = 'OS' and entry_months > 0"
    )
    assert 0.25 < late / 400 < 0.45, "35 % of the control patients were planted to enter late"
    members = demo.query(
        "select m.status, s.time_months, s.is_event, s.entry_months from stats.analysis_members as m "
        "inner join marts.survival_outcomes as s on m.cohort_id = s.cohort_id and m.patient_id = s.patient_id "
        "and s.endpoint = 'OS' where m.analysis_id = 'demo_igf1r_control' and m.endpoint = 'OS' and m.is_member "
        "and m.status = 'wild_type'"
    )
    published = statistic(demo, "demo_igf1r_control/default/os.median.wild_type")["estimate"]
    with_entry = product_limit_median(members)
    assert published == pytest.approx(with_entry, abs=1e-9)
    assert product_limit_median(members.assign(entry_months=0.0)) > with_entry + 2.0


def product_limit_median(rows: pd.DataFrame) -> float:
    """Median of the product-limit estimate with people at risk from their entry on, written out."""
    survival = 1.0
    for time in sorted(rows.loc[rows["is_event"].astype(bool), "time_months"].unique()):
        at_risk = ((rows["entry_months"] < time) & (rows["time_months"] >= time)).sum()
        deaths = (rows["is_event"].astype(bool) & (rows["time_months"] == time)).sum()
        survival *= 1 - deaths / at_risk
        if survival <= 0.5:
            return float(time)
    return float("inf")


# --- and that nobody takes it for real ----------------------------------------------------------------------------


def test_every_cohort_file_and_analysis_is_marked_synthetic(demo: Run) -> None:
    assert (
        demo.value("select count(*) from marts.cohorts where not is_synthetic or title not like 'SYNTHETIC%'")
        == 0
    )
    assert (
        demo.value(
            "select count(*) from marts.source_files where address not like 'https://synthetic.invalid/%' "
            "and address not like 'catalog:gene_sets/%'"  # lists of genes that the project curates: nobody's data
        )
        == 0
    )
    assert demo.value("select count(*) from stats.analysis_specs where title not like 'SYNTHETIC.%'") == 0
    assert demo.value("select count(distinct catalog) from stats.runs") == 1
    assert demo.value("select min(catalog) from stats.runs") == "demo"
    assert "SYNTHETIC cohorts" in demo.said


def test_the_demo_says_where_to_look(demo: Run) -> None:
    assert str(demo.published) in demo.said
    assert str(demo.data / "published" / "figures") in demo.said
    for figure in ("default_os_kaplan_meier", "default_os_forest", "default_os_flow"):
        for suffix in ("svg", "png"):
            assert (
                demo.data / "published" / "figures" / "demo_igf1r" / f"{figure}.{suffix}"
            ).stat().st_size > 2000
