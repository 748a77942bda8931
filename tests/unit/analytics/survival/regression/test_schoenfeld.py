"""The Schoenfeld test is the score test of R's survival 3.x (cox.zph), with strata and late entry."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.errors import InvalidSettingError
from analytics.survival.regression.proportional_hazards import schoenfeld_test

REFERENCE = Path(__file__).parents[4] / "reference" / "survival"
CASES = json.loads((REFERENCE / "schoenfeld.json").read_text())


def name_of(case):
    return (
        f"{case['data']} {'+'.join(case['covariates'])} {case['strata']} {case['transform']} {case['ties']}"
    )


def run(case):
    return schoenfeld_test(
        pd.read_csv(REFERENCE / f"{case['data']}.csv"),
        case["covariates"],
        strata=case["strata"],
        transform=case["transform"],
        ties=case["ties"],
        time="time",
        entry="entry",
    )


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_chi_squares_per_covariate_and_overall_equal_r(case):
    result = run(case)
    ours = [one.test for one in result.covariates] + [result.overall]
    assert [one.covariate for one in result.covariates] == case["names"][:-1]
    assert [test.statistic for test in ours] == pytest.approx(case["chisq"], rel=1e-8)
    assert [test.df for test in ours] == case["df"]


# The dummy columns of celltype depend on the reference level, the chi-squares above do not.
@pytest.mark.parametrize("case", [c for c in CASES if "celltype" not in c["covariates"]], ids=name_of)
def test_scaled_residuals_and_their_times_equal_r(case):
    result = run(case)
    residuals = result.residuals[case["columns"]]
    moment = residuals.mul(result.residuals["transformed_time"], axis=0).sum(skipna=True)
    assert moment.tolist() == pytest.approx(case["moment"], rel=1e-7, abs=1e-8)
    assert (residuals**2).sum(skipna=True).tolist() == pytest.approx(case["square"], rel=1e-8)


def test_an_event_in_a_stratum_of_one_person_has_no_residual():
    frame = pd.read_csv(REFERENCE / "monthly.csv")
    result = schoenfeld_test(frame, ["x", "age"], strata=["stratum"], time="time", entry="entry")
    alone = result.residuals[result.residuals.stratum == "5"]
    assert len(alone) == 1
    assert alone[["x", "age"]].isna().all(axis=None)


def planted(beta_early, beta_late, n=600):
    rng = np.random.default_rng(8)
    x = rng.random(n) < 0.5
    early = rng.exponential(1 / (0.1 * np.exp(beta_early * x)))
    late = 6 + rng.exponential(1 / (0.1 * np.exp(beta_late * x)))
    time = np.where(early < 6, early, late)
    return pd.DataFrame({"time_months": time, "event": True, "entry_months": 0.0, "in_group": x})


def test_a_planted_change_of_the_hazard_ratio_is_found():
    assert schoenfeld_test(planted(1.0, -1.0), ["in_group"]).covariate("in_group").p < 1e-6


def test_a_constant_hazard_ratio_passes():
    assert schoenfeld_test(planted(0.7, 0.7), ["in_group"]).overall.p > 0.05


def test_residuals_have_one_row_per_event_in_time_order():
    frame = planted(0.5, 0.5, 50)
    residuals = schoenfeld_test(frame, ["in_group"]).residuals
    assert len(residuals) == 50
    assert residuals.time_months.is_monotonic_increasing


def test_a_separated_term_has_nothing_to_test():
    frame = planted(0.5, 0.5, 50)
    frame["event"] = ~frame.in_group
    with pytest.raises(InvalidSettingError, match="no finite maximum in in_group"):
        schoenfeld_test(frame, ["in_group"])


def test_an_unknown_transform_is_refused():
    with pytest.raises(InvalidSettingError, match="choose 'km', 'identity' or 'rank'"):
        schoenfeld_test(planted(0, 0, 20), ["in_group"], transform="log")


def test_events_at_one_time_only_cannot_show_a_trend():
    frame = pd.DataFrame(
        {"time_months": [4.0] * 6 + [9.0] * 4, "event": [True] * 4 + [False] * 6, "entry_months": 0.0}
    ).assign(x=[1, 0, 1, 0, 0, 1, 1, 0, 0, 1])
    result = schoenfeld_test(frame, ["x"])
    assert math.isnan(result.overall.p)
    assert "too few for the Schoenfeld test" in result.warnings[-1]
