"""The guard of immortal time names the cohorts in which sequencing may follow treatment."""

import numpy as np
import pandas as pd
import pytest

from analytics.immortal_time import BEFORE, ENTERED_LATE, FOLLOWS, MAY_FOLLOW, immortal_time
from analytics.questions.clock import TimeRules, with_time_rules
from analytics.survival.hazard_ratio import estimate_hazard_ratio


def people(
    cohort: str, biopsy_time: str | None, n: int = 200, seed: int = 3, **columns: object
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    death, censored = rng.exponential(14.0, n), rng.uniform(4, 36, n)
    return pd.DataFrame(
        {
            "cohort_id": cohort, "time_months": np.minimum(death, censored), "event": death <= censored,
            "entry_months": 0.0, "origin": "icb_start", "clock_family": "treatment",
            "in_group": rng.random(n) < 0.3, "biopsy_time": biopsy_time,
        }
        | columns
    )  # fmt: skip


def test_samples_from_before_treatment_leave_no_immortal_time() -> None:
    found = immortal_time(people("a", "pre"))
    assert found.verdict == BEFORE and not found.is_warning


def test_cohorts_without_a_date_of_the_sample_are_named_with_their_people_and_others_are_not() -> None:
    found = immortal_time(
        pd.concat([people("a", "pre"), people("b", None, n=150, seed=4)], ignore_index=True)
    )
    assert found.verdict == MAY_FOLLOW and found.is_warning
    assert "b (150)" in found.sentence and "a (" not in found.sentence
    assert found.numbers["n_not_known"] == 150


def test_samples_that_are_known_to_be_later_are_said_to_be() -> None:
    found = immortal_time(pd.concat([people("a", "on", n=30), people("a", "pre", seed=5)], ignore_index=True))
    assert found.verdict == FOLLOWS and "after treatment began in a (30)" in found.sentence


def test_late_entry_and_a_clock_that_starts_with_the_sample_take_care_of_it() -> None:
    entered = people("c", None)
    entered["entry_months"] = np.minimum(1.0, entered["time_months"] / 2)
    assert immortal_time(entered).verdict == ENTERED_LATE
    assert immortal_time(people("d", None, origin="sequencing", clock_family="sequencing")).verdict == BEFORE


def test_the_landmark_beside_it_is_the_estimate_among_those_still_followed() -> None:
    members = people("b", None, n=400)
    later = members[members["time_months"] > 3].assign(time_months=lambda d: d["time_months"] - 3)
    expected = estimate_hazard_ratio(later)
    found = immortal_time(members)
    assert found.numbers["landmark_hr"] == pytest.approx(expected.hr, rel=1e-12)
    assert found.numbers["landmark_n"] == len(later)
    assert f"{len(later):,} still followed at 3 months" in found.sentence


def test_a_sequencing_that_waits_for_survival_flatters_and_the_landmark_does_not_hide_that_it_may() -> None:
    """Planted: carriers are only those sequenced at 5 months. The crude ratio is below 1 by that alone."""
    rng = np.random.default_rng(8)
    members = people("b", None, n=2000, seed=9)
    members["in_group"] = (members["time_months"] > 5) & (rng.random(2000) < 0.5)
    assert estimate_hazard_ratio(members).hr < 0.75
    assert immortal_time(members).is_warning


def test_a_question_that_counts_from_a_landmark_is_given_no_second_one() -> None:
    counted = with_time_rules(people("b", None, n=300), TimeRules(landmark_months=3.0))
    found = immortal_time(counted[counted["time_months"] > 0])
    assert found.verdict == MAY_FOLLOW and "landmark_hr" not in found.numbers
    assert "It is counted from 3 months after icb start on." in found.sentence
