"""What a paper printed, as typed records: claims, relations between claims, and what a check would need.

Belongs here: the records, their vocabularies, and reading them from the DataFrames of the seeds
`published_claims`, `published_claim_relations` and `published_claim_requirements`.
Does not belong here: judging a claim (`consistency`, `check`) and any verdict; a verdict is earned by a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics.errors import AnalysisError

EXACT = "exact"
WITHIN_ROUNDING = "within rounding"
DIFFERENT = "different"
NOT_REPRODUCIBLE = "not reproducible from public data"
INTERNALLY_INCONSISTENT = "internally inconsistent"
NO_NUMBER_PRINTED = "no number printed"
NOT_YET_COMPUTED = "not yet computed"
VERDICTS = (
    EXACT, WITHIN_ROUNDING, DIFFERENT, NOT_REPRODUCIBLE, INTERNALLY_INCONSISTENT, NO_NUMBER_PRINTED,
    NOT_YET_COMPUTED,
)  # fmt: skip

QUANTITIES = (
    "hazard_ratio", "odds_ratio", "median_months", "p_value", "proportion", "count",
    "cut_off", "position", "definition", "direction", "not_transcribed",
)  # fmt: skip
RATIO_QUANTITIES = ("hazard_ratio", "odds_ratio")
#: How an interval was made, where the paper says so; empty: not said, and taken for a Wald interval on the log scale.
CI_KINDS = ("", "wald", "exact", "profile")
WHOLE_NUMBER_QUANTITIES = ("count", "position", "definition")
RELATION_ROLES = {
    "sum_equals": ("part", "offset"),
    "ratio_equals": ("numerator", "denominator"),
    "same_quantity": ("same",),
    "contained_in": ("whole",),
    "precedes": ("next",),
    "same_denominator": ("member",),
    "compares": ("group_1", "group_2"),
    "pooled_of": ("stratum",),
}


class ClaimDataError(AnalysisError):
    """A claim, relation, requirement or result row cannot be used as it stands."""


@dataclass(frozen=True)
class PublishedClaim:
    """One printed number, or one printed estimate with its interval and P.

    Proportions are in percent when `unit` is "percent", hazard ratios are ratios, medians are months.
    `*_decimals` are the decimals printed: 0.80 and 0.8 are different statements.
    `p_estimate_key` is empty when the P belongs to the same test as the estimate. `ci_kind`, `ci_level` (percent) and
    `p_sides` are what the paper says of them, and empty where it says nothing.
    """

    claim_id: str
    paper_id: str
    row_id: str
    quantity: str
    printed_text: str
    population: str = ""
    group_label: str = "all"
    endpoint: str = ""
    estimate_operator: str = ""
    estimate: float | None = None
    estimate_decimals: int = 0
    ci_low: float | None = None
    ci_high: float | None = None
    ci_decimals: int = 0
    p_operator: str = ""
    p_value: float | None = None
    p_decimals: int = 0
    n_total: int | None = None
    n_mutated: int | None = None
    numerator: int | None = None
    denominator: int | None = None
    unit: str = ""
    direction: str = ""
    analysis_id: str = ""
    estimate_key: str = ""
    p_estimate_key: str = ""
    ci_kind: str = ""
    ci_level: float | None = None
    p_sides: int | None = None

    @property
    def level(self) -> float:
        """Level of the interval in percent: the declared one, else 95."""
        return 95.0 if self.ci_level is None else self.ci_level

    @property
    def sides(self) -> int:
        """Sides of the test behind P: the declared ones, else 2."""
        return 2 if self.p_sides is None else self.p_sides

    @property
    def p_is_of_another_test(self) -> bool:
        """True when the claim declares that its P is not the test of its own estimate."""
        return bool(self.p_estimate_key) and self.p_estimate_key != self.estimate_key


@dataclass(frozen=True)
class RelationTerm:
    """One claim on the right-hand side of a relation, with its role and coefficient."""

    claim_id: str
    role: str
    coefficient: float = 1.0


@dataclass(frozen=True)
class ClaimRelation:
    """What must hold between a claim (the subject) and others, e.g. a total and its parts."""

    relation_id: str
    relation_type: str
    subject_claim_id: str
    terms: tuple[RelationTerm, ...]
    reason: str = ""

    def ids(self, role: str) -> tuple[str, ...]:
        """Claim ids of the terms with this role."""
        return tuple(term.claim_id for term in self.terms if term.role == role)


@dataclass(frozen=True)
class ClaimRequirement:
    """A source without which claims of a row (or one claim) cannot be recomputed.

    `satisfied_by` is "<what>:<cohort or reference>", e.g. "mutations:miao_2018"; the requirement is met as
    soon as that name is among the sources at hand.
    """

    requirement_id: str
    row_id: str
    claim_id: str
    missing: str
    settled_by: str
    satisfied_by: str

    def applies_to(self, claim: PublishedClaim) -> bool:
        """A requirement without a claim id holds for every claim of its row."""
        return self.claim_id == claim.claim_id if self.claim_id else self.row_id == claim.row_id


_TEXT = (
    "claim_id", "paper_id", "row_id", "quantity", "printed_text", "population", "group_label", "endpoint",
    "estimate_operator", "p_operator", "unit", "direction", "analysis_id", "estimate_key", "p_estimate_key",
    "ci_kind",
)  # fmt: skip
_REAL = ("estimate", "ci_low", "ci_high", "p_value", "ci_level")
_WHOLE = ("n_total", "n_mutated", "numerator", "denominator", "p_sides")
_DECIMALS = {"estimate_decimals": "estimate", "ci_decimals": "ci_low", "p_decimals": "p_value"}


def _text(value: Any) -> str:
    return (
        "" if value is None or value is pd.NA or (isinstance(value, float) and pd.isna(value)) else str(value)
    )


def _number(row: Mapping[str, Any], column: str, claim_id: str) -> float | None:
    text = _text(row[column]).strip()
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise ClaimDataError(
            f"Claim {claim_id}: {column} is '{text}', not a number; correct it in published_claims."
        ) from None


def _require_columns(frame: pd.DataFrame, columns: tuple[str, ...], table: str) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ClaimDataError(f"{table} lacks the column(s) {', '.join(missing)}; build it from its seed.")


def _claim_from_row(row: Mapping[str, Any]) -> PublishedClaim:
    values: dict[str, Any] = {column: _text(row[column]) for column in _TEXT}
    claim_id = values["claim_id"]
    values.update({column: _number(row, column, claim_id) for column in _REAL})
    for column in _WHOLE:
        number = _number(row, column, claim_id)
        if number is not None and number != int(number):
            raise ClaimDataError(
                f"Claim {claim_id}: {column} is {number}, not a whole number; correct the seed."
            )
        values[column] = None if number is None else int(number)
    for column, of in _DECIMALS.items():
        number = _number(row, column, claim_id)
        if values[of] is not None and number is None:
            raise ClaimDataError(
                f"Claim {claim_id}: {of} is given without {column}; say how many were printed."
            )
        values[column] = int(number or 0)
    if values["quantity"] not in QUANTITIES:
        raise ClaimDataError(
            f"Claim {claim_id}: quantity '{values['quantity']}' is unknown; "
            f"use one of {', '.join(QUANTITIES)}."
        )
    if (values["ci_low"] is None) != (values["ci_high"] is None):
        raise ClaimDataError(
            f"Claim {claim_id}: an interval needs both ci_low and ci_high; correct the seed."
        )
    _require_known_kinds(values, claim_id)
    return PublishedClaim(**values)


def _require_known_kinds(values: Mapping[str, Any], claim_id: str) -> None:
    if values["ci_kind"] not in CI_KINDS:
        raise ClaimDataError(
            f"Claim {claim_id}: ci_kind '{values['ci_kind']}' is unknown; use one of {', '.join(CI_KINDS[1:])}, or "
            f"leave it empty where the paper does not say."
        )
    if values["ci_level"] is not None and not 50.0 <= values["ci_level"] < 100.0:
        raise ClaimDataError(
            f"Claim {claim_id}: ci_level is {values['ci_level']:g}; give it in percent, from 50 to below 100."
        )
    if values["p_sides"] not in (None, 1, 2):
        raise ClaimDataError(f"Claim {claim_id}: p_sides is {values['p_sides']}; a test has 1 or 2 sides.")


def claims_from_frame(frame: pd.DataFrame) -> tuple[PublishedClaim, ...]:
    """Claims of the table `published_claims`, in its order; raises ClaimDataError naming claim and column."""
    _require_columns(frame, (*_TEXT, *_REAL, *_WHOLE, *_DECIMALS), "published_claims")
    claims = tuple(_claim_from_row({str(k): v for k, v in row.items()}) for row in frame.to_dict("records"))
    seen: set[str] = set()
    for claim in claims:
        if claim.claim_id in seen:
            raise ClaimDataError(
                f"Claim {claim.claim_id} occurs twice in published_claims; ids must be unique."
            )
        seen.add(claim.claim_id)
    return claims


def relations_from_frame(frame: pd.DataFrame) -> tuple[ClaimRelation, ...]:
    """Relations of `published_claim_relations`, one row per term; ClaimDataError on an unknown type."""
    columns = (
        "relation_id",
        "relation_type",
        "subject_claim_id",
        "object_claim_id",
        "role",
        "coefficient",
        "reason",
    )
    _require_columns(frame, columns, "published_claim_relations")
    relations = []
    for relation_id, rows in frame.groupby("relation_id", sort=False):
        kind, subject = str(rows["relation_type"].iloc[0]), str(rows["subject_claim_id"].iloc[0])
        terms = tuple(
            RelationTerm(str(claim_id), str(role), float(coefficient))
            for claim_id, role, coefficient in zip(
                rows["object_claim_id"], rows["role"], rows["coefficient"], strict=True
            )
        )
        unknown = {term.role for term in terms} - set(RELATION_ROLES.get(kind, ()))
        if unknown or rows["relation_type"].nunique() > 1 or rows["subject_claim_id"].nunique() > 1:
            raise ClaimDataError(
                f"Relation {relation_id}: needs one type of {', '.join(RELATION_ROLES)}, one subject, and "
                f"the roles of that type; correct published_claim_relations."
            )
        relations.append(ClaimRelation(str(relation_id), kind, subject, terms, _text(rows["reason"].iloc[0])))
    return tuple(relations)


def requirements_from_frame(frame: pd.DataFrame) -> tuple[ClaimRequirement, ...]:
    """Requirements of `published_claim_requirements`; raises ClaimDataError when a column is absent."""
    columns = ("requirement_id", "row_id", "claim_id", "missing", "settled_by", "satisfied_by")
    _require_columns(frame, columns, "published_claim_requirements")
    return tuple(
        ClaimRequirement(**{column: _text(row[column]) for column in columns})
        for row in frame.to_dict("records")
    )
