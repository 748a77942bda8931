"""The analysis frame: which rows are kept, what is reported, what is refused."""

import numpy as np
import pandas as pd
import pytest

from analytics.errors import InvalidColumnError, MissingColumnError, NoEventsError, NoRowsError
from analytics.survival.data import stratum_codes, survival_data, tied_times


def frame_of(time, event, entry=None, **columns):
    entry = [0.0] * len(time) if entry is None else entry
    return pd.DataFrame({"time_months": time, "event": event, "entry_months": entry, **columns})


def test_people_with_no_follow_up_stay_when_everybody_enters_at_the_origin():
    data = survival_data(frame_of([0.0, 0.0, 5.0], [True, False, True]))
    assert data.n == 3
    assert not data.has_delayed_entry
    assert (data.entry == -np.inf).all()
    assert data.warnings == ("2 rows with 0 months of follow-up kept, at risk at time 0 only.",)


def test_rows_that_never_come_under_observation_are_left_out_and_counted():
    data = survival_data(frame_of([0.0, 4.0, 4.0, 5.0], [True, True, True, True], [0.0, 4.0, 6.0, 2.0]))
    assert data.time.tolist() == [5.0]
    assert data.n_left_out == 3
    assert data.warnings == (
        "3 rows left out because entry is not before the end of follow-up (never at risk).",
    )


def test_times_that_differ_only_by_rounding_are_tied():
    # 0.1 + 0.2 and 0.3 differ in the last bit, as months made by dividing days do.
    data = survival_data(frame_of([0.1 + 0.2, 0.3, 1.0], [True, True, True]))
    assert data.time[0] == data.time[1]


def test_times_that_differ_by_a_minute_are_not_tied():
    minute = 1 / (30.4375 * 24 * 60)
    assert len(np.unique(tied_times(np.array([12.0, 12.0 + minute, 60.0]))[0])) == 3


def test_an_entry_that_equals_a_time_up_to_rounding_is_not_before_it():
    data = survival_data(frame_of([0.3, 2.0], [True, True], [0.1 + 0.2 - 1e-16, 0.0]))
    assert data.time.tolist() == [2.0]


@pytest.mark.parametrize(
    "values", [[True, False], [1, 0], [1.0, 0.0], pd.array([True, False], dtype="boolean")]
)
def test_events_may_be_booleans_or_zero_and_one(values):
    assert survival_data(frame_of([1.0, 2.0], values)).event.tolist() == [True, False]


def test_missing_values_leave_the_row_out_once_each():
    frame = frame_of([1.0, None, 3.0, 4.0], [True, True, None, True], in_group=[True, True, False, None])
    data = survival_data(frame, yes_no=["in_group"])
    assert data.n == 1
    assert data.warnings == (
        "1 row without time_months left out.",
        "1 row without event left out.",
        "1 row without in_group left out.",
    )


@pytest.mark.parametrize("word", ["DECEASED", 2, "1"])
def test_other_words_for_an_event_are_refused(word):
    with pytest.raises(InvalidColumnError, match="only true, false or missing"):
        survival_data(frame_of([1.0, 2.0], [True, word]))


@pytest.mark.parametrize("bad", [-1.0, np.inf])
def test_negative_and_infinite_times_are_refused(bad):
    with pytest.raises(InvalidColumnError, match="1 negative or infinite value"):
        survival_data(frame_of([1.0, bad], [True, True]))


def test_text_in_a_time_column_is_refused():
    with pytest.raises(InvalidColumnError, match="'time_months' of the analysis frame is not numeric"):
        survival_data(frame_of(["12,5", "3"], [True, True]))


def test_nobody_with_the_event_is_an_error_with_the_remedy():
    with pytest.raises(
        NoEventsError, match=r"Nobody among 2 rows had the event .* choose an endpoint or a cohort"
    ):
        survival_data(frame_of([1.0, 2.0], [False, False]))


def test_no_rows_is_an_error():
    with pytest.raises(NoRowsError, match="it is empty"):
        survival_data(frame_of([], []))


def test_a_missing_stratum_column_is_named():
    with pytest.raises(MissingColumnError, match="Column 'cohort_id' is not in the analysis frame"):
        survival_data(frame_of([1.0], [True]), strata=["cohort_id"])


def test_strata_are_the_combinations_of_their_columns():
    frame = pd.DataFrame({"cohort": ["a", "a", "b"], "type": ["lung", "skin", "lung"]})
    codes, labels = stratum_codes(frame, ["cohort", "type"])
    assert codes.tolist() == [0, 1, 2]
    assert labels == ("a / lung", "a / skin", "b / lung")
