"""Result rows of a question of resistance: pairs, loss of function, acquired resistance, intrinsic loss, time points.

Belongs here: which estimate has which key and denominator.
Does not belong here: how a thing is judged (`pairs`, `loss`, `acquired`, `intrinsic`, `time_points`) and SQL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analytics.resistance.acquired import ACQUIRED, NOT_EVALUABLE, NOT_SAID
from analytics.resistance.events import ACQUIRED as EVENT_ACQUIRED
from analytics.resistance.events import NOT_SAID as EVENT_NOT_SAID
from analytics.resistance.loss import BIALLELIC
from analytics.resistance.pairs import (
    FALLING,
    PRIVATE_TO_SECOND,
    RISING,
    SHARED,
    TOO_SHALLOW,
)
from analytics.resistance.spec import ResistanceVariant
from analytics.response.rates import exact_rate
from analytics.results.rows import ResultRows

Rows = list[dict[str, Any]]


def share(numerator: int, denominator: int) -> dict[str, Any]:
    """`numerator` of `denominator` with the exact interval; None with a warning when there is nothing to count in."""
    counts: dict[str, Any] = {"numerator": numerator, "denominator": denominator}
    if denominator < 1:
        return {**counts, "estimate": None, "warnings": "There is nothing to count in: the denominator is 0."}
    rate = exact_rate(numerator, denominator)
    return {**counts, "estimate": rate.rate, "ci_low": rate.ci_low, "ci_high": rate.ci_high}


def private_share(mutations: pd.DataFrame, *, counts_unsaid: bool) -> dict[str, Any]:
    """Share of the non-synonymous mutations that only the later sample has.

    Those of which depth forbids to say are neither counted nor in the denominator; the warning says how far the share
    could go if they were private (`counts_unsaid`, as published: every absence was taken for one).
    """
    rows = mutations[mutations["is_nonsynonymous"].astype(bool)]
    unsaid = rows["presence"] == TOO_SHALLOW
    judged = rows if counts_unsaid else rows[~unsaid]
    n_private = int((judged["presence"] == PRIVATE_TO_SECOND).sum())
    values = share(n_private, len(judged))
    if unsaid.any():
        most = n_private + int((unsaid & (rows["absent_in"] == "first")).sum())
        said = (
            f"{int(unsaid.sum())} mutations are left out: the sample without a call is too shallow to say; "
            f"were all of them absent, the share would be {100 * most / len(rows):.1f} %."
        )
        values["warnings"] = " ".join(w for w in (values.get("warnings"), said) if w)
    return values


def moved_share(mutations: pd.DataFrame) -> dict[str, Any]:
    """Share of the shared mutations whose share of the tumour cells rises or falls (q < 0.05 within the pair)."""
    rows = mutations[mutations["presence"] == SHARED]
    return share(int(rows["shift_word"].isin([RISING, FALLING]).sum()), len(rows))


def pair_rows(
    rows: ResultRows,
    pairs: pd.DataFrame,
    mutations: pd.DataFrame,
    variant: ResistanceVariant,
    members: pd.DataFrame,
) -> Rows:
    """Shared, private and moved mutations: over the headline pairs, and pair by pair.

    `pairs` has one row a compared pair (pair_id, patient_id, cohort_id, is_headline, is_comparable, warnings);
    `mutations` is the table of all their mutations; `members` the patients counted.
    """
    found: Rows = []
    counted = _of_members(pairs[pairs["is_headline"] & pairs["is_comparable"]], members)
    pooled = mutations[mutations["pair_id"].isin(counted["pair_id"])]
    unlike = _of_members(pairs[pairs["is_headline"] & ~pairs["is_comparable"]], members)
    said = (
        f"{len(unlike)} pairs are left out: their samples share too little to be one tumour."
        if len(unlike)
        else None
    )
    name = rows.row_set("members with a comparable pair", _index_of(counted, members), members.index)
    common = {"row_set": name, "n": len(counted)}
    for key, values, label, unit in (
        (
            "relapse_only.rate",
            private_share(pooled, counts_unsaid=not variant.uses_power),
            "relapse_only",
            "mutations",
        ),
        ("clonal_shift", moved_share(pooled), "rising or falling", "shared mutations"),
    ):
        values["warnings"] = " ".join(w for w in (said, values.get("warnings")) if w) or None
        estimator = "exact binomial, mutations of all pairs together"
        rows.add(
            found, key, None, {**common, "estimator": estimator, "group_label": label, "unit": unit, **values}
        )
    shares = [
        private_share(part, counts_unsaid=not variant.uses_power)["estimate"] for _, part in by_pair(pooled)
    ]
    rows.add(
        found, "relapse_only.median_rate", None,
        {**common, "estimator": "median over the pairs", "group_label": "relapse_only", "unit": "mutations",
         "estimate": float(np.median(shares)) if shares else None, "warnings": said},
    )  # fmt: skip
    for pair in _of_members(pairs, members).itertuples(index=False):
        found += _of_one_pair(rows, pair, mutations[mutations["pair_id"] == pair.pair_id], variant, members)
    return found


def by_pair(mutations: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Mutations of each pair that has one to judge."""
    judged = mutations[mutations["is_nonsynonymous"].astype(bool) & (mutations["presence"] != TOO_SHALLOW)]
    return [(str(pair_id), rows) for pair_id, rows in judged.groupby("pair_id", sort=True)]


