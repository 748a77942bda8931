"""A receipt names the ages of two people, the youngest and the oldest: over 89 neither leaves as it is."""

from __future__ import annotations

import duckdb
import pytest

from warehouse.reports.cohort_receipt import receipt


@pytest.mark.parametrize(
    ("words", "leaves"),
    [
        ("23.0 to 88.0", "23.0 to 88.0"),
        ("23.0 to 89.0", "23.0 to 89.0"),
        ("22.0 to 92.0", "22.0 to 90 or over"),
        ("18.0 to 89.5", "18.0 to 90 or over"),
    ],
)
def test_the_oldest_of_a_cohort_is_90_or_over(words: str, leaves: str) -> None:
    with duckdb.connect() as con:
        con.execute("create schema marts")
        con.execute(
            "create table marts.cohort_receipts as select 'c' as cohort_id, * from (values "
            "(1, 'ranges', 'age in years', 40, null, ?), (2, 'ranges', 'months of OS', 40, null, '1.0 to 120.0')"
            ") as t(line_number, section, item, n, value, words)",
            [words],
        )
        age, months = receipt(con, "c")
    assert age["words"] == leaves
    assert months["words"] == "1.0 to 120.0"
