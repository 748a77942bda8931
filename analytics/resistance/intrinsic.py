"""Loss that was there before treatment: which baseline tumours carry it, and how often by cancer type and response.

Belongs here: one gene set over many patients, with its four words of status, and rates with exact intervals.
Does not belong here: pairs (`events`) and reading tables.

Sources: Clopper & Pearson (1934); Fisher (1922); Mantel & Haenszel (1959).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import pandas as pd
from scipy import stats

from analytics.errors import MissingColumnError
from analytics.questions.selection import KNOWN, MUTATED, NOT_PROFILED, UNDETERMINED, WILD_TYPE
from analytics.resistance.loss import BIALLELIC, DEEP_LOSS, MONOALLELIC
from analytics.resistance.samples import SampleEvidence
from analytics.response.rates import exact_rate
from analytics.response.stratified_tables import exact_conditional_p, mantel_haenszel, strata_counts

#: What counts as a loss: any truncating mutation or homozygous deletion; or both alleles shown to be lost.
TRUNCATING, BOTH_ALLELES = "truncating", "biallelic"
DEFINITIONS: Final = (TRUNCATING, BOTH_ALLELES)
_COLUMNS: Final = ("cohort_id", "patient_id", "sample_id", "is_covered", "doubt")
#: Why a person is not judged, where the tables of the warehouse do not say it themselves.
NOT_COVERED, UNSAID = (
    "the panel does not cover every gene of the set",
    "nobody can say whether both alleles are lost",
)


def intrinsic_losses(
    samples: pd.DataFrame, evidence_of: Callable[[str, str], SampleEvidence | None], genes: Sequence[str]
) -> pd.DataFrame:
    """The losses of a set of genes in the samples that may have one.

    Parameters
    ----------
    samples : samples with a truncating mutation in one of the genes or with segments (cohort_id, patient_id,
        sample_id).
    evidence_of : gives the evidence of a sample by cohort and sample.

    Returns
    -------
    One row a sample and gene with a truncating mutation or both copies deleted: word, confidence, evidence.
    """
    rows: list[dict[str, Any]] = []
    for sample in samples[["cohort_id", "patient_id", "sample_id"]].itertuples(index=False):
        evidence = evidence_of(str(sample.cohort_id), str(sample.sample_id))
        if evidence is None:
            continue
        for gene in genes:
            found = evidence.mutations_of(gene)
            truncating = found[found["is_truncating"].astype(bool)]
            if not len(truncating) and evidence.copy_of(gene).word != DEEP_LOSS:
                continue
            verdict = evidence.verdict(gene)
            source = truncating.iloc[0] if len(truncating) else None
            rows.append(
                {
                    "cohort_id": sample.cohort_id,
                    "patient_id": sample.patient_id,
                    "sample_id": sample.sample_id,
                    "hugo_symbol": gene,
                    "mutation": "; ".join(truncating["hgvsp_short"].fillna("").astype(str)) or None,
                    "variant_classification": None if source is None else source["variant_classification"],
                    "word": verdict.word,
                    "confidence": verdict.confidence,
                    "evidence": verdict.evidence,
                    "log2_ratio": verdict.copy.log2_ratio,
                    "allele_fraction": None if source is None else source["variant_allele_fraction"],
                    "source_file_id": None if source is None else source["source_file_id"],
                    "source_row": None if source is None else source["source_row"],
                }
            )
    return pd.DataFrame(rows, columns=LOSS_COLUMNS)


LOSS_COLUMNS: Final = [
    "cohort_id", "patient_id", "sample_id", "hugo_symbol", "mutation", "variant_classification", "word", "confidence",
    "evidence", "log2_ratio", "allele_fraction", "source_file_id", "source_row",
]  # fmt: skip


def loss_status(
    people: pd.DataFrame, losses: pd.DataFrame, definition: str, genes: Sequence[str] | None = None
) -> pd.Series:
    """mutated (a loss), wild_type (every gene of the set looked at, and none lost), undetermined or not_profiled, by
    row of `people`.

    ``is_covered`` of `people` says whether the sample's panel covers every gene of the set. A carrier on a panel that
    lacks another gene is not profiled either: counted, he would be in a rate from which non-carriers of the same panel
    are missing. ``doubt`` says why a gene of the set, or the whole sample, cannot be judged; null where all can. A loss
    counts beside a doubt, no loss does not. With the definition ``biallelic`` a truncating mutation of which nobody can
    say how many alleles it took is undetermined.
    """
    absent = [c for c in _COLUMNS if c not in people.columns]
    if absent:
        raise MissingColumnError(f"The people lack {', '.join(absent)}: add the columns.")
    counted = losses if genes is None else losses[losses["hugo_symbol"].isin(list(genes))]
    keys = pd.MultiIndex.from_frame(people[["cohort_id", "sample_id"]])

    def carried(rows: pd.DataFrame) -> pd.Series:
        found = pd.MultiIndex.from_frame(rows[["cohort_id", "sample_id"]])
        return pd.Series(keys.isin(found), index=people.index)

    is_covered = people["is_covered"].astype(bool)
    status = pd.Series(NOT_PROFILED, index=people.index).mask(is_covered, WILD_TYPE)
    status = status.mask(people["doubt"].notna(), UNDETERMINED)
    if definition == TRUNCATING:
        return status.mask(is_covered & carried(counted), MUTATED)
    unsaid = ~counted["word"].isin([BIALLELIC, MONOALLELIC])
    status = status.mask(is_covered & carried(counted[unsaid]), UNDETERMINED)
    return status.mask(is_covered & carried(counted[counted["word"] == BIALLELIC]), MUTATED)


def loss_reason(people: pd.DataFrame, status: pd.Series) -> pd.Series:
    """Why a person has no status of :func:`loss_status`; null for those who have one."""
    undetermined = people["doubt"].astype(object).mask(people["doubt"].isna(), UNSAID)
    reason = pd.Series(None, index=people.index, dtype=object).mask(status == UNDETERMINED, undetermined)
    return reason.mask(status == NOT_PROFILED, NOT_COVERED)


def loss_rate(status: pd.Series) -> dict[str, Any]:
    """Share with a loss of those who can be judged, with its exact interval; a dict of n, n_mutated, estimate, ci_low,
    ci_high.

    With nobody to judge the numbers are None and ``warnings`` says so.
    """
    n = int(status.isin(KNOWN).sum())
    n_lost = int((status == MUTATED).sum())
    if not n:
        return {"n": 0, "n_mutated": 0, "estimate": None, "ci_low": None, "ci_high": None,
                "warnings": "Nobody can be judged for the genes of the set."}  # fmt: skip
    rate = exact_rate(n_lost, n)
    return {"n": n, "n_mutated": n_lost, "estimate": rate.rate, "ci_low": rate.ci_low, "ci_high": rate.ci_high,
            "warnings": None}  # fmt: skip


def loss_by_response(status: pd.Series, is_responder: pd.Series) -> dict[str, Any]:
    """Fisher's exact test of loss against response: odds ratio (sample), p, and the counts of the four cells."""
    known = status.isin(KNOWN) & is_responder.notna()
    responds = is_responder[known].astype(bool)
    lost = status[known] == MUTATED
    cells = [[int((lost & responds).sum()), int((lost & ~responds).sum())],
             [int((~lost & responds).sum()), int((~lost & ~responds).sum())]]  # fmt: skip
    is_empty = not responds.any() or responds.all() or not lost.any()
    p = None if is_empty else float(stats.fisher_exact(cells)[1])
    reason = "No loss, or only one kind of response: there is no test." if is_empty else None
    return {"n": int(known.sum()), "n_mutated": int(lost.sum()), "events": int(responds.sum()), "cells": cells,
            "p": p, "warnings": reason}  # fmt: skip


