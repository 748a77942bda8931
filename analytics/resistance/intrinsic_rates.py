"""Result rows of intrinsic loss: by cancer type, response, burden stratum and site, for each gene set and definition.

Belongs here: which rate has which key and denominator. Who carries a loss is in `intrinsic`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analytics.questions.selection import KNOWN, MUTATED, NOT_PROFILED, UNDETERMINED
from analytics.resistance.intrinsic import (
    BOTH_ALLELES,
    DEFINITIONS,
    loss_by_response,
    loss_by_response_within,
    loss_rate,
)
from analytics.results.rows import ResultRows

#: A cancer type or site needs this many profiled patients for a row by itself; the rest stand in "all".
MIN_PATIENTS = 10
#: Before the site in the key of a rate of patients whose sample was taken there.
SITE = "site_"
#: Tables in which loss and response are compared at like burden: a tumour of many mutations has more of every kind, and
#: responds more often.
WITHIN = ("cohort_id", "cancer_type", "burden_stratum")


def label_of(cancer_type: str, labels: Mapping[str, str]) -> str:
    """A cancer type in an estimate key: as declared, else its words in lower case."""
    return labels.get(cancer_type, re.sub(r"[^a-z0-9]+", "_", cancer_type.lower()).strip("_"))


def intrinsic_rows(
    rows: ResultRows,
    members: pd.DataFrame,
    status: Mapping[str, pd.Series],
    gene_set: str,
    labels: Mapping[str, str],
    *,
    is_primary: bool,
) -> list[dict[str, Any]]:
    """Rates of one gene set.

    Parameters
    ----------
    members : cohort_id, cancer_type, orr (true, false or null), burden_stratum (low_burden, high_burden or null), and
        sample_site (null where not known) if there is one.
    status : definition -> mutated, wild_type, not_profiled or undetermined, on the index of `members`.
    is_primary : its counts of patients with both alleles lost also stand under ``intrinsic_loss.n.<cancer>``.
    """
    found: list[dict[str, Any]] = []
    cancers = members["cancer_type"].fillna("not known").astype(str)
    groups: dict[str, pd.Series] = {"all": pd.Series(True, index=members.index)}
    for cancer_type in sorted(cancers.unique()):
        label = label_of(cancer_type, labels)
        groups[label] = groups.get(label, pd.Series(False, index=members.index)) | (cancers == cancer_type)
    responds = members["orr"].astype("boolean")
    site_of = members.get("sample_site", pd.Series(None, index=members.index, dtype=object))
    sites = {str(site): site_of == site for site in sorted(site_of.dropna().unique())}
    for definition in DEFINITIONS:
        of = status[definition]
        stem = f"intrinsic_loss.{definition}.{gene_set}"
        for label, is_in in groups.items():
            n = int((is_in & of.isin(KNOWN)).sum())
            if label != "all" and n < MIN_PATIENTS and not (label in labels.values() and n):
                continue
            parts = {
                "responders": responds.fillna(False), "non_responders": (~responds).fillna(False),
                "low_burden": members["burden_stratum"].eq("low_burden").fillna(False),
                "high_burden": members["burden_stratum"].eq("high_burden").fillna(False),
            }  # fmt: skip
            parts = {name: inside for name, inside in parts.items() if (is_in & inside).any()}
            if label == "all" or label in labels.values():
                parts |= {
                    f"{SITE}{label_of(site, {})}": at_site
                    for site, at_site in sites.items()
                    if (is_in & at_site & of.isin(KNOWN)).sum() >= MIN_PATIENTS
                }
            _add_rate(rows, found, f"{stem}.rate.{label}", of[is_in], label, gene_set)
            for part, inside in parts.items():
                key = f"{stem}.rate.{label}.{part}"
                _add_rate(rows, found, key, of[is_in & inside], f"{label}, {part}", gene_set)
            if responds[is_in].notna().any():
                _add_test(rows, found, stem, of[is_in], members[is_in], label, gene_set)
                _add_test_within(rows, found, stem, of[is_in], members[is_in], label, gene_set)
            if is_primary and definition == BOTH_ALLELES:
                _add_rate(rows, found, f"intrinsic_loss.n.{label}", of[is_in], label, gene_set, is_count=True)
    return found


def _burden_words(status: pd.Series, stratum: pd.Series) -> str:
    """A tumour of many mutations has more of every kind, and responds more often: the test does not know that."""
    lost = status == MUTATED
    known = int((lost & stratum.notna()).sum())
    high = int((lost & stratum.eq("high_burden").fillna(False)).sum())
    return (
        f"Not adjusted for mutation burden: {high} of {known} losses are in the high-burden half. "
        "Beside it stands a test at like burden."
    )


def _add_rate(
    rows: ResultRows, found: list[dict[str, Any]], key: str, status: pd.Series, label: str, gene_set: str,
    is_count: bool = False,
) -> None:  # fmt: skip
    profiled = status.index[status.isin(KNOWN)]
    name = rows.row_set(f"{gene_set}: {key.split('.')[1]}, {label}", profiled, status.index)
    values = loss_rate(status)
    if is_count:
        values |= {
            "estimate": float(values["n_mutated"]) if values["n"] else None,
            "ci_low": None,
            "ci_high": None,
        }
    unseen, unsaid = int((status == NOT_PROFILED).sum()), int((status == UNDETERMINED).sum())
    said = [values.pop("warnings")]
    if unseen:
        said.append(f"{unseen} are left out: the panel lacks a gene of the set.")
    if unsaid:
        said.append(
            f"{unsaid} are left out as undetermined: nobody can say if both alleles are lost, or a row that could be a "
            "gene of the set is not understood."
        )
    rows.add(
        found, key, None,
        {**values, "estimator": "count of patients" if is_count else "exact binomial", "feature": gene_set,
         "row_set": name, "numerator": values["n_mutated"], "denominator": values["n"], "group_label": label,
         "unit": "patients", "warnings": " ".join(s for s in said if s) or None},
    )  # fmt: skip


def _add_test(
    rows: ResultRows, found: list[dict[str, Any]], stem: str, status: pd.Series, members: pd.DataFrame, label: str,
    gene_set: str,
) -> None:  # fmt: skip
    responds = members["orr"].astype("boolean")
    values = loss_by_response(status, responds)
    known = status.index[status.isin(KNOWN) & responds.notna()]
    name = rows.row_set(f"{gene_set}: {stem.split('.')[1]}, {label}, response known", known, status.index)
    (lost_r, lost_n), (left_r, left_n) = values["cells"]
    said = [
        f"Lost in {lost_r} of {lost_r + left_r} responders and {lost_n} of {lost_n + left_n} non-responders.",
        values["warnings"],
        _burden_words(status, members["burden_stratum"]),
    ]
    ratio = (lost_r * left_n) / (lost_n * left_r) if lost_n * left_r else None
    rows.add(
        found, f"{stem}.fisher.{label}", None,
        {"estimator": "Fisher's exact test", "feature": gene_set, "row_set": name, "n": values["n"],
         "n_mutated": values["n_mutated"], "events": values["events"], "estimate": ratio, "p": values["p"],
         "numerator": int((status == MUTATED).sum()), "denominator": values["n"], "group_label": label,
         "unit": "odds ratio of response", "warnings": " ".join(s for s in said if s)},
    )  # fmt: skip


def _add_test_within(
    rows: ResultRows, found: list[dict[str, Any]], stem: str, status: pd.Series, members: pd.DataFrame, label: str,
    gene_set: str,
) -> None:  # fmt: skip
    """The test at like burden: Mantel-Haenszel within cohort x cancer type x half of burden."""
    known_stratum = members["burden_stratum"].notna()
    strata = members[list(WITHIN)].astype(str).agg("|".join, axis=1).where(known_stratum)
    responds = members["orr"].astype("boolean")
    values = loss_by_response_within(status, responds, strata)
    people = status.index[status.isin(KNOWN) & responds.notna() & known_stratum]
    name = rows.row_set(
        f"{gene_set}: {stem.split('.')[1]}, {label}, response and burden known", people, status.index
    )
    said = [values.pop("warnings"), f"Strata that inform: {values.pop('n_informative')}."]
    rows.add(
        found, f"{stem}.mantel_haenszel.{label}", None,
        {**values, "estimator": "Mantel-Haenszel, exact p, within cohort, cancer type and half of burden",
         "feature": gene_set, "row_set": name, "numerator": values["n_mutated"], "denominator": values["n"],
         "group_label": label, "unit": "odds ratio of response", "warnings": " ".join(s for s in said if s)},
    )  # fmt: skip
