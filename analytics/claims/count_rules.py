"""Rules about percentages: whole numbers of patients must stand behind each, and behind a P between two.

Belongs here: rules on one percentage, on percentages of the same patients, and on a P between two of them.
Does not belong here: sums and ratios of claims (`relation_rules`).

The search over whole numbers is the GRIM idea (Brown and Heathers, Soc Psychol Personal Sci 2017;8:363)
carried on to 2 x 2 tables.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy import stats

from analytics.claims.finding import ERROR, ConsistencyFinding
from analytics.claims.model import ClaimRelation, PublishedClaim
from analytics.claims.rounding import Range, counts_behind, p_range, plain, printed_range
from analytics.engine.numbers import p_value

# With more pairs of denominators than this the printed digits decide nothing: some pair reaches any P.
MAX_DENOMINATOR_PAIRS = 2_000


def _is_percentage(claim: PublishedClaim) -> bool:
    return claim.quantity == "proportion" and claim.unit == "percent" and claim.estimate is not None


def percent_range(claim: PublishedClaim) -> Range:
    """All percentages behind the printed one: [0, bound] for "<", the rounding interval for "="."""
    assert claim.estimate is not None
    if claim.estimate_operator == "<":
        return Range(0.0, claim.estimate)
    return printed_range(claim.estimate, claim.estimate_decimals)


def part_exceeds_whole(claim: PublishedClaim) -> ConsistencyFinding | None:
    """A printed part that is larger than its printed whole."""
    for part, whole in ((claim.numerator, claim.denominator), (claim.n_mutated, claim.n_total)):
        if part is not None and whole is not None and part > whole:
            return ConsistencyFinding(
                "part_exceeds_whole", ERROR, (claim.claim_id,), (),
                f"{claim.claim_id}: {part:,} of {whole:,} cannot be.",
            )  # fmt: skip
    return None


def percentage_not_of_counts(claim: PublishedClaim) -> ConsistencyFinding | None:
    """Printed numerator and denominator do not give the printed percentage."""
    if not _is_percentage(claim) or claim.numerator is None or not claim.denominator:
        return None
    percent = 100 * claim.numerator / claim.denominator
    if percent_range(claim).contains(percent):
        return None
    return ConsistencyFinding(
        "percentage_not_of_counts", ERROR, (claim.claim_id,), (),
        f"{claim.claim_id}: {claim.numerator:,} of {claim.denominator:,} is "
        f"{plain(percent, claim.estimate_decimals + 1)} %, printed {claim.printed_text}.",
    )  # fmt: skip


def _fits(claim: PublishedClaim, denominator: int) -> bool:
    counts = counts_behind(percent_range(claim), denominator)
    return len(counts) > 0 if claim.numerator is None else claim.numerator in counts


def _denominators(claims: Sequence[PublishedClaim], bound: int) -> list[int]:
    """Denominators up to the bound from which every one of the percentages can come."""
    known = {claim.denominator for claim in claims if claim.denominator}
    candidates = sorted(known) if known else range(1, bound + 1)
    return [n for n in candidates if all(_fits(claim, n) for claim in claims)]


def percentages_not_reachable(claims: Sequence[PublishedClaim]) -> ConsistencyFinding | None:
    """No number of patients within the printed bound gives the percentage(s), which are of the same patients.

    Silent where neither a denominator nor a number of patients is printed: some number always does.
    """
    fixed, totals = _fixed(claims), [claim.n_total for claim in claims if claim.n_total]
    if not all(_is_percentage(claim) for claim in claims) or not (fixed or totals):
        return None
    if _denominators(claims, fixed or min(totals)):
        return None
    ids = tuple(claim.claim_id for claim in claims)
    printed = " and ".join(claim.printed_text for claim in claims)
    where = f"{fixed:,}" if fixed else f"any one number of patients up to {min(totals):,}"
    return ConsistencyFinding(
        "percentage_not_reachable", ERROR, ids, (),
        f"{', '.join(ids)}: no whole number out of {where} gives {printed}.",
    )  # fmt: skip


def _fixed(claims: Sequence[PublishedClaim]) -> int | None:
    """The printed denominator, if there is one."""
    return next((claim.denominator for claim in claims if claim.denominator), None)


def fisher_p(table: np.ndarray) -> float:
    """Two-sided Fisher exact P of a 2 x 2 table."""
    return float(stats.fisher_exact(table).pvalue)


def _chi_square_p(table: np.ndarray, correction: float) -> float:
    """P with 1 degree of freedom, erfc(sqrt(x / 2)); 1 when a margin is empty: nothing is compared."""
    margins = (*table.sum(axis=0).tolist(), *table.sum(axis=1).tolist())
    if not all(margins):
        return 1.0
    n, cross = float(table.sum()), abs(float(table[0, 0] * table[1, 1] - table[0, 1] * table[1, 0]))
    statistic = n * max(cross - correction * n, 0.0) ** 2 / math.prod(float(m) for m in margins)
    return math.erfc(math.sqrt(statistic / 2))


def pearson_p(table: np.ndarray) -> float:
    """Pearson chi-square P of a 2 x 2 table without correction."""
    return _chi_square_p(table, 0.0)


def yates_p(table: np.ndarray) -> float:
    """Chi-square P of a 2 x 2 table with Yates' correction."""
    return _chi_square_p(table, 0.5)


