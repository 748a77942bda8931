"""A result row is a type: its fields are the columns of its table, and nothing of another type gets in."""

from __future__ import annotations

import math
from dataclasses import replace

import duckdb
import numpy as np
import pandas as pd
import pytest

from analytics.results.schema import (
    ResultTypeError,
    arrow_table,
    as_table,
    columns_of,
    create_statement,
    rows_of,
    table_of,
)
from analytics.results.statistic import Counts, Model, Scope, SurvivalStatistic

NAME = Scope("alk", "default", "OS").name("os.cox_univariable")
ALK = SurvivalStatistic(
    name=NAME,
    estimator="cox",
    scale="hazard ratio",
    counts=Counts(
        group_label="mutated", reference_label="wild-type", n=120, n_in_group=7, events=60, events_in_group=2
    ),
    estimate=0.4,
    ci_low=0.1,
    ci_high=1.6,
    p=0.2,
    model=Model(adjusted_for=("age_years", "sex"), ties="efron"),
    warnings=("Few events.", "Read with care."),
)
COLUMNS = columns_of(SurvivalStatistic)


def test_parts_of_a_statistic_are_columns_of_its_table() -> None:
    row = table_of(SurvivalStatistic, [ALK]).iloc[0]
    assert row["stat_id"] == "alk/default/os.cox_univariable"
    assert (row["group_label"], row["n_in_group"], row["ties"]) == ("mutated", 7, "efron")
    assert row["adjusted_for"] == ["age_years", "sex"]
    assert row["warnings"] == ["Few events.", "Read with care."]


def test_a_table_is_read_back_as_the_same_statistics() -> None:
    other = replace(
        ALK, name=Scope("alk", "default", "OS", "msk").name("os.log_rank"), estimate=None, warnings=()
    )
    assert rows_of(SurvivalStatistic, table_of(SurvivalStatistic, [ALK, other])) == [ALK, other]


def test_a_table_read_from_duckdb_is_the_same_statistics() -> None:
    frame = table_of(
        SurvivalStatistic, [ALK, replace(ALK, counts=Counts(), model=Model(), p=None, warnings=())]
    )
    con = duckdb.connect()
    con.execute(create_statement(COLUMNS, "found"))
    con.register("made", arrow_table(COLUMNS, frame))
    con.execute("insert into found select * from made")
    assert rows_of(SurvivalStatistic, con.execute("select * from found").df()) == rows_of(
        SurvivalStatistic, frame
    )
    assert con.execute("select warnings[1], list_contains(adjusted_for, 'sex') from found").fetchone() == (
        "Few events.",
        True,
    )


def test_an_empty_table_keeps_its_types_in_parquet(tmp_path: object) -> None:
    path = f"{tmp_path}/empty.parquet"
    import pyarrow.parquet as pq

    pq.write_table(arrow_table(COLUMNS, table_of(SurvivalStatistic, [])), path)
    types = dict(
        duckdb.connect()
        .execute(f"select column_name, column_type from (describe select * from '{path}')")
        .fetchall()
    )
    assert types["n"] == "BIGINT" and types["estimate"] == "DOUBLE" and types["warnings"] == "VARCHAR[]"


def test_a_number_that_is_not_finite_is_null() -> None:
    row = table_of(SurvivalStatistic, [replace(ALK, estimate=math.inf, ci_high=math.nan)]).iloc[0]
    assert pd.isna(row["estimate"]) and pd.isna(row["ci_high"]) and row["ci_low"] == 0.1


def test_numpy_numbers_are_numbers() -> None:
    counts = replace(ALK.counts, n=np.int64(120))  # type: ignore[arg-type]
    assert table_of(SurvivalStatistic, [replace(ALK, counts=counts, p=np.float64(0.2))]).loc[0, "n"] == 120


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"p_method": False}, "survival_stats.p_method is of type string, not False"),
        ({"counts": Counts(n=2.5)}, "survival_stats.n is of type bigint, not 2.5"),  # type: ignore[arg-type]
        ({"counts": Counts(n=True)}, "survival_stats.n is of type bigint, not True"),
        ({"estimate": "0.4"}, "survival_stats.estimate is of type double, not '0.4'"),
        ({"warnings": (False,)}, "survival_stats.warnings is a list of texts"),
    ],
)
def test_a_value_of_another_type_is_refused_by_name(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ResultTypeError, match=said.replace("(", r"\(")):
        table_of(SurvivalStatistic, [replace(ALK, **wrong)])  # type: ignore[arg-type]


def test_a_frame_is_held_to_the_types_of_its_table_too() -> None:
    columns = {"gene": ("string", "Gene"), "n": ("bigint", "People"), "warnings": ("strings", "Sentences")}
    made = as_table("scan_results", columns, pd.DataFrame({"gene": ["ALK"], "n": [3.0]}))
    assert made["n"].tolist() == [3] and made["warnings"].tolist() == [[]]
    with pytest.raises(
        ResultTypeError, match=r"scan_results.gene is of type string, and holds boolean values"
    ):
        as_table("scan_results", columns, pd.DataFrame({"gene": [False]}))
    with pytest.raises(ResultTypeError, match="scan_results has no column colour"):
        as_table("scan_results", columns, pd.DataFrame({"colour": ["red"]}))
    with pytest.raises(ResultTypeError, match="scan_results"):
        as_table("scan_results", columns, pd.DataFrame({"n": [2.5]}))
    with pytest.raises(ResultTypeError, match=r"scan_results.warnings is of type strings"):
        as_table("scan_results", columns, pd.DataFrame({"warnings": ["one sentence"]}))


def test_a_warning_is_said_once() -> None:
    assert ALK.warned("Few events.", "", "Only two cohorts.").warnings == (
        "Few events.",
        "Read with care.",
        "Only two cohorts.",
    )


def test_the_name_of_an_estimate_of_one_cohort_has_the_cohort() -> None:
    assert Scope("alk", "default", "OS").of_cohort("msk").name("os.cox").stat_id == "alk/default@msk/os.cox"
