"""Result rows of intrinsic loss: by cancer type, response and burden stratum, for each gene set and definition.

Belongs here: which rate has which key and denominator. Who carries a loss is in `intrinsic`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analytics.resistance.intrinsic import (
    BOTH_ALLELES,
    DEFINITIONS,
    MUTATED,
    NOT_PROFILED,
    loss_by_response,
    loss_rate,
)
from analytics.result_rows import ResultRows

#: A cancer type needs this many profiled patients for a row by itself; the rest stand in "all".
MIN_PATIENTS = 10


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
    members : cancer_type, orr (true, false or null), burden_stratum (low_burden, high_burden or null).
    status : definition -> mutated, wild_type or not_profiled, on the index of `members`.
    is_primary : its counts of patients with both alleles lost also stand under ``intrinsic_loss.n.<cancer>``.
    """
    found: list[dict[str, Any]] = []
    cancers = members["cancer_type"].fillna("not known").astype(str)
    groups: dict[str, pd.Series] = {"all": pd.Series(True, index=members.index)}
    for cancer_type in sorted(cancers.unique()):
        label = label_of(cancer_type, labels)
        groups[label] = groups.get(label, pd.Series(False, index=members.index)) | (cancers == cancer_type)
    responds = members["orr"].astype("boolean")
    for definition in DEFINITIONS:
        of = status[definition]
        for label, is_in in groups.items():
            n = int((is_in & (of != NOT_PROFILED)).sum())
            if label != "all" and n < MIN_PATIENTS and not (label in labels.values() and n):
                continue
            stem = f"intrinsic_loss.{definition}.{gene_set}"
            _add_rate(rows, found, f"{stem}.rate.{label}", of[is_in], label, gene_set)
            for group, inside in (
                ("responders", responds.fillna(False)), ("non_responders", (~responds).fillna(False)),
                ("low_burden", members["burden_stratum"].eq("low_burden").fillna(False)),
                ("high_burden", members["burden_stratum"].eq("high_burden").fillna(False)),
            ):  # fmt: skip
                if (is_in & inside).any():
                    _add_rate(
                        rows,
                        found,
                        f"{stem}.rate.{label}.{group}",
                        of[is_in & inside],
                        f"{label}, {group}",
                        gene_set,
                    )
            if responds[is_in].notna().any():
                _add_test(rows, found, f"{stem}.fisher.{label}", of[is_in], responds[is_in], label, gene_set)
                found[-1]["warnings"] += _burden_words(of[is_in], members.loc[is_in, "burden_stratum"])
            if is_primary and definition == BOTH_ALLELES:
                _add_rate(rows, found, f"intrinsic_loss.n.{label}", of[is_in], label, gene_set, is_count=True)
    return found


def _burden_words(status: pd.Series, stratum: pd.Series) -> str:
    """A tumour of many mutations has more of every kind, and responds more often: the test does not know that."""
    lost = status == MUTATED
    known = int((lost & stratum.notna()).sum())
    high = int((lost & stratum.eq("high_burden").fillna(False)).sum())
    return f" Not adjusted for mutation burden: {high} of {known} losses are in the high-burden half."


def _add_rate(
    rows: ResultRows, found: list[dict[str, Any]], key: str, status: pd.Series, label: str, gene_set: str,
    is_count: bool = False,
) -> None:  # fmt: skip
    profiled = status.index[status != NOT_PROFILED]
    name = rows.row_set(f"{gene_set}: {key.split('.')[1]}, {label}", profiled, status.index)
    values = loss_rate(status)
    if is_count:
        values |= {
            "estimate": float(values["n_mutated"]) if values["n"] else None,
            "ci_low": None,
            "ci_high": None,
        }
    unsaid = int((status == NOT_PROFILED).sum())
    said = [values.pop("warnings")]
    if unsaid:
        said.append(
            f"{unsaid} are left out: the panel lacks a gene of the set, or nobody can say if both alleles are lost."
        )
    rows.add(
        found, key, None,
        {**values, "estimator": "count of patients" if is_count else "exact binomial", "feature": gene_set,
         "row_set": name, "numerator": values["n_mutated"], "denominator": values["n"], "group_label": label,
         "unit": "patients", "warnings": " ".join(s for s in said if s) or None},
    )  # fmt: skip


def _add_test(
    rows: ResultRows, found: list[dict[str, Any]], key: str, status: pd.Series, responds: pd.Series, label: str,
    gene_set: str,
) -> None:  # fmt: skip
    values = loss_by_response(status, responds)
    known = status.index[(status != NOT_PROFILED) & responds.notna()]
    name = rows.row_set(f"{gene_set}: {key.split('.')[1]}, {label}, response known", known, status.index)
    (lost_r, lost_n), (left_r, left_n) = values["cells"]
    said = (
        f"Lost in {lost_r} of {lost_r + left_r} responders and {lost_n} of {lost_n + left_n} non-responders."
    )
    ratio = (lost_r * left_n) / (lost_n * left_r) if lost_n * left_r else None
    rows.add(
        found, key, None,
        {"estimator": "Fisher's exact test", "feature": gene_set, "row_set": name, "n": values["n"],
         "n_mutated": values["n_mutated"], "events": values["events"], "estimate": ratio, "p": values["p"],
         "numerator": int((status == MUTATED).sum()), "denominator": values["n"], "group_label": label,
         "unit": "odds ratio of response", "warnings": " ".join(s for s in (said, values["warnings"]) if s)},
    )  # fmt: skip
