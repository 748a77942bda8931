"""Predictive, prognostic, or cannot it be told? Decided here and nowhere else.

randomised: the effect of the biomarker under checkpoint blockade over that in the control arm of the same trials (the
interaction of arm and biomarker). external: the same ratio against people without checkpoint blockade outside a trial,
who differ in more than treatment. An interval that holds 1 is no evidence of no difference, and an effect that is shown
under checkpoint blockade and not without it is not a finding (Altman and Bland 2003, BMJ 326:219).
"""

from __future__ import annotations

from dataclasses import dataclass

from analytics.engine.numbers import ratio
from analytics.results.verdict_words import PredictiveWord
from analytics.verdicts.evidence import SINGLE, Effect, Family, Verdict

#: An interaction within these is none that matters: with an effect shown without checkpoint blockade, prognostic.
NO_DIFFERENCE = (0.67, 1.5)


def no_difference_of_a_step(spread: float) -> tuple[float, float]:
    """`NO_DIFFERENCE` for one step of a number with a standard deviation of ``spread`` steps.

    Two halves of people differ by two standard deviations of their indicator, so what matters between them is shared
    among two standard deviations of a number: 0.82 to 1.22 for one of them.
    """
    if not spread > 0:
        return (1.0, 1.0)
    low, high = NO_DIFFERENCE
    return low ** (0.5 / spread), high ** (0.5 / spread)


@dataclass(frozen=True, kw_only=True)
class PredictiveEvidence:
    """What the word is decided from; None where there is no such estimate.

    Attributes
    ----------
    biomarker : its name in sentences.
    under_icb, without_icb, control_arm : its effect under checkpoint blockade, in people without it outside a trial,
        and in the control arm of the trials.
    randomised, external : ratios of hazard ratios, see the module.
    randomised_months : the difference between arms of the difference of restricted means; it stands beside.
    why_no_randomised, why_no_external : the reason, without a full stop; empty where nothing was asked.
    no_difference : an interaction within these two ratios is none that matters.
    family : a difference counts as shown only where its q is below alpha, too; randomised_q, external_q : false
        discovery rates, None in a family of one.
    """

    biomarker: str
    under_icb: Effect | None = None
    without_icb: Effect | None = None
    control_arm: Effect | None = None
    randomised: Effect | None = None
    randomised_months: Effect | None = None
    external: Effect | None = None
    why_no_randomised: str = ""
    why_no_external: str = ""
    no_difference: tuple[float, float] = NO_DIFFERENCE
    family: Family = SINGLE
    randomised_q: float | None = None
    external_q: float | None = None

    @property
    def interactions(self) -> tuple[Effect, ...]:
        """Trial before external comparison."""
        return tuple(effect for effect in (self.randomised, self.external) if effect is not None)

    @property
    def shown_without(self) -> Effect | None:
        """An effect that is shown where no checkpoint inhibitor was given."""
        return next((e for e in (self.without_icb, self.control_arm) if e is not None and e.is_shown), None)

    @property
    def randomised_is_shown(self) -> bool:
        """The trial's interval excludes 1, counted in the family."""
        return self._is_shown(self.randomised, self.randomised_q)

    @property
    def external_is_shown(self) -> bool:
        """The external interval excludes 1, counted in the family."""
        return self._is_shown(self.external, self.external_q)

    def _is_shown(self, effect: Effect | None, q: float | None) -> bool:
        is_counted = q is None or q < self.family.alpha
        return effect is not None and effect.is_shown and is_counted


def predictive_word(evidence: PredictiveEvidence) -> PredictiveWord:
    """The word alone; docs/verdicts.md says when each stands."""
    trial, external = evidence.randomised, evidence.external
    if evidence.randomised_is_shown:
        return PredictiveWord.PREDICTIVE
    if evidence.external_is_shown and _supports(trial, external):
        return PredictiveWord.CONSISTENT
    if trial is not None and external is not None and _conflict(evidence, trial, external):
        return PredictiveWord.CONFLICTING
    if evidence.shown_without is not None and _is_no_difference(evidence):
        return PredictiveWord.PROGNOSTIC
    return PredictiveWord.UNDETERMINED


