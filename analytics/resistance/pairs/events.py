"""Resistance events of a pair: what happened to the genes of interferon signalling and antigen presentation, and when.

Belongs here: joining the verdicts of both samples with the comparison of the pair.
Does not belong here: the verdict itself (`loss`), counting events over patients (`estimates`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from analytics.resistance.evidence.loss import DEEP_LOSS, LOSS, MONOALLELIC, UNKNOWN, Verdict
from analytics.resistance.evidence.samples import SampleEvidence, mutation_label
from analytics.resistance.pairs.compare import (
    PRIVATE_TO_FIRST,
    PRIVATE_TO_SECOND,
    SHARED,
    TOO_SHALLOW,
    PairComparison,
)

ACQUIRED, INTRINSIC, LOST_AGAIN, NOT_LOST, NOT_SAID = (
    "acquired", "intrinsic", "not in the later sample", "no loss shown", "cannot say when",
)  # fmt: skip
TIMING_WORDS: Final = (ACQUIRED, INTRINSIC, LOST_AGAIN, NOT_LOST, NOT_SAID)


@dataclass(frozen=True, kw_only=True)
class PairEvent:
    """What happened to one gene in a pair.

    Attributes
    ----------
    gene_sets : sets that the gene belongs to.
    mutation : protein changes (or classes) of its non-synonymous mutations in either sample.
    variant_classification, is_truncating, presence, power, first_allele_fraction, second_allele_fraction,
        source_file_id, source_row : of the leading mutation, truncating first; None without one.
    first_log2_ratio, second_log2_ratio : segments over the gene; NaN without one.
    first_word, second_word : verdicts of the two samples, with their confidence.
    timing : a word from `ACQUIRED` to `NOT_SAID`.
    biallelic, confidence : of the later sample, of the earlier one where only it has the loss.
    evidence : what the verdict is made from, one statement each.
    """

    hugo_symbol: str
    gene_sets: tuple[str, ...]
    mutation: tuple[str, ...]
    variant_classification: str | None
    is_truncating: bool | None
    presence: str | None
    power: float | None
    first_allele_fraction: float | None
    second_allele_fraction: float | None
    first_log2_ratio: float
    second_log2_ratio: float
    first_word: str
    first_confidence: str
    second_word: str
    second_confidence: str
    timing: str
    biallelic: str
    confidence: str
    evidence: tuple[str, ...]
    source_file_id: str | None
    source_row: int | None


def pair_events(
    comparison: PairComparison,
    first: SampleEvidence,
    second: SampleEvidence,
    genes: Mapping[str, Sequence[str]],
) -> list[PairEvent]:
    """One event a gene with a non-synonymous mutation or a loss of copies in either sample.

    Parameters
    ----------
    comparison : of the pair, all mutations.
    first, second : evidence of the two samples, the earlier first.
    genes : gene -> gene sets it belongs to.
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
        labels = tuple(mutation_label(r) for r in rows.to_dict("records")) if rows is not None else ()
        events.append(_event(gene, tuple(sets), labels, leading, *verdicts))
    return events


def _leading(rows: pd.DataFrame) -> dict[str, Any]:
    order = {PRIVATE_TO_SECOND: 0, TOO_SHALLOW: 1, SHARED: 2, PRIVATE_TO_FIRST: 3}
    ranked = rows.assign(_order=rows["presence"].map(order), _truncating=~rows["is_truncating"].astype(bool))
    row = ranked.sort_values(["_truncating", "_order", "variant_key"]).iloc[0]
    return {str(k): (None if pd.isna(v) else v) for k, v in row.items()}


def _event(
    gene: str,
    sets: tuple[str, ...],
    labels: tuple[str, ...],
    leading: dict[str, Any],
    first: Verdict,
    second: Verdict,
) -> PairEvent:
    told = first if first.is_biallelic and not second.is_biallelic else second
    which = "second" if leading.get("second_source_row") is not None else "first"
    source_row = leading.get(f"{which}_source_row")
    said = (
        *(f"later sample: {words}" for words in second.evidence),
        *(f"earlier sample: {words}" for words in first.evidence),
        _presence_words(leading),
    )
    return PairEvent(
        hugo_symbol=gene,
        gene_sets=sets,
        mutation=labels,
        variant_classification=leading.get("variant_classification"),
        is_truncating=bool(leading.get("is_truncating")) if labels else None,
        presence=leading.get("presence"),
        power=leading.get("power"),
        first_allele_fraction=leading.get("first_allele_fraction"),
        second_allele_fraction=leading.get("second_allele_fraction"),
        first_log2_ratio=first.copy.log2_ratio,
        second_log2_ratio=second.copy.log2_ratio,
        first_word=first.word,
        first_confidence=first.confidence,
        second_word=second.word,
        second_confidence=second.confidence,
        timing=event_timing(leading.get("presence"), first, second),
        biallelic=told.word,
        confidence=told.confidence,
        evidence=tuple(words for words in said if words),
        source_file_id=leading.get(f"{which}_source_file_id"),
        source_row=None if source_row is None else int(source_row),
    )


def event_timing(presence: str | None, first: Verdict, second: Verdict) -> str:
    """When the loss of both alleles came: a word from `ACQUIRED` to `NOT_SAID`. ``presence``: of the leading mutation.

    Acquired needs more than a verdict of the later sample: the earlier one must have had the power to show the
    mutation, or its own verdict must say that an allele was left.
    """
    if not second.is_biallelic:
        return LOST_AGAIN if first.is_biallelic else NOT_LOST
    if first.is_biallelic:
        return INTRINSIC
    if second.copy.word == DEEP_LOSS:
        return NOT_SAID if first.copy.word == UNKNOWN else ACQUIRED
    if presence == PRIVATE_TO_SECOND or (presence == SHARED and first.word == MONOALLELIC):
        return ACQUIRED
    return NOT_SAID


def _presence_words(leading: dict[str, Any]) -> str:
    presence = leading.get("presence")
    if presence is None or presence == SHARED:
        return ""
    where = "earlier" if leading.get("absent_in") == "first" else "later"
    power = leading.get("power")
    seen = "power not known" if power is None else f"power {100 * float(power):.0f} %"
    verdict = "too shallow to say that it was absent" if presence == TOO_SHALLOW else "absent"
    return f"{where} sample: mutation {verdict} ({seen})"
