"""What the file says about itself names tables and columns that are declared, and leaves none out."""

from __future__ import annotations

import pytest

from warehouse.reports import key_docs
from warehouse.reports.table_docs import described_columns
from warehouse.self_description.docs_schema import why_null
from warehouse.self_description.guides import table_guides
from warehouse.self_description.references import REFERENCES, key_of, references_of
from warehouse.self_description.units import unit_of

TABLES = described_columns()


def test_every_table_has_traps_and_three_queries_and_no_other_is_guided() -> None:
    guides = table_guides()
    assert set(guides) == set(TABLES)
    for table, guide in guides.items():
        assert guide.traps and len(guide.queries) == 3, table
        assert any(table in query for query in guide.queries.values()), table


def test_references_name_columns_that_are_there() -> None:
    for reference in REFERENCES:
        assert set(reference.columns_there) <= set(TABLES[reference.table]), reference
        assert any(reference.applies_to(table, columns) for table, columns in TABLES.items()), reference


def test_keys_name_columns_that_are_there() -> None:
    for table, columns in TABLES.items():
        assert set(key_of(table, columns)) <= set(columns), table


def test_a_reference_of_several_columns_stands_before_those_of_one() -> None:
    found = [one.table for one in references_of("marts.mutations", TABLES["marts.mutations"])]
    assert found.index("marts.samples") < found.index("marts.cohorts")


def test_reasons_for_nulls_are_of_columns_that_are_there() -> None:
    for table, reasons in why_null().items():
        assert set(reasons) <= set(TABLES[table]), table


@pytest.mark.parametrize(
    ("column", "unit"),
    [
        ("os_months", "months of 30.4375 days"),
        ("tmb_mut_per_mb", "mutations per megabase"),
        ("denominator_mb", "megabases"),
        ("tumor_purity_fraction", "fraction, 0 to 1"),
        ("share_mutated", "fraction, 0 to 1"),
        ("is_event", "true or false"),
        ("logrank_p", "probability, 0 to 1"),
        ("cohort_q", "statistic of a test"),  # Cochran's, and no false discovery rate
        ("events_in_group", "count"),
        ("uni_ci_low", "natural logarithm of a ratio"),
        ("start_position", "bases of the chromosome, from 1"),
        ("cohort_id", None),
    ],
)
def test_the_unit_stands_in_the_name(column: str, unit: str | None) -> None:
    assert unit_of(column) == unit


def test_an_estimate_is_on_the_scale_and_a_value_in_the_unit_that_its_row_names() -> None:
    assert unit_of("ci_low", ("scale", "unit")) == "as the column scale says"
    assert unit_of("median_in_group", ("scale", "unit")) == "as the column unit says"
    assert unit_of("computed_estimate", ("claim_id",)) == "that of the claim"


def test_the_page_of_keys_is_what_make_docs_writes() -> None:
    assert key_docs.DOCUMENT.read_text(encoding="utf-8") == key_docs.render()
