"""Of a step that fails after it has made a part, only what hangs on the rest stops; and a check that fails or that
breaks keeps what it guards from the gate's hands.
"""

from __future__ import annotations

import dagster as dg

from orchestration.jobs import EXECUTOR


@dg.multi_asset(specs=[dg.AssetSpec("made"), dg.AssetSpec("failed")])
def model_run():  # type: ignore[no-untyped-def]
    yield dg.MaterializeResult(asset_key="made")
    raise RuntimeError("the second model failed")


@dg.asset(deps=["made"])
def below_made() -> None: ...


@dg.asset(deps=["failed"])
def below_failed() -> None: ...


@dg.asset(deps=["below_made", "below_failed"])
def below_both() -> None: ...


@dg.asset
def draft() -> None: ...


@dg.asset_check(asset="draft", blocking=True)
def a_check_that_breaks() -> dg.AssetCheckResult:
    raise RuntimeError("broken")


@dg.asset(deps=["draft"])
def published() -> None: ...


def everything() -> dg.JobDefinition:
    """For Dagster, which makes the job anew in its own way."""
    graph = dg.Definitions(
        assets=[model_run, below_made, below_failed, below_both, draft, published],
        asset_checks=[a_check_that_breaks],
        jobs=[dg.define_asset_job("everything", dg.AssetSelection.all(), executor_def=EXECUTOR)],
    )
    return graph.resolve_job_def("everything")


def test_a_failed_model_stops_what_depends_on_it_and_nothing_else_and_the_run_is_red() -> None:
    with dg.instance_for_test() as instance:
        result = dg.execute_job(dg.reconstructable(everything), instance)
    assert not result.success
    done = {event.step_key for event in result.all_events if event.is_step_success}
    assert done == {"below_made", "draft"}
    assert "published" not in done, "a blocking check that broke is no check that was passed"
