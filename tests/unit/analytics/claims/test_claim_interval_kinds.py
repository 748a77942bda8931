"""Intervals of another kind or level and one-sided P are a kind of their own, not contradictions."""

import math
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from claim_builders import DECLARED, hazard_ratio

from analytics.claims.consistency import find_inconsistencies
from analytics.claims.finding import ERROR, NOTE
from analytics.claims.interval_kinds import largest_shift
from analytics.claims.interval_rules import check_interval
from analytics.claims.model import ClaimDataError, claims_from_frame

ROOT = Path(__file__).parents[4]
sys.path.insert(0, str(ROOT / "benchmarks" / "claims"))

from triples import CORRUPTIONS, KINDS, corrupted_claims, true_claims  # noqa: E402

CLAIMS = ROOT / "catalog" / "claims" / "published_claims.csv"


@pytest.mark.parametrize(
    ("text", "p", "words"),
    [
        # R 4.2.2, fisher.test(matrix(c(8, 2, 1, 5), 2)): 15.470 (1.009-1049.8), P 0.03497
        ("15.5 1.0 1049.8", "=0.035", "an exact or profile interval"),
        # R 4.2.2, poisson.test(c(3, 60), c(20, 100)): 0.25 (0.0501-0.7665), P 0.0066
        ("0.25 0.05 0.77", "=0.007", "an exact or profile interval"),
        # log 0.75, SE 0.15: z = -1.918, one-sided P 0.0276, 95 % interval 0.559-1.006
        ("0.75 0.56 1.01", "=0.028", "a one-sided P"),
        # the same at 90 %: 0.586-0.960, two-sided P 0.0551
        ("0.75 0.59 0.96", "=0.055", "an interval of 90 %"),
        # log 0.5, SE 0.25 at 99 %: 0.263-0.952, two-sided P 0.00556
        ("0.50 0.26 0.95", "=0.0056", "an interval of 99 %"),
    ],
)
def test_what_another_kind_explains_is_a_note_that_names_the_kind(text: str, p: str, words: str) -> None:
    (finding,) = check_interval(hazard_ratio(text, p))
    assert (finding.rule_id, finding.severity) == ("interval_of_another_kind", NOTE)
    assert f"as {words};" in finding.sentence


def test_a_declared_kind_is_held_to_its_own_rules() -> None:
    assert check_interval(hazard_ratio("0.75 0.56 1.01", "=0.028", p_sides=1)) == []
    assert check_interval(hazard_ratio("0.75 0.59 0.96", "=0.055", ci_level=90.0)) == []
    assert check_interval(hazard_ratio("0.25 0.05 0.77", "=0.007", ci_kind="exact")) == []
    (finding,) = check_interval(hazard_ratio("0.75 0.56 1.01", "=0.028", **DECLARED))
    assert (finding.rule_id, finding.severity) == ("interval_against_significance", ERROR)


def test_one_table_has_one_convention() -> None:
    """A one-sided P is no explanation beside estimates of the same row that can only be two-sided."""
    doubtful = hazard_ratio("1.31 0.97 1.77", "=0.04")
    two_sided = hazard_ratio("0.79 0.65 0.96", "=0.02", claim_id="X.other")
    assert [f.rule_id for f in find_inconsistencies([doubtful])] == ["interval_of_another_kind"]
    found = find_inconsistencies([doubtful, two_sided])
    assert [(f.rule_id, f.severity) for f in found] == [("interval_against_significance", ERROR)]
    elsewhere = replace(two_sided, row_id="Y")
    assert [f.severity for f in find_inconsistencies([doubtful, elsewhere])] == [NOTE]


def test_how_lopsided_an_interval_may_be_is_that_of_a_single_count() -> None:
    # Garwood's limits of 4 events: 1.0899 and 10.2416 (R: poisson.test(4)); centre 3.341, estimate 4.
    exact = math.log(4 / math.sqrt(1.0899 * 10.2416))
    # Likelihood-ratio limits of 4 events have another width, so that the bound is at least the exact shift.
    assert exact <= largest_shift(math.log(10.2416 / 1.0899), 95.0) + 1e-4
    assert largest_shift(math.log(10.2416 / 1.0899), 95.0) < 0.25
    assert largest_shift(0.05, 95.0) < 0.001


@pytest.mark.parametrize("kind", KINDS)
def test_rounded_results_of_every_kind_raise_an_alarm_in_less_than_one_percent(kind: str) -> None:
    alarms = sum(
        any(finding.severity != NOTE for finding in find_inconsistencies([claim]))
        for claim in true_claims(kind, 300, seed=7)
    )
    assert alarms < 3


@pytest.mark.parametrize(
    ("corruption", "least"),
    [
        ("estimate of another row", 0.85),
        ("upper bound of another row", 0.80),
        ("interval of the inverse", 0.90),
    ],
)
def test_numbers_of_another_row_are_found(corruption: str, least: float) -> None:
    assert corruption in CORRUPTIONS
    found = sum(
        any(finding.severity != NOTE for finding in find_inconsistencies([claim]))
        for claim in corrupted_claims(corruption, 200, seed=7)
    )
    assert found >= least * 200


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("ci_kind", "bayes", "ci_kind 'bayes'"),
        ("ci_level", "0.95", "in percent"),
        ("p_sides", "3", "1 or 2 sides"),
    ],
)
def test_a_kind_that_is_not_known_is_one_sentence(column: str, value: str, said: str) -> None:
    frame = pd.read_csv(CLAIMS, dtype=str, keep_default_na=False).head(1)
    frame[column] = value
    with pytest.raises(ClaimDataError, match=said):
        claims_from_frame(frame)
