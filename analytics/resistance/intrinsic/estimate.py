"""Statistics of intrinsic loss: by cancer type, response, burden stratum and site, for each gene set and definition.

Belongs here: which rate has which key and denominator. Who carries a loss is in `losses`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from analytics.keys import slug
from analytics.questions.selection import KNOWN, MUTATED, NOT_PROFILED, UNDETERMINED
from analytics.resistance.estimators import FISHER_SAMPLE_RATIO
from analytics.resistance.intrinsic.losses import (
    BOTH_ALLELES,
    DEFINITIONS,
    loss_by_response,
    loss_by_response_within,
    loss_rate,
)
from analytics.response.stratified_tables import EXACT_CONDITIONAL, MANTEL_HAENSZEL
from analytics.results.estimator import Estimator
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Counts, FrequencyStatistic, Scope
from analytics.survival.estimators import COUNT, PROPORTION

#: A cancer type or site needs this many profiled patients for a row by itself; the rest stand in "all".
MIN_PATIENTS = 10
#: Before the site in the key of a rate of patients whose sample was taken there.
SITE = "site_"
#: Tables in which loss and response are compared at like burden: a tumour of many mutations has more of every kind, and
#: responds more often.
WITHIN = ("cohort_id", "cancer_type", "burden_stratum")
OF_RESPONSE = "odds ratio of response"


def label_of(cancer_type: str, labels: Mapping[str, str]) -> str:
    """A cancer type in an estimate key: as declared, else its words in lower case."""
    return labels.get(cancer_type, slug(cancer_type))


@dataclass(frozen=True)
class LossRows:
    """Makes the statistics of one gene set in one way of doing an analysis."""

    scope: Scope
    sets: RowSets
    gene_set: str

    def row(
        self, key: str, estimator: Estimator, row_set: str, counts: Counts, numerator: int, denominator: int
    ) -> FrequencyStatistic:
        """A statistic without its estimate."""
        return FrequencyStatistic(
            name=self.scope.name(key),
            estimator=estimator.key,
            scale=estimator.scale,
            feature=self.gene_set,
            row_set=row_set,
            counts=counts,
            numerator=numerator,
            denominator=denominator,
        )


def intrinsic_statistics(
    rows: LossRows,
    members: pd.DataFrame,
    status: Mapping[str, pd.Series],
    labels: Mapping[str, str],
    *,
    is_primary: bool,
) -> list[FrequencyStatistic]:
    """Rates of one gene set, and tests against response.

    Parameters
    ----------
    members : cohort_id, cancer_type, orr (true, false or null), burden_stratum (low_burden, high_burden or null), and
        sample_site (null where not known) if there is one.
    status : definition -> mutated, wild_type, not_profiled or undetermined, on the index of `members`.
    labels : cancer type -> what it is called in estimate keys.
    is_primary : its counts of patients with both alleles lost also stand under ``intrinsic_loss.n.<cancer>``.
    """
    found: list[FrequencyStatistic] = []
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
        stem = f"intrinsic_loss.{definition}.{rows.gene_set}"
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
            found.append(_rate(rows, f"{stem}.rate.{label}", of[is_in], label))
            for part, inside in parts.items():
                key = f"{stem}.rate.{label}.{part}"
                found.append(_rate(rows, key, of[is_in & inside], f"{label}, {part}"))
            if responds[is_in].notna().any():
                found.append(_test(rows, stem, of[is_in], members[is_in], label))
                found += _tests_within(rows, stem, of[is_in], members[is_in], label)
            if is_primary and definition == BOTH_ALLELES:
                found.append(_number(rows, f"intrinsic_loss.n.{label}", of[is_in], label))
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


def _rate(rows: LossRows, key: str, status: pd.Series, label: str) -> FrequencyStatistic:
    profiled = status.index[status.isin(KNOWN)]
    name = rows.sets.named(f"{rows.gene_set}: {key.split('.')[1]}, {label}", profiled, status.index)
    of = loss_rate(status)
    counts = Counts(group_label=label, n=of.denominator, n_in_group=of.denominator)
    row = rows.row(key, PROPORTION, name, counts, of.numerator, of.denominator)
    row = replace(row, estimate=of.estimate, ci_low=of.ci_low, ci_high=of.ci_high, unit="patients")
    return row.warned(*of.warnings, *_left_out(status))


def _number(rows: LossRows, key: str, status: pd.Series, label: str) -> FrequencyStatistic:
    """The rate's numerator as an estimate of its own."""
    row = _rate(rows, key, status, label)
    n = row.numerator if row.denominator else None
    return replace(
        row,
        estimator=COUNT.key,
        scale=COUNT.scale,
        estimate=None if n is None else float(n),
        ci_low=None,
        ci_high=None,
    )


