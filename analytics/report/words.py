"""Names as a reader wants them: keys, estimators, endpoints, columns. Numbers: `analytics.engine.numbers`."""

from __future__ import annotations

import re
from typing import Any

from analytics.engine.numbers import count, is_missing
from analytics.estimators import ESTIMATORS
from analytics.results.estimator import Scale
from analytics.results.verdict_words import capital

ENDPOINTS = {
    "OS": "Overall survival",
    "PFS": "Progression-free survival",
    "DSS": "Disease-specific survival",
    "DFI": "Disease-free interval",
    "PFI": "Progression-free interval",
    "response": "Response",
    "OS, both arms": "Overall survival, both arms",
    "OS, all randomised": "Overall survival, everybody randomised",
}
VARIANTS = {"default": "Default", "as_published": "As published"}

#: Last part of an estimate key -> words. Hazard ratios first: they say what kind of number they are.
_KEYS = {
    "log_rank": "Log-rank test",
    "logrank_oe": "Hazard ratio, log-rank O/E",
    "cox_univariable": "Hazard ratio, Cox",
    "cox_adjusted": "Hazard ratio, Cox, adjusted",
    "cox_adjusted_same_people": "Hazard ratio, Cox, unadjusted, on the people of the adjusted one",
    "cox_burden_adjusted": "Hazard ratio, Cox, adjusted for burden",
    "cox_burden_adjusted_same_people": "Hazard ratio, Cox, unadjusted, on the people whose burden is known",
    "e_value_adjusted": "E-value of the adjusted hazard ratio",
    "e_value_burden_adjusted": "E-value of the hazard ratio adjusted for burden",
    "firth_univariable": "Hazard ratio, Firth",
    "firth_adjusted": "Hazard ratio, Firth, adjusted",
    "firth_burden_adjusted": "Hazard ratio, Firth, adjusted for burden",
    "restricted_mean_difference": "Difference of restricted means, months",
    "schoenfeld": "Test of proportional hazards",
    "random_effects": "Hazard ratio, random effects over cohorts",
    "arm_x_gene": "Interaction of arm and gene, ratio of hazard ratios",
    "gene_in_icb_arm": "Hazard ratio in the checkpoint-blockade arm",
    "gene_in_control_arm": "Hazard ratio in the control arm",
    "ratio_of_hazard_ratios": "Ratio of hazard ratios, with against without checkpoint blockade",
}
_RESPONSES = {
    "orr": "objective response",
    "dcr": "disease control",
    "durable_benefit": "durable clinical benefit",
    "predictior": "response by PredictioR's rule",
    "iatlas": "response by iAtlas's rule",
}
_GROUPS = {"mutated": "mutated", "wild_type": "wild-type"}
_RESPONSE_KEYS = {
    "difference": "Difference in {what}, percentage points",
    "fisher": "Odds ratio of {what}, Fisher",
    "chi_square": "Chi-square test of {what}",
}
_WORDS = {"oe": "O/E", "tmb": "TMB", "hr": "HR", "ci": "CI", "p": "P", "q": "q", "ssgsea": "ssGSEA", "gsea": "GSEA",
          "icb": "ICB", "id": "", "tcga": "TCGA", "msk": "MSK", "mhc": "MHC", "tcr": "TCR", "bcr": "BCR", "snv": "SNV",
          "ipa": "IPA", "nes": "NES"}  # fmt: skip


def text_of(value: Any) -> str:
    """The value as text, a list with commas; nothing for what is missing."""
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    return "" if is_missing(value) else str(value)


def shown_scale(scale: str | None, unit: str = "") -> str:
    """How numbers of a scale are written: count, percent, points, months, ratio or plain; see ``engine.numbers``."""
    if unit == "months":
        return "months"
    return _SHOWN_SCALES.get(scale or "", "plain")


_SHOWN_SCALES: dict[str, str] = {
    **{known.value: "ratio" for known in Scale if known.is_ratio},
    Scale.COUNT: "count",
    Scale.SHARE: "percent",
    Scale.DIFFERENCE_OF_SHARES: "points",
    Scale.MONTHS: "months",
    Scale.DIFFERENCE_IN_MONTHS: "months",
}


def key_words(key: str) -> str:
    """An estimate key without its endpoint, in words."""
    parts = key.split(".")
    if parts[0].upper() in ENDPOINTS or parts[0] in ("dfs", "dfi", "pfi"):
        parts = parts[1:] or parts
    head = parts[0]
    response = _RESPONSES.get(head.removesuffix("_itt"))
    if response is not None and len(parts) > 1:
        what = f"{response}, by intention to treat" if head.endswith("_itt") else response
        if parts[1] == "rate" and len(parts) > 2:
            return f"{what.capitalize()}, {_GROUPS.get(parts[2], parts[2])}, %"
        return _RESPONSE_KEYS.get(parts[1], "{what}, " + plain_words(parts[1])).format(what=what)
    if head == "median" and len(parts) > 1:
        return f"Median, {_GROUPS.get(parts[1], plain_words(parts[1]))}, months"
    if parts == ["mutated", "rate"]:
        return "Mutated, %"
    if head == "random_effects" and len(parts) > 2 and parts[1] == "without":
        return f"The same without {parts[2]}"
    if head == "cumulative_incidence" and len(parts) > 1:
        return f"{ESTIMATORS[head].label}, {_GROUPS.get(parts[1], plain_words(parts[1]))}"
    if parts[-1] in _KEYS:
        return _KEYS[parts[-1]]
    known = ESTIMATORS.get(head) if len(parts) == 1 else None
    return known.label if known else capital(", ".join(plain_words(part) for part in parts))


def group_words(key: str) -> str:
    """The key of a group as a heading: 'wild_type' -> 'Wild-type'."""
    return capital(_GROUPS.get(key, plain_words(key)))


def estimator_words(estimator: str) -> str:
    """Name of an estimator."""
    known = ESTIMATORS.get(estimator)
    return known.label if known else capital(plain_words(estimator))


def endpoint_words(endpoint: Any) -> str:
    word = text_of(endpoint)
    return ENDPOINTS.get(word, capital(plain_words(word))) if word else ""


def variant_words(variant: Any) -> str:
    word = text_of(variant)
    return VARIANTS.get(word, capital(plain_words(word)))


def plain_words(name: str) -> str:
    """``cox_burden`` -> ``cox burden``; known abbreviations as they are written."""
    return " ".join(_WORDS.get(word, word) for word in re.split(r"[_ ]+", str(name)))


def column_words(name: str) -> str:
    """Name of a table's column as a heading, its unit after a comma."""
    units = {"months": "months", "percent": "%", "bp": "bp", "mb": "Mb", "pct": "%"}
    stem, _, last = name.rpartition("_")
    if stem and last in units:
        return f"{capital(plain_words(stem.removeprefix('is_').removeprefix('has_')))}, {units[last]}"
    return capital(plain_words(name.removeprefix("is_").removeprefix("has_")))


def listed(names: list[str]) -> str:
    """``a, b and c``."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def plural(n: int, one: str, many: str = "") -> str:
    """``1 person``, ``1,024 people``."""
    return f"{count(n)} {one if n == 1 else many or one + 's'}"


def slug(text: str) -> str:
    """A fragment identifier: letters, digits, dots, hyphens and underscores only."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-")
