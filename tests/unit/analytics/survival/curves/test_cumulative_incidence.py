"""Where people can die of something else, the share that has had the event: as in R, and by hand."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.errors import EmptyGroupError, InvalidColumnError, TooFewError
from analytics.questions.clock import TimeRules, with_time_rules
from analytics.survival.curves.cumulative_incidence import cumulative_incidence, difference_of_incidence

REFERENCE = Path(__file__).parents[4] / "reference" / "survival"
STORED = json.loads((REFERENCE / "competing.json").read_text())


def mgus2(entry):
    frame = pd.read_csv(REFERENCE / "competing.csv")
    return frame if entry == "late_entry" else frame.assign(entry_months=0.0)


def people(times, causes, group=None):
    """Cause 1 is the event, 2 another death, 0 censored."""
    causes = np.asarray(causes)
    return pd.DataFrame(
        {
            "time_months": np.asarray(times, dtype=float),
            "event": causes == 1,
            "is_competing_death": causes == 2,
            "entry_months": 0.0,
            "in_group": True if group is None else np.asarray(group, dtype=bool),
        }
    )


@pytest.mark.parametrize("entry", ["plain", "late_entry"])
@pytest.mark.parametrize("k", range(6))
def test_the_share_of_each_cause_equals_that_of_r(entry, k):
    case, frame = STORED[entry][k], mgus2(entry)
    found, _ = cumulative_incidence(frame[frame["in_group"] == case["in_group"]], case["months"])
    assert found.share == pytest.approx(case["share"], rel=1e-10)
    assert found.competing_share == pytest.approx(case["competing_share"], rel=1e-10)
    # another estimator of the same variance: R's is the infinitesimal jackknife
    assert found.se == pytest.approx(case["se"], rel=0.02)


def test_without_censoring_it_is_the_count_with_its_binomial_error():
    causes = [1] * 30 + [2] * 50 + [1] * 20 + [0] * 100
    times = [*range(1, 101), *[130] * 100]
    found, _ = cumulative_incidence(people(times, causes), 120)
    assert found.share == pytest.approx(50 / 200)
    assert found.competing_share == pytest.approx(50 / 200)
    assert found.se == pytest.approx(math.sqrt(0.25 * 0.75 / 200))


def test_without_other_deaths_it_is_the_complement_of_kaplan_meier_with_greenwoods_error():
    # at risk 4, 3, 2: survival 3/4, 3/4 * 1/2
    found, _ = cumulative_incidence(people([1, 2, 3, 4], [1, 0, 1, 0]), 3.5)
    assert found.share == pytest.approx(1 - 3 / 8)
    assert found.se == pytest.approx(3 / 8 * math.sqrt(1 / (4 * 3) + 1 / (2 * 1)))


def test_the_month_is_the_longest_at_which_ten_of_each_group_are_at_risk():
    times = [*([70] * 12), 5, *([30] * 11), 6]
    causes = [*([0] * 12), 1, *([0] * 11), 1]
    found, _ = difference_of_incidence(people(times, causes, [1] * 13 + [0] * 12))
    assert found.in_group.months == 24
    assert found.estimate == pytest.approx(1 / 13 - 1 / 12)
    se = math.sqrt(12 / 13**3 + 11 / 12**3)
    assert (found.ci_low, found.ci_high) == pytest.approx(
        (found.estimate - 1.959963984540054 * se, found.estimate + 1.959963984540054 * se)
    )
    assert found.p == pytest.approx(math.erfc(abs(found.estimate) / se / math.sqrt(2)))


def test_too_few_at_risk_at_twelve_months_is_said():
    with pytest.raises(TooFewError, match="Fewer than 10 people of a group are at risk at 12 months"):
        cumulative_incidence(people([5.0] * 30, [1] * 30))


def test_an_endpoint_that_counts_every_death_has_no_competing_one():
    with pytest.raises(TooFewError, match="No cause of death is known that would compete"):
        cumulative_incidence(people([20.0] * 30, [1] * 30).assign(is_competing_death=None))


def test_one_group_is_no_comparison():
    with pytest.raises(EmptyGroupError, match="one group only"):
        difference_of_incidence(people([20.0] * 30, [1] * 30))


def test_nobody_has_the_event_and_dies_of_something_else():
    frame = people([20.0] * 30, [1] * 30).assign(is_competing_death=True)
    with pytest.raises(InvalidColumnError, match="the one or the other"):
        cumulative_incidence(frame)


def test_a_death_after_administrative_censoring_competes_no_more():
    frame = people([20.0, 4.0], [2, 2]).assign(origin="diagnosis", clock_family="diagnosis")
    cut = with_time_rules(frame, TimeRules(censor_after_months=12))
    assert cut["is_competing_death"].tolist() == [False, True]
