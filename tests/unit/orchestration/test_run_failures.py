"""A failed step: what is downstream does not run, and `icb run` has one sentence in the words of the error itself."""

from __future__ import annotations

import dagster as dg

from ingestion.errors import TruncatedError
from orchestration.failures import failure_sentence


@dg.asset
def broken() -> None:
    try:
        raise EOFError("Compressed file ended before the end-of-stream marker was reached")
    except EOFError as exc:
        raise TruncatedError("the gzip data ends too early", where="x.gz", remedy="fetch it again") from exc


@dg.asset
def broken_too() -> None:
    raise KeyError("column")


@dg.asset(deps=[broken])
def downstream() -> None:
    raise AssertionError("must not run")


@dg.asset
def whole() -> None: ...


def run(*assets: dg.AssetsDefinition) -> dg.ExecuteInProcessResult:
    return dg.materialize(list(assets), raise_on_error=False)


def test_the_sentence_is_that_of_the_error_not_of_its_cause_or_of_dagster() -> None:
    assert failure_sentence(run(broken).all_events) == (
        "step broken failed: x.gz: the gzip data ends too early; fetch it again."
    )


def test_other_failures_are_counted() -> None:
    said = failure_sentence(run(broken_too, broken).all_events)
    assert said.startswith("step broken") and "(and 1 more)" in said


def test_an_error_nobody_foresaw_keeps_its_words_on_one_line() -> None:
    assert failure_sentence(run(broken_too).all_events) == "step broken_too failed: 'column'"


def test_what_is_downstream_does_not_run_and_what_is_beside_does() -> None:
    result = run(broken, downstream, whole)
    assert not result.success
    succeeded = {event.step_key for event in result.all_events if event.is_step_success}
    failed = {event.step_key for event in result.all_events if event.is_step_failure}
    assert (succeeded, failed) == ({"whole"}, {"broken"})


def test_a_run_that_was_closed_from_outside_is_told_of_in_the_words_of_whoever_closed_it() -> None:
    """Its process was killed: there is no error, and `run_failed` tells of it all the same."""

    @dg.job
    def nothing() -> None: ...

    with dg.instance_for_test() as instance:
        lost = instance.create_run_for_job(nothing, status=dg.DagsterRunStatus.STARTED)
        event = instance.report_run_failed(lost, "The process of this run has ended without a word.")
        assert failure_sentence([event]) == "The process of this run has ended without a word."
