"""Covariates that are not known: everybody counts, by a level of their own or by imputation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.biomarkers.groups import Contrast
from analytics.errors import AnalysisError
from analytics.questions.specs import Variant
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Scope, SurvivalStatistic
from analytics.survival import hazard_rows
from analytics.survival.data import survival_data
from analytics.survival.estimate import survival_statistics
from analytics.survival.hazard_ratio import HazardRatio, estimate_hazard_ratio
from analytics.survival.missing_covariates import (
    _cumulative_hazard,
    _rubin,
    imputed_hazard_ratio,
    with_missing_as_level,
)
from analytics.survival.regression.cox import CoxTerm, cox_regression


def people(n: int = 1200, seed: int = 4) -> pd.DataFrame:
    """Group and outcome both go with age and stage; the group itself has hazard ratio 0.6."""
    rng = np.random.default_rng(seed)
    age, stage = rng.normal(0, 1, n), rng.choice(["I", "II", "III"], n)
    group = rng.random(n) < 1 / (1 + np.exp(-(0.9 * age + 0.9 * (stage == "III"))))
    hazard = 0.05 * np.exp(0.7 * age + 0.8 * (stage == "III") + np.log(0.6) * group)
    death, end = rng.exponential(1 / hazard), rng.uniform(12, 48, n)
    return pd.DataFrame(
        {
            "person_id": np.arange(n), "age_years": age, "stage": stage, "in_group": group,
            "time_months": np.minimum(death, end), "event": death <= end, "entry_months": 0.0,
        }
    )  # fmt: skip


def with_gaps(frame: pd.DataFrame, share: float = 0.35, seed: int = 8) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    gaps = frame.copy()
    gaps.loc[rng.random(len(frame)) < share, "age_years"] = np.nan
    gaps.loc[rng.random(len(frame)) < share, "stage"] = None
    return gaps


def test_imputation_comes_back_to_what_all_data_say_and_is_surer_than_the_complete_cases() -> None:
    """Second route: the Cox model on the data before the gaps were made."""
    full = people()
    truth = cox_regression(full, ["in_group", "age_years", "stage"]).term("in_group")
    gaps = with_gaps(full)
    found = imputed_hazard_ratio(gaps, "in_group", ["age_years", "stage"])
    complete = cox_regression(gaps, ["in_group", "age_years", "stage"]).term("in_group")
    crude = cox_regression(gaps, ["in_group"]).term("in_group")
    assert abs(found.log_hr - truth.coef) < 3 * (found.se**2 - truth.se**2) ** 0.5
    assert abs(crude.coef - truth.coef) > 3 * truth.se
    assert truth.se < found.se < complete.se
    assert found.missing_share == pytest.approx(1 - 0.65**2, abs=0.03)
    assert found.ci_low < np.log(0.6) < found.ci_high


def test_the_same_seed_gives_the_same_number() -> None:
    gaps = with_gaps(people(300))
    first = imputed_hazard_ratio(gaps, "in_group", ["age_years", "stage"], n_imputations=3)
    assert first == imputed_hazard_ratio(gaps, "in_group", ["age_years", "stage"], n_imputations=3)


def test_rubins_rules_are_those_of_the_book_by_hand() -> None:
    """Estimates 1, 2, 3 with variance 4: mean 2, within 4, between 1, total 4 + 4/3; df 2 (16/3 / (4/3))^2 = 32."""
    lines = [
        CoxTerm("g", "g", None, None, float(k), 2.0, 2.0, np.exp(k), 0.0, 0.0, 0.0, 0.0) for k in (1, 2, 3)
    ]
    found = _rubin(lines, 0.5)
    assert found.log_hr == 2.0 and found.se == pytest.approx((4 + 4 / 3) ** 0.5)
    assert found.fraction_missing == pytest.approx((4 / 3) / (16 / 3))
    assert found.ci_high == pytest.approx(2.0 + 2.0369333 * (16 / 3) ** 0.5, abs=1e-6)


def test_the_cumulative_hazard_is_nelson_and_aalens() -> None:
    """Deaths at 2 (of 4), 3 (of 3), 5 (of 1): 1/4, 7/12, 19/12."""
    frame = pd.DataFrame(
        {"time_months": [2.0, 3.0, 4.0, 5.0], "event": [True, True, False, True], "entry_months": 0.0}
    )
    found = _cumulative_hazard(survival_data(frame))
    assert found == pytest.approx([1 / 4, 7 / 12, 7 / 12, 19 / 12])


def test_a_missing_word_is_a_level_and_a_missing_number_has_an_indicator() -> None:
    frame = pd.DataFrame(
        {"stage": ["I", None, "II"], "age_years": [50.0, np.nan, 70.0], "sex": ["M", "F", "M"]}
    )
    filled, terms = with_missing_as_level(frame, ["stage", "age_years", "sex"])
    assert list(filled["stage"]) == ["I", "not known", "II"]
    assert list(filled["age_years"]) == [50.0, 60.0, 70.0] and list(filled["age_years_not_known"]) == [
        0,
        1,
        0,
    ]
    assert terms == ["stage", "age_years", "age_years_not_known", "sex"]


def test_nothing_missing_and_nothing_known_are_sentences() -> None:
    with pytest.raises(AnalysisError, match="No covariate is missing"):
        imputed_hazard_ratio(people(100), "in_group", ["age_years"])
    with pytest.raises(AnalysisError, match="known of nobody"):
        imputed_hazard_ratio(people(100).assign(age_years=np.nan), "in_group", ["age_years"])


def rows_of(frame: pd.DataFrame, *estimators: str) -> dict[str, SurvivalStatistic]:
    variant = Variant(description="d", covariates=("age_years", "stage"), estimators=estimators)  # type: ignore[arg-type]
    found = survival_statistics(
        Scope("x", "default", "OS"), RowSets(), frame, variant, "os", Contrast.of_gene("G")
    )
    return {row.key: row for row in found}


def test_beside_an_adjusted_row_stands_the_unadjusted_one_on_the_same_people() -> None:
    gaps = with_gaps(people(400))
    rows = rows_of(gaps, "cox_univariable", "cox_adjusted")
    adjusted, same = rows["os.cox_adjusted"], rows["os.cox_adjusted_same_people"]
    complete = gaps.dropna(subset=["age_years", "stage"])
    assert (adjusted.n, same.n, rows["os.cox_univariable"].n) == (len(complete), len(complete), 400)
    assert same.row_set == adjusted.row_set
    assert same.estimate == cox_regression(complete, ["in_group"]).term("in_group").hr
    assert rows["os.e_value_adjusted"].estimate is not None


def test_both_sensitivity_rows_count_everybody() -> None:
    gaps = with_gaps(people(400))
    rows = rows_of(gaps, "cox_adjusted", "cox_missing_as_level", "cox_imputed")
    for key in ("os.cox_missing_as_level", "os.cox_imputed"):
        assert rows[key].n == 400 and rows[key].estimate is not None
    assert "imputed" in " ".join(rows["os.cox_imputed"].warnings)


def test_the_e_value_is_read_off_the_fit_of_the_row_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    adjustments: list[tuple[str, ...]] = []

    def counted(*args: Any, **settings: Any) -> HazardRatio:
        adjustments.append(tuple(settings.get("adjust", ())))
        return estimate_hazard_ratio(*args, **settings)

    monkeypatch.setattr(hazard_rows, "estimate_hazard_ratio", counted)
    rows = rows_of(people(400), "cox_adjusted")
    assert {"os.cox_adjusted", "os.e_value_adjusted"} <= set(rows)
    assert adjustments.count(("age_years", "stage")) == 1
