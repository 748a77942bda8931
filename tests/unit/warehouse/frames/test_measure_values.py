"""Values of measures: a source that the warehouse lacks is said in one sentence, with what would bring it."""

from __future__ import annotations

import duckdb

from analytics.comparison.spec import Measure
from warehouse.frames.measures import measure_values


def measure(source: str, *names: str) -> Measure:
    return Measure.model_validate({"source": source, "title": "T", "names": names})


def test_a_burden_that_is_not_known_names_those_that_are() -> None:
    with duckdb.connect() as con:
        found = measure_values(con, "b", measure("burdens", "indels"), "ALK", ["a"])
    assert found.unavailable is not None
    assert "there is no burden 'indels'; use one of tmb, neoantigens" in found.unavailable


def test_features_that_nobody_has_are_reasons_and_not_an_absent_measure() -> None:
    with duckdb.connect() as con:
        con.execute("create schema marts")
        con.execute(
            "create table marts.patient_features (cohort_id text, patient_id text, sample_id text, feature text, "
            "value double, unit text)"
        )
        found = measure_values(con, "f", measure("features", "tcr"), "ALK", ["a", "b"])
    assert found.unavailable is None
    assert found.reasons == {"tcr": "No cohort of a, b has the feature tcr."}
