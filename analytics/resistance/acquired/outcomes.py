"""Acquired resistance as a declared rule over best response and progression, one word a patient.

Belongs here: the rule. Rates over patients are made by the caller.

Source of the rule: Zaretsky et al. 2016 (NEJM 375:819): progression after an objective response that lasted at least
six months. A response lasts from its first assessment to progression; tables give the time from the start of
treatment, so the time to the first assessment is a setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from analytics.errors import InvalidSettingError, MissingColumnError

ACQUIRED, EARLY_LOSS, ONGOING, PRIMARY, STABLE_LOST, STABLE_ONGOING, NOT_EVALUABLE, NOT_SAID = (
    "acquired resistance", "response lost early", "response ongoing", "primary resistance",
    "stable disease, then progression", "stable disease, no progression", "response not evaluable", "cannot say",
)  # fmt: skip
OUTCOME_WORDS: Final = (
    ACQUIRED, EARLY_LOSS, ONGOING, PRIMARY, STABLE_LOST, STABLE_ONGOING, NOT_EVALUABLE, NOT_SAID,
)  # fmt: skip


@dataclass(frozen=True)
class AcquiredRule:
    """`min_response_months` : how long a response must have lasted; `months_to_response` : from the start of
    treatment to the assessment that first shows a response, taken off the time to progression."""

    min_response_months: float = 6.0
    months_to_response: float = 0.0


def resistance_outcomes(patients: pd.DataFrame, rule: AcquiredRule) -> pd.DataFrame:
    """The word of each patient.

    Parameters
    ----------
    patients : one row a patient with ``recist`` (CR, PR, SD, PD or null), ``pfs_months`` and ``is_progression``
        (null where not known); other columns are kept.

    Returns
    -------
    The rows with ``outcome`` (`OUTCOME_WORDS`), ``response_months`` (time to progression or last follow-up less
    ``months_to_response``, of responders) and ``reason``.

    Raises MissingColumnError, or InvalidSettingError when a duration of the rule is negative.
    """
    absent = [c for c in ("recist", "pfs_months", "is_progression") if c not in patients.columns]
    if absent:
        raise MissingColumnError(f"The patients lack {', '.join(absent)}: add the columns.")
    if rule.min_response_months < 0 or rule.months_to_response < 0:
        raise InvalidSettingError(
            "A duration of the rule of acquired resistance is negative: give months from 0 on."
        )
    judged = [
        _judge(row.recist, row.pfs_months, row.is_progression, rule)
        for row in patients[["recist", "pfs_months", "is_progression"]].itertuples(index=False)
    ]
    return patients.assign(
        outcome=[word for word, _, _ in judged],
        response_months=pd.array([months for _, months, _ in judged], dtype="Float64"),
        reason=[reason for _, _, reason in judged],
    )


def _judge(
    recist: object, months: object, progressed: object, rule: AcquiredRule
) -> tuple[str, float | None, str]:
    if pd.isna(recist) or recist not in ("CR", "PR", "SD", "PD"):  # type: ignore[call-overload]
        return NOT_EVALUABLE, None, "no best response by RECIST"
    if recist == "PD":
        return PRIMARY, None, "best response PD"
    known = not pd.isna(months) and not pd.isna(progressed)  # type: ignore[call-overload]
    if recist == "SD":
        if not known:
            return NOT_SAID, None, "best response SD, progression not known"
        word = STABLE_LOST if progressed else STABLE_ONGOING
        return word, None, f"best response SD, {float(months):.1f} months to progression or last follow-up"  # type: ignore[arg-type]
    if not known:
        return NOT_SAID, None, f"best response {recist}, progression not known"
    lasted = float(months) - rule.months_to_response  # type: ignore[arg-type]
    said = f"best response {recist}, response of {max(lasted, 0.0):.1f} months"
    if not progressed:
        return ONGOING, lasted, f"{said}, no progression by then"
    if lasted >= rule.min_response_months:
        return ACQUIRED, lasted, f"{said}, then progression"
    return EARLY_LOSS, lasted, f"{said}, then progression before {rule.min_response_months:g} months"
