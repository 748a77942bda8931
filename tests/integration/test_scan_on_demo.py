"""The scan of every gene on the generated cohorts: planted genes are found, and shadows of burden are called so."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from conftest import Run


@pytest.fixture(scope="module")
def scanned(demo: Run) -> pd.DataFrame:
    return demo.query("select * from stats.scan_results where scan_id = 'demo_os'").set_index("gene")


def test_the_predictive_and_the_prognostic_gene_lead_and_are_more_than_burden(scanned: pd.DataFrame) -> None:
    assert list(scanned.sort_values("primary_p").index[:2]) == ["IGF1R", "TP53"]
    assert (scanned.loc[["IGF1R", "TP53"], "burden_verdict"] == "distinguishable from mutation burden").all()


@pytest.mark.parametrize(
    ("gene", "planted"), [("IGF1R", 0.45), ("TP53", 1.6), ("ALK", 1.0), ("TTN", 1.0), ("MUC16", 1.0)]
)
def test_with_burden_in_the_model_the_interval_holds_what_was_planted(
    scanned: pd.DataFrame, gene: str, planted: float
) -> None:
    row = scanned.loc[gene]
    assert row["burden_ci_low"] < math.log(planted) < row["burden_ci_high"]


def test_a_long_gene_is_significant_alone_and_not_distinguishable_from_burden(scanned: pd.DataFrame) -> None:
    assert scanned.loc["TTN", "uni_lr_p"] < 0.001
    assert scanned.loc["TTN", "burden_lr_p"] > 0.05
    assert scanned.loc["TTN", "burden_verdict"] == "not distinguishable from mutation burden"


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
        "where g.status <> 'not_profiled' and o.endpoint = 'OS' and o.origin = 'icb_start' and list_contains("
        "(select string_split(cohorts, ', ') from stats.scan_specs where scan_id = 'demo_os'), g.cohort_id)"
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
