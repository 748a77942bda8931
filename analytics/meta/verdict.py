"""The fixed words for "predictive or prognostic?", as a pure function of estimates already made.

The four words are the project's whole vocabulary for this question; no other may be written by hand.
What does NOT belong here: estimating anything, and verdicts on printed numbers (claims).

The rule, in order (an effect is *shown* when its interval excludes 1 and it rests on at least 5 events
among carriers; a *difference* is shown when the interval of the ratio excludes 1):

1. A randomised arm x biomarker interaction, where one exists, decides about the difference; otherwise the
   ratio of the hazard ratio under ICB to that without ICB decides (Altman & Bland 2003). The randomised
   one goes first because a cohort without ICB differs from the ICB cohorts in more than treatment.
2. Difference shown by a randomised interaction                                 -> predictive
3. Difference shown by the ratio of hazard ratios and the effect under ICB shown,
   both on the same side of 1                                                    -> predictive
4. Effect without ICB shown, not contradicted by ICB (same side of 1)            -> prognostic
5. Effect under ICB shown, effect without ICB estimated but not shown            -> associated in ICB only
6. Anything else, also when nothing without ICB was estimated                    -> undetermined

"Not significant without ICB" therefore never makes "predictive": that takes rule 2 or 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from analytics.engine.numbers import interval, ratio
from analytics.meta.interaction import RatioEstimate, ratio_of_hazard_ratios

Verdict = Literal["predictive", "associated in ICB only", "prognostic", "undetermined"]

MIN_CARRIER_EVENTS: Final = 5


@dataclass(frozen=True)
class Evidence:
    """A hazard ratio of carriers against non-carriers and the events among carriers behind it."""

    hazard_ratio: RatioEstimate
    carrier_events: int

    @property
    def is_shown(self) -> bool:
        """Interval excludes 1 and at least 5 carriers had the event."""
        return self.carrier_events >= MIN_CARRIER_EVENTS and _excludes_one(self.hazard_ratio)


@dataclass(frozen=True)
class VerdictResult:
    """The word, what decided (`basis`), the ratio of hazard ratios if it was made, and one sentence why."""

    verdict: Verdict
    basis: str
    ratio_of_hazard_ratios: RatioEstimate | None
    reason: str


def decide_verdict(
    icb: Evidence, without_icb: Evidence | None, randomised_interaction: RatioEstimate | None = None
) -> VerdictResult:
    """Apply the rule of the module to the effect under ICB, without ICB, and a randomised interaction.

    `randomised_interaction` is HR(biomarker, ICB arm) / HR(biomarker, control arm) of a trial. When
    `without_icb` is None but a trial exists, pass the control arm's hazard ratio as `without_icb`.
    """
    rhr = None
    if without_icb is not None and _can_compare(icb, without_icb):
        rhr = ratio_of_hazard_ratios(
            icb.hazard_ratio.log_ratio,
            icb.hazard_ratio.log_se,
            without_icb.hazard_ratio.log_ratio,
            without_icb.hazard_ratio.log_se,
            icb.hazard_ratio.confidence,
        )
    if randomised_interaction is not None and _excludes_one(randomised_interaction):
        return VerdictResult(
            "predictive",
            "randomised interaction",
            rhr,
            f"the effect of ICB differs by the biomarker within a trial ({_show(randomised_interaction)})",
        )
    if randomised_interaction is None and rhr is not None and _differs_like_icb(icb, rhr):
        return VerdictResult(
            "predictive",
            "ratio of hazard ratios",
            rhr,
            f"shown under ICB and different from the effect without ICB (ratio {_show(rhr)})",
        )
    return _without_difference(icb, without_icb, rhr, randomised_interaction is not None)


def _without_difference(
    icb: Evidence, without_icb: Evidence | None, rhr: RatioEstimate | None, has_trial: bool
) -> VerdictResult:
    basis = "randomised interaction" if has_trial else "ratio of hazard ratios" if rhr else "none"
    if without_icb is None:
        return VerdictResult(
            "undetermined", basis, rhr, "no estimate without ICB: prognosis cannot be ruled out"
        )
    if without_icb.is_shown and _same_side(icb.hazard_ratio, without_icb.hazard_ratio):
        return VerdictResult(
            "prognostic", basis, rhr, f"shown without ICB as well ({_show(without_icb.hazard_ratio)})"
        )
    if without_icb.carrier_events < MIN_CARRIER_EVENTS:
        return VerdictResult(
            "undetermined",
            basis,
            rhr,
            f"only {without_icb.carrier_events} events among carriers without ICB, prognosis is open",
        )
    if icb.is_shown and not without_icb.is_shown:
        return VerdictResult(
            "associated in ICB only",
            basis,
            rhr,
            "shown under ICB and not without it, but the two effects are not shown to differ",
        )
    if icb.carrier_events < MIN_CARRIER_EVENTS:
        return VerdictResult(
            "undetermined", basis, rhr, f"only {icb.carrier_events} events among carriers under ICB"
        )
    return VerdictResult("undetermined", basis, rhr, "the data settle neither an effect nor a difference")


def _can_compare(icb: Evidence, without_icb: Evidence) -> bool:
    return min(icb.carrier_events, without_icb.carrier_events) >= MIN_CARRIER_EVENTS


def _differs_like_icb(icb: Evidence, rhr: RatioEstimate) -> bool:
    return icb.is_shown and _excludes_one(rhr) and _same_side(icb.hazard_ratio, rhr)


def _excludes_one(estimate: RatioEstimate) -> bool:
    return estimate.ci_low > 1.0 or estimate.ci_high < 1.0


def _same_side(a: RatioEstimate, b: RatioEstimate) -> bool:
    return (a.log_ratio > 0) == (b.log_ratio > 0)


def _show(estimate: RatioEstimate) -> str:
    return f"{ratio(estimate.ratio)}, {interval(estimate.ci_low, estimate.ci_high)}"
