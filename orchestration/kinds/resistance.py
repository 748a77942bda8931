"""Pairs of samples, acquired and intrinsic loss, expression over time: asks the warehouse, calls ``analytics``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pandas as pd

from analytics.questions.selection import Selection, select_members
from analytics.resistance.acquired import AcquiredRule, resistance_outcomes
from analytics.resistance.compared import ComparedPairs, SampleShelf, compare_pairs
from analytics.resistance.estimates import acquired_rows, event_rows, flow_row, pair_rows
from analytics.resistance.pairs import PairSettings
from analytics.resistance.pictures import outcome_figures, pair_figures
from analytics.resistance.spec import ResistanceSpec, ResistanceVariant
from analytics.results.gathered import AnalysisResult, Gathered, Provenance
from analytics.results.rows import ResultRows
from analytics.results.tables import RESULT_TABLES
from orchestration.kinds import resistance_rates
from warehouse.frames.patients import patient_frame, undetermined_genes
from warehouse.frames.resistance import (
    allele_fractions_of,
    calls_of,
    declared_gene_set,
    gene_places,
    published_purities,
    segments_of,
    sequenced_pairs,
)

#: Endpoint of the members of each part; what stands before a comma is the clock that lineage follows.
PAIRS, OUTCOMES = "pairs", "PFS, acquired resistance"
_PAIR_FILTER = "pair of sequenced samples"
_COUNTS = ("n", "n_mutated", "events", "numerator", "denominator")


@dataclass(frozen=True)
class Asked:
    """A question on an open warehouse: cohorts with the awaited ones, patients, gene sets with their genes."""

    con: duckdb.DuckDBPyConnection
    spec: ResistanceSpec
    gathered: Gathered
    cohorts: tuple[str, ...]
    frame: pd.DataFrame
    gene_sets: Mapping[str, Sequence[str]]


def run(con: duckdb.DuckDBPyConnection, spec: ResistanceSpec, provenance: Provenance) -> AnalysisResult:
    """Every part and variant of a spec on an open warehouse."""
    cohorts = (*spec.cohorts, *spec.awaited_cohorts)
    asked = Asked(
        con,
        spec,
        Gathered(spec, spec.variants, provenance),
        cohorts,
        patient_frame(con, "PFS", cohorts),
        {name: _genes(con, gene_set) for name, gene_set in spec.gene_sets.items()},
    )
    if "pairs" in spec.parts:
        _pairs(asked)
    if "acquired" in spec.parts:
        _acquired(asked)
    if "intrinsic" in spec.parts:
        resistance_rates.intrinsic(asked)
    if "time_points" in spec.parts:
        resistance_rates.time_points(asked)
    return asked.gathered.result()


def _genes(con: duckdb.DuckDBPyConnection, gene_set: Any) -> Sequence[str]:
    """The warehouse's version of the set, else the declared list."""
    found = declared_gene_set(con, gene_set.gene_set_id) if gene_set.gene_set_id else []
    return [g for g in found if g not in gene_set.without] or gene_set.genes


def shelf_of(asked: Asked, samples: pd.DataFrame, *, only_genes: bool = False) -> SampleShelf:
    """Evidence of the samples (cohort_id, sample_id). With `only_genes` the calls of the question's genes and no more
    than the allele fractions of the others: hypermutated samples have tens of thousands."""
    genes = sorted({g for genes in asked.gene_sets.values() for g in genes})
    return SampleShelf(
        calls_of(asked.con, samples, genes if only_genes else None),
        segments_of(asked.con, samples),
        published_purities(asked.con, asked.cohorts),
        gene_places(asked.con, genes),
        allele_fractions_of(asked.con, samples) if only_genes else None,
    )


