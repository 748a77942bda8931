"""The part of a question of resistance about responses that end: objective response and acquired resistance."""

from __future__ import annotations

from analytics.questions.selection import select_members
from analytics.resistance.acquired.estimate import acquired_statistics
from analytics.resistance.acquired.outcomes import AcquiredRule, resistance_outcomes
from analytics.resistance.asked import Asked
from analytics.resistance.figures import outcome_figures
from analytics.resistance.rows import PairRows, without_counts
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Scope

#: Endpoint of the members; what stands before a comma is the clock that lineage follows.
OUTCOMES = "PFS, acquired resistance"


def acquired(asked: Asked) -> None:
    """One word a patient by the declared rule, and the rates of the words."""
    spec, gathered = asked.spec, asked.gathered
    for name, variant in spec.variants.items():
        selection = select_members(
            asked.frame,
            variant,
            spec.where,
            icb_only=spec.icb_only,
            requires_endpoint=False,
            requires_status=False,
            reports_response=("response_raw",),
        )
        members = selection.members.rename(columns={"time_months": "pfs_months", "event": "is_progression"})
        outcomes = resistance_outcomes(
            members, AcquiredRule(variant.min_response_months, variant.months_to_response)
        )
        rows = PairRows(Scope(spec.analysis_id, name, OUTCOMES), RowSets(), outcomes)
        out = [rows.flow("n_total", "patients"), *acquired_statistics(rows, outcomes, variant)]
        gathered.add_members(rows.scope, selection, rows.sets)
        gathered.add([without_counts(row) for row in out] if outcomes.empty else out)
        asked.add_frame("resistance_outcomes", name, outcomes)
        if spec.draws(name):
            gathered.figures |= outcome_figures(spec, name, outcomes)
