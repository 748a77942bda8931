"""What is known to be wrong in the four papers is found by the rules, and nothing else is."""

import pytest

from analytics.claims.consistency import find_inconsistencies
from analytics.claims.count_rules import percent_range
from analytics.claims.finding import ERROR, NOTE, ConsistencyFinding
from analytics.claims.model import ClaimRelation, PublishedClaim
from analytics.claims.rounding import counts_behind


@pytest.fixture(scope="module")
def findings(
    published: tuple[PublishedClaim, ...], published_relations: tuple[ClaimRelation, ...]
) -> tuple[ConsistencyFinding, ...]:
    return find_inconsistencies(published, published_relations)


def sentences(findings: tuple[ConsistencyFinding, ...], claim_id: str) -> str:
    return " ".join(finding.sentence for finding in findings if claim_id in finding.claim_ids)


def test_the_contradictions_are_these_and_no_others(findings: tuple[ConsistencyFinding, ...]) -> None:
    assert {(f.rule_id, f.claim_ids, f.severity) for f in findings} == {
        ("p_not_of_counts", ("A4.orr_p",), ERROR),
        ("ratio_mismatch", ("B4.acquired_share",), ERROR),
        ("same_quantity_differs", ("C1.samstein_mutated", "C3.n_mutated"), ERROR),
        ("sum_mismatch", ("C1.samstein_wild_type",), ERROR),
        ("sum_mismatch", ("C2.n_total",), ERROR),
        ("sum_mismatch", ("C2.n_mutated",), ERROR),
        ("p_not_of_interval", ("C3.os_hr",), NOTE),
        ("interval_against_significance", ("C13.sbs31_os_hr",), ERROR),
        ("interval_against_significance", ("C13.sbs42_os_hr",), ERROR),
        ("interval_not_centred", ("C13.sbs86_os_hr",), ERROR),
    }


def test_the_response_p_is_not_reached_by_the_smallest_whole_numbers(
    findings: tuple[ConsistencyFinding, ...],
) -> None:
    found = sentences(findings, "A4.orr_p")
    assert "10/18" in found and "95/285" in found
    assert "Fisher 0.073" in found and "chi-square 0.055" in found and "0.096" in found
    assert "no whole numbers within 418 patients reach P 0.042" in found


def test_the_disease_control_p_is_reached_and_raises_nothing(
    findings: tuple[ConsistencyFinding, ...],
) -> None:
    assert sentences(findings, "A5.dcr_p") == ""


def test_fifteen_of_the_implied_responders_are_not_thirty_five_percent(
    findings: tuple[ConsistencyFinding, ...],
) -> None:
    found = sentences(findings, "B4.acquired_share")
    assert "15 of the 38 that 53 % of 72 implies is 39.5 %" in found


def test_table_one_does_not_add_to_the_text(findings: tuple[ConsistencyFinding, ...]) -> None:
    assert "add to 93" in sentences(findings, "C2.n_mutated")
    total = sentences(findings, "C2.n_total")
    assert "is 1,281 as printed" in total and "add to 1,316" in total and "add to 1,409" in total


def test_the_validation_row_of_table_one_does_not_fit_the_text(
    findings: tuple[ConsistencyFinding, ...],
) -> None:
    assert "61" in sentences(findings, "C1.samstein_mutated") and "91" in sentences(findings, "C3.n_mutated")
    assert "1,549" in (found := sentences(findings, "C1.samstein_wild_type")) and "1,433" in found


def test_every_finding_names_its_rule_and_a_claim(findings: tuple[ConsistencyFinding, ...]) -> None:
    assert len({finding.finding_id for finding in findings}) == len(findings)
    assert all(finding.rule_id and finding.claim_ids for finding in findings)
    related = [claim_id for finding in findings for claim_id in finding.related_claim_ids]
    assert sum(claim_id.startswith("C1.") for claim_id in related) == 8 + 8 + 16


def test_the_rules_find_what_is_planted_and_not_what_is_typed_in(
    published: tuple[PublishedClaim, ...], published_relations: tuple[ClaimRelation, ...]
) -> None:
    """The same rules, on the seed with its contradictions repaired, are silent about them."""
    from dataclasses import replace

    repaired = {
        "A4.orr_p": {"p_value": 0.073},
        "B4.acquired_share": {"estimate": 39.0},
        "C13.sbs31_os_hr": {"p_value": 0.08},
        "C13.sbs42_os_hr": {"p_value": 0.08},
        "C13.sbs86_os_hr": {"estimate": 1.73, "p_value": 0.05},
    }
    claims = [replace(claim, **repaired.get(claim.claim_id, {})) for claim in published]
    remaining = {
        claim_id for f in find_inconsistencies(claims, published_relations) for claim_id in f.claim_ids
    }
    assert not remaining & set(repaired)


def test_the_signature_shares_of_the_mutated_imply_their_number(
    published: tuple[PublishedClaim, ...],
) -> None:
    """314 is what the note of C12 says: too many for the 216 mutated under ICB."""
    shares = [
        c
        for c in published
        if c.row_id == "C12" and c.quantity == "proportion" and c.group_label == "mutated"
    ]
    assert len(shares) == 6
    fitting = [n for n in range(1, 401) if all(len(counts_behind(percent_range(c), n)) for c in shares)]
    assert fitting == [314]
