"""The rules that judge the papers' printed numbers, over the project's own tables: p and interval of a row must come
from one model.

Every statistic whose estimate is a ratio is read as a claim with all its digits. A Wald interval is centred on the
estimate and its p is that of the interval; a profile interval (Firth) and Hartung and Knapp's t are on the side of 1
on which their p is. Two tests are excused, because the field's own pair of p and interval may stand on both sides of
0.05: the exact interval of Fisher's test, as R's ``fisher.test`` gives it, inverts two one-sided tests, and
``mantelhaen.test`` gives a score test (Cochran, Mantel and Haenszel) beside a Wald interval (Robins, Breslow and
Greenland). Seven of 10,057 real rows are of that kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from analytics.claims.finding import ConsistencyFinding
from analytics.claims.interval_rules import (
    interval_against_significance,
    interval_not_centred,
    p_not_of_interval,
)
from analytics.claims.model import PublishedClaim
from analytics.results.estimator import Scale
from analytics.results.statistic import AnyStatistic

#: Digits in which a computed number is taken to be printed.
_DECIMALS = 12
_Rule = Callable[[PublishedClaim], ConsistencyFinding | None]
_SIDE: tuple[_Rule, ...] = (interval_against_significance,)
#: What a p is from -> the rules that hold of its row; of a test that is not named the side of 1.
_RULES: dict[str, tuple[_Rule, ...]] = {
    "wald": (interval_not_centred, interval_against_significance, p_not_of_interval),
    "t, Hartung-Knapp": (interval_not_centred, interval_against_significance),
}
#: What a p of these tests begins with.
_EXCUSED = ("fisher", "exact conditional", "mantel-haenszel", "cochran-mantel-haenszel")
_RATIOS = frozenset({scale.value for scale in Scale if scale.is_ratio})


@dataclass(frozen=True)
class RowFinding:
    """A row that contradicts itself, and how."""

    stat_id: str
    rule_id: str
    sentence: str


def rows_against_themselves(rows: Iterable[AnyStatistic]) -> list[RowFinding]:
    """Every statistic whose estimate, interval and p cannot be of one model."""
    found: list[RowFinding] = []
    for row in rows:
        if row.scale not in _RATIOS or (row.p_method or "").lower().startswith(_EXCUSED):
            continue
        if row.estimate is None or row.ci_low is None or row.ci_high is None or row.p is None:
            continue
        claim = _as_claim(row)
        findings = [rule(claim) for rule in _RULES.get(row.p_method or "", _SIDE)]
        found += [RowFinding(row.name.stat_id, f.rule_id, f.sentence) for f in findings if f is not None]
    return found


def _as_claim(row: AnyStatistic) -> PublishedClaim:
    return PublishedClaim(
        claim_id=row.name.stat_id,
        paper_id="",
        row_id=row.name.stat_id,
        quantity="hazard_ratio",
        printed_text="",
        estimate_operator="=",
        estimate=row.estimate,
        estimate_decimals=_DECIMALS,
        ci_low=row.ci_low,
        ci_high=row.ci_high,
        ci_decimals=_DECIMALS,
        p_operator="=",
        p_value=row.p,
        p_decimals=_DECIMALS,
    )
