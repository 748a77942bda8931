"""Interaction and ratio of hazard ratios: R's coxph, the worked example of Altman & Bland, bad input."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.errors import EmptyGroupError, InvalidColumnError, MissingColumnError, NoRowsError, TooFewError
from analytics.meta.interaction import (
    ratio_of_hazard_ratios,
    treatment_biomarker_interaction,
)

REFERENCE = json.loads((Path(__file__).parents[3] / "reference" / "meta" / "reference.json").read_text())
EXPECTED = REFERENCE["interaction"]
TRIAL = pd.DataFrame(EXPECTED["data"])


def fit(frame, **changes):
    settings = {
        "time": "os_months", "event": "os_event", "treatment": "treatment", "biomarker": "biomarker",
        "covariates": ["age"], "strata": ["site"],
    }  # fmt: skip
    return treatment_biomarker_interaction(frame, **{**settings, **changes})


def test_interaction_and_both_subgroup_effects_equal_r_coxph():
    result = fit(TRIAL)
    for ours, key in [
        (result.interaction, "log_ratio"),
        (result.treatment_in_wild_type, "treatment_in_wild_type"),
        (result.treatment_in_mutated, "treatment_in_mutated"),
        (result.biomarker_in_control, "biomarker_in_control"),
        (result.biomarker_in_treated, "biomarker_in_treated"),
    ]:
        np.testing.assert_allclose([ours.log_ratio, ours.log_se], EXPECTED[key], rtol=1e-6, err_msg=key)
    assert result.lr_chi2 == pytest.approx(EXPECTED["lr"], abs=1e-6)


def test_interaction_is_the_ratio_of_the_biomarker_effects_in_the_two_arms():
    result = fit(TRIAL)
    assert result.interaction.ratio == pytest.approx(
        result.biomarker_in_treated.ratio / result.biomarker_in_control.ratio
    )
    assert result.cells["n"].sum() == result.n == len(TRIAL)
    assert result.cells["events"].sum() == result.events


def test_rows_with_missing_values_are_left_out_and_counted():
    frame = TRIAL.copy()
    frame.loc[:4, "age"] = np.nan
    result = fit(frame)
    assert (result.n, result.n_left_out) == (len(TRIAL) - 5, 5)


def test_ratio_of_two_ratios_equals_the_worked_example_of_altman_and_bland():
    # BMJ 2003;326:219: relative risks of fracture 0.67 (0.46-0.98) and 0.88 (0.71-1.08);
    # difference of logs -0.2726, SE 0.2206 (printed), ratio 0.76 (0.49-1.17), z -1.24, P 0.2.
    first, second = (np.log(high / low) / (2 * 1.959964) for low, high in [(0.46, 0.98), (0.71, 1.08)])
    assert (first, second) == (pytest.approx(0.1929, abs=5e-5), pytest.approx(0.1070, abs=5e-5))
    result = ratio_of_hazard_ratios(np.log(0.67), first, np.log(0.88), second)
    assert result.log_ratio == pytest.approx(-0.2726, abs=5e-5)
    assert result.log_se == pytest.approx(0.2206, abs=5e-5)
    assert (round(result.ratio, 2), round(result.ci_low, 2), round(result.ci_high, 2)) == (0.76, 0.49, 1.17)
    assert round(result.z, 2) == -1.24
    assert round(result.p, 1) == 0.2


def test_swapping_the_two_groups_inverts_the_ratio_and_keeps_p():
    there = ratio_of_hazard_ratios(-0.5, 0.2, 0.1, 0.3)
    back = ratio_of_hazard_ratios(0.1, 0.3, -0.5, 0.2)
    assert there.ratio == pytest.approx(1 / back.ratio)
    assert there.p == pytest.approx(back.p)


def test_few_events_in_a_cell_are_warned_about():
    frame = TRIAL.copy()
    cell = frame[(frame["treatment"] == 1) & (frame["biomarker"] == 1) & (frame["os_event"] == 1)].index
    frame.loc[cell[3:], "os_event"] = 0
    result = fit(frame)
    assert len(result.warnings) == 1
    assert result.warnings[0].startswith("Only 3 events")


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda f: f.drop(columns="age"), MissingColumnError, "'age' is not in the frame"),
        (lambda f: f.assign(treatment=f["treatment"] + 1), InvalidColumnError, "code it as 0/1"),
        (lambda f: f.assign(age=np.nan), NoRowsError, "No row has all of"),
        (lambda f: f[f["biomarker"] == 0], EmptyGroupError, "biomarker present"),
        (
            lambda f: f.assign(
                os_event=f["os_event"].where((f["biomarker"] == 0) | (f["treatment"] == 0), 0)
            ),
            TooFewError,
            "Firth",
        ),
    ],
)
def test_bad_input_gets_a_typed_error_with_the_remedy(change, error, words):
    with pytest.raises(error, match=words):
        fit(change(TRIAL))
