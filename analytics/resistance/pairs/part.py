"""The part of a question of resistance that compares pairs of samples."""

from __future__ import annotations

import pandas as pd

from analytics.questions.selection import Selection, select_members
from analytics.resistance.asked import Asked
from analytics.resistance.figures import pair_figures
from analytics.resistance.pairs.compare import PairSettings
from analytics.resistance.pairs.compared import ComparedPairs, compare_pairs
from analytics.resistance.pairs.estimate import event_statistics, pair_statistics
from analytics.resistance.rows import PairRows, without_counts
from analytics.resistance.spec import ResistanceVariant
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Scope

#: Endpoint of the members.
PAIRS = "pairs"
_PAIR_FILTER = "pair of sequenced samples"


def pairs(asked: Asked) -> None:
    """Every pair mutation by mutation, losses at the later time, and statistics over the patients' headline pairs."""
    spec, gathered = asked.spec, asked.gathered
    sequenced = asked.source.sequenced_pairs(asked.cohorts)
    samples = pd.concat(
        [
            sequenced[["cohort_id", f"{which}_sample_id"]].set_axis(["cohort_id", "sample_id"], axis=1)
            for which in ("first", "second")
        ]
    )
    shelf = asked.shelf_of(samples)
    doubts = asked.source.undetermined_genes(asked.cohorts)
    gene_sets = {name: asked.gene_sets[name] for name in spec.loss_sets()}
    for name, variant in spec.variants.items():
        settings = PairSettings(
            min_alt_reads=variant.min_alt_reads, min_power=variant.min_power, use_power=variant.uses_power
        )
        compared = compare_pairs(sequenced, shelf, gene_sets, settings, spec.pair_roles)
        selection = _members(asked, variant, compared.pairs)
        rows = PairRows(Scope(spec.analysis_id, name, PAIRS), RowSets(), selection.members)
        out = [rows.flow("n_pairs", "patients"), *pair_statistics(rows, compared, variant)]
        out += event_statistics(rows, compared, gene_sets, doubts)
        gathered.add_members(rows.scope, selection, rows.sets)
        gathered.add([without_counts(row) for row in out] if selection.members.empty else out)
        asked.add_frame("resistance_events", name, compared.events)
        asked.add_frame("pair_mutations", name, _shown(compared))
        if spec.draws(name):
            gathered.figures |= pair_figures(spec, name, compared, gene_sets)


def _shown(compared: ComparedPairs) -> pd.DataFrame:
    """Non-synonymous mutations: the others only serve to know the samples."""
    return compared.mutations[compared.mutations["is_nonsynonymous"].astype(bool)]


def _members(asked: Asked, variant: ResistanceVariant, compared: pd.DataFrame) -> Selection:
    """Patients with a headline pair. They have no status: a pair is about two samples and many genes."""
    headline = compared[compared["is_headline"]]
    keys = pd.MultiIndex.from_frame(asked.frame[["cohort_id", "patient_id"]])
    role = headline.set_index(["cohort_id", "patient_id"])["role"]
    frame = asked.frame.assign(**{_PAIR_FILTER: role.reindex(keys).fillna("none").to_numpy()})
    where = {**asked.spec.where, _PAIR_FILTER: asked.spec.pair_roles}
    return select_members(
        frame, variant, where, icb_only=asked.spec.icb_only, requires_endpoint=False, requires_status=False
    )
