"""A source that has lost rows since it was read last says so on its page."""

from __future__ import annotations

import dagster as dg
import pytest

from orchestration.checks.sources import ROWS, keeps_rows

KEY = dg.AssetKey(["sources", "a_cohort", "study"])


@pytest.mark.parametrize(
    ("before", "now", "passed"),
    [(None, 0, True), (100, 100, True), (100, 80, True), (100, 79, False), (100, 0, False), (0, 0, True)],
    ids=["first reading", "the same", "a fifth fewer", "more than a fifth", "could not be read", "never any"],
)
def test_more_than_a_fifth_of_the_rows_lost_is_a_warning(before: int | None, now: int, passed: bool) -> None:
    with dg.instance_for_test() as instance:
        if before is not None:
            instance.report_runless_asset_event(dg.AssetMaterialization(KEY, metadata={ROWS: before}))
        result = keeps_rows(instance, KEY, now)
    assert result.passed is passed
    assert result.severity is dg.AssetCheckSeverity.WARN