def _of_one_pair(
    rows: ResultRows, pair: Any, mutations: pd.DataFrame, variant: ResistanceVariant, members: pd.DataFrame
) -> Rows:
    found: Rows = []
    is_patient = (members["cohort_id"] == pair.cohort_id) & (members["patient_id"] == pair.patient_id)
    name = rows.row_set(f"patient {pair.patient_id}", members.index[is_patient], members.index)
    samples = f"{pair.first_sample_id}>{pair.second_sample_id}"
    counts = mutations[mutations["is_nonsynonymous"].astype(bool)]["presence"].value_counts()
    common = {"row_set": name, "n": 1, "pair_id": pair.pair_id, "patient_id": pair.patient_id}
    for word in sorted(counts.index):
        values = {
            "estimator": "count", "group_label": word, "unit": "non-synonymous mutations",
            "estimate": float(counts[word]), "numerator": int(counts[word]), "denominator": int(counts.sum()),
            "warnings": pair.warnings,
        }  # fmt: skip
        rows.add(found, f"pair.{samples}.n.{word}", pair.cohort_id, {**common, **values})
    private = private_share(mutations, counts_unsaid=not variant.uses_power)
    for key, values, label, unit in (
        ("relapse_only.rate", private, "relapse_only", "mutations"),
        ("clonal_shift", moved_share(mutations), "rising or falling", "shared mutations"),
    ):
        values["warnings"] = " ".join(w for w in (pair.warnings, values.get("warnings")) if w) or None
        estimator = "exact binomial"
        rows.add(
            found, f"pair.{samples}.{key}", pair.cohort_id,
            {**common, "estimator": estimator, "group_label": label, "unit": unit, **values},
        )  # fmt: skip
    return found


def event_rows(
    rows: ResultRows,
    pairs: pd.DataFrame,
    events: pd.DataFrame,
    gene_sets: Mapping[str, Sequence[str]],
    members: pd.DataFrame,
    doubts: pd.DataFrame,
) -> Rows:
    """Patients of the headline pairs with a loss of function and of the other allele at the later time, by gene and by
    set: of any timing, and acquired between the two samples.

    ``doubts`` : cohort_id, sample_id, gene: a row of the sample could be the gene and is not understood. A patient with
    a doubt and without the loss is not counted for that gene.
    """
    found: Rows = []
    headline = _of_members(pairs[pairs["is_headline"]], members)
    everybody = rows.row_set("members with a pair", _index_of(headline, members), members.index)
    here = events[events["pair_id"].isin(headline["pair_id"])]
    lost = here[here["second_word"] == BIALLELIC]
    acquired = lost[lost["timing"] == EVENT_ACQUIRED]
    all_genes = list(dict.fromkeys(g for genes in gene_sets.values() for g in genes))

    def judged(label: str, genes: Sequence[str], carriers: pd.DataFrame) -> tuple[int, str]:
        """How many patients can be judged for the genes, and their row set."""
        doubtful = _with_doubt(headline, doubts, genes)
        known = _without(headline, _without(doubtful, carriers))
        if len(known) == len(headline):
            return _n_patients(headline), everybody
        name = rows.row_set(f"members with a pair, {label} judged", _index_of(known, members), members.index)
        return _n_patients(known), name

    def count(key: str, label: str, carriers: pd.DataFrame, genes: Sequence[str]) -> None:
        n = _n_patients(carriers)
        n_patients, name = judged(label, genes, carriers)
        values = share(n, n_patients)
        interval = {"warnings": values["warnings"]} if values["estimate"] is None else {}
        low = carriers.loc[carriers["confidence"] != "high"]
        if len(low):
            interval["warnings"] = (
                f"{len(low)} of {len(carriers)} verdicts are of moderate or low confidence."
            )
        rows.add(
            found, key, None,
            {"estimator": "count of patients", "row_set": name, "n": n_patients, "n_mutated": n, "feature": label,
             "estimate": float(n) if n_patients else None, "numerator": n, "denominator": n_patients,
             "group_label": label, "unit": "patients", **interval},
        )  # fmt: skip
        rate = {"estimator": "exact binomial", "row_set": name, "n": n_patients, "n_mutated": n, "feature": label,
                "group_label": label, "unit": "patients", **values}  # fmt: skip
        rows.add(found, key.replace(".n", ".rate", 1), None, rate)

    for gene in all_genes:
        count(f"loss_of_function.n.{gene.lower()}", gene, lost[lost["hugo_symbol"] == gene], [gene])
    for set_name, genes in gene_sets.items():
        count(f"pathway.n.{set_name}", set_name, lost[lost["hugo_symbol"].isin(list(genes))], genes)
        later = acquired[acquired["hugo_symbol"].isin(list(genes))]
        count(f"pathway_acquired.n.{set_name}", set_name, later, genes)
    count("pathway.n", "any gene set", lost, all_genes)
    n_patients, name = judged("any gene set", all_genes, acquired)
    unsaid = lost[lost["timing"] == EVENT_NOT_SAID]
    values = {"estimator": "exact binomial", "row_set": name, "feature": "any gene set", "group_label": "any gene set",
              "unit": "patients", "n": n_patients,
              **share(_n_patients(acquired), n_patients)}  # fmt: skip
    if len(unsaid):
        values["warnings"] = f"Of {len(unsaid)} further losses nobody can say whether they were there before."
    rows.add(found, "pathway", None, values)
    return found


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
    keys = pd.MultiIndex.from_frame(members[["cohort_id", "patient_id"]].astype(str))
    return pairs[pd.MultiIndex.from_frame(pairs[["cohort_id", "patient_id"]].astype(str)).isin(keys)]


