"""Claims that depend on one another."""

import pytest
from claim_builders import hazard_ratio, number, relation

from analytics.claims.consistency import find_inconsistencies
from analytics.claims.model import ClaimDataError


def findings(claims, *relations):  # type: ignore[no-untyped-def]
    return find_inconsistencies(claims, relations)


def test_parts_that_add_to_their_total_raise_nothing() -> None:
    claims = [number("X.t", "216"), number("X.a", "125"), number("X.b", "91")]
    assert not findings(claims, relation("sum_equals", "X.t", ("X.a", "part"), ("X.b", "part")))


def test_parts_that_miss_their_total_by_one_are_found_with_both_numbers() -> None:
    claims = [number("X.t", "217"), number("X.a", "125"), number("X.b", "91")]
    (finding,) = findings(claims, relation("sum_equals", "X.t", ("X.a", "part"), ("X.b", "part")))
    assert finding.rule_id == "sum_mismatch"
    assert "217" in finding.sentence and "216" in finding.sentence
    assert finding.claim_ids == ("X.t",) and finding.related_claim_ids == ("X.a", "X.b")


def test_a_difference_of_two_totals_can_be_the_total() -> None:
    claims = [number("X.t", "1549"), number("X.all", "1524"), number("X.mut", "91")]
    minus = relation("sum_equals", "X.t", ("X.all", "part", 1.0), ("X.mut", "part", -1.0))
    (finding,) = findings(claims, minus)
    assert "1,549" in finding.sentence and "1,433" in finding.sentence


def test_an_offset_is_counted_with_the_total() -> None:
    claims = [number("X.all", "1406"), number("X.mut", "125"), number("X.w1", "281"), number("X.w2", "1000")]
    rest = relation("sum_equals", "X.all", ("X.mut", "offset", -1.0), ("X.w1", "part"), ("X.w2", "part"))
    assert not findings(claims, rest)


def test_percentages_may_miss_their_sum_by_their_rounding() -> None:
    claims = [number("X.t", "100", "proportion"), *(number(f"X.{i}", "33.3", "proportion") for i in "abc")]
    parts = relation("sum_equals", "X.t", ("X.a", "part"), ("X.b", "part"), ("X.c", "part"))
    assert not findings(claims, parts)
    claims[0] = number("X.t", "97.0", "proportion")
    assert [f.rule_id for f in findings(claims, parts)] == ["sum_mismatch"]


OF = relation("ratio_equals", "X.share", ("X.n", "numerator"), ("X.of", "denominator"))


def test_a_share_of_responders_whose_number_a_percentage_implies_is_checked() -> None:
    responders = number("X.of", "53", "proportion", denominator=72)
    fifteen = number("X.n", "15")
    (finding,) = findings([number("X.share", "35", "proportion"), fifteen, responders], OF)
    assert finding.rule_id == "ratio_mismatch"
    assert "15" in finding.sentence and "38" in finding.sentence and "39.5 %" in finding.sentence
    assert not findings([number("X.share", "39", "proportion"), fifteen, responders], OF)


def test_a_share_is_possible_when_any_implied_number_gives_it() -> None:
    # 53 % of 720 is 378 to 385 people; 150 of 378 is 39.7, of 385 is 39.0
    responders = number("X.of", "53", "proportion", denominator=720)
    for share, wrong in (("39.0", False), ("39.6", False), ("39.8", True)):
        claims = [number("X.share", share, "proportion"), number("X.n", "150"), responders]
        assert bool(findings(claims, OF)) is wrong


def test_the_same_quantity_printed_twice_must_agree() -> None:
    same = relation("same_quantity", "X.a", ("X.b", "same"))
    (finding,) = findings([number("X.a", "61"), number("X.b", "91")], same)
    assert finding.claim_ids == ("X.a", "X.b")
    assert "61" in finding.sentence and "91" in finding.sentence
    assert not findings([number("X.a", "8.9", "proportion"), number("X.b", "8.89", "proportion")], same)


def test_a_part_is_not_larger_than_its_whole() -> None:
    within = relation("contained_in", "X.a", ("X.b", "whole"))
    assert not findings([number("X.a", "72"), number("X.b", "72")], within)
    assert [f.rule_id for f in findings([number("X.a", "73"), number("X.b", "72")], within)] == [
        "not_contained"
    ]


def test_positions_come_in_their_order() -> None:
    before = relation("precedes", "X.a", ("X.b", "next"))
    assert not findings([number("X.a", "285", "position"), number("X.b", "426", "position")], before)
    wrong = findings([number("X.a", "426", "position"), number("X.b", "285", "position")], before)
    assert [f.rule_id for f in wrong] == ["wrong_order"]


@pytest.mark.parametrize(
    ("pooled", "rules"), [("0.69 0.57 0.83", []), ("0.90 0.75 1.08", ["pooled_outside"])]
)
def test_a_pooled_ratio_lies_between_its_parts(pooled: str, rules: list[str]) -> None:
    claims = [
        hazard_ratio(pooled),
        hazard_ratio("0.75 0.58 0.95", claim_id="X.one"),
        hazard_ratio("0.62 0.47 0.83", claim_id="X.two"),
    ]
    of = relation("pooled_of", "X.hr", ("X.one", "stratum"), ("X.two", "stratum"))
    assert [f.rule_id for f in findings(claims, of)] == rules


def test_a_relation_with_an_unknown_claim_is_refused_by_name() -> None:
    with pytest.raises(ClaimDataError, match=r"names the claim X\.b"):
        findings([number("X.a", "1")], relation("same_quantity", "X.a", ("X.b", "same")))


def test_a_relation_with_a_claim_that_prints_no_number_is_refused() -> None:
    claims = [number("X.a", "1"), number("X.b", "1", "median_months", estimate=None)]
    with pytest.raises(ClaimDataError, match=r"X\.b takes part in a relation but has no printed estimate"):
        findings(claims, relation("same_quantity", "X.a", ("X.b", "same")))
