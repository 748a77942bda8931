"""Planted claims for the tests of analytics.claims."""

from __future__ import annotations

from typing import Any

from analytics.claims.model import ClaimRelation, PublishedClaim, RelationTerm


def decimals_of(text: str) -> int:
    """Decimals of a number as printed."""
    return len(text.partition(".")[2])


def hazard_ratio(text: str, p: str | None = None, claim_id: str = "X.hr", **changes: Any) -> PublishedClaim:
    """A claim from its printed form, e.g. hazard_ratio("0.34 0.12 0.92", "=0.025")."""
    estimate, low, high = text.split()
    values: dict[str, Any] = {
        "claim_id": claim_id, "paper_id": "x", "row_id": "X", "quantity": "hazard_ratio",
        "printed_text": text,
        "group_label": "mutated_vs_wild_type", "endpoint": "OS", "estimate_operator": "=", "unit": "ratio",
        "estimate": float(estimate), "estimate_decimals": decimals_of(estimate),
        "ci_low": float(low), "ci_high": float(high), "ci_decimals": decimals_of(low),
        "analysis_id": "x", "estimate_key": "os.cox_univariable",
    }  # fmt: skip
    if p is not None:
        values |= {"p_operator": p[0], "p_value": float(p[1:]), "p_decimals": decimals_of(p[1:])}
    return PublishedClaim(**(values | changes))


#: What a paper says that leaves no other kind of interval or P to explain its numbers.
DECLARED: dict[str, Any] = {"ci_kind": "wald", "ci_level": 95.0, "p_sides": 2}


def number(claim_id: str, text: str, quantity: str = "count", **changes: Any) -> PublishedClaim:
    """A claim with one printed number; quantity "proportion" is in percent."""
    values: dict[str, Any] = {
        "claim_id": claim_id, "paper_id": "x", "row_id": "X", "quantity": quantity, "printed_text": text,
        "estimate_operator": "=", "estimate": float(text), "estimate_decimals": decimals_of(text),
        "unit": "percent" if quantity == "proportion" else "", "analysis_id": "x", "estimate_key": "x.y",
    }  # fmt: skip
    return PublishedClaim(**(values | changes))


def p_claim(claim_id: str, text: str, **changes: Any) -> PublishedClaim:
    """A claim of a P alone, text with its operator: "=0.042"."""
    values: dict[str, Any] = {
        "claim_id": claim_id, "paper_id": "x", "row_id": "X", "quantity": "p_value",
        "printed_text": f"P {text}",
        "p_operator": text[0], "p_value": float(text[1:]), "p_decimals": decimals_of(text[1:]),
        "analysis_id": "x", "estimate_key": "orr.fisher",
    }  # fmt: skip
    return PublishedClaim(**(values | changes))


def relation(kind: str, subject: str, *terms: tuple[str, str] | tuple[str, str, float]) -> ClaimRelation:
    """A relation from (claim_id, role[, coefficient]) terms."""
    return ClaimRelation("r", kind, subject, tuple(RelationTerm(*term) for term in terms))
