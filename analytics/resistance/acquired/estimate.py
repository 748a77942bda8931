"""Rates of objective response and acquired resistance over patients: which has which key and denominator."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analytics.resistance.acquired.outcomes import ACQUIRED, NOT_EVALUABLE, NOT_SAID
from analytics.resistance.rows import PairRows, with_share
from analytics.resistance.shares import NOTHING, share
from analytics.resistance.spec import ResistanceVariant
from analytics.resistance.tables import PairStatistic
from analytics.results.statistic import Counts
from analytics.survival.estimators import COUNT, DEFINITION, PROPORTION


def acquired_statistics(
    rows: PairRows, outcomes: pd.DataFrame, variant: ResistanceVariant
) -> list[PairStatistic]:
    """Objective response and acquired resistance over `outcomes` (members with their words; index as members)."""
    evaluable = outcomes[outcomes["outcome"] != NOT_EVALUABLE]
    responders = evaluable[evaluable["recist"].isin(["CR", "PR"])]
    judged = responders[responders["outcome"] != NOT_SAID]
    acquired = judged[judged["outcome"] == ACQUIRED]
    left = len(responders) - len(judged)
    said = f"{left} responders are left out: their progression is not known." if left else ""

    def rate(
        key: str, label: str, part: pd.DataFrame, whole: pd.DataFrame, of: str, nothing: str = NOTHING
    ) -> PairStatistic:
        name = rows.row_set(f"members: {of}", whole.index)
        counts = Counts(group_label=label, n=len(whole), events=len(part))
        row = rows.row(key, PROPORTION, counts, row_set=name, unit="patients")
        return with_share(row, share(len(part), len(whole), nothing))

    response = rate("orr.rate.all", "objective response", responders, evaluable, "response evaluable")
    resistant = rate(
        "acquired_resistance.rate", "acquired resistance", acquired, judged, "responders", said or NOTHING
    ).warned(said)
    number = replace(
        resistant,
        name=rows.scope.name("acquired_resistance.n"),
        estimator=COUNT.key,
        scale=COUNT.scale,
        estimate=float(len(acquired)) if len(judged) else None,
        ci_low=None,
        ci_high=None,
    )
    found = [response, number, resistant]
    for word in sorted(evaluable["outcome"].unique()):
        key = f"outcome.rate.{word.replace(',', '').replace(' ', '_')}"
        found.append(
            rate(key, word, evaluable[evaluable["outcome"] == word], evaluable, "response evaluable")
        )
    definition = rows.row(
        "acquired_resistance.min_response_months", DEFINITION, Counts(group_label="all", n=len(outcomes)),
        row_set="members", unit="months",
    )  # fmt: skip
    since = f"Response counted from {variant.months_to_response:g} months after the start of treatment."
    found.append(replace(definition, estimate=variant.min_response_months).warned(since))
    return found