def _left_out(status: pd.Series) -> list[str]:
    unseen, unsaid = int((status == NOT_PROFILED).sum()), int((status == UNDETERMINED).sum())
    said = []
    if unseen:
        said.append(f"{unseen} are left out: the panel lacks a gene of the set.")
    if unsaid:
        said.append(
            f"{unsaid} are left out as undetermined: nobody can say if both alleles are lost, or a row that could be a "
            "gene of the set is not understood."
        )
    return said


def _test(
    rows: LossRows, stem: str, status: pd.Series, members: pd.DataFrame, label: str
) -> FrequencyStatistic:
    """Loss against response, whatever the burden."""
    responds = members["orr"].astype("boolean")
    found = loss_by_response(status, responds)
    known = status.index[status.isin(KNOWN) & responds.notna()]
    name = rows.sets.named(
        f"{rows.gene_set}: {stem.split('.')[1]}, {label}, response known", known, status.index
    )
    (lost_r, lost_n), (left_r, left_n) = found.cells
    counts = _compared(label, found.n, found.n_lost, found.n_responders, lost_r)
    row = rows.row(
        f"{stem}.fisher.{label}", FISHER_SAMPLE_RATIO, name, counts, int((status == MUTATED).sum()), found.n
    )
    return replace(
        row, estimate=found.odds_ratio, p=found.p, p_method="Fisher, two-sided", unit=OF_RESPONSE
    ).warned(
        f"Lost in {lost_r} of {lost_r + left_r} responders and {lost_n} of {lost_n + left_n} non-responders.",
        found.reason or "",
        _burden_words(status, members["burden_stratum"]),
    )


def _compared(label: str, n: int, n_lost: int, n_responders: int, n_lost_responders: int) -> Counts:
    """Those with a loss against those without; events are responses."""
    return Counts(
        group_label=f"{label}, lost",
        reference_label=f"{label}, not lost",
        n=n,
        n_in_group=n_lost,
        events=n_responders,
        events_in_group=n_lost_responders,
    )


def _tests_within(
    rows: LossRows, stem: str, status: pd.Series, members: pd.DataFrame, label: str
) -> tuple[FrequencyStatistic, FrequencyStatistic]:
    """The tests at like burden, within cohort x cancer type x half of burden: the common odds ratio with its p, and the
    exact p, which holds where losses are few."""
    known_stratum = members["burden_stratum"].notna()
    strata = members[list(WITHIN)].astype(str).agg("|".join, axis=1).where(known_stratum)
    responds = members["orr"].astype("boolean")
    found = loss_by_response_within(status, responds, strata)
    people = status.index[status.isin(KNOWN) & responds.notna() & known_stratum]
    name = rows.sets.named(
        f"{rows.gene_set}: {stem.split('.')[1]}, {label}, response and burden known", people, status.index
    )
    counts = _compared(label, found.n, found.n_lost, found.n_responders, found.n_lost_responders)
    said = (
        "Within cohort, cancer type and half of burden.",
        found.reason or "",
        f"Strata that inform: {found.n_informative}.",
    )
    held = rows.row(f"{stem}.mantel_haenszel.{label}", MANTEL_HAENSZEL, name, counts, found.n_lost, found.n)
    held = replace(
        held,
        estimate=found.odds_ratio,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        p=found.p,
        p_method="Mantel-Haenszel, no continuity correction",
        unit=OF_RESPONSE,
    ).warned(*said, "Losses are few: the exact p beside is the one to read." if found.p is not None else "")
    exact = rows.row(
        f"{stem}.exact_conditional.{label}", EXACT_CONDITIONAL, name, counts, found.n_lost, found.n
    )
    exact = replace(exact, p=found.p_exact, p_method="exact, conditional on all margins").warned(*said)
    return held, exact
