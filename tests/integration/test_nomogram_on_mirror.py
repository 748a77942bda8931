"""The ALK paper's nomogram on the public cohorts: who is in it, what the claims say, and lifelines' numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from graph_runs import Run
from lifelines import CoxPHFitter
from lifelines.utils import concordance_index

from warehouse.frames.patients import analysis_frame

pytestmark = pytest.mark.mirror

AGES = {"<30": "up to 50", "31-50": "up to 50", "50-60": "51-60", "61-70": "61-70", ">71": "over 70"}


def stat(real: Run, name: str) -> dict[str, Any]:
    found = real.query("select * from stats.prediction_stats where stat_id = ?", f"alk_nomogram/{name}")
    assert len(found) == 1, name
    return {str(key): value for key, value in found.to_dict("records")[0].items()}


def test_c6_horizons_and_level_are_as_printed(real: Run) -> None:
    verdicts = real.query("select claim_id, verdict from stats.claim_checks where row_id = 'C6'").set_index(
        "claim_id"
    )
    for claim in ("C6.horizon_12", "C6.horizon_24", "C6.confidence_level"):
        assert verdicts.loc[claim, "verdict"] == "exact"


def test_c7_is_computed_from_what_is_public_and_says_what_is_missing(real: Run) -> None:
    checks = real.query("select * from stats.claim_checks where row_id = 'C7'").set_index("claim_id")
    for claim in ("C7.cut_off", "C7.discovery_hr", "C7.validation_hr"):
        assert checks.loc[claim, "verdict"] == "not reproducible from public data"
        assert checks.loc[claim, "computed_estimate"] > 0 and "Miao" in "; ".join(
            checks.loc[claim, "missing_sources"]
        )


def test_all_1524_of_the_validation_are_scored_where_no_level_is_lacking(real: Run) -> None:
    assert stat(real, "shared_levels/flow.n_complete.validation")["n"] == 1524
    members, scored = (stat(real, f"as_published/flow.{n}.validation")["n"] for n in ("n", "n_complete"))
    of_unknown_type = stat(real, "as_published/flow.n_no_level.cancer_type.validation")["n"]
    # melanoma and lung are the types of the discovery: everybody else of the nine has no level
    assert members == 1524 and of_unknown_type == 1524 - 313 - 344 and scored < 313 + 344


def test_a_score_that_predicts_nobody_new_gets_no_significant_cut_off(real: Run) -> None:
    cut = stat(real, "shared_levels/os.score_cut_off")
    assert cut["p"] > 0.2 and cut["p_naive"] < 0.05
    outside = stat(real, "shared_levels/os.logrank_oe.validation")
    assert outside["ci_low"] < 1 < outside["ci_high"]
    c_index = stat(real, "shared_levels/os.c_index.validation")
    assert c_index["ci_low"] < 0.5 < c_index["ci_high"]


def test_nobody_of_the_discovery_is_in_the_validation(real: Run) -> None:
    both = real.value(
        "select count(*) from stats.analysis_members as a inner join stats.analysis_members as b "
        "on a.person_id = b.person_id and a.variant = b.variant and a.analysis_id = b.analysis_id "
        "where a.analysis_id = 'alk_nomogram' and a.is_member and b.is_member "
        "and a.endpoint = 'OS, discovery' and b.endpoint = 'OS, validation'"
    )
    assert both == 0


def test_coefficients_and_c_index_of_the_default_are_those_of_lifelines(real: Run) -> None:
    rows = real.query(
        "select cohort_id, patient_id, member_id in (select b.member_id from stats.stat_members as b "
        "inner join stats.every_stat as s on b.stat_id = s.stat_id where s.row_set = 'complete rows') as is_complete "
        "from stats.analysis_members where analysis_id = 'alk_nomogram' and variant = 'default' "
        "and endpoint = 'OS, discovery' and is_member"
    )
    with real.connect() as con:
        frame = analysis_frame(con, "ALK", "OS", sorted(rows["cohort_id"].unique()))
    people = frame.merge(rows[["cohort_id", "patient_id", "is_complete"]], on=["cohort_id", "patient_id"])
    others = people["n_nonsynonymous"] - people["n_mutations"].fillna(0)
    groups = [people["cohort_id"], people["panel_id"].fillna(""), people["cancer_type"]]
    design = pd.DataFrame(
        {
            **{f"age={age}": (people["age_group"].map(AGES) == age) for age in ("51-60", "61-70", "over 70")},
            "male": people["sex"] == "Male",
            "lung": people["cancer_type"] == "Non-Small Cell Lung Cancer",
            "ctla4": people["drug_class"] == "CTLA-4",
            "burden": 100 * others.groupby(groups).rank(pct=True),
            "alk": people["status"] == "mutated",
        }
    ).astype(float)
    complete = people["is_complete"].astype(bool)
    assert (complete == people[["age_group", "sex"]].notna().all(axis=1)).all()
    # months of two sources that differ in the tenth digit are one time (R's aeqSurv)
    fitted = design[complete].assign(t=people["time_months"].round(6), e=people["event"].astype(float))
    model = CoxPHFitter().fit(fitted, "t", "e", fit_options={"precision": 1e-10})
    ours = real.query(
        "select value, coefficient from stats.nomograms where analysis_id = 'alk_nomogram' and variant = 'default' "
        "and axis = 'coefficient' order by stat_id"
    )
    np.testing.assert_allclose(sorted(ours["coefficient"]), sorted(model.params_), atol=1e-6)
    c_index = concordance_index(fitted["t"], -model.predict_partial_hazard(fitted), fitted["e"])
    assert stat(real, "default/os.c_index.apparent")["estimate"] == pytest.approx(c_index, abs=1e-6)
