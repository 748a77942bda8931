"""Statistics of pairs: mutations that only the later sample has, shares of the tumour that move, and losses.

Belongs here: which estimate has which key and denominator.
Does not belong here: how a thing is judged (`compare`, `events`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analytics.engine.numbers import count
from analytics.resistance.estimators import MEDIAN_OVER_PAIRS, POOLED_PROPORTION
from analytics.resistance.evidence.loss import BIALLELIC
from analytics.resistance.pairs.compare import (
    FALLING,
    PRIVATE_TO_SECOND,
    RISING,
    SHARED,
    TOO_SHALLOW,
)
from analytics.resistance.pairs.compared import ComparedPairs
from analytics.resistance.pairs.events import ACQUIRED, NOT_SAID
from analytics.resistance.rows import PairRows, with_share
from analytics.resistance.shares import Share, share
from analytics.resistance.spec import ResistanceVariant
from analytics.resistance.tables import PairStatistic
from analytics.results.estimator import Estimator
from analytics.results.statistic import Counts
from analytics.survival.estimators import COUNT, PROPORTION


def private_share(mutations: pd.DataFrame, *, counts_unsaid: bool) -> Share:
    """Share of the non-synonymous mutations that only the later sample has.

    Those of which depth forbids to say are neither counted nor in the denominator; the warning says how far the share
    could go if they were private (`counts_unsaid`, as published: every absence was taken for one).
    """
    rows = mutations[mutations["is_nonsynonymous"].astype(bool)]
    unsaid = rows["presence"] == TOO_SHALLOW
    judged = rows if counts_unsaid else rows[~unsaid]
    n_private = int((judged["presence"] == PRIVATE_TO_SECOND).sum())
    found = share(n_private, len(judged))
    if not unsaid.any():
        return found
    most = n_private + int((unsaid & (rows["absent_in"] == "first")).sum())
    said = (
        f"{int(unsaid.sum())} mutations are left out: the sample without a call is too shallow to say; "
        f"were all of them absent, the share would be {100 * most / len(rows):.1f} %."
    )
    return replace(found, warnings=(*found.warnings, said))


def moved_share(mutations: pd.DataFrame) -> Share:
    """Share of the shared mutations whose share of the tumour cells rises or falls (q < 0.05 within the pair)."""
    rows = mutations[mutations["presence"] == SHARED]
    return share(int(rows["shift_word"].isin([RISING, FALLING]).sum()), len(rows))


def pair_statistics(
    rows: PairRows, compared: ComparedPairs, variant: ResistanceVariant
) -> list[PairStatistic]:
    """Over the members' headline pairs of one tumour together, and of each of their pairs by itself."""
    pairs, mutations = compared.pairs, compared.mutations
    headline = pairs["is_headline"].astype(bool)
    is_comparable = pairs["is_comparable"].astype(bool)
    counted = _of_members(pairs[headline & is_comparable], rows.members)
    pooled = mutations[mutations["pair_id"].isin(counted["pair_id"])]
    unlike = _of_members(pairs[headline & ~is_comparable], rows.members)
    said = (
        f"{count(len(unlike))} pairs are left out: their samples share too little to be one tumour."
        if len(unlike)
        else ""
    )
    name = rows.row_set("members with a comparable pair", _index_of(counted, rows.members))
    found = [
        with_share(
            _share_row(rows, what, POOLED_PROPORTION, what.key, name, len(counted)).warned(said), what.of
        )
        for what in _shares(pooled, variant)
    ]
    shares = [
        private_share(part, counts_unsaid=not variant.uses_power).estimate for _, part in by_pair(pooled)
    ]
    median = rows.row(
        "relapse_only.median_rate", MEDIAN_OVER_PAIRS, Counts(group_label="relapse_only", n=len(counted)),
        row_set=name, unit="mutations",
    ).warned(said)  # fmt: skip
    known = [value for value in shares if value is not None]
    found.append(replace(median, estimate=float(np.median(known)) if known else None))
    for pair in _of_members(pairs, rows.members).itertuples(index=False):
        found += _of_one_pair(rows, pair, mutations[mutations["pair_id"] == pair.pair_id], variant)
    return found


