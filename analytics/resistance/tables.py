"""Result tables of questions of resistance: columns, SQL types and what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from analytics.resistance.acquired.outcomes import OUTCOME_WORDS
from analytics.resistance.evidence.loss import ALLELE_WORDS, CONFIDENCE_WORDS
from analytics.resistance.pairs.compare import PRESENCE_WORDS, SHIFT_WORDS
from analytics.resistance.pairs.events import TIMING_WORDS
from analytics.results.schema import Columns, ResultTable, column
from analytics.results.statistic import Statistic


@dataclass(frozen=True, kw_only=True)
class PairStatistic(Statistic):
    """A statistic of pairs of samples, or of patients by what became of them; the label says what is counted."""

    TABLE: ClassVar[str] = "pair_stats"
    MEANING: ClassVar[str] = "A statistic of pairs of samples of the same people."

    pair_id: str | None = column("Pair, see marts.sample_pairs; null when it is over all pairs")
    patient_id: str | None = column("Patient of the pair")
    numerator: int | None = column("Counted with the property; null for a plain count")
    denominator: int | None = column("Counted in all: mutations, pairs or patients")
    unit: str | None = column("What is counted, or the unit of a change")
    median_first: float | None = column("Median at the earlier time, of a change")
    median_second: float | None = column("Median at the later time")
    q: float | None = column("Benjamini-Hochberg over the genes and programmes of one group")


_KEYS: Columns = {
    "analysis_id": ("string", "See analysis_specs"),
    "variant": ("string", "See analysis_specs"),
    "cohort_id": ("string", "Cohort"),
    "patient_id": ("string", "Patient as the source names him or her"),
    "person_id": ("string", "Person across cohorts"),
}
_SOURCE: Columns = {
    "source_file_id": ("string", "File of the mutation, see marts.source_files; null without one"),
    "source_row": ("bigint", "Row in that file"),
}

TABLES = (
    ResultTable.of(PairStatistic),
    ResultTable(
        "resistance_events",
        "An event in a gene of resistance in one pair or sample, with its evidence and confidence.",
        {
            **_KEYS,
            "pair_id": ("string", "Pair, see marts.sample_pairs; null for a baseline sample by itself"),
            "role": ("string", "Roles of the pair, or baseline"),
            "first_sample_id": ("string", "The earlier sample"),
            "second_sample_id": ("string", "The later sample; null for a baseline sample by itself"),
            "hugo_symbol": ("string", "Gene"),
            "gene_sets": ("strings", "Gene sets it belongs to"),
            "mutation": ("strings", "Protein changes; none for a loss of copies only"),
            "variant_classification": ("string", "MAF variant class of the leading mutation"),
            "is_truncating": ("boolean", "The leading mutation is a loss of function by its class"),
            "presence": (
                "string",
                "Leading mutation: shared, private_to_first, private_to_second or too_shallow_to_say",
            ),
            "power": ("double", "Power to have seen the mutation in the sample that has no call of it"),
            "first_allele_fraction": ("double", "Allele fraction in the earlier sample"),
            "second_allele_fraction": ("double", "Allele fraction in the later sample"),
            "first_log2_ratio": ("double", "log2 ratio of the segment over the gene, earlier sample"),
            "second_log2_ratio": ("double", "The same, later sample"),
            "first_word": ("string", "Earlier sample: biallelic, monoallelic, intact or cannot say"),
            "first_confidence": ("string", "high, moderate or low"),
            "second_word": ("string", "Later sample: biallelic, monoallelic, intact or cannot say"),
            "second_confidence": ("string", "high, moderate or low"),
            "timing": (
                "string",
                "acquired, intrinsic, not in the later sample, no loss shown or cannot say when",
            ),
            "biallelic": ("string", "The verdict that counts: biallelic, monoallelic, intact or cannot say"),
            "confidence": ("string", "high, moderate or low"),
            "evidence": ("strings", "What the verdict is made from, one statement each"),
            **_SOURCE,
        },
        {
            "presence": PRESENCE_WORDS,
            "timing": TIMING_WORDS,
            **dict.fromkeys(("first_word", "second_word", "biallelic"), ALLELE_WORDS),
            **dict.fromkeys(("first_confidence", "second_confidence", "confidence"), CONFIDENCE_WORDS),
        },
    ),
    ResultTable(
        "pair_mutations",
        "A mutation in a pair of samples: shared, private, or too shallow to say.",
        {
            **_KEYS,
            "pair_id": ("string", "Pair, see marts.sample_pairs"),
            "variant_key": ("string", "chromosome:start:reference>alternative, or the cDNA change"),
            "hugo_symbol": ("string", "Gene"),
            "variant_classification": ("string", "MAF variant class"),
            "hgvsp_short": ("string", "Protein change"),
            "presence": ("string", "shared, private_to_first, private_to_second or too_shallow_to_say"),
            "absent_in": ("string", "Sample without a call: first or second"),
            "expected_fraction": ("double", "Allele fraction to expect in the sample without a call"),
            "expected_depth": ("double", "Depth to expect there"),
            "power": ("double", "Power of a call there"),
            "first_allele_fraction": ("double", "Allele fraction in the earlier sample"),
            "second_allele_fraction": ("double", "Allele fraction in the later sample"),
            "first_depth": ("double", "Reads at the site, earlier sample"),
            "second_depth": ("double", "Reads at the site, later sample"),
            "shift": ("double", "Change of the share of tumour cells (allele fraction over clonal peak)"),
            "shift_ci_low": ("double", "95 % interval, low end"),
            "shift_ci_high": ("double", "95 % interval, high end"),
            "shift_p": ("double", "Two-sided p"),
            "shift_q": ("double", "Benjamini-Hochberg over the pair"),
            "shift_word": ("string", "rising, falling or no change shown"),
            "first_source_file_id": ("string", "File of the call in the earlier sample"),
            "first_source_row": ("bigint", "Row in that file"),
            "second_source_file_id": ("string", "File of the call in the later sample"),
            "second_source_row": ("bigint", "Row in that file"),
        },
        {"presence": PRESENCE_WORDS, "absent_in": ("first", "second"), "shift_word": SHIFT_WORDS},
    ),
    ResultTable(
        "resistance_outcomes",
        "What became of one patient: intrinsic or acquired resistance, response, or not known.",
        {
            **_KEYS,
            "recist": ("string", "Best response"),
            "pfs_months": ("double", "Months to progression or last follow-up"),
            "is_progression": ("boolean", "Progression (or death) at the end of it"),
            "response_months": ("double", "How long the response lasted, of responders"),
            "outcome": ("string", "acquired resistance, response lost early, response ongoing, ..."),
            "reason": ("string", "Why, in words"),
            "source_file_id": ("string", "File of the response, see marts.source_files"),
            "source_row": ("bigint", "Row in that file"),
        },
        {"outcome": OUTCOME_WORDS},
    ),
)
