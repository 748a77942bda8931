"""Rules about claims that depend on one another: sums, ratios, a number printed twice, parts, pooling.

Belongs here: rules driven by `published_claim_relations`, which says what ought to hold, never whether it
does. Does not belong here: rules on one claim (`interval_rules`) and the search behind percentages
(`count_rules`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from analytics.claims.count_rules import percent_range
from analytics.claims.finding import ERROR, WARNING, ConsistencyFinding
from analytics.claims.model import WHOLE_NUMBER_QUANTITIES, ClaimDataError, ClaimRelation, PublishedClaim
from analytics.claims.rounding import Range, counts_behind, plain, printed_range

Claims = Mapping[str, PublishedClaim]


def value_range(claim: PublishedClaim) -> Range:
    """Values behind a printed estimate; whole numbers stand for themselves. ClaimDataError without one."""
    if claim.estimate is None:
        raise ClaimDataError(
            f"Claim {claim.claim_id} takes part in a relation but has no printed estimate; "
            f"remove it from published_claim_relations."
        )
    if claim.quantity in WHOLE_NUMBER_QUANTITIES:
        return Range(claim.estimate, claim.estimate)
    if claim.quantity == "proportion":
        return percent_range(claim)
    return printed_range(claim.estimate, claim.estimate_decimals)


def _scaled(claim: PublishedClaim, coefficient: float) -> Range:
    bounds = value_range(claim)
    ends = sorted((coefficient * bounds.low, coefficient * bounds.high))
    return Range(ends[0], ends[1])


def _total(claims: Claims, relation: ClaimRelation, role: str) -> tuple[Range, float]:
    """Sum of the terms of a role: the interval that rounding leaves open, and the sum as printed."""
    terms = [term for term in relation.terms if term.role == role]
    ranges = [_scaled(claims[term.claim_id], term.coefficient) for term in terms]
    printed = sum(term.coefficient * (claims[term.claim_id].estimate or 0.0) for term in terms)
    return Range(sum(r.low for r in ranges), sum(r.high for r in ranges)), printed


def _expression(relation: ClaimRelation, role: str, first: str = "") -> str:
    text = first
    for term in relation.terms:
        if term.role == role:
            sign = "-" if term.coefficient < 0 else "+"
            text = f"{text} {sign} {term.claim_id}" if text else term.claim_id
    return text


def sum_mismatch(claims: Claims, relation: ClaimRelation) -> ConsistencyFinding | None:
    """subject + offsets is not the sum of the parts, beyond what rounding of every term allows."""
    subject = claims[relation.subject_claim_id]
    parts, parts_printed = _total(claims, relation, "part")
    offsets, offsets_printed = _total(claims, relation, "offset")
    own = value_range(subject)
    if Range(own.low + offsets.low, own.high + offsets.high).gap_to(parts) == 0.0:
        return None
    decimals = max(claims[i].estimate_decimals for i in (subject.claim_id, *relation.ids("part")))
    left = _expression(relation, "offset", subject.claim_id)
    n_parts = len(relation.ids("part"))
    right = _expression(relation, "part") if n_parts <= 4 else f"its {n_parts} parts"
    printed = (subject.estimate or 0.0) + offsets_printed
    related = tuple(term.claim_id for term in relation.terms)
    return ConsistencyFinding(
        "sum_mismatch", ERROR, (subject.claim_id,), related,
        f"{left} is {plain(printed, decimals)} as printed, but {right} "
        f"{'adds' if n_parts <= 4 else 'add'} to {plain(parts_printed, decimals)}.",
    )  # fmt: skip


def _as_count(claim: PublishedClaim) -> tuple[Range, str]:
    """A count, or the counts that a percentage of a printed denominator implies, with the words for it."""
    if claim.quantity == "proportion" and claim.denominator:
        counts = counts_behind(percent_range(claim), claim.denominator)
        if len(counts) == 0:
            raise ClaimDataError(
                f"Claim {claim.claim_id}: no whole number of {claim.denominator} gives {claim.printed_text}, "
                f"so nothing can be a share of it; correct published_claim_relations."
            )
        words = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
        return Range(counts[0], counts[-1]), f"the {words} that {claim.printed_text} implies"
    own = value_range(claim)
    return own, plain(claim.estimate or 0.0, claim.estimate_decimals)


def ratio_mismatch(claims: Claims, relation: ClaimRelation) -> ConsistencyFinding | None:
    """numerator / denominator is not the subject (percentage or ratio) for any rounding of the three."""
    subject = claims[relation.subject_claim_id]
    top_claim, bottom_claim = claims[relation.ids("numerator")[0]], claims[relation.ids("denominator")[0]]
    top, top_words = _as_count(top_claim)
    bottom, bottom_words = _as_count(bottom_claim)
    if bottom.low <= 0.0:
        return None
    scale = 100.0 if subject.unit == "percent" else 1.0
    implied = Range(scale * top.low / bottom.high, scale * top.high / bottom.low)
    own = value_range(subject)
    if implied.gap_to(own) == 0.0:
        return None
    decimals, unit = subject.estimate_decimals + 1, " %" if scale == 100.0 else ""
    low, high = plain(implied.low, decimals), plain(implied.high, decimals)
    words = low if low == high else f"{low} to {high}"
    wanted = (
        f"{plain(scale * top.low / own.high, 1)} to {plain(scale * top.high / own.low, 1)}"
        if own.low > 0
        else "?"
    )
    return ConsistencyFinding(
        "ratio_mismatch", ERROR, (subject.claim_id,), (top_claim.claim_id, bottom_claim.claim_id),
        f"{subject.claim_id}: {top_words} of {bottom_words} is {words}{unit}, "
        f"printed {subject.printed_text}, which would need a denominator of {wanted}.",
    )  # fmt: skip


def same_quantity_differs(claims: Claims, relation: ClaimRelation) -> ConsistencyFinding | None:
    """The same quantity printed twice with values that no rounding reconciles."""
    subject = claims[relation.subject_claim_id]
    others = [
        claims[i] for i in relation.ids("same") if value_range(claims[i]).gap_to(value_range(subject)) > 0.0
    ]
    if not others:
        return None
    ids = (subject.claim_id, *(other.claim_id for other in others))
    printed = " and ".join(
        f"{plain(c.estimate or 0.0, c.estimate_decimals)} in {c.claim_id}" for c in (subject, *others)
    )
    return ConsistencyFinding(
        "same_quantity_differs", ERROR, ids, (), f"The same quantity is printed as {printed}."
    )


def _exceeds(
    claims: Claims, relation: ClaimRelation, role: str, rule_id: str, words: str
) -> ConsistencyFinding | None:
    subject, other = claims[relation.subject_claim_id], claims[relation.ids(role)[0]]
    if value_range(subject).low <= value_range(other).high:
        return None
    return ConsistencyFinding(
        rule_id, ERROR, (subject.claim_id, other.claim_id), (),
        f"{subject.claim_id} is {subject.estimate:,g} and {words} {other.claim_id}, "
        f"which is {other.estimate:,g}.",
    )  # fmt: skip


def not_contained(claims: Claims, relation: ClaimRelation) -> ConsistencyFinding | None:
    """A part that is larger than the whole it belongs to."""
    return _exceeds(claims, relation, "whole", "not_contained", "should be part of")


def wrong_order(claims: Claims, relation: ClaimRelation) -> ConsistencyFinding | None:
    """A position that lies after the one it should precede."""
    return _exceeds(claims, relation, "next", "wrong_order", "should come before")


def pooled_outside(claims: Claims, relation: ClaimRelation) -> ConsistencyFinding | None:
    """A pooled ratio outside the range of its strata, which needs confounding by stratum to happen."""
    subject = claims[relation.subject_claim_id]
    strata = [value_range(claims[i]) for i in relation.ids("stratum")]
    span = Range(min(r.low for r in strata), max(r.high for r in strata))
    if span.gap_to(value_range(subject)) == 0.0:
        return None
    return ConsistencyFinding(
        "pooled_outside", WARNING, (subject.claim_id,), relation.ids("stratum"),
        f"{subject.claim_id}: the pooled {subject.printed_text} lies outside its parts, "
        f"{' and '.join(claims[i].printed_text for i in relation.ids('stratum'))}.",
    )  # fmt: skip


RULES: dict[str, Callable[[Claims, ClaimRelation], ConsistencyFinding | None]] = {
    "sum_equals": sum_mismatch,
    "ratio_equals": ratio_mismatch,
    "same_quantity": same_quantity_differs,
    "contained_in": not_contained,
    "precedes": wrong_order,
    "pooled_of": pooled_outside,
}


def check_relations(claims: Claims, relations: Sequence[ClaimRelation]) -> list[ConsistencyFinding]:
    """Findings of all relations; same_denominator and compares are read by `count_rules`."""
    found = []
    for relation in relations:
        rule = RULES.get(relation.relation_type)
        finding = rule(claims, relation) if rule is not None else None
        if finding is not None:
            because = f" ({relation.reason}.)" if relation.reason else ""
            found.append(replace(finding, sentence=finding.sentence + because))
    return found
