"""Does treatment do more where a number is higher? Arm x number in randomised trials, and the number in each arm.

Belongs here: the rows of a biomarker that is a number. Those of groups are in `pooling`, and in months in `trials`; a
number has no group whose months could be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from analytics.errors import AnalysisError, TooFewError
from analytics.meta.interaction import SPARSE_EVENTS
from analytics.meta.pooling import IN_ARM, INTERACTION
from analytics.results.statistic import Counts, InteractionStatistic, Scope
from analytics.survival.regression.cox import CoxResult, cox_regression


def number_interaction_statistics(
    scope: Scope, trials: Sequence[str], endpoint_key: str, members: pd.DataFrame, label: str
) -> list[InteractionStatistic]:
    """The ratio of the hazard ratios of one step of a number under checkpoint blockade and in the control arm, and both
    of them (Cox with arm, number and their product, stratified by trial; Ballman 2015, J Clin Oncol 33:3968).

    Parameters
    ----------
    members : one row a person of both arms: ``value`` in its steps, ``is_icb_treated``, ``cohort_id`` and follow-up.
    label : the number and its step.
    """
    rows = members.assign(arm=members["is_icb_treated"].astype(int)).dropna(subset=["value"])
    rows = rows.assign(product=rows["arm"] * rows["value"], in_control=(1 - rows["arm"]) * rows["value"])
    event = rows["event"].fillna(False).astype(bool)
    blank = InteractionStatistic(
        name=scope.name(f"{endpoint_key}.arm_x_gene"),
        estimator=INTERACTION.key,
        scale=INTERACTION.scale,
        row_set="members",
        counts=Counts(group_label=label, n=len(rows), events=int(event.sum())),
        compared_with=tuple(trials),
    )
    if rows.empty:
        return [blank.warned("Nobody in the trials was looked at.")]
    for arm, said in ((1, "under checkpoint blockade"), (0, "in the control arm")):
        if int(event[rows["arm"] == arm].sum()) < SPARSE_EVENTS:
            few = TooFewError(f"Fewer than {SPARSE_EVENTS} events {said}: the interaction has no estimate.")
            return [blank.warned(str(few))]
    try:
        # two parametrisations of one model: the ratio between the arms, and the number in each of them
        between = cox_regression(rows, ["arm", "value", "product"], strata=("cohort_id",))
        within = cox_regression(rows, ["arm", "product", "in_control"], strata=("cohort_id",))
    except AnalysisError as exc:
        return [blank.warned(str(exc))]
    of_arm = replace(blank, estimator=IN_ARM.key, scale=IN_ARM.scale)
    return [
        _row(blank, between, "product").warned(*between.warnings),
        _row(replace(of_arm, name=scope.name(f"{endpoint_key}.gene_in_icb_arm")), within, "product"),
        _row(replace(of_arm, name=scope.name(f"{endpoint_key}.gene_in_control_arm")), within, "in_control"),
    ]


def _row(blank: InteractionStatistic, found: CoxResult, term: str) -> InteractionStatistic:
    line = found.term(term)
    return blank.with_wald(line.hr, line.ci_low, line.ci_high, line.p)