TESTS: dict[str, Callable[[np.ndarray], float]] = {
    "Fisher": fisher_p, "chi-square": pearson_p, "Yates-corrected chi-square": yates_p,
}  # fmt: skip


@dataclass(frozen=True)
class RateComparison:
    """A printed P between two printed percentages."""

    p_claim: PublishedClaim
    rate_1: PublishedClaim
    rate_2: PublishedClaim


def _tables(comparison: RateComparison, n_1: int, n_2: int) -> list[np.ndarray]:
    counts = product(
        counts_behind(percent_range(comparison.rate_1), n_1),
        counts_behind(percent_range(comparison.rate_2), n_2),
    )
    return [np.array([[k_1, n_1 - k_1], [k_2, n_2 - k_2]]) for k_1, k_2 in counts]


def _reaches(comparison: RateComparison, n_1: int, n_2: int) -> bool:
    p_claim = comparison.p_claim
    assert p_claim.p_value is not None
    target = p_range(p_claim.p_value, p_claim.p_decimals, p_claim.p_operator)
    tables = _tables(comparison, n_1, n_2)
    # Fisher costs a hundred times the others, so it is asked last.
    return any(target.contains(TESTS[name](table)) for name in reversed(TESTS) for table in tables)


def _comparisons(
    claims: Mapping[str, PublishedClaim], relations: Sequence[ClaimRelation]
) -> list[RateComparison]:
    found = []
    for relation in relations:
        if relation.relation_type == "compares":
            one, two = claims[relation.ids("group_1")[0]], claims[relation.ids("group_2")[0]]
            if (
                _is_percentage(one)
                and _is_percentage(two)
                and claims[relation.subject_claim_id].p_value is not None
            ):
                found.append(RateComparison(claims[relation.subject_claim_id], one, two))
    return found


def shared_denominators(
    claims: Mapping[str, PublishedClaim], relations: Sequence[ClaimRelation]
) -> dict[str, tuple[str, ...]]:
    """For each claim id the ids of all percentages of the same patients, itself included."""
    members: dict[str, set[str]] = {claim_id: {claim_id} for claim_id in claims}
    for relation in relations:
        if relation.relation_type == "same_denominator":
            merged = set().union(*(members[i] for i in (relation.subject_claim_id, *relation.ids("member"))))
            for claim_id in merged:
                members[claim_id] = merged
    return {claim_id: tuple(sorted(ids)) for claim_id, ids in members.items()}


