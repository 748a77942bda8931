"""May people have been sequenced only because they lived long enough? By cohort, with what a landmark makes of it.

A biomarker that is measured after the clock has started is known of survivors only: until then its carriers cannot die
("immortal time"; Suissa, Am J Epidemiol 2008;167:492). Late entry at sequencing takes care of it; without a date of the
sample it can only be said where it may be. Which words a guard uses is said in `guards`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analytics.engine.numbers import with_ends
from analytics.errors import AnalysisError
from analytics.questions.clock import TimeRules, is_of_landmark, with_time_rules
from analytics.survival.hazard_ratio import HazardRatio, estimate_hazard_ratio
from analytics.survival.regression.cox import CoxTerm, cox_regression

BEFORE, MAY_FOLLOW, FOLLOWS, ENTERED_LATE = (
    "sequenced before the clock starts",
    "sequencing may follow treatment",
    "sequenced after treatment began",
    "late entry is counted",
)
#: Where the clock starts with the sample itself, nobody can be sampled late.
_OWN_CLOCKS = ("sequencing", "sampling")
LANDMARK_MONTHS = 3.0


@dataclass(frozen=True)
class ImmortalTime:
    """What can be said: one of the words above, a sentence, whether it speaks against the result, its numbers."""

    verdict: str
    sentence: str
    is_warning: bool
    numbers: Mapping[str, float]


def immortal_time(
    members: pd.DataFrame, strata: Sequence[str] = (), exposure: str = "in_group"
) -> ImmortalTime:
    """Judge the members of an analysis, cohort by cohort.

    members : one row a person with cohort_id, origin, entry_months, biopsy_time ('pre', another word for later, null
        where it is not known), time_months, event and the exposure. A cohort in which anybody enters late is taken to
        count everybody from sequencing on.
    exposure : whose hazard ratio a landmark is asked for: a group, or a number (``value``).
    """
    is_late = members["entry_months"].fillna(0) > 0
    counted = is_late.groupby(members["cohort_id"]).transform("any")
    open_to_it = ~counted & ~members["origin"].isin(_OWN_CLOCKS)
    unknown = open_to_it & members["biopsy_time"].isna()
    later = open_to_it & members["biopsy_time"].notna() & (members["biopsy_time"] != "pre")
    numbers = {
        "n_not_known": float(unknown.sum()),
        "n_later": float(later.sum()),
        "n_late_entry": float(is_late.sum()),
    }
    if not unknown.any() and not later.any():
        if counted.any():
            cohorts = _named(members, counted)
            return ImmortalTime(
                ENTERED_LATE, f"People count from sequencing on in {cohorts}.", False, numbers
            )
        return ImmortalTime(BEFORE, "Every sample is from before the clock starts.", False, numbers)
    parts = []
    if later.any():
        parts.append(f"the sample was taken after treatment began in {_named(members, later)}")
    if unknown.any():
        parts.append(
            f"when it was taken, before or after the clock started, is not known in {_named(members, unknown)}"
        )
    sentence = (
        f"{'; '.join(parts)[:1].upper()}{'; '.join(parts)[1:]}: who died before sequencing is missing there."
    )
    words, landmark = _at_landmark(members, strata, exposure)
    verdict = FOLLOWS if later.any() else MAY_FOLLOW
    return ImmortalTime(verdict, f"{sentence} {words}", True, numbers | landmark)


def _named(members: pd.DataFrame, rows: pd.Series) -> str:
    counts = members.loc[rows, "cohort_id"].value_counts().sort_index()
    return ", ".join(f"{cohort} ({n:,})" for cohort, n in counts.items())


def _at_landmark(members: pd.DataFrame, strata: Sequence[str], exposure: str) -> tuple[str, dict[str, float]]:
    """The hazard ratio among those still followed at the landmark, whom early deaths no longer touch; where the clock
    is that of a landmark already, that it is."""
    origins = members["origin"].dropna().astype(str).unique()
    if len(origins) and all(is_of_landmark(origin) for origin in origins):
        return f"It is counted from {' or '.join(sorted(origins)).replace('_', ' ')} on.", {}
    moved = with_time_rules(members, TimeRules(landmark_months=LANDMARK_MONTHS))
    followed = moved[moved["time_months"] > 0]
    inside = tuple(c for c in strata if followed[c].nunique(dropna=False) > 1)
    try:
        found: HazardRatio | CoxTerm
        if exposure == "in_group":
            found = estimate_hazard_ratio(followed, strata=inside)
        else:
            found = cox_regression(followed, [exposure], strata=inside).term(exposure)
    except AnalysisError as exc:
        return f"No estimate from {LANDMARK_MONTHS:g} months on: {exc}", {}
    if not math.isfinite(found.hr):
        return f"No finite estimate from {LANDMARK_MONTHS:g} months on.", {}
    numbers = {"landmark_hr": found.hr, "landmark_ci_low": found.ci_low, "landmark_ci_high": found.ci_high}
    ratio = with_ends(found.hr, found.ci_low, found.ci_high)
    words = f"Among the {len(followed):,} still followed at {LANDMARK_MONTHS:g} months the hazard ratio is {ratio}."
    return words, numbers | {"landmark_n": float(len(followed))}
