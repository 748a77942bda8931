"""Expression as a matrix of floats and as rows whose words are categories: written here by hand, 8 bytes a value."""

from __future__ import annotations

import math
from collections.abc import Iterator

import duckdb
import numpy as np
import pandas as pd
import pytest

from warehouse.frames.compact import coded_rows
from warehouse.frames.expression import expression_matrix, expression_values

LINEAR, LOG = ("TPM", "log2(TPM + 1)"), ("log2(FPKM + 1)", "log2(FPKM + 1)")
#: cohort, sample, gene, value, unit and the unit of its logarithm.
ROWS = [
    ("a", "s2", "B", 3.0, *LINEAR),
    ("a", "s1", "B", 0.0, *LINEAR),
    ("a", "s1", "A", 7.0, *LINEAR),
    ("a", "s2", "A", -1.0, *LINEAR),
    ("a", "s1", "ONE_SAMPLE_ONLY", 5.0, *LINEAR),
    ("a", "s1", "NOT_A_NUMBER", 5.0, *LINEAR),
    ("a", "s2", "NOT_A_NUMBER", math.nan, *LINEAR),
    ("b", "s1", "A", -2.5, *LOG),
]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.patient_expression (cohort_id text, sample_id text, hugo_symbol text, value double, "
            "unit text, log2_unit text)"
        )
        connection.executemany("insert into marts.patient_expression values (?, ?, ?, ?, ?, ?)", ROWS)
        yield connection


def test_a_matrix_has_the_samples_and_the_genes_that_every_sample_has_as_logarithms(
    con: duckdb.DuckDBPyConnection,
) -> None:
    """log2(7 + 1) = 3, log2(3 + 1) = 2, and a value below 0 counts as 0."""
    matrix = expression_matrix(con, "a")
    assert list(matrix.index) == ["s1", "s2"] and list(matrix.columns) == ["A", "B"]
    assert matrix.to_numpy().tolist() == [[3.0, 0.0], [0.0, 2.0]]


def test_logarithms_of_the_cohort_are_taken_as_they_are(con: duckdb.DuckDBPyConnection) -> None:
    assert expression_matrix(con, "b").to_numpy().tolist() == [[-2.5]]


def test_a_matrix_of_some_genes_has_the_samples_that_have_one_of_them(con: duckdb.DuckDBPyConnection) -> None:
    matrix = expression_matrix(con, "a", ["ONE_SAMPLE_ONLY", "A_GENE_THAT_NOBODY_HAS"])
    assert list(matrix.index) == ["s1"] and list(matrix.columns) == ["ONE_SAMPLE_ONLY"]


def test_a_cohort_without_expression_has_a_matrix_without_a_row(con: duckdb.DuckDBPyConnection) -> None:
    assert expression_matrix(con, "nobody").shape == (0, 0)


def test_a_matrix_is_what_a_pivot_of_the_rows_gives_over_many_batches(con: duckdb.DuckDBPyConnection) -> None:
    value = "1e9 / (1 + hash(s * 1000 + g) % 1e9)"
    con.execute(
        f"insert into marts.patient_expression select 'large', 's' || s, 'g' || g, {value}, 'TPM', 'log2(TPM + 1)' "
        "from range(300) as s (s), range(900) as g (g) where g > 5 or s % 7 > 0"
    )
    rows = con.execute("select * from marts.patient_expression where cohort_id = 'large'").df()
    wide = rows.pivot(index="sample_id", columns="hugo_symbol", values="value").dropna(axis=1)
    pd.testing.assert_frame_equal(
        expression_matrix(con, "large"),
        wide.map(lambda x: np.log2(x + 1)),
        check_names=False,
        check_exact=True,
    )


def test_a_matrix_takes_eight_bytes_a_value(con: duckdb.DuckDBPyConnection) -> None:
    matrix = expression_matrix(con, "a")
    assert matrix.to_numpy().nbytes == 8 * matrix.size and matrix.to_numpy().flags.c_contiguous


def test_rows_are_ordered_by_cohort_sample_and_gene_and_their_words_sort_as_words(
    con: duckdb.DuckDBPyConnection,
) -> None:
    rows = expression_values(con, ["b", "a"], ["B", "A"])
    assert list(zip(rows["cohort_id"], rows["sample_id"], rows["feature"], rows["value"], strict=True)) == [
        ("a", "s1", "A", 3.0), ("a", "s1", "B", 0.0), ("a", "s2", "A", 0.0), ("a", "s2", "B", 2.0),
        ("b", "s1", "A", -2.5),
    ]  # fmt: skip
    assert list(rows["unit"].unique()) == ["log2(TPM + 1)", "log2(FPKM + 1)"]
    by_gene = rows.sort_values(["feature", "cohort_id", "sample_id"])
    assert list(by_gene["feature"]) == ["A", "A", "A", "B", "B"]


def test_a_word_of_a_row_takes_a_few_bytes_and_a_missing_one_is_missing(
    con: duckdb.DuckDBPyConnection,
) -> None:
    name = "if(r % 2 = 0, 'a long name of a sample ' || r % 1000, null)"
    query = f"select {name} as name, r / 2 as half from range(200000) as t (r)"
    rows = coded_rows(con, query, {}, ["name"])
    assert rows.memory_usage(deep=True, index=False).sum() < 200_000 * (8 + 2) + 200_000
    assert rows["name"].isna().sum() == 100_000 and rows["name"].nunique() == 500
    assert rows.loc[4, "name"] == "a long name of a sample 4" and rows.loc[5, "half"] == 2.5


def test_a_query_without_a_row_has_its_columns(con: duckdb.DuckDBPyConnection) -> None:
    rows = coded_rows(con, "select 'a' as name, 1.5 as number where 1 = 2", {}, ["name"])
    assert len(rows) == 0 and list(rows.columns) == ["name", "number"]
