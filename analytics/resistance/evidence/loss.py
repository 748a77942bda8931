"""Is a gene lost on both alleles? Evidence from mutations, copy number and allele fractions, and a verdict in words.

Belongs here: one gene in one sample.
Does not belong here: pairs of samples and when a loss came (`events`), rates over patients (`intrinsic`).

Expected values for a tumour of purity p with a clonal mutation (see e.g. Carter et al. 2012, Nat Biotechnol 30:413):
allele fraction p/2 with both alleles, p/(2-p) when the other allele is deleted, p when it is replaced; log2 ratio
log2(1 - p/2) when one of two copies is lost, log2(1 - p) when both are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from scipy import stats

from analytics.resistance.evidence.fractions import ClonalPeak

BIALLELIC, MONOALLELIC, CANNOT_SAY, INTACT = "biallelic", "monoallelic", "cannot say", "intact"
ALLELE_WORDS: Final = (BIALLELIC, MONOALLELIC, CANNOT_SAY, INTACT)
HIGH, MODERATE, LOW = "high", "moderate", "low"
CONFIDENCE_WORDS: Final = (HIGH, MODERATE, LOW)

DEEP_LOSS, LOSS, NEUTRAL, GAIN, UNKNOWN = "both copies lost", "one copy lost", "neutral", "gain", "not known"
SUPPORTS_LOSS, SUPPORTS_BOTH, UNDECIDED = "supports loss", "supports both alleles", "undecided"

#: log2 ratios beyond which a segment counts when the purity is not known, and below which it never does: segments of
#: exomes scatter by 0.05 to 0.1 around their level.
LOSS_UNKNOWN_PURITY, GAIN_UNKNOWN_PURITY, NOISE = -0.3, 0.2, 0.1
#: One of two copies lost in every cell of a pure tumour is -1: nothing above that shows that both are, whatever is
#: believed of the purity; and a cell does not survive without both copies of a large part of a chromosome.
HIGHEST_DEEP, LONGEST_DEEP_MB = -1.1, 20.0
#: A likelihood ratio of ten to one decides what the allele fraction says.
DECIDING_LOG10_RATIO: Final = 1.0


@dataclass(frozen=True)
class CopyEvidence:
    """What the segment over a gene says: word, its log2 ratio (NaN without a segment), and a sentence."""

    word: str
    log2_ratio: float
    text: str


@dataclass(frozen=True)
class AlleleEvidence:
    """What the allele fraction of one mutation says about the other allele.

    `log10_ratio` compares the best fit with the other allele lost to the best with both there; NaN without reads.
    """

    word: str
    log10_ratio: float
    text: str


@dataclass(frozen=True)
class Mutation:
    """One mutation of the gene in the sample. Counts may be None; `is_truncating` is loss of function by class;
    `cancer_cell_fraction` (0-1) where a source published it."""

    label: str
    is_truncating: bool
    alt_count: int | None
    depth: int | None
    cancer_cell_fraction: float | None = None


@dataclass(frozen=True)
class Verdict:
    """`word` of `ALLELE_WORDS`, `confidence` of `CONFIDENCE_WORDS` and the evidence, one statement each."""

    word: str
    confidence: str
    evidence: tuple[str, ...]
    copy: CopyEvidence
    allele: AlleleEvidence

    @property
    def is_biallelic(self) -> bool:
        return self.word == BIALLELIC


def copy_evidence(
    log2_ratio: float | None, purity: float | None, length_mb: float | None = None
) -> CopyEvidence:
    """Word for a segment's log2 ratio at a purity (0-1, None when unknown): a loss when it is more than half-way from
    neutral to what the loss of one copy in every tumour cell would give, both copies when half-way from there to what
    the loss of both would, at -1.1 or below, and on no more than 20 Mb. Below a purity of about 0.26 the loss of one
    copy is less than twice the scatter of segments, so that nothing can be said."""
    if log2_ratio is None or not math.isfinite(log2_ratio):
        return CopyEvidence(UNKNOWN, math.nan, "no segment over the gene")
    loss_at, deep_at, gain_at = LOSS_UNKNOWN_PURITY, HIGHEST_DEEP, GAIN_UNKNOWN_PURITY
    said = "purity unknown"
    if purity is not None and 0.0 < purity <= 1.0:
        one_copy = math.log2(1.0 - purity / 2.0)
        both = math.log2(max(1.0 - purity, 0.02))
        loss_at, deep_at = min(one_copy / 2.0, -NOISE), min((one_copy + both) / 2.0, HIGHEST_DEEP)
        gain_at = max(math.log2(1.0 + purity / 2.0) / 2.0, NOISE)
        said = f"one copy lost would be {one_copy:.2f} at purity {purity:.2f}"
        if one_copy > -2 * NOISE and log2_ratio > deep_at:
            text = f"segment log2 ratio {log2_ratio:.2f}: {UNKNOWN} ({said}, which does not stand out)"
            return CopyEvidence(UNKNOWN, float(log2_ratio), text)
    if log2_ratio <= deep_at and (length_mb is None or length_mb <= LONGEST_DEEP_MB):
        word = DEEP_LOSS
    elif log2_ratio <= loss_at:
        word = LOSS
    elif log2_ratio >= gain_at:
        word = GAIN
    else:
        word = NEUTRAL
    return CopyEvidence(word, float(log2_ratio), f"segment log2 ratio {log2_ratio:.2f}: {word} ({said})")


def allele_evidence(mutation: Mutation, peak: ClonalPeak | None) -> AlleleEvidence:
    """Does the allele fraction need the other allele gone? Binomial likelihoods of the reads: at most the clonal peak
    (both alleles there, perhaps a subclone) against at least p/(2-p) (the other one gone from every tumour cell)."""
    alt, depth = mutation.alt_count, mutation.depth
    if alt is None or depth is None or depth <= 0:
        share = mutation.cancer_cell_fraction
        cells = "" if share is None else f", in {100 * share:.0f} % of the tumour cells as published"
        return AlleleEvidence(UNDECIDED, math.nan, f"{mutation.label}: no read counts{cells}")
    fraction = alt / depth
    reads = f"{mutation.label}: {alt} of {depth} reads ({fraction:.2f})"
    if peak is None:
        return AlleleEvidence(UNDECIDED, math.nan, f"{reads}, clonal peak unknown")
    both = min(peak.fraction, 0.5)
    lost = both / (1.0 - both)  # p/(2-p) with p twice the peak
    best_both, best_lost = min(fraction, both), min(max(fraction, lost), 0.999)
    ratio = float(
        stats.binom.logpmf(alt, depth, best_lost) - stats.binom.logpmf(alt, depth, max(best_both, 1e-6))
    ) / math.log(10.0)
    word = UNDECIDED
    if ratio >= DECIDING_LOG10_RATIO:
        word = SUPPORTS_LOSS
    elif ratio <= -DECIDING_LOG10_RATIO:
        word = SUPPORTS_BOTH
    text = f"{reads}, expected {both:.2f} with both alleles, {lost:.2f} or more with one: {word}"
    return AlleleEvidence(word, ratio, text)


def judge_gene(mutations: Sequence[Mutation], copy: CopyEvidence, peak: ClonalPeak | None) -> Verdict:
    """The verdict on one gene of one sample.

    Biallelic: both copies deleted; or a truncating mutation whose other allele is lost by segment and allele fraction
    (high), by one of them while the other does not speak against it (moderate), or beside a second truncating
    mutation, whose phase is unknown (low). A missense mutation proves no loss of function whatever its other allele.
    """
    truncating = [m for m in mutations if m.is_truncating]
    if copy.word == DEEP_LOSS:
        none = AlleleEvidence(UNDECIDED, math.nan, "")
        return Verdict(
            BIALLELIC, HIGH if math.isfinite(copy.log2_ratio) and peak else MODERATE, (copy.text,), copy, none
        )
    if not truncating:
        return _without_truncation(mutations, copy, peak)
    judged = [(allele_evidence(m, peak), m) for m in truncating]
    best = max(
        (a for a, _ in judged), key=lambda a: -math.inf if math.isnan(a.log10_ratio) else a.log10_ratio
    )
    word, confidence = _truncated(copy.word, best.word, len(truncating))
    said = [best.text, copy.text]
    if len(truncating) > 1:
        said.append(f"{len(truncating)} truncating mutations, phase unknown")
    return Verdict(word, confidence, tuple(said), copy, best)


def _truncated(copy: str, allele: str, n_truncating: int) -> tuple[str, str]:
    if copy == LOSS:
        word, confidence = {
            SUPPORTS_LOSS: (BIALLELIC, HIGH),
            UNDECIDED: (BIALLELIC, MODERATE),
            SUPPORTS_BOTH: (CANNOT_SAY, LOW),
        }[allele]
    elif allele == SUPPORTS_LOSS:
        # Neutral copy number with a high allele fraction is a replaced allele; a gain also multiplies the mutant.
        word, confidence = (CANNOT_SAY, LOW) if copy == GAIN else (BIALLELIC, MODERATE)
    elif allele == SUPPORTS_BOTH:
        word, confidence = MONOALLELIC, HIGH if copy in (NEUTRAL, GAIN) else MODERATE
    else:
        word, confidence = (MONOALLELIC, LOW) if copy in (NEUTRAL, GAIN) else (CANNOT_SAY, LOW)
    if n_truncating > 1 and word != BIALLELIC:
        word, confidence = BIALLELIC, LOW
    return word, confidence


def _without_truncation(
    mutations: Sequence[Mutation], copy: CopyEvidence, peak: ClonalPeak | None
) -> Verdict:
    if not mutations:
        nothing = AlleleEvidence(UNDECIDED, math.nan, "")
        if copy.word == LOSS:
            return Verdict(MONOALLELIC, MODERATE, (copy.text, "no mutation"), copy, nothing)
        word = CANNOT_SAY if copy.word == UNKNOWN else INTACT
        return Verdict(
            word, LOW if word == CANNOT_SAY else MODERATE, (copy.text, "no mutation"), copy, nothing
        )
    judged = [allele_evidence(m, peak) for m in mutations]
    best = max(judged, key=lambda a: -math.inf if math.isnan(a.log10_ratio) else a.log10_ratio)
    said = (best.text, copy.text, "not truncating: its effect is unknown")
    return Verdict(CANNOT_SAY, LOW, said, copy, best)