def _p_sentence(
    comparison: RateComparison,
    pair: tuple[int, int],
    bound: int,
    together_with: Sequence[str],
    reached_alone: bool,
) -> str:
    table = _tables(comparison, *pair)[0]
    tests = ", ".join(f"{name} {p_value(test(table))}" for name, test in TESTS.items())
    p_claim = comparison.p_claim
    condition = (
        f", with every percentage of the same patients and {', '.join(together_with)},"
        if together_with
        else ""
    )
    tail = (
        f"reach {p_claim.printed_text} and the other P together"
        if reached_alone
        else f"reach {p_claim.printed_text}"
    )
    return (
        f"{p_claim.claim_id}: the smallest whole numbers that give {comparison.rate_1.printed_text} and "
        f"{comparison.rate_2.printed_text}{condition} are {table[0, 0]}/{pair[0]} and "
        f"{table[1, 0]}/{pair[1]}, whose P is {tests}; no whole numbers within {bound:,} patients {tail}."
    )


def _judge_family(
    family: Sequence[RateComparison], sizes: tuple[list[int], list[int]], bound: int
) -> list[ConsistencyFinding]:
    """Findings for the P claims that share their two groups of patients."""
    pairs = [(n_1, n_2) for n_1 in sizes[0] for n_2 in sizes[1] if n_1 + n_2 <= bound]
    if not pairs or len(pairs) > MAX_DENOMINATOR_PAIRS:
        return []
    reached: dict[tuple[int, int], tuple[bool, ...]] = {}
    for pair in pairs:
        reached[pair] = tuple(_reaches(comparison, *pair) for comparison in family)
        if all(reached[pair]):
            return []
    best = min(pairs, key=lambda pair: (-sum(reached[pair]), sum(pair), pair))
    kept = [
        f"{comparison.p_claim.printed_text} ({comparison.p_claim.claim_id})"
        for comparison, is_reached in zip(family, reached[best], strict=True) if is_reached
    ]  # fmt: skip
    findings = []
    for index, comparison in enumerate(family):
        if not reached[best][index]:
            alone = any(flags[index] for flags in reached.values())
            related = (comparison.rate_1.claim_id, comparison.rate_2.claim_id)
            sentence = _p_sentence(comparison, best, bound, kept, alone)
            findings.append(
                ConsistencyFinding(
                    "p_not_of_counts", ERROR, (comparison.p_claim.claim_id,), related, sentence
                )
            )
    return findings


def p_not_of_counts(
    claims: Mapping[str, PublishedClaim], relations: Sequence[ClaimRelation]
) -> list[ConsistencyFinding]:
    """P between two percentages that no whole numbers reach by Fisher, chi-square or Yates' correction.

    Denominators must give every percentage printed for the same patients and lie within the printed number of
    patients; where none is printed, or more than MAX_DENOMINATOR_PAIRS pairs qualify, the rule is silent.
    """
    groups = shared_denominators(claims, relations)
    families: dict[tuple[tuple[str, ...], tuple[str, ...]], list[RateComparison]] = {}
    for comparison in _comparisons(claims, relations):
        key = (groups[comparison.rate_1.claim_id], groups[comparison.rate_2.claim_id])
        families.setdefault(key, []).append(comparison)
    findings = []
    for (ids_1, ids_2), family in families.items():
        group_1, group_2 = [claims[i] for i in ids_1], [claims[i] for i in ids_2]
        bound = _family_bound(group_1, group_2)
        if bound is not None:
            sizes = (_denominators(group_1, bound), _denominators(group_2, bound))
            findings += _judge_family(family, sizes, bound)
    return findings


def _family_bound(group_1: Sequence[PublishedClaim], group_2: Sequence[PublishedClaim]) -> int | None:
    """Patients of both groups together: the printed denominators, else the printed number of patients."""
    fixed = (_fixed(group_1), _fixed(group_2))
    if fixed[0] and fixed[1]:
        return fixed[0] + fixed[1]
    totals = [claim.n_total for claim in (*group_1, *group_2) if claim.n_total]
    return min(totals) if totals else None
