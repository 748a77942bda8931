"""Names of row sets: each means one set of members."""

from __future__ import annotations

import pandas as pd

from analytics.results.row_sets import RowSets


def test_the_contrasts_of_several_groups_have_row_sets_of_their_own() -> None:
    everyone = pd.RangeIndex(6)
    both, only, neither = everyone[:2], everyone[2:4], everyone[4:]
    sets = RowSets()
    for suffix, group in ((" (both or neither)", both), (" (only or neither)", only)):
        people = group.append(neither)
        assert sets.within(suffix).named("members", people, people) == f"members{suffix}"
    assert sets.named("members", everyone, everyone) == "members"
    assert sets.holds("members", everyone).all()
    assert everyone[sets.holds("members (both or neither)", everyone)].tolist() == [0, 1, 4, 5]
    assert everyone[sets.holds("members (only or neither)", everyone)].tolist() == [2, 3, 4, 5]
    assert not sets.holds("members (nobody asked)", everyone).any()


def test_a_cohort_that_keeps_other_rows_has_a_name_of_its_own() -> None:
    rows = pd.RangeIndex(4)
    sets = RowSets(" (a or b)")
    assert sets.named("members", rows[:2], rows) == "members (a or b)"
    assert sets.named("members", rows, rows, "one") == "members (a or b) (one by itself)"


def test_row_sets_that_are_forgotten_have_names_and_nobody_in_them() -> None:
    rows = pd.RangeIndex(4)
    sets = RowSets.forgotten()
    assert sets.named("members", rows[:2], rows) == "members"
    assert not sets.holds("members", rows).any()