def _supports(trial: Effect | None, external: Effect | None) -> bool:
    """No trial; or one whose interval holds 1 and the external estimate and that points the same way."""
    if trial is None or external is None:
        return True
    return trial.holds(1.0) and trial.holds(external.estimate) and trial.direction == external.direction


def _conflict(evidence: PredictiveEvidence, trial: Effect, external: Effect) -> bool:
    is_shown = evidence.randomised_is_shown or evidence.external_is_shown
    return trial.excludes(external) or (is_shown and trial.direction != external.direction)


def _is_no_difference(evidence: PredictiveEvidence) -> bool:
    """One of the intervals lies within what does not matter, and no other has anything against that."""
    low, high = evidence.no_difference
    within = [effect for effect in evidence.interactions if low < effect.ci_low and effect.ci_high < high]
    return bool(within) and all(effect in within or effect.holds(1.0) for effect in evidence.interactions)


def predictive_verdict(evidence: PredictiveEvidence) -> Verdict:
    """The word with its sentence, the strongest reason against and what would settle it."""
    word = predictive_word(evidence)
    tell = {
        PredictiveWord.PREDICTIVE: _predictive,
        PredictiveWord.CONSISTENT: _consistent,
        PredictiveWord.CONFLICTING: _conflicting,
        PredictiveWord.PROGNOSTIC: _prognostic,
        PredictiveWord.UNDETERMINED: _undetermined,
    }[word]
    reason, against, would_settle = tell(evidence)
    return Verdict(word, f"{evidence.biomarker}: {word}. {reason}", against, would_settle)


def _predictive(evidence: PredictiveEvidence) -> tuple[str, str, str]:
    reason = (
        "Between the arms of a trial its effect differs by a factor of "
        f"{evidence.randomised}{_months(evidence)}; {_in_each(evidence)}."
    )
    external, trial = evidence.external, evidence.randomised
    if external is not None and trial is not None and external.direction != trial.direction:
        against = f"Against people outside a trial the ratio points the other way ({external})."
    elif evidence.randomised_months is not None and not evidence.randomised_months.is_shown:
        against = f"In months the difference between the arms is not shown ({evidence.randomised_months})."
    elif evidence.family.is_single:
        against = "One interaction in twenty that are asked of nothing comes out like this."
    else:
        against = "One set of trials: it has to be seen in others."
    return reason, against, "The same interaction in another trial with a control arm."


def _consistent(evidence: PredictiveEvidence) -> tuple[str, str, str]:
    reason = (
        f"Its effect under checkpoint blockade over that without it is {evidence.external}; {_in_each(evidence)}; "
        f"{_of_trial(evidence)}."
    )
    against = "People without checkpoint blockade outside a trial differ in more than treatment."
    if evidence.randomised is not None:
        against = f"The randomised interaction holds 1 ({evidence.randomised})."
    return reason, against, _to_settle(evidence)


def _conflicting(evidence: PredictiveEvidence) -> tuple[str, str, str]:
    trial, external = evidence.randomised, evidence.external
    assert trial is not None and external is not None
    why = "the intervals exclude each other" if trial.excludes(external) else "they point opposite ways"
    reason = (
        f"Outside a trial its effect under checkpoint blockade over that without it is {external}, in randomised "
        f"people {trial}{_months(evidence)}: {why}; {_in_each(evidence)}."
    )
    against = "The comparison outside a trial differs in more than treatment."
    if trial.holds(external.estimate):
        against = f"The trial is too small to contradict: its interval holds {ratio(external.estimate)}, too."
    return reason, against, _to_settle(evidence)


