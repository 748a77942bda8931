"""Contradictions inside and between printed numbers, found without recomputing anything.

Belongs here: running every rule over every claim. Does not belong here: the rules (`interval_rules`,
`count_rules`, `relation_rules`) and comparison with the warehouse's own estimates (`check`).
"""

from __future__ import annotations

from collections.abc import Sequence

from analytics.claims.count_rules import (
    p_not_of_counts,
    part_exceeds_whole,
    percentage_not_of_counts,
    percentages_not_reachable,
    shared_denominators,
)
from analytics.claims.finding import ConsistencyFinding
from analytics.claims.interval_rules import agreeing_by_row, check_interval, medians_against_ratio
from analytics.claims.model import ClaimDataError, ClaimRelation, PublishedClaim
from analytics.claims.relation_rules import check_relations


def _require_known(claims: dict[str, PublishedClaim], relations: Sequence[ClaimRelation]) -> None:
    for relation in relations:
        for claim_id in (relation.subject_claim_id, *(term.claim_id for term in relation.terms)):
            if claim_id not in claims:
                raise ClaimDataError(
                    f"Relation {relation.relation_id} names the claim {claim_id}, which is not in "
                    f"published_claims; add the claim or correct the relation."
                )


def _check_percentages(
    claims: dict[str, PublishedClaim], relations: Sequence[ClaimRelation]
) -> list[ConsistencyFinding]:
    """Each percentage alone, then percentages of the same patients together where each alone is sound."""
    found = []
    unsound: set[str] = set()
    for claim in claims.values():
        for finding in (
            part_exceeds_whole(claim),
            percentage_not_of_counts(claim) or percentages_not_reachable([claim]),
        ):
            if finding is not None:
                found.append(finding)
                unsound.add(claim.claim_id)
    for ids in sorted(set(shared_denominators(claims, relations).values())):
        if len(ids) > 1 and not unsound.intersection(ids):
            finding = percentages_not_reachable([claims[claim_id] for claim_id in ids])
            if finding is not None:
                found.append(finding)
    return found


def find_inconsistencies(
    claims: Sequence[PublishedClaim], relations: Sequence[ClaimRelation] = ()
) -> tuple[ConsistencyFinding, ...]:
    """Every contradiction that the rules find among the claims, in the order of the claims.

    Rounding of every printed digit is allowed for, so a claim that was computed correctly and then rounded
    raises nothing. Raises ClaimDataError when a relation names a claim that is not there.
    """
    by_id = {claim.claim_id: claim for claim in claims}
    _require_known(by_id, relations)
    agreeing = agreeing_by_row(claims)
    found = [
        finding
        for claim in claims
        for finding in check_interval(claim, agreeing.get((claim.paper_id, claim.row_id), ()))
    ]
    found += medians_against_ratio(claims)
    found += _check_percentages(by_id, relations)
    found += p_not_of_counts(by_id, relations)
    found += check_relations(by_id, relations)
    order = {claim_id: index for index, claim_id in enumerate(by_id)}
    return tuple(sorted(found, key=lambda finding: order[finding.claim_ids[0]]))
