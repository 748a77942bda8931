"""What speaks against believing a comparison of responses: few people in a cell, people counted twice, cohorts that
disagree. Time has no part in it; burden has a verdict of its own.
"""

from __future__ import annotations

import pandas as pd

from analytics.engine.numbers import count, p_value
from analytics.guards.finding import ALPHA, CANNOT_TELL, Finding, Guard
from analytics.guards.people import ONE_COHORT, overlap
from analytics.response.stratified_tables import breslow_day, mantel_haenszel, strata_counts

#: With fewer people in one of the four cells the interval of an odds ratio is called into question; five, as of events.
MIN_PEOPLE_PER_CELL = 5


def response_findings(
    members: pd.DataFrame, response: str, flow: pd.DataFrame | None = None
) -> tuple[Finding, ...]:
    """The guards of a response by a group.

    Parameters
    ----------
    members : one row a person: ``in_group``, ``cohort_id``, ``person_id`` and the response (true, false or missing).
    response : the column. flow : steps of the selection, of which one says who was in another cohort, too.
    """
    known = members[members[response].notna()]
    return (_sparse(known, response), overlap(known, flow), _heterogeneity(known, response))


def _sparse(known: pd.DataFrame, response: str) -> Finding:
    inside, answers = known["in_group"].astype(bool), known[response].astype(bool)
    cells = {
        "responders_in_group": int((inside & answers).sum()),
        "others_in_group": int((inside & ~answers).sum()),
        "responders_in_reference": int((~inside & answers).sum()),
        "others_in_reference": int((~inside & ~answers).sum()),
    }
    among, without, beside, rest = cells.values()
    is_few = min(cells.values()) < MIN_PEOPLE_PER_CELL
    sentence = (
        f"{count(among)} of {count(among + without)} in the group and {count(beside)} of {count(beside + rest)} of the "
        f"others responded{': the odds ratio rests on few people' if is_few else ''}."
    )
    numbers = {name: float(n) for name, n in cells.items()}
    return Finding("sparse events", "few events" if is_few else "enough events", sentence, is_few, numbers)


def _heterogeneity(known: pd.DataFrame, response: str) -> Finding:
    guard: Guard = "heterogeneity across cohorts"
    n_cohorts = known["cohort_id"].nunique()
    if n_cohorts <= 1:
        return ONE_COHORT
    tables = strata_counts(
        known["in_group"].astype(bool), known[response].astype(bool), known["cohort_id"].astype(str)
    )
    test = breslow_day(*tables, mantel_haenszel(*tables).odds_ratio)
    if test is None:
        sentence = f"Fewer than two of {n_cohorts} cohorts have both groups and both answers, or no common odds ratio."
        return Finding(guard, CANNOT_TELL, sentence, True)
    differ = test.p < ALPHA
    sentence = (
        f"Over {test.n_strata} cohorts the odds ratios {'differ' if differ else 'are not shown to differ'} "
        f"(Breslow and Day's test with Tarone's correction, p {p_value(test.p)})."
    )
    numbers = {
        "n_cohorts": float(test.n_strata),
        "breslow_day_chi2": test.chi2,
        "breslow_day_p": test.p,
    }
    return Finding(guard, "effects differ" if differ else "no difference shown", sentence, differ, numbers)