def _prognostic(evidence: PredictiveEvidence) -> tuple[str, str, str]:
    low, high = evidence.no_difference
    within = next(e for e in evidence.interactions if low < e.ci_low and e.ci_high < high)
    where = "between the arms of a trial" if within is evidence.randomised else "with against without it"
    reason = (
        f"An effect is shown without checkpoint blockade ({evidence.shown_without}), and {where} it differs by a "
        f"factor of {within}, within {low:.3g} to {high:.3g}."
    )
    against = f"A difference of up to {ratio(within.ci_low)} or {ratio(within.ci_high)} is not excluded."
    if evidence.randomised is None:
        against = f"No trial: {_no_trial(evidence)}; the comparison differs in more than treatment."
    return reason, against, _to_settle(evidence)


def _undetermined(evidence: PredictiveEvidence) -> tuple[str, str, str]:
    decided = evidence.randomised if evidence.randomised is not None else evidence.external
    if decided is None:
        missing = "; ".join(
            dict.fromkeys(w for w in (evidence.why_no_randomised, evidence.why_no_external) if w)
        )
        reason = f"There is no estimate without checkpoint blockade to compare with{_after(missing)}."
        return reason, "Prognosis is not ruled out, nor is anything else.", _to_settle(evidence)
    which = (
        "randomised interaction" if decided is evidence.randomised else "ratio against people outside a trial"
    )
    months = _months(evidence) if decided is evidence.randomised else ""
    reason = f"The {which} is {decided}{months}: {_width(evidence, decided)}"
    reason += f"; {_in_each(evidence)}" if evidence.under_icb or evidence.shown_without else ""
    if decided is evidence.randomised and evidence.external is not None:
        reason += f"; outside a trial it is {evidence.external}"
    elif evidence.randomised is None and evidence.why_no_randomised:
        reason += f"; no interaction in a trial ({evidence.why_no_randomised})"
    against = "An interval that holds 1 is no evidence of no difference."
    return f"{reason}.", against, _to_settle(evidence)


def _width(evidence: PredictiveEvidence, effect: Effect) -> str:
    """Why an interval decides nothing."""
    low, high = evidence.no_difference
    if effect.is_shown and not (evidence.randomised_is_shown or evidence.external_is_shown):
        return "shown by itself, not when the family is counted"
    within = low < effect.ci_low and effect.ci_high < high
    if within:
        return f"within {low:.3g} to {high:.3g}, but no effect is shown without checkpoint blockade"
    open_to = [f"below {low:.3g}"] if effect.ci_low <= low else []
    open_to += [f"above {high:.3g}"] if effect.ci_high >= high else []
    return f"wide enough for no difference and for ratios {' and '.join(open_to)}"


def _in_each(evidence: PredictiveEvidence) -> str:
    named = {
        "under checkpoint blockade": evidence.under_icb,
        "without it": evidence.without_icb,
        "in the control arm": evidence.control_arm,
    }
    said = [f"{where} {effect}" for where, effect in named.items() if effect is not None]
    return f"hazard ratio {', '.join(said)}" if said else "no hazard ratio of one side"


def _of_trial(evidence: PredictiveEvidence) -> str:
    if evidence.randomised is None:
        return f"no trial: {_no_trial(evidence)}"
    return (
        f"the randomised interaction, {evidence.randomised}{_months(evidence)}, holds both 1 and this and points the "
        "same way"
    )


def _no_trial(evidence: PredictiveEvidence) -> str:
    return evidence.why_no_randomised or "none of these cohorts has a control arm"


def _months(evidence: PredictiveEvidence) -> str:
    months = evidence.randomised_months
    return f", and {months} of restricted mean" if months is not None else ""


def _after(words: str) -> str:
    return f" ({words})" if words else ""


def _to_settle(evidence: PredictiveEvidence) -> str:
    trial = evidence.randomised
    if trial is None:
        return "A trial with a control arm in which the biomarker was looked at."
    known = f"{ratio(trial.ci_low)}\u2013{ratio(trial.ci_high)}"
    return f"More randomised people: the interaction is known to {known} only."
