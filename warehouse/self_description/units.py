"""The unit of a column, which its name states: whole, or by its beginning or end."""

from __future__ import annotations

import re
from collections.abc import Collection

#: Types of columns that have a unit.
MEASURED = ("DOUBLE", "BIGINT", "BOOLEAN")
FRACTION = "fraction, 0 to 1"
PROBABILITY = "probability, 0 to 1"
_COUNT = "count"
_MONTHS = "months of 30.4375 days"
_LOG_RATIO = "natural logarithm of a ratio"
_PLACE = "place in an order"

#: Pattern of a whole name -> unit; the first that fits counts.
_BY_NAME = tuple(
    (re.compile(pattern), unit)
    for pattern, unit in (
        (r".*_mut_per_mb", "mutations per megabase"),
        (r".*_mb", "megabases"),
        (r".*_months|months_between|rmst_ci_(low|high)", _MONTHS),
        (r".*_years", "years"),
        (r".*_days|(start|stop)_day", "days"),
        (r".*_percent|.*_percentile|ci_level", "percent"),
        (r".*_fraction|share|share_.*|rate_.*|coverage|power|probability|predicted.*", FRACTION),
        (r"(tmb_)?percentile_in_assay_and_cancer_type|.*cosine.*|null_false_positive_rate", FRACTION),
        (r".*_bases|.*_bp", "bases"),
        (r"bytes", "bytes"),
        (r"(is|has)_.*", "true or false"),
        (r"log2_value|(.*_)?log2_ratio", "logarithm to base 2"),
        (r".*_chi2|.*_z|.*_variance|statistic|cohort_q", "statistic of a test"),
        (r"null_p_.*|p_(value|permutation|search_only|lausen_1994|exact_gauss|naive)", PROBABILITY),
        (r"(.*_)?[pq]", PROBABILITY),
        (r".*_(coef|se)|shrunken_sd|(uni|adj|burden|change|control_ratio)_ci_(low|high)", _LOG_RATIO),
        (r"tau2", "square of the natural logarithm of a ratio"),
        (r"(mh_)?odds_ratio(_ci_low|_ci_high)?|mh_ci_(low|high)", "ratio"),
        (r"(.*_)?depth|t_(alt|ref)_count|mean_coverage|library_size", "reads"),
        (r".*_position", "bases of the chromosome, from 1"),
        (r"(farthest_)?residue", "amino acids of the protein, from 1"),
        (r"(.*_)?source_row", "row of the file"),
        (r"precedence|position|line_of_treatment|(person_row|pair|step|line|group)_number", _PLACE),
        (r"member_id|set_id|entrez_gene_id|identical_group|seed", "identifier"),
        (r"n_.*|(.*_)?(n|n_carriers|n_in_group|events|responders)(_carriers|_in_group)?", _COUNT),
        (r".*_(observed|expected|draws|decimals|cohorts)|expected_.*|exposure.*|permutations", _COUNT),
        (r"numerator|denominator|family_size|matched_genes|prior_lines|p_sides", _COUNT),
        (r"ecog", "ECOG performance status, 0 to 5"),
        (r"copy_number_level", "level, -2 to 2"),
        (r"ploidy", "copies of the genome"),
        (r"points|cut_off_points", "points of the nomogram"),
        (r"cliffs_delta.*", "difference of probabilities, -1 to 1"),
        (r"enrichment_score", "score, -1 to 1"),
        (r"standardised_difference", "standard deviations"),
        (r"shift.*", "share of the tumour cells"),
        (r"largest_difference_in_last_digits", "last printed digits"),
        (r"tumor_purity_raw", "as the source has it: fraction or percent"),
        (r"coefficient|standard_error|center", "of the model's column"),
        (r"(apparent|optimism|corrected|reference)", "that of the estimate"),
    )
)
#: Columns on a scale or in a unit that another column of the row names.
_ESTIMATES = re.compile(r"(computed_|default_)?(estimate|ci_low|ci_high)|prediction_(low|high)")
_VALUES = re.compile(r"value|value_number|median_.*|q[13]_in_(group|reference)")


def unit_of(column: str, beside: Collection[str] = ()) -> str | None:
    """The unit of a column of a table with the columns ``beside``; None of a word, a name or a list."""
    for of_row, names in ((_ESTIMATES, ("scale", "unit")), (_VALUES, ("unit", "scale", "words"))):
        if of_row.fullmatch(column) and not column.endswith("_months"):
            named = next((name for name in names if name in beside), None)
            whose = next(
                (one for one in ("claim", "attribute") if one in beside or f"{one}_id" in beside), None
            )
            return f"as the column {named} says" if named else whose and f"that of the {whose}"
    return next((unit for pattern, unit in _BY_NAME if pattern.fullmatch(column)), None)