@dataclass(frozen=True)
class _What:
    """A share of mutations: end of its key, what is counted, of what."""

    key: str
    of: Share
    label: str
    unit: str


def _shares(mutations: pd.DataFrame, variant: ResistanceVariant) -> tuple[_What, _What]:
    private = private_share(mutations, counts_unsaid=not variant.uses_power)
    return (
        _What("relapse_only.rate", private, "relapse_only", "mutations"),
        _What("clonal_shift", moved_share(mutations), "rising or falling", "shared mutations"),
    )


def _share_row(
    rows: PairRows,
    what: _What,
    estimator: Estimator,
    key: str,
    row_set: str,
    n: int,
    cohort_id: str | None = None,
) -> PairStatistic:
    counts = Counts(group_label=what.label, n=n)
    return rows.row(key, estimator, counts, row_set=row_set, unit=what.unit, cohort_id=cohort_id)


def by_pair(mutations: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Mutations of each pair that has one to judge."""
    judged = mutations[mutations["is_nonsynonymous"].astype(bool) & (mutations["presence"] != TOO_SHALLOW)]
    return [(str(pair_id), rows) for pair_id, rows in judged.groupby("pair_id", sort=True)]


def _of_one_pair(
    rows: PairRows, pair: Any, mutations: pd.DataFrame, variant: ResistanceVariant
) -> list[PairStatistic]:
    """Counts and shares of one pair; ``pair`` is a row of :class:`ComparedPairs`."""
    members = rows.members
    is_patient = (members["cohort_id"] == pair.cohort_id) & (members["patient_id"] == pair.patient_id)
    name = rows.row_set(f"patient {pair.patient_id}", members.index[is_patient])
    samples = f"{pair.first_sample_id}>{pair.second_sample_id}"
    counts = mutations[mutations["is_nonsynonymous"].astype(bool)]["presence"].value_counts()
    found = []
    for word in sorted(counts.index):
        row = rows.row(
            f"pair.{samples}.n.{word}", COUNT, Counts(group_label=word, n=1), row_set=name,
            unit="non-synonymous mutations", cohort_id=pair.cohort_id,
        )  # fmt: skip
        found.append(
            replace(
                row, estimate=float(counts[word]), numerator=int(counts[word]), denominator=int(counts.sum())
            ).warned(*pair.warnings)
        )
    for what in _shares(mutations, variant):
        key = f"pair.{samples}.{what.key}"
        row = _share_row(rows, what, PROPORTION, key, name, 1, pair.cohort_id).warned(*pair.warnings)
        found.append(with_share(row, what.of))
    return [replace(row, pair_id=pair.pair_id, patient_id=pair.patient_id) for row in found]


def event_statistics(
    rows: PairRows,
    compared: ComparedPairs,
    gene_sets: Mapping[str, Sequence[str]],
    doubts: pd.DataFrame,
) -> list[PairStatistic]:
    """Patients of the headline pairs with a loss of function and of the other allele at the later time, by gene and by
    set: of any timing, and acquired between the two samples.

    ``doubts`` : cohort_id, sample_id, gene: a row of the sample could be the gene and is not understood. A patient with
    a doubt and without the loss is not counted for that gene.
    """
    pairs, events = compared.pairs, compared.events
    headline = _of_members(pairs[pairs["is_headline"].astype(bool)], rows.members)
    judged = _Judged(
        rows, headline, doubts, rows.row_set("members with a pair", _index_of(headline, rows.members))
    )
    here = events[events["pair_id"].isin(headline["pair_id"])]
    lost = here[here["second_word"] == BIALLELIC]
    acquired = lost[lost["timing"] == ACQUIRED]
    all_genes = list(dict.fromkeys(g for genes in gene_sets.values() for g in genes))
    found: list[PairStatistic] = []
    for gene in all_genes:
        found += judged.counted(
            f"loss_of_function.n.{gene.lower()}", gene, lost[lost["hugo_symbol"] == gene], [gene]
        )
    for set_name, genes in gene_sets.items():
        of_set = lost[lost["hugo_symbol"].isin(list(genes))]
        found += judged.counted(f"pathway.n.{set_name}", set_name, of_set, genes)
        later = acquired[acquired["hugo_symbol"].isin(list(genes))]
        found += judged.counted(f"pathway_acquired.n.{set_name}", set_name, later, genes)
    any_set = "any gene set"
    found += judged.counted("pathway.n", any_set, lost, all_genes)
    n_patients, name = judged.of(any_set, all_genes, acquired)
    unsaid = lost[lost["timing"] == NOT_SAID]
    row = rows.row(
        "pathway",
        PROPORTION,
        Counts(group_label=any_set, n=n_patients),
        row_set=name,
        unit="patients",
        feature=any_set,
    )
    said = (
        f"Of {len(unsaid)} further losses nobody can say whether they were there before."
        if len(unsaid)
        else ""
    )
    found.append(with_share(row, share(_n_patients(acquired), n_patients)).warned(said))
    return found


@dataclass(frozen=True)
class _Judged:
    """The members' headline pairs, and in which of their samples a gene cannot be judged."""

    rows: PairRows
    headline: pd.DataFrame
    doubts: pd.DataFrame
    everybody: str

    def of(self, label: str, genes: Sequence[str], carriers: pd.DataFrame) -> tuple[int, str]:
        """How many patients can be judged for the genes, and their row set."""
        doubtful = _with_doubt(self.headline, self.doubts, genes)
        known = _without(self.headline, _without(doubtful, carriers))
        if len(known) == len(self.headline):
            return _n_patients(self.headline), self.everybody
        kept = _index_of(known, self.rows.members)
        return _n_patients(known), self.rows.row_set(f"members with a pair, {label} judged", kept)

    def counted(
        self, key: str, label: str, carriers: pd.DataFrame, genes: Sequence[str]
    ) -> tuple[PairStatistic, PairStatistic]:
        """How many patients have a loss, and which share of those who can be judged."""
        n = _n_patients(carriers)
        n_patients, name = self.of(label, genes, carriers)
        counts = Counts(group_label=label, n=n_patients, n_in_group=n)
        low = carriers.loc[carriers["confidence"] != "high"]
        said = (
            f"{len(low)} of {len(carriers)} verdicts are of moderate or low confidence." if len(low) else ""
        )
        of = share(n, n_patients)
        number = self.rows.row(key, COUNT, counts, row_set=name, unit="patients", feature=label)
        rate = self.rows.row(
            key.replace(".n", ".rate", 1), PROPORTION, counts, row_set=name, unit="patients", feature=label
        )
        number = replace(
            number, estimate=float(n) if n_patients else None, numerator=n, denominator=n_patients
        ).warned(*of.warnings, said)
        return number, with_share(rate, of)


_PATIENT = ["cohort_id", "patient_id"]


def _n_patients(rows: pd.DataFrame) -> int:
    return len(rows[_PATIENT].drop_duplicates())


def _without(rows: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """The rows of patients who are not among the others."""
    keys = pd.MultiIndex.from_frame(others[_PATIENT].astype(str))
    return rows[~pd.MultiIndex.from_frame(rows[_PATIENT].astype(str)).isin(keys)]


def _with_doubt(pairs: pd.DataFrame, doubts: pd.DataFrame, genes: Sequence[str]) -> pd.DataFrame:
    """Pairs in one of whose samples a gene cannot be judged."""
    of_genes = doubts.loc[doubts["gene"].isin(list(genes)), ["cohort_id", "sample_id"]].astype(str)
    keys = pd.MultiIndex.from_frame(of_genes)
    is_doubtful = pd.Series(False, index=pairs.index)
    for which in ("first_sample_id", "second_sample_id"):
        is_doubtful |= pd.MultiIndex.from_frame(pairs[["cohort_id", which]].astype(str)).isin(keys)
    return pairs[is_doubtful]


def _of_members(pairs: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    keys = pd.MultiIndex.from_frame(members[_PATIENT].astype(str))
    return pairs[pd.MultiIndex.from_frame(pairs[_PATIENT].astype(str)).isin(keys)]


def _index_of(pairs: pd.DataFrame, members: pd.DataFrame) -> pd.Index:
    keys = pd.MultiIndex.from_frame(pairs[_PATIENT].astype(str))
    return members.index[pd.MultiIndex.from_frame(members[_PATIENT].astype(str)).isin(keys)]
