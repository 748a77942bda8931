"""The rule of acquired resistance: one word a patient."""

import pandas as pd
import pytest

from analytics.errors import InvalidSettingError, MissingColumnError
from analytics.resistance.acquired.outcomes import OUTCOME_WORDS, AcquiredRule, resistance_outcomes

PATIENTS = pd.DataFrame(
    [
        ("CR", 14.0, True, "acquired resistance"),
        ("PR", 6.0, True, "acquired resistance"),
        ("PR", 5.9, True, "response lost early"),
        ("PR", 30.0, False, "response ongoing"),
        ("PR", 3.0, False, "response ongoing"),
        ("PD", 1.8, True, "primary resistance"),
        ("PD", None, None, "primary resistance"),
        ("SD", 9.0, True, "stable disease, then progression"),
        ("SD", 9.0, False, "stable disease, no progression"),
        ("PR", None, None, "cannot say"),
        ("PR", 9.0, None, "cannot say"),
        ("SD", None, True, "cannot say"),
        (None, 9.0, True, "response not evaluable"),
        ("NE", 9.0, True, "response not evaluable"),
    ],
    columns=["recist", "pfs_months", "is_progression", "expected"],
)


def test_each_patient_has_the_word_of_the_rule():
    found = resistance_outcomes(PATIENTS, AcquiredRule())
    assert found["outcome"].tolist() == PATIENTS["expected"].tolist()
    assert set(found["outcome"]) == set(OUTCOME_WORDS), "every word of the vocabulary has its case"
    assert found["reason"].str.len().min() > 0


def test_a_response_begins_at_the_first_assessment_where_the_rule_says_so():
    found = resistance_outcomes(PATIENTS.iloc[[0, 1]], AcquiredRule(months_to_response=1.84))
    assert found["outcome"].tolist() == ["acquired resistance", "response lost early"]
    assert found["response_months"].tolist() == pytest.approx([12.16, 4.16])


def test_a_negative_duration_and_a_missing_column_are_refused():
    with pytest.raises(InvalidSettingError, match="negative"):
        resistance_outcomes(PATIENTS, AcquiredRule(min_response_months=-1))
    with pytest.raises(MissingColumnError, match="pfs_months"):
        resistance_outcomes(PATIENTS.drop(columns="pfs_months"), AcquiredRule())
