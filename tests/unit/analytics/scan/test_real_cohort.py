"""On the MSK cohort of the mirror the scan gives R's numbers too."""

import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scan_cohorts import REFERENCE

from analytics.scan.frame import PatientFrame
from analytics.scan.genes import GeneData
from analytics.scan.settings import ScanSettings
from analytics.scan.survival_scan import scan_survival

sys.path.append(str(REFERENCE))

from real_cohort import COVARIATES, PANEL_MEGABASES, coverage, read_cohort

ADDRESS = "datahub.assets.cbioportal.org/tmb_mskcc_2018.tar.gz"
MIRROR = os.environ.get("ICB_MIRROR")

pytestmark = [
    pytest.mark.mirror,
    pytest.mark.skipif(MIRROR is None, reason="ICB_MIRROR is not set: the real cohort is not at hand"),
]


def wanted() -> list[dict[str, Any]]:
    return json.loads((REFERENCE / "real_cohort.json").read_text(encoding="utf-8"))


@cache
def scanned() -> pd.DataFrame:
    patients, carriers = read_cohort(Path(str(MIRROR)) / ADDRESS)
    frame = PatientFrame.from_table(
        patients,
        strata=["stratum"],
        covariates=COVARIATES,
        burden="tmb",
        panel="panel",
        null_strata=["stratum", "panel"],
        person="patient_id",
        patient="patient_id",
    )
    genes = GeneData.from_table(
        carriers,
        frame,
        coverage=coverage(patients, carriers),
        burden_megabases=patients["panel"].map(PANEL_MEGABASES).to_numpy(dtype=np.float64),
    )
    settings = ScanSettings(min_carriers=1, firth_below_events=1, null_draws=1_000)
    return scan_survival(frame, genes, settings).table.set_index("gene")


@pytest.mark.parametrize("reference", wanted(), ids=lambda item: item["gene"])
def test_a_gene_of_the_real_cohort_has_the_numbers_of_coxph_and_survdiff(reference: dict[str, Any]) -> None:
    row = scanned().loc[reference["gene"]]
    assert row["n"] == reference["n"] and row["n_carriers"] == reference["carriers"]
    assert row["events_carriers"] == reference["events"]
    assert row["logrank_chi2"] == pytest.approx(reference["logrank"], abs=1e-8)
    # R's spline knots are those of the patients profiled for this gene, as ours are
    for model in ("uni", "adj", "burden"):
        assert row[f"{model}_coef"] == pytest.approx(reference[model]["coef"], abs=1e-8, rel=0), model
        assert row[f"{model}_se"] == pytest.approx(reference[model]["se"], abs=1e-7, rel=0), model
        for name in ("wald", "score", "lr"):
            assert row[f"{model}_{name}_chi2"] == pytest.approx(reference[model][name], abs=1e-6, rel=0), (
                model,
                name,
            )


def test_every_gene_of_the_real_cohort_has_a_row_and_every_gap_a_reason() -> None:
    table = scanned()
    assert len(table) > 400
    for block in ("logrank", "uni", "adj", "burden", "null"):
        number = f"{block}_z" if block in ("logrank", "null") else f"{block}_coef"
        assert not (table[number].isna() & table[f"{block}_reason"].isna()).any()
