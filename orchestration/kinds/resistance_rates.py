"""The parts of a question of resistance that count patients: intrinsic loss, and expression over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics.questions.selection import NOT_PROFILED, select_members
from analytics.resistance.change_rows import change_rows
from analytics.resistance.intrinsic import (
    DEFINITIONS,
    TRUNCATING,
    burden_stratum,
    intrinsic_losses,
    loss_reason,
    loss_status,
)
from analytics.resistance.intrinsic_rates import intrinsic_rows
from analytics.resistance.pictures import change_figures, intrinsic_figures
from analytics.resistance.programmes import expression_features
from analytics.results.rows import ResultRows
from warehouse.frames.patients import NO_SAMPLE, undetermined_genes
from warehouse.frames.resistance import (
    covered_panels,
    expression_pairs,
    has_mart,
    samples_to_judge,
    without_frameshifts,
)

if TYPE_CHECKING:
    from orchestration.kinds.resistance import Asked

EXPRESSION = "expression"
_MEASURED = "pair of measured samples"


def intrinsic(asked: Asked) -> None:
    """Losses before treatment: one row a loss, rates by cancer type, response and burden."""
    from orchestration.kinds.resistance import of_table, shelf_of

    spec, gathered = asked.spec, asked.gathered
    genes = sorted({g for name in spec.intrinsic_sets for g in asked.gene_sets[name]})
    samples = samples_to_judge(asked.con, asked.cohorts, genes)
    shelf = shelf_of(asked, samples, only_genes=True)
    losses = intrinsic_losses(samples, shelf.evidence, genes)
    blind = without_frameshifts(asked.con, asked.cohorts)
    said = (
        f"No insertions or deletions are in the tables of {', '.join(blind)}: frameshifts are not seen there."
    )
    for variant_name, variant in spec.variants.items():
        out: list[dict[str, Any]] = []
        of_samples = variant.model_copy(update={"baseline_only": variant.intrinsic_baseline_only})
        for set_name in spec.intrinsic_sets:
            endpoint = f"intrinsic, {set_name}"
            set_genes = asked.gene_sets[set_name]
            frame = _judged(asked, set_genes)
            frame["status"] = loss_status(frame, losses, TRUNCATING, set_genes)
            frame["status_reason"] = loss_reason(frame, frame["status"])
            unseen = frame["status"].eq(NOT_PROFILED) & ~frame["is_profiled"].astype(bool)
            frame.loc[unseen, "status_reason"] = "not sequenced"
            frame.loc[unseen & frame["sample_id"].isna(), "status_reason"] = NO_SAMPLE
            selection = select_members(
                frame, of_samples, spec.where, icb_only=spec.icb_only, requires_endpoint=False
            )
            members = selection.members
            members["burden_stratum"] = burden_stratum(members, variant.low_burden_percentile)
            status = {d: loss_status(members, losses, d, set_genes) for d in DEFINITIONS}
            rows = ResultRows(spec.analysis_id, variant_name)
            found = intrinsic_rows(
                rows,
                members,
                status,
                set_name,
                spec.cancer_labels,
                is_primary=set_name == spec.intrinsic_sets[0],
            )
            for row in found if blind else ():
                row["warnings"] = " ".join(w for w in (row.get("warnings"), said) if w)
            gathered.add_members(variant_name, endpoint, selection, rows)
            gathered.add("frequency_stats", found, endpoint=endpoint)
            out += found
            kept = losses[losses["hugo_symbol"].isin(list(set_genes))].merge(
                members[["cohort_id", "sample_id", "person_id"]], on=["cohort_id", "sample_id"]
            )
            events = _as_events(kept, set_name)
            common = {"analysis_id": spec.analysis_id, "variant": variant_name}
            gathered.add("resistance_events", of_table("resistance_events", events), **common)
        if spec.draws(variant_name):
            gathered.figures |= intrinsic_figures(spec, variant_name, out)


def _judged(asked: Asked, genes: Sequence[str]) -> pd.DataFrame:
    """The frame with ``is_covered``, whether a sample's panel covers every gene of the set, and ``doubt``, why one of
    them cannot be judged. A sample that cannot be judged as a whole counts for nothing, a loss in it neither: only
    carriers would be counted."""
    frame = asked.frame
    doubts = undetermined_genes(asked.con, asked.cohorts, genes)
    doubts["said"] = doubts["gene"] + ": " + doubts["status_reason"]
    of_sample = doubts.groupby(["cohort_id", "sample_id"])["said"].agg("; ".join)
    keys = pd.MultiIndex.from_frame(frame[["cohort_id", "sample_id"]])
    of_genes = pd.Series(of_sample.reindex(keys).to_numpy(dtype=object), index=frame.index)
    return frame.assign(
        n_mutations=0,  # a loss is no call of one gene: the status says it
        is_covered=frame["is_profiled"].astype(bool)
        & ~frame["is_undetermined"].astype(bool)
        & frame["panel_id"].isin(covered_panels(asked.con, genes)),
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
        role="baseline", gene_sets=set_name, timing="intrinsic", biallelic=events["first_word"],
        confidence=events["first_confidence"],
        is_truncating=events["mutation"].notna(),
    )  # fmt: skip


def time_points(asked: Asked) -> None:
    """Paired change of expression between two times, each pair of roles by itself, over all and by response."""
    wanted = asked.spec.time_points
    programmes = {name: asked.gene_sets[name] for name in wanted.programmes}
    genes = sorted({*wanted.genes, *(g for members in programmes.values() for g in members)})
    is_measured = has_mart(asked.con, "expression")
    for role in wanted.roles:
        values = pd.DataFrame(columns=["cohort_id", "patient_id", "feature"])
        left_out: dict[tuple[str, str], str] = {}
        if is_measured:
            pairs = expression_pairs(asked.con, asked.cohorts, genes, [role])
            values, left_out = expression_features(pairs, wanted.genes, programmes)
        _changes(asked, role, values, left_out)


def _changes(asked: Asked, role: str, values: pd.DataFrame, left_out: Mapping[tuple[str, str], str]) -> None:
    spec, gathered = asked.spec, asked.gathered
    measured = pd.MultiIndex.from_frame(values[["cohort_id", "patient_id"]].drop_duplicates())
    keys = pd.MultiIndex.from_frame(asked.frame[["cohort_id", "patient_id"]])
    frame = asked.frame.assign(**{_MEASURED: "none"})
    frame.loc[keys.isin(measured), _MEASURED] = role
    word = role.split(" to ")[-1]
    endpoint = f"{EXPRESSION}, {word}"
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
        rows = ResultRows(spec.analysis_id, name)
        out = change_rows(rows, values, members, groups, word)
        for (cohort_id, feature), reason in left_out.items():
            said = {"feature": feature, "n": 0, "warnings": reason}
            rows.add(out, f"change.{word}.{feature}.all", cohort_id, said)
        if not len(members):
            said = {"estimator": "Hodges-Lehmann, paired", "n": 0, "warnings": "No pair of measured samples."}
            rows.add(out, f"change.{word}", None, said)
        gathered.add_members(name, endpoint, selection, rows)
        gathered.add("pair_stats", out, endpoint=endpoint)
        if spec.draws(name):
            gathered.figures |= change_figures(spec, name, values, members, out, role)