def loss_by_response_within(status: pd.Series, is_responder: pd.Series, strata: pd.Series) -> dict[str, Any]:
    """Loss against response within strata: Mantel-Haenszel odds ratio with interval, exact conditional p, n, warnings.

    Losses are few: the p of large samples would be too small. A person without a stratum is left out. With no stratum
    in which both vary the numbers are None.
    """
    known = status.isin(KNOWN) & is_responder.notna() & strata.notna()
    lost = status[known] == MUTATED
    counts = strata_counts(lost, is_responder[known].astype(bool), strata[known])
    found = mantel_haenszel(*counts)
    values: dict[str, Any] = {
        "n": int(known.sum()), "n_mutated": int(lost.sum()), "events": int(is_responder[known].astype(bool).sum()),
        "n_informative": found.n_informative, "estimate": None, "ci_low": None, "ci_high": None, "p": None,
        "warnings": "No stratum in which both loss and response vary: there is no test.",
    }  # fmt: skip
    if not found.n_informative:
        return values
    values |= {"p": exact_conditional_p(*counts), "warnings": None}
    if math.isfinite(found.ci_low):
        return values | {"estimate": found.odds_ratio, "ci_low": found.ci_low, "ci_high": found.ci_high}
    side = "responders" if found.odds_ratio else "non-responders"
    return values | {
        "warnings": f"In every stratum that varies the losses are in {side} alone: no odds ratio."
    }


def burden_stratum(people: pd.DataFrame, percentile: float) -> pd.Series:
    """low_burden or high_burden by the percentile of mutation burden within cohort x cancer type, null where unknown.

    Rates of unlike assays cannot be compared, so the cut is made within the cohort (field's rule for TMB).
    """
    groups = [people["cohort_id"], people["cancer_type"].fillna("")]
    rank = people["n_nonsynonymous"].astype(float).groupby(groups).rank(pct=True)
    word = pd.Series(pd.NA, index=people.index, dtype="string")
    return word.mask(rank <= percentile / 100.0, "low_burden").mask(rank > percentile / 100.0, "high_burden")


def covered_by(panels: Mapping[str, set[str]], genes: Sequence[str]) -> set[str]:
    """Panels that cover every gene."""
    return {panel for panel, covered in panels.items() if set(genes) <= covered}
