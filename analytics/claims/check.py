"""Published claims against the warehouse's own estimates: the table `stats.claim_checks`.

Belongs here: settling the verdict of every claim from three sources of knowledge: its comparison with a
computed statistic (`compare`), contradictions among the printed numbers (`consistency`), and sources that are
not at hand. Does not belong here: computing statistics.

The first that applies is the verdict:

1. exact or within rounding, with every required source at hand, stands;
2. an error among the printed numbers themselves: internally inconsistent;
3. a required source that is not at hand: not reproducible from public data;
4. what the comparison said: different, no number printed, or not yet computed.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from analytics.claims.compare import ClaimCheck, check_claim, statistic_words
from analytics.claims.consistency import find_inconsistencies
from analytics.claims.finding import ERROR, ConsistencyFinding
from analytics.claims.model import (
    DIFFERENT,
    EXACT,
    INTERNALLY_INCONSISTENT,
    NOT_REPRODUCIBLE,
    NOT_YET_COMPUTED,
    WITHIN_ROUNDING,
    ClaimRequirement,
    PublishedClaim,
    claims_from_frame,
    relations_from_frame,
    requirements_from_frame,
)
from analytics.claims.statistics import AS_PUBLISHED, DEFAULT, ComputedStatistic, StatisticIndex
from analytics.results.records import ClaimRecord
from analytics.results.statistic import AnyStatistic

__all__ = ["ClaimCheck", "check_all", "check_claim", "settle"]


def settle(
    check: ClaimCheck,
    errors: Sequence[ConsistencyFinding] = (),
    missing: Sequence[ClaimRequirement] = (),
) -> ClaimCheck:
    """Final verdict from the comparison, the errors among printed numbers and the sources not at hand."""
    settled = replace(
        check,
        finding_ids=tuple(finding.finding_id for finding in errors),
        missing=tuple(requirement.missing for requirement in missing),
    )
    contradictions = " ".join(finding.sentence for finding in errors)
    if check.verdict in (EXACT, WITHIN_ROUNDING) and not missing:
        also = f" Yet among the printed numbers: {contradictions}" if errors else ""
        return replace(settled, sentence=check.sentence + also)
    was_compared = f" From what is at hand: {check.sentence}" if check.differences else ""
    needed = "; ".join(f"{r.missing} (would be settled by {r.settled_by})" for r in missing)
    lacking = f" Missing: {needed}." if missing else ""
    if errors:
        return replace(
            settled, verdict=INTERNALLY_INCONSISTENT, sentence=f"{contradictions}{lacking}{was_compared}"
        )
    if missing:
        return replace(settled, verdict=NOT_REPRODUCIBLE, sentence=f"Missing: {needed}.{was_compared}")
    return settled


def _without_a_cohort(check: ClaimCheck, why: str) -> ClaimCheck:
    """The comparison of a claim whose analysis lacks a cohort that was left out, and why."""
    if check.verdict not in (DIFFERENT, NOT_YET_COMPUTED):
        return check
    return replace(check, verdict=NOT_YET_COMPUTED, sentence=f"{why} From what is at hand: {check.sentence}")


def _default_words(
    claim: PublishedClaim, published: ComputedStatistic | None, default: ComputedStatistic | None
) -> str:
    if published is None or default is None or claim.quantity == "not_transcribed":
        return ""
    words = statistic_words(claim, default)
    return "" if words == statistic_words(claim, published) else f" With the default definitions: {words}."


def _row(
    claim: PublishedClaim,
    check: ClaimCheck,
    default: ComputedStatistic | None,
    notes: Sequence[ConsistencyFinding],
) -> ClaimRecord:
    computed = check.computed
    scale = 100.0 if claim.unit == "percent" else 1.0

    def value(statistic: ComputedStatistic | None, name: str) -> float | None:
        number = None if statistic is None else getattr(statistic, name)
        return None if number is None or not math.isfinite(number) else scale * number

    apart = [part.units_apart for part in check.differences if part.units_apart is not None]
    return ClaimRecord(
        claim_id=claim.claim_id,
        paper_id=claim.paper_id,
        row_id=claim.row_id,
        verdict=check.verdict,
        sentence=check.sentence + _default_words(claim, computed, default),
        printed=claim.printed_text,
        computed_estimate=value(computed, "estimate"),
        computed_ci_low=value(computed, "ci_low"),
        computed_ci_high=value(computed, "ci_high"),
        computed_p=None if computed is None else computed.p,
        computed_n=None if computed is None else computed.n,
        computed_n_in_group=None if computed is None else computed.n_in_group,
        estimator=None if computed is None else computed.estimator or None,
        stat_id=None if computed is None else computed.stat_id or None,
        p_stat_id=None if computed is None else computed.p_stat_id or None,
        default_stat_id=None if default is None else default.stat_id or None,
        default_estimate=value(default, "estimate"),
        largest_difference_in_last_digits=max(apart) if apart else None,
        missing_sources=tuple(check.missing),
        rule_ids=tuple(dict.fromkeys(finding.rule_id for finding in notes)),
        rule_findings=tuple(finding.sentence for finding in notes),
    )


def check_all(
    claims: pd.DataFrame,
    results: Iterable[AnyStatistic],
    missing_sources: pd.DataFrame,
    available_sources: Collection[str] = (),
    relations: pd.DataFrame | None = None,
    made_without: Mapping[str, str] | None = None,
) -> list[ClaimRecord]:
    """The table `stats.claim_checks`: one row per claim, in the order of the claims.

    Parameters
    ----------
    claims, relations, missing_sources
        The seeds published_claims, published_claim_relations, published_claim_requirements.
    results
        Statistics of every analysis. Proportions are fractions, medians months (absent: not reached), a direction is
        the sign of the group minus its reference (or of a NES).
    available_sources
        Names "<what>:<cohort or reference>" at hand, e.g. "mutations:miao_2018"; a requirement whose
        `satisfied_by` is among them no longer stands in the way.
    made_without
        analysis_id -> sentence, for analyses that lack a cohort in this version: a number of theirs that differs from
        the printed one says nothing about it, so that the claim is not yet computed.

    Estimates in the result are in the claim's unit (percent where percent was printed). Raises
    ClaimDataError when a seed or the results cannot be used.
    """
    records = claims_from_frame(claims)
    findings = find_inconsistencies(records, relations_from_frame(relations) if relations is not None else ())
    open_requirements = [
        requirement
        for requirement in requirements_from_frame(missing_sources)
        if requirement.satisfied_by not in available_sources
    ]
    index = StatisticIndex(results)
    rows = []
    for claim in records:
        own = [finding for finding in findings if claim.claim_id in finding.claim_ids]
        compared = check_claim(claim, index.find(claim, AS_PUBLISHED))
        why = (made_without or {}).get(claim.analysis_id)
        check = settle(
            compared if why is None else _without_a_cohort(compared, why),
            [finding for finding in own if finding.severity == ERROR],
            [requirement for requirement in open_requirements if requirement.applies_to(claim)],
        )
        rows.append(_row(claim, check, index.find(claim, DEFAULT), own))
    return rows
