"""Resistance events of a pair: what happened to the genes of interferon signalling and antigen presentation, and when.

Belongs here: joining the verdicts of both samples with the comparison of the pair.
Does not belong here: the verdict itself (`loss`), counting events over patients (`estimates`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analytics.resistance.evidence.loss import BIALLELIC, CANNOT_SAY, DEEP_LOSS, LOSS, MONOALLELIC, UNKNOWN, Verdict
from analytics.resistance.pairs.compare import (
    PRIVATE_TO_FIRST,
    PRIVATE_TO_SECOND,
    SHARED,
    TOO_SHALLOW,
    PairComparison,
)
from analytics.resistance.evidence.samples import SampleEvidence, mutation_label

ACQUIRED, INTRINSIC, LOST_AGAIN, NOT_LOST, NOT_SAID = (
    "acquired", "intrinsic", "not in the later sample", "no loss shown", "cannot say when",
)  # fmt: skip
TIMING_WORDS = (ACQUIRED, INTRINSIC, LOST_AGAIN, NOT_LOST, NOT_SAID)


def pair_events(
    comparison: PairComparison,
    first: SampleEvidence,
    second: SampleEvidence,
    genes: Mapping[str, Sequence[str]],
) -> list[dict[str, Any]]:
    """One row a gene with a non-synonymous mutation or a loss of copies in either sample.

    Parameters
    ----------
    comparison : of the pair, all mutations.
    first, second : evidence of the two samples, the earlier first.
    genes : gene -> gene sets it belongs to.

    Returns
    -------
    Rows with gene, gene_sets, mutation, variant_classification, presence and power of the leading mutation (truncating
    first), allele fractions, log2 ratios, the verdict words with confidence and evidence of both samples, ``timing``
    (`TIMING_WORDS`), ``biallelic`` and ``confidence`` (the later sample's, the earlier's where only it has the loss),
    ``evidence`` and the source row of the mutation.
    """
    of_genes = comparison.mutations[comparison.mutations["hugo_symbol"].isin(list(genes))]
    by_gene = {str(g): rows for g, rows in of_genes.groupby("hugo_symbol", sort=False)}
    events = []
    for gene, sets in genes.items():
        rows = by_gene.get(gene)
        if rows is not None:
            rows = rows[rows["is_nonsynonymous"].astype(bool)]
        verdicts = (first.verdict(gene), second.verdict(gene))
        has_mutation = rows is not None and len(rows) > 0
        if not has_mutation and all(v.copy.word not in (LOSS, DEEP_LOSS) for v in verdicts):
            continue
        leading = _leading(rows) if rows is not None and has_mutation else {}
        events.append({"hugo_symbol": gene, "gene_sets": "; ".join(sets), **_event(leading, rows, *verdicts)})
    return events


def _leading(rows: pd.DataFrame) -> dict[str, Any]:
    order = {PRIVATE_TO_SECOND: 0, TOO_SHALLOW: 1, SHARED: 2, PRIVATE_TO_FIRST: 3}
    ranked = rows.assign(_order=rows["presence"].map(order), _truncating=~rows["is_truncating"].astype(bool))
    row = ranked.sort_values(["_truncating", "_order", "variant_key"]).iloc[0]
    return {str(k): (None if pd.isna(v) else v) for k, v in row.items()}


def _event(
    leading: dict[str, Any], rows: pd.DataFrame | None, first: Verdict, second: Verdict
) -> dict[str, Any]:
    timing = event_timing(leading, first, second)
    told = first if first.is_biallelic and not second.is_biallelic else second
    has_rows = rows is not None and len(rows) > 0
    labels = [mutation_label(r) for r in rows.to_dict("records")] if rows is not None else []
    from_second = leading.get("second_source_row") is not None
    said = [
        f"later sample: {second.evidence}", f"earlier sample: {first.evidence}", _presence_words(leading),
    ]  # fmt: skip
    return {
        "mutation": "; ".join(labels) if has_rows else None,
        "variant_classification": leading.get("variant_classification"),
        "is_truncating": bool(leading.get("is_truncating")) if has_rows else None,
        "presence": leading.get("presence"),
        "power": leading.get("power"),
        "first_allele_fraction": leading.get("first_allele_fraction"),
        "second_allele_fraction": leading.get("second_allele_fraction"),
        "first_log2_ratio": first.copy.log2_ratio,
        "second_log2_ratio": second.copy.log2_ratio,
        "first_word": first.word,
        "first_confidence": first.confidence,
        "second_word": second.word,
        "second_confidence": second.confidence,
        "timing": timing,
        "biallelic": told.word,
        "confidence": told.confidence,
        "evidence": "; ".join(s for s in said if s),
        "source_file_id": leading.get("second_source_file_id" if from_second else "first_source_file_id"),
        "source_row": leading.get("second_source_row" if from_second else "first_source_row"),
    }


def event_timing(leading: Mapping[str, Any], first: Verdict, second: Verdict) -> str:
    """When the loss of both alleles came: a word of `TIMING_WORDS`.

    Acquired needs more than a verdict of the later sample: the earlier one must have had the power to show the
    mutation, or its own verdict must say that an allele was left.
    """
    if not second.is_biallelic:
        return LOST_AGAIN if first.is_biallelic else NOT_LOST
    if first.is_biallelic:
        return INTRINSIC
    if second.copy.word == DEEP_LOSS:
        return NOT_SAID if first.copy.word == UNKNOWN else ACQUIRED
    presence = leading.get("presence")
    if presence == PRIVATE_TO_SECOND or (presence == SHARED and first.word == MONOALLELIC):
        return ACQUIRED
    return NOT_SAID


def _presence_words(leading: Mapping[str, Any]) -> str:
    presence = leading.get("presence")
    if presence is None or presence == SHARED:
        return ""
    where = "earlier" if leading.get("absent_in") == "first" else "later"
    power = leading.get("power")
    seen = "power not known" if power is None else f"power {100 * float(power):.0f} %"
    verdict = "too shallow to say that it was absent" if presence == TOO_SHALLOW else "absent"
    return f"{where} sample: mutation {verdict} ({seen})"


def is_loss(row: Mapping[str, Any]) -> bool:
    """A loss of function with loss of the other allele in the later sample."""
    return bool(row["second_word"] == BIALLELIC)


__all__ = ["CANNOT_SAY", "TIMING_WORDS", "event_timing", "is_loss", "pair_events"]
