"""The part of a question of resistance about losses before treatment: one row a loss, and rates."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analytics.questions.selection import NO_SAMPLE, NOT_PROFILED, select_members
from analytics.resistance.asked import Asked
from analytics.resistance.figures import intrinsic_figures
from analytics.resistance.intrinsic.estimate import LossRows, intrinsic_statistics
from analytics.resistance.intrinsic.losses import (
    DEFINITIONS,
    TRUNCATING,
    burden_stratum,
    intrinsic_losses,
    loss_reason,
    loss_status,
)
from analytics.resistance.spec import ResistanceVariant
from analytics.results.row_sets import RowSets
from analytics.results.statistic import FrequencyStatistic, Scope


def intrinsic(asked: Asked) -> None:
    """Who carries a loss before treatment, of every set that the question names."""
    spec = asked.spec
    genes = sorted({g for name in spec.intrinsic_sets for g in asked.gene_sets[name]})
    samples = asked.source.samples_to_judge(asked.cohorts, genes)
    losses = intrinsic_losses(samples, asked.shelf_of(samples, only_genes=True).evidence, genes)
    blind = asked.source.without_frameshifts(asked.cohorts)
    said = (
        f"No insertions or deletions are in the tables of {', '.join(blind)}: frameshifts are not seen there."
        if blind
        else ""
    )
    for name in spec.variants:
        out = [
            row for set_name in spec.intrinsic_sets for row in _one_set(asked, name, set_name, losses, said)
        ]
        if spec.draws(name):
            asked.gathered.figures |= intrinsic_figures(spec, name, out)


def _one_set(
    asked: Asked, name: str, set_name: str, losses: pd.DataFrame, said: str
) -> list[FrequencyStatistic]:
    """Statistics of one gene set in one way of doing it, with its members and losses."""
    spec, gathered, genes = asked.spec, asked.gathered, asked.gene_sets[set_name]
    variant = spec.variants[name]
    selection = select_members(
        _with_status(asked, genes, losses),
        _of_samples(variant),
        spec.where,
        icb_only=spec.icb_only,
        requires_endpoint=False,
    )
    members = selection.members
    members["burden_stratum"] = burden_stratum(members, variant.low_burden_percentile)
    status = {definition: loss_status(members, losses, definition, genes) for definition in DEFINITIONS}
    rows = LossRows(Scope(spec.analysis_id, name, f"intrinsic, {set_name}"), RowSets(), set_name)
    found = intrinsic_statistics(
        rows, members, status, spec.cancer_labels, is_primary=set_name == spec.intrinsic_sets[0]
    )
    found = [row.warned(said) for row in found]
    gathered.add_members(rows.scope, selection, rows.sets)
    gathered.add(found)
    kept = losses[losses["hugo_symbol"].isin(list(genes))].merge(
        members[["cohort_id", "sample_id", "person_id"]], on=["cohort_id", "sample_id"]
    )
    asked.add_frame("resistance_events", name, _as_events(kept, set_name))
    return found


def _of_samples(variant: ResistanceVariant) -> ResistanceVariant:
    return variant.model_copy(update={"baseline_only": variant.intrinsic_baseline_only})


def _with_status(asked: Asked, genes: Sequence[str], losses: pd.DataFrame) -> pd.DataFrame:
    """The frame with the status of a set, by any truncating mutation, and why it has none."""
    frame = _judged(asked, genes)
    frame["status"] = loss_status(frame, losses, TRUNCATING, genes)
    frame["status_reason"] = loss_reason(frame, frame["status"])
    unseen = frame["status"].eq(NOT_PROFILED) & ~frame["is_profiled"].astype(bool)
    frame.loc[unseen, "status_reason"] = "not sequenced"
    frame.loc[unseen & frame["sample_id"].isna(), "status_reason"] = NO_SAMPLE
    return frame


def _judged(asked: Asked, genes: Sequence[str]) -> pd.DataFrame:
    """The frame with ``is_covered``, whether a sample's panel covers every gene of the set, and ``doubt``, why one of
    them cannot be judged. A sample that cannot be judged as a whole counts for nothing, a loss in it neither: only
    carriers would be counted."""
    frame = asked.frame
    doubts = asked.source.undetermined_genes(asked.cohorts, genes)
    doubts["said"] = doubts["gene"] + ": " + doubts["status_reason"]
    of_sample = doubts.groupby(["cohort_id", "sample_id"])["said"].agg("; ".join)
    keys = pd.MultiIndex.from_frame(frame[["cohort_id", "sample_id"]])
    of_genes = pd.Series(of_sample.reindex(keys).to_numpy(dtype=object), index=frame.index)
    return frame.assign(
        n_mutations=0,  # a loss is no call of one gene: the status says it
        is_covered=frame["is_profiled"].astype(bool)
        & ~frame["is_undetermined"].astype(bool)
        & frame["panel_id"].isin(asked.source.covered_panels(genes)),
        doubt=frame["undetermined_reason"].where(frame["is_undetermined"].astype(bool), of_genes),
    )


def _as_events(losses: pd.DataFrame, set_name: str) -> pd.DataFrame:
    events = losses.rename(
        columns={
            "sample_id": "first_sample_id", "word": "first_word", "confidence": "first_confidence",
            "log2_ratio": "first_log2_ratio", "allele_fraction": "first_allele_fraction",
        }
    )  # fmt: skip
    return events.assign(
        role="baseline",
        gene_sets=pd.Series([(set_name,)] * len(events), index=events.index, dtype=object),
        timing="intrinsic",
        biallelic=events["first_word"],
        confidence=events["first_confidence"],
        is_truncating=events["variant_classification"].notna(),
    )
