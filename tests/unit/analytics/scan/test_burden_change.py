"""The change that burden makes to an effect, on the same people: R's answer, a bootstrap, and when it is asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from generated import generate
from scan_cohorts import GENES, cohort_frame, cohort_genes, read_cohort

from analytics.scan.models import reasons
from analytics.scan.models.change import change_block
from analytics.scan.models.survival import Group
from analytics.scan.settings import ScanSettings
from analytics.scan.single_gene import scan_one_gene
from analytics.scan.survival_scan import scan_survival

REFERENCE = pd.read_csv(Path(__file__).parents[3] / "reference" / "scan" / "change.csv").to_dict("records")


@pytest.mark.parametrize("wanted", REFERENCE, ids=lambda w: f"{w['cohort']}-{w['gene']}-{w['model']}")
def test_the_change_and_its_standard_error_are_those_of_rs_dfbeta(wanted: dict[str, float | str]) -> None:
    table = read_cohort(str(wanted["cohort"]))
    frame, genes = cohort_frame(table), cohort_genes(table)
    number = np.asarray([GENES.index(str(wanted["gene"]))])
    group = Group(frame, genes, number, np.ones(len(table), dtype=bool), ScanSettings())
    response = table["response"].to_numpy(dtype=float) if wanted["model"] == "logistic" else None
    found = change_block(group, np.ones(1, dtype=bool), response).iloc[0]
    assert found["coef"] == pytest.approx(wanted["coef"], abs=1e-8)
    assert found["se"] == pytest.approx(wanted["se"], abs=1e-7)


def test_the_standard_error_is_that_of_drawing_people_again() -> None:
    """Brute force: 200 bootstrap samples of the people, both models fitted anew in each. A mutation that burden makes,
    and burden that acts."""
    from analytics.engine.cox.risk_sets import risk_sets
    from analytics.scan.models.change import cox_influence

    table, frame, genes = generate(18, 500, 1, carriers_per_gene=150, burden_log_hazard=-0.4)
    group = Group(frame, genes, np.asarray([0]), np.ones(500, dtype=bool), ScanSettings())
    found = change_block(group, np.ones(1, dtype=bool)).iloc[0]
    carrier = np.zeros(500)
    carrier[genes.carriers(0)] = 1.0
    crude = np.column_stack([carrier, table["age"]])
    x = np.log2(table["tmb"] + 1)
    beside = np.column_stack([crude, x, x**2, x**3])
    rng, draws = np.random.default_rng(3), []
    for _ in range(200):
        rows = rng.integers(0, 500, 500)
        stratum = np.unique(frame.stratum[rows], return_inverse=True)[1]
        sets = risk_sets(frame.time_months[rows], frame.event[rows], frame.entry_months[rows], stratum)
        draws.append(
            cox_influence(beside[rows], sets, stratum).coef - cox_influence(crude[rows], sets, stratum).coef
        )
    assert found["se"] == pytest.approx(np.std(draws), rel=0.15)
    assert found["coef"] == pytest.approx(np.mean(draws), abs=0.02)


def test_a_shadow_of_burden_is_called_compatible_with_burden_alone_and_a_hidden_harm_masked() -> None:
    """GENE0 is carried by chance in tumours of high burden, which live longer; GENE1 likewise, and harms."""
    _, frame, genes = generate(21, 1500, 40, carriers_per_gene=300, burden_log_hazard=-0.45, planted={1: 0.5})
    settings = ScanSettings(null_draws=1000)
    shadow, masked = (scan_one_gene(frame, genes, name, settings) for name in ("GENE0", "GENE1"))
    assert shadow["burden_verdict"] == "compatible with burden alone"
    assert shadow["change_ci_low"] > 0 > shadow["uni_ci_high"]
    assert masked["burden_verdict"] == "nominally beyond burden, masked by burden"
    scanned = scan_survival(frame, genes, settings).table.set_index("gene")
    assert scanned.loc["GENE1", "burden_verdict"] == "beyond burden, masked by burden"
    others = scanned.drop(index="GENE1")["burden_verdict"]
    assert not others.isin(["beyond burden", "beyond burden, masked by burden"]).any()


def test_in_a_scan_the_change_is_asked_only_where_it_decides() -> None:
    _, frame, genes = generate(21, 600, 20, carriers_per_gene=80)
    table = scan_survival(frame, genes, ScanSettings(null_draws=200)).table
    asked = table["change_coef"].notna()
    shown = (table["adj_ci_low"] > 0) | (table["adj_ci_high"] < 0)
    assert (asked == (shown & (table["null_p_two_sided"] >= 0.05))).all()
    assert (table.loc[~asked, "change_reason"] == reasons.CHANGE_NOT_ASKED).all()
