"""Which mutational process made a sample's mutations, from published exposures or from the version's own refits."""

import duckdb
import pytest

from warehouse.frames.processes import mutational_processes


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create schema marts; create schema stats")
    con.execute(
        "create table marts.published_exposures as select * from (values "
        "('a', 's1', 'SBS4', 90.0), ('a', 's1', 'SBS5', 20.0), ('b', 's1', 'SBS13', 7.0)) "
        "as t(cohort_id, sample_id, signature, n_mutations)"
    )
    return con


def test_published_exposures_alone_tell_the_process_where_nothing_was_refitted(
    con: duckdb.DuckDBPyConnection,
) -> None:
    assert dict(mutational_processes(con, ["a"])) == {"a|s1": "smoking"}


def test_a_refit_stands_in_for_a_sample_without_published_exposures_and_for_no_other(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute(
        "create table stats.signature_exposures as select * from (values "
        "('default', 'a', 's1', 'SBS7a', 500.0), ('default', 'a', 's2', 'SBS7a', 60.0), "
        "('as_published', 'a', 's3', 'SBS7a', 60.0), ('default', 'a', 's4', null, null)) "
        "as t(variant, cohort_id, sample_id, signature, exposure)"
    )
    assert dict(mutational_processes(con, ["a", "b"])) == {
        "a|s1": "smoking", "a|s2": "ultraviolet", "b|s1": "apobec",
    }  # fmt: skip
