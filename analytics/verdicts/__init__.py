"""What may be said of a biomarker, in fixed words: beyond burden or not, predictive or prognostic.

`burden_verdict` and `predictive_verdict` are the only places where these words are decided, from estimates with their
intervals; scans, gene answers, reports and guards ask them. What does not belong here: estimating anything.
"""

from analytics.results.verdict_words import BurdenWord, PredictiveWord
from analytics.verdicts.burden import BurdenEvidence, BurdenNull
from analytics.verdicts.burden_sentences import against_searched_cut, burden_verdict
from analytics.verdicts.evidence import Effect, Family, Verdict
from analytics.verdicts.power import (
    Power,
    events_needed,
    power_of_hazard_ratio,
    power_of_number,
    power_of_odds_ratio,
    smallest_ratio,
)
from analytics.verdicts.predictive import PredictiveEvidence, predictive_verdict

__all__ = [
    "BurdenEvidence",
    "BurdenNull",
    "BurdenWord",
    "Effect",
    "Family",
    "Power",
    "PredictiveEvidence",
    "PredictiveWord",
    "Verdict",
    "against_searched_cut",
    "burden_verdict",
    "events_needed",
    "power_of_hazard_ratio",
    "power_of_number",
    "power_of_odds_ratio",
    "predictive_verdict",
    "smallest_ratio",
]
