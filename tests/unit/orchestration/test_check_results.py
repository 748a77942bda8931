"""Checks that failed when they were carried out last keep a version from being published, whichever run that was."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import pytest

from orchestration.checks.results import failed_checks
from orchestration.workers import DATA_TAG

HERE = "/data/here"
KEYS = [dg.AssetCheckKey(dg.AssetKey("table"), name) for name in ("as_it_must_be", "as_one_would_like")]


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def carry_out(instance: dg.DagsterInstance, *, passed: bool, data: str | None = HERE) -> None:
    """Materialise a table with a check of severity error and one of severity warning, which end alike."""

    @dg.asset
    def table() -> None: ...

    @dg.asset_check(asset=table)
    def as_it_must_be() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=passed, severity=dg.AssetCheckSeverity.ERROR)

    @dg.asset_check(asset=table)
    def as_one_would_like() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=passed, severity=dg.AssetCheckSeverity.WARN)

    dg.materialize(
        [table, as_it_must_be, as_one_would_like],
        instance=instance,
        tags={} if data is None else {DATA_TAG: data},
    )


def test_a_check_that_was_never_carried_out_has_not_failed(instance: dg.DagsterInstance) -> None:
    assert failed_checks(instance, KEYS, HERE) == []


def test_a_failed_error_is_told_and_a_warning_is_not(instance: dg.DagsterInstance) -> None:
    carry_out(instance, passed=False)
    assert failed_checks(instance, KEYS, HERE) == ["check as_it_must_be of table failed"]


def test_what_counts_is_how_it_ended_last(instance: dg.DagsterInstance) -> None:
    carry_out(instance, passed=False)
    carry_out(instance, passed=True)
    assert failed_checks(instance, KEYS, HERE) == []


@pytest.mark.parametrize(("data", "counts"), [("/data/elsewhere", False), (None, True)])
def test_a_run_on_another_data_folder_says_nothing_of_this_one(
    instance: dg.DagsterInstance, data: str | None, counts: bool
) -> None:
    carry_out(instance, passed=False, data=data)
    assert bool(failed_checks(instance, KEYS, HERE)) is counts
