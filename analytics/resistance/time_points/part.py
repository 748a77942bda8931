"""The part of a question of resistance about expression at two times."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analytics.questions.selection import select_members
from analytics.resistance.asked import Asked
from analytics.resistance.figures import change_figures
from analytics.resistance.rows import PairRows
from analytics.resistance.time_points.estimate import change_statistics, not_measured
from analytics.resistance.time_points.programmes import expression_features
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Scope

EXPRESSION = "expression"
_MEASURED = "pair of measured samples"


def time_points(asked: Asked) -> None:
    """Paired change of expression between two times, each pair of roles by itself, over all and by response."""
    wanted = asked.spec.time_points
    programmes = {name: asked.gene_sets[name] for name in wanted.programmes}
    genes = sorted({*wanted.genes, *(g for members in programmes.values() for g in members)})
    for role in wanted.roles:
        pairs = asked.source.expression_pairs(asked.cohorts, genes, [role])
        values, left_out = expression_features(pairs, wanted.genes, programmes)
        _changes(asked, role, values, left_out)


def _changes(asked: Asked, role: str, values: pd.DataFrame, left_out: Mapping[tuple[str, str], str]) -> None:
    spec, gathered = asked.spec, asked.gathered
    measured = pd.MultiIndex.from_frame(values[["cohort_id", "patient_id"]].drop_duplicates())
    keys = pd.MultiIndex.from_frame(asked.frame[["cohort_id", "patient_id"]])
    frame = asked.frame.assign(**{_MEASURED: "none"})
    frame.loc[keys.isin(measured), _MEASURED] = role
    word = role.split(" to ")[-1]
    for name, variant in spec.variants.items():
        where = {**spec.where, _MEASURED: (role,)}
        selection = select_members(
            frame, variant, where, icb_only=spec.icb_only, requires_endpoint=False, requires_status=False
        )
        members = selection.members
        responds = members["orr"].astype("boolean")
        groups = {
            "all": pd.Series(True, index=members.index),
            "responders": responds.fillna(False).astype(bool),
            "non_responders": (~responds).fillna(False).astype(bool),
        }
        rows = PairRows(Scope(spec.analysis_id, name, f"{EXPRESSION}, {word}"), RowSets(), members)
        out = change_statistics(rows, values, groups, word)
        out += [not_measured(rows, word, feature, cohort, why) for (cohort, feature), why in left_out.items()]
        if members.empty:
            out.append(not_measured(rows, word, None, None, "No pair of measured samples."))
        gathered.add_members(rows.scope, selection, rows.sets)
        gathered.add(out)
        if spec.draws(name):
            gathered.figures |= change_figures(spec, name, values, members, out, role)