def _index_of(pairs: pd.DataFrame, members: pd.DataFrame) -> pd.Index:
    keys = pd.MultiIndex.from_frame(pairs[["cohort_id", "patient_id"]].astype(str))
    return members.index[
        pd.MultiIndex.from_frame(members[["cohort_id", "patient_id"]].astype(str)).isin(keys)
    ]


def flow_row(rows: ResultRows, key: str, members: pd.DataFrame, unit: str) -> Rows:
    """`flow.<key>`: how many members there are; null with a warning when there is nobody."""
    found: Rows = []
    n = len(members)
    rows.add(
        found, f"flow.{key}", None,
        {"estimator": "count", "row_set": "members", "n": n, "estimate": float(n) if n else None,
         "group_label": "all", "unit": unit, "warnings": None if n else "There is nobody to count."},
    )  # fmt: skip
    return found


def acquired_rows(rows: ResultRows, outcomes: pd.DataFrame, variant: ResistanceVariant) -> Rows:
    """Objective response and acquired resistance over `outcomes` (members with their words; index as members)."""
    found: Rows = []
    evaluable = outcomes[outcomes["outcome"] != NOT_EVALUABLE]
    responders = evaluable[evaluable["recist"].isin(["CR", "PR"])]
    judged = responders[responders["outcome"] != NOT_SAID]
    acquired = judged[judged["outcome"] == ACQUIRED]

    def add(
        key: str, label: str, part: pd.DataFrame, whole: pd.DataFrame, of: str, is_count: bool = False
    ) -> None:
        name = rows.row_set(f"members: {of}", whole.index, outcomes.index)
        values = share(len(part), len(whole))
        if is_count:
            values |= {"estimate": float(len(part)) if len(whole) else None, "ci_low": None, "ci_high": None}
        left = len(responders) - len(judged)
        said = values.get("warnings")
        if left and whole is judged:
            said = f"{left} responders are left out: their progression is not known."
        rows.add(
            found, key, None,
            {**values, "estimator": "count" if is_count else "exact binomial", "row_set": name, "n": len(whole),
             "events": len(part), "group_label": label, "unit": "patients", "warnings": said},
        )  # fmt: skip

    add("orr.rate.all", "objective response", responders, evaluable, "response evaluable")
    add("acquired_resistance.n", "acquired resistance", acquired, judged, "responders", is_count=True)
    add("acquired_resistance.rate", "acquired resistance", acquired, judged, "responders")
    for word in sorted(evaluable["outcome"].unique()):
        key = f"outcome.rate.{word.replace(',', '').replace(' ', '_')}"
        add(key, word, evaluable[evaluable["outcome"] == word], evaluable, "response evaluable")
    rows.add(
        found, "acquired_resistance.min_response_months", None,
        {"estimator": "definition", "row_set": "members", "n": len(outcomes), "estimate": variant.min_response_months,
         "group_label": "all", "unit": "months",
         "warnings": f"Response counted from {variant.months_to_response:g} months after the start of treatment."},
    )  # fmt: skip
    return found