def of_table(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """The columns that a result table has."""
    return rows[[c for c in rows.columns if c in RESULT_TABLES[name]]]


def _pairs(asked: Asked) -> None:
    spec, gathered = asked.spec, asked.gathered
    pairs = sequenced_pairs(asked.con, asked.cohorts)
    samples = pd.concat(
        [
            pairs[["cohort_id", f"{w}_sample_id"]].set_axis(["cohort_id", "sample_id"], axis=1)
            for w in ("first", "second")
        ]
    )
    shelf = shelf_of(asked, samples)
    doubts = undetermined_genes(asked.con, asked.cohorts)
    gene_sets = {name: asked.gene_sets[name] for name in spec.loss_sets()}
    for name, variant in spec.variants.items():
        settings = PairSettings(
            min_alt_reads=variant.min_alt_reads, min_power=variant.min_power, use_power=variant.uses_power
        )
        compared = compare_pairs(pairs, shelf, gene_sets, settings, spec.pair_roles)
        selection = _pair_members(asked, variant, compared.pairs)
        rows = ResultRows(spec.analysis_id, name)
        out = flow_row(rows, "n_pairs", selection.members, "patients")
        out += pair_rows(rows, compared.pairs, compared.mutations, variant, selection.members)
        out += event_rows(rows, compared.pairs, compared.events, gene_sets, selection.members, doubts)
        if selection.members.empty:
            out = [row | dict.fromkeys(_COUNTS) for row in out]  # nobody counted is not a count of nobody
        gathered.add_members(name, PAIRS, selection, rows)
        gathered.add("pair_stats", out, endpoint=PAIRS)
        common = {"analysis_id": spec.analysis_id, "variant": name}
        gathered.add("resistance_events", of_table("resistance_events", compared.events), **common)
        gathered.add("pair_mutations", of_table("pair_mutations", _shown(compared)), **common)
        if spec.draws(name):
            gathered.figures |= pair_figures(spec, name, compared, gene_sets)


def _shown(compared: ComparedPairs) -> pd.DataFrame:
    """Non-synonymous mutations: the others only serve to know the samples."""
    return compared.mutations[compared.mutations["is_nonsynonymous"].astype(bool)]


def _pair_members(asked: Asked, variant: ResistanceVariant, pairs: pd.DataFrame) -> Selection:
    """Patients with a headline pair. They have no status: a pair is about two samples and many genes."""
    headline = pairs[pairs["is_headline"]]
    keys = pd.MultiIndex.from_frame(asked.frame[["cohort_id", "patient_id"]])
    role = headline.set_index(["cohort_id", "patient_id"])["role"]
    frame = asked.frame.assign(**{_PAIR_FILTER: role.reindex(keys).fillna("none").to_numpy()})
    where = {**asked.spec.where, _PAIR_FILTER: asked.spec.pair_roles}
    return select_members(
        frame, variant, where, icb_only=asked.spec.icb_only, requires_endpoint=False, requires_status=False
    )


def _acquired(asked: Asked) -> None:
    spec, gathered = asked.spec, asked.gathered
    for name, variant in spec.variants.items():
        selection = select_members(
            asked.frame,
            variant,
            spec.where,
            icb_only=spec.icb_only,
            requires_endpoint=False,
            requires_status=False,
            reports_response="response_raw",
        )
        members = selection.members.rename(columns={"time_months": "pfs_months", "event": "is_progression"})
        outcomes = resistance_outcomes(
            members, AcquiredRule(variant.min_response_months, variant.months_to_response)
        )
        rows = ResultRows(spec.analysis_id, name)
        out = flow_row(rows, "n_total", selection.members, "patients")
        out += acquired_rows(rows, outcomes, variant)
        if selection.members.empty:
            out = [row | dict.fromkeys(_COUNTS) for row in out]
        gathered.add_members(name, OUTCOMES, selection, rows)
        gathered.add("pair_stats", out, endpoint=OUTCOMES)
        common = {"analysis_id": spec.analysis_id, "variant": name}
        gathered.add("resistance_outcomes", of_table("resistance_outcomes", outcomes), **common)
        if spec.draws(name):
            gathered.figures |= outcome_figures(spec, name, outcomes)
