"""Response by mutation status: rates, difference, tests, with evaluable and intention-to-treat denominators.

Belongs here: one yes/no/unknown response compared between two groups of people.
Does not belong here: what counts as a response (the response rules of the warehouse decide that).

An unknown response (never imaged, not evaluable, word not in the vocabulary) is no response among all
treated people (intention to treat) and is not counted at all among the evaluable. Both are reported,
because papers choose silently.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.errors import EmptyGroupError, InvalidColumnError, MissingColumnError, NoRowsError
from analytics.response.rates import Rate, RateDifference, exact_rate, newcombe_difference
from analytics.response.two_by_two import (
    FisherExactTest,
    PearsonTest,
    fisher_exact_test,
    pearson_chi_square_test,
)

# Cochran's rule: below an expected count of 5 in any cell the chi-square approximation is not trusted.
SMALLEST_EXPECTED = 5.0
#: How a warning ends that is about the chi-square test alone.
OF_CHI_SQUARE = "use Fisher's p, not the chi-square's."


@dataclass(frozen=True)
class RateComparison:
    """Two groups' rates over one denominator; difference and odds ratio are mutated against wild type."""

    denominator: str
    mutated: Rate
    wild_type: Rate
    difference: RateDifference
    fisher: FisherExactTest
    chi_square: PearsonTest
    chi_square_yates: PearsonTest
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class ResponseComparison:
    """The comparison over evaluable people (None when a group has none) and over everybody treated."""

    evaluable: RateComparison | None
    intention_to_treat: RateComparison
    n_not_evaluable_mutated: int
    n_not_evaluable_wild_type: int
    warnings: tuple[str, ...]


def compare_response(
    frame: pd.DataFrame,
    response: str = "is_responder",
    group: str = "in_group",
    *,
    conf_level: float = 0.95,
) -> ResponseComparison:
    """Compare a tri-state `response` (true, false, missing = not evaluable) between two groups.

    One row per person; rows without `group` are left out and reported. Raises MissingColumnError,
    InvalidColumnError for other values, NoRowsError, and EmptyGroupError when a group has nobody.
    """
    members, answers = _tri_state(frame, group), _tri_state(frame, response)
    has_status = ~np.isnan(members)
    warnings: list[str] = []
    if not has_status.all():
        warnings.append(f"Rows without {group} left out: {int((~has_status).sum())}.")
    if not has_status.any():
        raise NoRowsError(f"None of the {len(frame)} rows has a value in '{group}': supply the status first.")
    members, answers = members[has_status] == 1.0, answers[has_status]
    if members.all() or not members.any():
        raise EmptyGroupError(
            f"Column '{group}' is {'true' if members.all() else 'false'} in all {members.size} rows: "
            "comparing response needs two groups."
        )
    is_yes, is_known = answers == 1.0, ~np.isnan(answers)
    evaluable = None
    if (is_known & members).any() and (is_known & ~members).any():
        evaluable = _compare("evaluable", is_yes[is_known], members[is_known], conf_level)
    else:
        warnings.append("A group has no evaluable person, so only intention to treat is reported.")
    return ResponseComparison(
        evaluable=evaluable,
        intention_to_treat=_compare("intention to treat", is_yes, members, conf_level),
        n_not_evaluable_mutated=int((~is_known & members).sum()),
        n_not_evaluable_wild_type=int((~is_known & ~members).sum()),
        warnings=tuple(warnings),
    )


def compare_rates(
    mutated: tuple[int, int],
    wild_type: tuple[int, int],
    *,
    denominator: str = "given",
    conf_level: float = 0.95,
) -> RateComparison:
    """Compare two rates given as (n_yes, n). Raises InvalidSettingError for impossible counts."""
    rate, other = exact_rate(*mutated, conf_level=conf_level), exact_rate(*wild_type, conf_level=conf_level)
    table = ((rate.n_yes, rate.n - rate.n_yes), (other.n_yes, other.n - other.n_yes))
    plain = pearson_chi_square_test(table)
    warnings = []
    if rate.n_yes + other.n_yes in (0, rate.n + other.n):
        warnings.append("Everybody has the same response, so there is no odds ratio.")
    elif plain.smallest_expected < SMALLEST_EXPECTED:
        warnings.append(f"The smallest expected count is {plain.smallest_expected:.1f}: {OF_CHI_SQUARE}")
    return RateComparison(
        denominator=denominator,
        mutated=rate,
        wild_type=other,
        difference=newcombe_difference(rate.n_yes, rate.n, other.n_yes, other.n, conf_level),
        fisher=fisher_exact_test(table, conf_level),
        chi_square=plain,
        chi_square_yates=pearson_chi_square_test(table, yates=True),
        warnings=tuple(warnings),
    )


def _compare(
    denominator: str, is_yes: npt.NDArray[np.bool_], members: npt.NDArray[np.bool_], conf_level: float
) -> RateComparison:
    counts = [(int((is_yes & rows).sum()), int(rows.sum())) for rows in (members, ~members)]
    return compare_rates(counts[0], counts[1], denominator=denominator, conf_level=conf_level)


def _tri_state(frame: pd.DataFrame, column: str) -> npt.NDArray[np.float64]:
    """1.0, 0.0 or NaN per row."""
    if column not in frame.columns:
        present = ", ".join(sorted(map(str, frame.columns)))
        raise MissingColumnError(f"Column '{column}' is not in the frame: choose one of {present}.")
    result = np.full(len(frame), np.nan)
    for i, value in enumerate(frame[column]):
        if pd.isna(value):
            continue
        if not (isinstance(value, (bool, np.bool_)) or value in (0, 1)):
            raise InvalidColumnError(
                f"Column '{column}' holds {value!r} where only true, false or missing are allowed: recode it."
            )
        result[i] = float(value)
    return result
