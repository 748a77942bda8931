"""Response by mutation status, with those evaluable and with everybody treated as denominator."""

import pandas as pd
import pytest

from analytics.errors import EmptyGroupError, InvalidColumnError, MissingColumnError, NoRowsError
from analytics.response.comparison import compare_rates, compare_response
from analytics.response.two_by_two import fisher_exact_test


@pytest.fixture
def frame():
    mutated = [(True, 6), (False, 2), (None, 1)]
    wild_type = [(True, 5), (False, 20), (None, 4)]
    rows = [(True, answer) for answer, n in mutated for _ in range(n)]
    rows += [(False, answer) for answer, n in wild_type for _ in range(n)]
    return pd.DataFrame(rows, columns=["in_group", "is_responder"])


def test_evaluable_people_leave_unknown_responses_out(frame):
    result = compare_response(frame).evaluable
    assert (result.mutated.n_yes, result.mutated.n) == (6, 8)
    assert (result.wild_type.n_yes, result.wild_type.n) == (5, 25)
    assert result.difference.difference == pytest.approx(6 / 8 - 5 / 25)


def test_intention_to_treat_counts_unknown_responses_as_none(frame):
    result = compare_response(frame).intention_to_treat
    assert (result.mutated.n_yes, result.mutated.n) == (6, 9)
    assert (result.wild_type.n_yes, result.wild_type.n) == (5, 29)
    assert result.fisher == fisher_exact_test(((6, 3), (5, 24)))


def test_the_number_not_evaluable_is_given_per_group(frame):
    result = compare_response(frame)
    assert (result.n_not_evaluable_mutated, result.n_not_evaluable_wild_type) == (1, 4)


@pytest.mark.parametrize("dtype", ["object", "boolean", "float"])
def test_missing_may_be_none_na_or_nan(frame, dtype):
    values = (
        frame.is_responder.map({True: 1.0, False: 0.0})
        if dtype == "float"
        else frame.is_responder.astype(dtype)
    )
    assert compare_response(frame.assign(is_responder=values)) == compare_response(frame)


def test_unprofiled_people_are_left_out_and_counted(frame):
    some = frame.assign(in_group=frame.in_group.astype(object))
    some.loc[[0, 20], "in_group"] = None
    result = compare_response(some)
    assert result.warnings == ("Rows without in_group left out: 2.",)
    assert result.intention_to_treat.mutated.n == 8


def test_a_group_without_evaluable_people_is_reported_by_intention_to_treat_only(frame):
    none = frame.assign(is_responder=frame.is_responder.where(~frame.in_group, None))
    result = compare_response(none)
    assert result.evaluable is None
    assert result.intention_to_treat.mutated.n_yes == 0
    assert "only intention to treat" in result.warnings[0]


def test_the_frame_is_not_changed(frame):
    before = frame.copy(deep=True)
    compare_response(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_small_expected_counts_point_to_fisher(frame):
    assert any("use Fisher's p" in text for text in compare_response(frame).evaluable.warnings)
    assert compare_rates((50, 100), (40, 100)).warnings == ()


def test_the_printed_response_rates_of_igf1r_do_not_reach_their_printed_p():
    # Row A4: 55.56 % and 33.33 % are 10/18 and 95/285; the paper prints P 0.042.
    result = compare_rates((10, 18), (95, 285))
    assert round(100 * result.mutated.rate, 2) == 55.56
    assert round(100 * result.wild_type.rate, 2) == 33.33
    assert min(result.chi_square.p, result.chi_square_yates.p, result.fisher.p) > 0.05


@pytest.mark.parametrize("value", [True, False])
def test_one_group_only_is_an_error(frame, value):
    with pytest.raises(EmptyGroupError, match="comparing response needs two groups"):
        compare_response(frame.assign(in_group=value))


def test_nobody_with_a_status_is_an_error(frame):
    with pytest.raises(NoRowsError, match="supply the status first"):
        compare_response(frame.assign(in_group=None))


def test_words_are_refused(frame):
    with pytest.raises(InvalidColumnError, match="'PR' where only true, false or missing"):
        compare_response(frame.assign(is_responder="PR"))


def test_a_missing_column_is_named(frame):
    with pytest.raises(MissingColumnError, match="Column 'dcr' is not in the frame"):
        compare_response(frame, "dcr")
