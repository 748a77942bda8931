"""People behind statistics: every set once, by numbers that any client can hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.errors import AnalysisError
from analytics.results.people_sets import PeopleSets
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Scope

OS = Scope("q", "default", "OS")
#: Six people under labels that are no positions; the last is of a cohort whose clock is not that of the pool.
MEMBERS = pd.DataFrame(
    {"cohort_id": ["a", "a", "a", "b", "b", "old"], "is_member": [True, True, True, True, True, False]},
    index=[10, 11, 12, 20, 21, 30],
)


def statistics(*rows: tuple[str, str | None, str | None, list[str] | None]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["stat_id", "row_set", "cohort_id", "cohorts"])
    table = table if table["cohorts"].notna().all() else table.drop(columns="cohorts")
    return table.assign(variant="default", endpoint="OS")


def behind(*tables: pd.DataFrame) -> tuple[dict[str, list[int]], pd.DataFrame]:
    """Statistic -> labels of the people behind it."""
    people, sets = PeopleSets("q"), RowSets()
    sets.named("members", MEMBERS.index, MEMBERS.index)
    sets.named("with x", pd.Index([11, 20, 21]), MEMBERS.index)
    numbers = people.numbered(OS, MEMBERS, sets)
    stat_sets, set_members = people.tables({str(i): table for i, table in enumerate(tables)})
    both = stat_sets.merge(set_members, on="set_id")
    both["label"] = both["member_id"].map(dict(zip(numbers, MEMBERS.index, strict=True)))
    return both.groupby("stat_id")["label"].apply(list).to_dict(), set_members


def test_behind_a_statistic_of_the_pool_are_the_members_of_its_row_set_and_behind_one_of_a_cohort_all_of_it() -> (
    None
):
    found, _ = behind(
        statistics(
            ("pool", "members", None, None),
            ("pool with x", "with x", None, None),
            ("a alone", "members", "a", None),
            ("old alone", "members", "old", None),
        )
    )
    assert found == {
        "pool": [10, 11, 12, 20, 21],
        "pool with x": [11, 20, 21],
        "a alone": [10, 11, 12],
        "old alone": [30],
    }


def test_behind_a_pool_of_some_cohorts_are_the_people_of_these() -> None:
    found, _ = behind(
        statistics(("without a", "members", None, ["b"]), ("both", "members", None, ["a", "b"]))
    )
    assert found == {"without a": [20, 21], "both": [10, 11, 12, 20, 21]}


def test_statistics_of_the_same_people_share_one_set_whatever_it_is_called() -> None:
    found, set_members = behind(
        statistics(("pool", "members", None, None), ("again", "members", None, None)),
        statistics(("of both", "members", None, ["a", "b"])),
    )
    assert len(found) == 3
    assert len(set_members) == 5


def test_a_statistic_of_nobody_has_no_set() -> None:
    found, _ = behind(statistics(("nobody", "with y", None, None), ("no set", None, None, None)))
    assert found == {}


def test_numbers_differ_between_analyses_stay_between_runs_and_fit_into_a_double() -> None:
    one, again, other = (PeopleSets(name).numbered(OS, MEMBERS, RowSets()) for name in ("q", "q", "p"))
    assert (one == again).all()
    assert not set(one) & set(other)
    assert all(int(float(number)) == number for number in np.concatenate([one, other]))


def test_more_rows_than_there_are_numbers_are_refused() -> None:
    many = pd.DataFrame({"cohort_id": "a", "is_member": True}, index=pd.RangeIndex(1 << 22))
    with pytest.raises(AnalysisError, match="split it into several analyses"):
        PeopleSets("q").numbered(OS, many, RowSets())
