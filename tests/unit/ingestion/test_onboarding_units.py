"""A proposed column is read as an attribute only where its name or its values say that they are in the same unit."""

from __future__ import annotations

import pytest
from parsing_help import ATTRIBUTES

from ingestion.onboarding.columns import ColumnGuess, guess_column
from ingestion.onboarding.units import time_unit

AUTOMATIC = {"TMB": "TMB_NONSYNONYMOUS", "TMB_SCORE": "TMB_NONSYNONYMOUS", "PURITY": "TUMOR_PURITY"}
AUTOMATIC |= {"PLATELETS": "PLATELETS", "FGA": "FRACTION_GENOME_ALTERED", "HEMOGLOBIN": "HEMOGLOBIN"}
COUNTS = ["100", "340", "2400"]


def guessed(column: str, *cells: str) -> ColumnGuess:
    return guess_column(column, cells, ".", ATTRIBUTES, AUTOMATIC)


@pytest.mark.parametrize(
    "column", ["TMB (mut)", "TMB", "TMB count", "Mutational burden", "TMB_total", "tmb_log10"]
)
def test_a_burden_that_nothing_calls_a_rate_is_asked_about_and_left_out(column: str) -> None:
    found = guessed(column, *COUNTS)
    assert found.attribute is None
    assert f"Is {column} (100 to 2400) a rate per megabase" in found.question


@pytest.mark.parametrize("column", ["TMB (mut)", "tmb_log10"])
def test_a_name_that_says_something_else_is_no_rate_for_its_decimals(column: str) -> None:
    assert guessed(column, "1.5", "2.25").attribute is None


@pytest.mark.parametrize("column", ["TMB (mut/Mb)", "TMB_per_Mb", "tmb mutations per megabase", "Mut/Mb"])
def test_a_name_that_says_per_megabase_is_a_rate(column: str) -> None:
    found = guessed(column, "8", "12")
    assert (found.attribute, found.question) == ("TMB_NONSYNONYMOUS", "")


def test_decimals_under_the_bare_name_are_a_rate_for_no_count_has_any() -> None:
    assert guessed("TMB", "8.1", "12").attribute == "TMB_NONSYNONYMOUS"


@pytest.mark.parametrize("column", ["Mutation count", "n_mutations", "Mutation load", "number of mutations"])
def test_a_count_of_mutations_is_a_count(column: str) -> None:
    assert guessed(column, *COUNTS).attribute == "MUTATION_COUNT"


@pytest.mark.parametrize("column", ["OS", "OS time", "Survival", "Survival days or months"])
def test_a_time_whose_name_says_no_single_unit_is_asked_about_and_left_out(column: str) -> None:
    found = guessed(column, "3", "40", "1200")
    assert (found.attribute, found.asked_for) == (None, "OS_TIME")
    assert f"In which unit is {column} (3 to 1200)?" in found.question


@pytest.mark.parametrize(
    ("column", "unit"),
    [("OS_mo", "months"), ("OS (d)", "days"), ("PFS [wks]", "weeks"), ("Zeit Jahre", "years"), ("os", "")],
)
def test_a_unit_of_time_is_read_from_the_name(column: str, unit: str) -> None:
    assert time_unit(column) == unit


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("Albumin", ("38", "41", "35")),
        ("Age", ("21000", "18250", "24000")),
        ("Platelets", ("250000", "180000")),
        ("FGA", ("12.5", "40")),
        ("Hemoglobin", ("130", "142")),
    ],
)
def test_values_that_the_attribute_cannot_have_are_another_unit(column: str, cells: tuple[str, ...]) -> None:
    found = guessed(column, *cells)
    assert found.attribute is None and "In which unit is it? It is left out." in found.question


def test_a_single_value_out_of_range_leaves_the_column_in_and_is_asked_about() -> None:
    found = guessed("Age", *[str(50 + i) for i in range(20)], "999")
    assert found.attribute == "AGE"
    assert "1 of 21 values of Age (50 to 999) are not within 0 to 120" in found.question


def test_numbers_of_pd_l1_are_kept_and_their_unit_asked_where_the_name_does_not_say_it() -> None:
    found = guessed("PD-L1", "0.5", "0.01")
    assert found.attribute == "PDL1_RAW" and "In which unit is PD-L1 (0.01 to 0.5)?" in found.question
    assert guessed("PD-L1 (%)", "50", "1").question == ""


def test_a_purity_keeps_its_scale_which_the_whole_cohort_tells() -> None:
    assert (
        guessed("Purity", "40", "80").attribute == guessed("Purity", "0.4", "0.8").attribute == "TUMOR_PURITY"
    )


def test_words_where_a_number_belongs_are_asked_about_with_the_words_seen() -> None:
    few = guessed("ECOG", "0", "1", "1", "bettlägerig")
    assert (
        few.attribute == "ECOG" and "1 of 4 cells of ECOG (ECOG) are no numbers: bettlägerig" in few.question
    )
    most = guessed("TMB status", "high", "low", "low")
    assert most.attribute is None and "are no numbers: low, high" in most.question
