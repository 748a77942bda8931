"""Is a gene lost on both alleles? Each verdict with the evidence that makes it."""

import math

import numpy as np
import pytest

from analytics.resistance.evidence.fractions import ClonalPeak
from analytics.resistance.evidence.loss import (
    ALLELE_WORDS,
    BIALLELIC,
    CANNOT_SAY,
    CONFIDENCE_WORDS,
    DEEP_LOSS,
    GAIN,
    HIGH,
    INTACT,
    LOSS,
    LOW,
    MODERATE,
    MONOALLELIC,
    NEUTRAL,
    UNKNOWN,
    Mutation,
    allele_evidence,
    copy_evidence,
    judge_gene,
)

PURITY = 0.8
PEAK = ClonalPeak(PURITY / 2, 200, "allele fractions")
ONE_COPY = math.log2(1 - PURITY / 2)
SUBCLONAL, HETEROZYGOUS, LOST = (Mutation("p.X", True, alt, 150) for alt in (20, 60, 100))
SHALLOW = Mutation("p.X", True, 4, 8)
MISSENSE = Mutation("p.A1V", False, 100, 150)


@pytest.mark.parametrize(
    ("mutations", "log2_ratio", "word", "confidence"),
    [
        ([LOST], ONE_COPY, BIALLELIC, HIGH),  # both kinds of evidence
        ([LOST], 0.0, BIALLELIC, MODERATE),  # replaced allele: seen in the reads only
        ([LOST], None, BIALLELIC, MODERATE),  # no segments at all
        ([SHALLOW], ONE_COPY, BIALLELIC, MODERATE),  # the segment alone
        ([HETEROZYGOUS], 0.0, MONOALLELIC, HIGH),
        ([HETEROZYGOUS], None, MONOALLELIC, MODERATE),
        ([SUBCLONAL], 0.0, MONOALLELIC, HIGH),
        ([HETEROZYGOUS], ONE_COPY, CANNOT_SAY, LOW),  # the two contradict each other
        ([LOST], 0.8, CANNOT_SAY, LOW),  # a gain multiplies the mutant as well
        ([SHALLOW], None, CANNOT_SAY, LOW),
        ([HETEROZYGOUS, HETEROZYGOUS], 0.0, BIALLELIC, LOW),  # two hits, phase unknown
        ([MISSENSE], ONE_COPY, CANNOT_SAY, LOW),  # a missense mutation proves nothing
        ([], ONE_COPY, MONOALLELIC, MODERATE),
        ([], 0.0, INTACT, MODERATE),
        ([], None, CANNOT_SAY, LOW),
        ([], -2.2, BIALLELIC, HIGH),  # homozygous deletion
    ],
)
def test_verdict_and_confidence_follow_from_the_evidence(mutations, log2_ratio, word, confidence):
    verdict = judge_gene(mutations, copy_evidence(log2_ratio, PURITY), PEAK)
    assert (verdict.word, verdict.confidence) == (word, confidence), verdict.evidence
    assert verdict.word in ALLELE_WORDS and verdict.confidence in CONFIDENCE_WORDS
    assert verdict.evidence


@pytest.mark.parametrize("purity", [0.4, 0.6, 0.8, 1.0])
def test_copy_words_are_those_of_the_expected_ratios(purity):
    one = math.log2(1 - purity / 2)
    assert copy_evidence(one, purity).word == LOSS
    assert copy_evidence(0.0, purity).word == NEUTRAL
    assert copy_evidence(math.log2(1 + purity / 2), purity).word == GAIN


def test_no_more_than_a_copy_is_lost_above_minus_one_or_over_an_arm():
    assert copy_evidence(-0.9, 0.2).word == UNKNOWN, "a purity of 0.2 cannot have it: it is mistaken"
    assert copy_evidence(-2.2, 0.8).word == DEEP_LOSS
    assert copy_evidence(-2.2, 0.8, length_mb=60.0).word == LOSS
    assert copy_evidence(-0.9, None).word == LOSS and copy_evidence(-1.5, None).word == DEEP_LOSS


def test_below_a_quarter_of_tumour_cells_a_segment_says_nothing():
    evidence = copy_evidence(-0.12, 0.16)
    assert evidence.word == UNKNOWN and "does not stand out" in evidence.text


def test_without_reads_or_peak_the_allele_fraction_is_undecided_and_says_why():
    assert "no read counts" in allele_evidence(Mutation("p.X", True, None, None), PEAK).text
    assert "90 % of the tumour cells" in allele_evidence(Mutation("p.X", True, None, None, 0.9), PEAK).text
    assert "clonal peak unknown" in allele_evidence(LOST, None).text


def test_of_planted_heterozygous_mutations_hardly_any_is_called_lost_and_of_lost_ones_most_are():
    rng = np.random.default_rng(5)
    copy = copy_evidence(None, PURITY)

    def share_called(fraction):
        reads = rng.binomial(130, fraction, 2000)
        return np.mean(
            [judge_gene([Mutation("p.X", True, int(a), 130)], copy, PEAK).is_biallelic for a in reads]
        )

    assert share_called(PURITY / 2) < 0.005
    assert share_called(PURITY / (2 - PURITY)) > 0.95
