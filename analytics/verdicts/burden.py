"""Is the effect more than mutation burden, less, or cannot it be told? Decided here and nowhere else.

crude: the effect without burden. beside: with a spline of burden in the model, the gene's own mutations taken out.
null: as many carriers drawn by burden within strata; of a number, values drawn by burden. change: the ratio of the
hazard ratio beside burden to the crude one on the same people, with its interval. Both directions of confounding are
looked at: burden can make an effect (long genes under checkpoint blockade) and hide one (a harmful gene in tumours of
high burden). No word is decided by "significant here and not there": what burden explains is the change, which has an
interval of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from analytics.engine.numbers import count, number, p_relation, p_value, ratio
from analytics.results.estimator import Scale
from analytics.results.verdict_words import BurdenWord, capital
from analytics.verdicts.evidence import SINGLE, Effect, Family, Verdict
from analytics.verdicts.power import Power

#: Below so many carriers or events nothing is said.
FEW = 5
#: Where nothing is shown and only a ratio beyond this could have been, nothing is said either.
SMALLEST_WORTH_SAYING = 3.0
#: The ratio for which an unanswered question says how many events it takes.
WORTH_SHOWING = 1.5


@dataclass(frozen=True, kw_only=True)
class BurdenNull:
    """Where the biomarker's log-rank z (Mantel-Haenszel z of a response) lies among carriers drawn by burden alone.

    Attributes
    ----------
    z, mean_z : observed, and the mean over the draws. p : two-sided, from the draws. draws : how many.
    """

    z: float
    mean_z: float
    p: float
    draws: int

    @property
    def direction(self) -> int:
        """1: more events (responses) than burden makes; -1: fewer."""
        return (self.z > self.mean_z) - (self.z < self.mean_z)


@dataclass(frozen=True, kw_only=True)
class BurdenEvidence:
    """What the word on burden is decided from.

    Attributes
    ----------
    biomarker : its name in sentences.
    power : n, carriers, events and the smallest ratio of the crude model.
    crude, beside, change : see the module; None where there is none. change : beside over crude.
    null : None where no carriers were drawn. why_no_null, why_no_beside : the reason, without a full stop.
    n_known : people whose burden is known, whose numbers these are, where they are fewer than those of `power`.
    searched_p : of a number that was cut where it separates most, the p that pays for the search; else None.
    family : what the p of null and beside are counted among; null_q, beside_q : false discovery rates there
        (None in a family of one).
    """

    biomarker: str
    power: Power
    crude: Effect | None
    beside: Effect | None = None
    null: BurdenNull | None = None
    change: Effect | None = None
    n_known: int | None = None
    searched_p: float | None = None
    family: Family = SINGLE
    null_q: float | None = None
    beside_q: float | None = None
    why_no_null: str = "no carriers were drawn"
    why_no_beside: str = "burden is not known"

    @property
    def is_number(self) -> bool:
        """The biomarker is a number: nobody carries it, and an effect is that of one step."""
        return self.power.carriers is None

    @property
    def drawn(self) -> str:
        """What burden draws."""
        return "values" if self.is_number else "carriers"

    @property
    def is_few(self) -> bool:
        """Too few carriers or events for a word."""
        carriers = FEW if self.power.carriers is None else self.power.carriers
        return min(carriers, self.power.events) < FEW

    @property
    def is_paid_for(self) -> bool:
        """No cut was searched, or what is shown at the cut is shown after paying for the search."""
        return self.searched_p is None or self.searched_p < self.family.alpha

    @property
    def crude_is_shown(self) -> bool:
        """The effect without burden is shown: of a searched cut no interval says so that does not pay."""
        return self.crude is not None and self.crude.is_shown and self.is_paid_for

    @property
    def null_is_shown(self) -> bool:
        """The draws exclude no effect by themselves."""
        return self.null is not None and self.null.p < self.family.alpha

    @property
    def is_beyond(self) -> bool:
        """Null and beside exclude no effect in one direction, before the family."""
        return (
            self.null is not None
            and self.beside is not None
            and self.is_paid_for
            and self.null_is_shown
            and self.beside.is_shown
            and self.null.direction == self.beside.direction
        )

    @property
    def is_beyond_in_family(self) -> bool:
        """The same after the family; never in a family of one, in which nothing was counted."""
        return (
            self.is_beyond
            and not self.family.is_single
            and self.null_q is not None
            and self.beside_q is not None
            and max(self.null_q, self.beside_q) < self.family.alpha
        )

    @property
    def is_masked(self) -> bool:
        """The crude interval holds no effect or points the other way."""
        return (
            self.crude is not None
            and self.beside is not None
            and (not self.crude.is_shown or self.crude.direction != self.beside.direction)
        )

    @property
    def change_is_shown(self) -> bool:
        """Burden takes a part of the crude effect away: the interval of the change excludes none, towards no effect."""
        return (
            self.change is not None
            and self.crude is not None
            and self.change.is_shown
            and self.change.direction == -self.crude.direction
        )


def burden_word(evidence: BurdenEvidence) -> BurdenWord:
    """The word alone; docs/verdicts.md says when each stands."""
    power = evidence.power
    if evidence.is_few or evidence.crude is None:
        return BurdenWord.TOO_FEW
    if evidence.is_beyond:
        words = {
            (True, False): BurdenWord.BEYOND,
            (True, True): BurdenWord.BEYOND_MASKED,
            (False, False): BurdenWord.NOMINALLY_BEYOND,
            (False, True): BurdenWord.NOMINALLY_BEYOND_MASKED,
        }
        return words[evidence.is_beyond_in_family, evidence.is_masked]
    if evidence.crude_is_shown:
        is_explained = evidence.null is not None and not evidence.null_is_shown and evidence.change_is_shown
        return BurdenWord.COMPATIBLE if is_explained else BurdenWord.NOT_EXCLUDED
    return BurdenWord.TOO_FEW if power.smallest > SMALLEST_WORTH_SAYING else BurdenWord.NO_ASSOCIATION


def burden_verdict(evidence: BurdenEvidence) -> Verdict:
    """The word with its sentence, the strongest reason against and what would settle it."""
    word = burden_word(evidence)
    tell = _beyond if word.is_beyond else _TELL[word]
    reason, against, would_settle = tell(evidence)
    if evidence.n_known is not None:
        reason += (
            f" Burden is known of {count(evidence.n_known)} of the {count(evidence.power.n)} people, whose numbers "
            "these are."
        )
    if evidence.searched_p is not None:
        against = against_searched_cut(evidence.searched_p, evidence.family.alpha)
    return Verdict(word, f"{evidence.biomarker}: {word}. {reason}", against, would_settle)


def against_searched_cut(p: float, alpha: float = SINGLE.alpha) -> str:
    """The strongest reason against an effect at a cut that was searched, by the p that pays for the search."""
    if p < alpha:
        return (
            "The cut was searched in the same people: the effect at it is too far from none, and neither the draws nor "
            "the model with burden pay for the search."
        )
    share = number(100 * p, 2)
    return f"Of numbers that have nothing to do with outcome {share} % have a cut that separates as well."


def _beyond(evidence: BurdenEvidence) -> tuple[str, str, str]:
    hid = ", so that burden hid it" if evidence.is_masked else ""
    reason = (
        f"{capital(_null(evidence))}, and {_beside(evidence)}; without burden it is {evidence.crude}{hid}."
    )
    if evidence.family.is_single:
        reason += " A single question is a family of one: nothing else was counted."
    return reason, _against_beyond(evidence), _to_repeat(evidence)


def _against_beyond(evidence: BurdenEvidence) -> str:
    if evidence.power.smallest > SMALLEST_WORTH_SAYING:
        return (
            f"So few {'people' if evidence.is_number else 'carriers'} and events could have shown "
            f"{_what(evidence).with_article} beyond {ratio(evidence.power.smallest)} only: an estimate that is shown "
            "nevertheless is probably too large."
        )
    if not evidence.family.is_single and not evidence.is_beyond_in_family:
        return (
            f"Among {count(evidence.family.size)} hypotheses it is one that chance alone makes: false discovery rate "
            f"{_q(evidence.null_q)} by the draws, {_q(evidence.beside_q)} beside burden."
        )
    if evidence.is_masked:
        return f"Without burden nothing of it is shown ({evidence.crude}): it rests on how burden enters the model."
    if evidence.family.is_single:
        return "One question in twenty that are asked of nothing comes out like this."
    return (
        f"Where the process that makes mutations is itself prognostic, {evidence.drawn} drawn by burden alone exclude "
        "no effect in up to 16 of 100 questions of nothing."
    )


def _compatible(evidence: BurdenEvidence) -> tuple[str, str, str]:
    reason = (
        f"{capital(_without(evidence))}, but {_null(evidence)}, and burden in the model changes it by a factor of "
        f"{evidence.change}; {_beside(evidence)}."
    )
    against = (
        f"{capital(_left_over(evidence))}: compatible with burden alone is not the same as made by burden."
    )
    return reason, against, _to_settle_beside(evidence)


def _not_excluded(evidence: BurdenEvidence) -> tuple[str, str, str]:
    change = f", and burden changes it by a factor of {evidence.change}" if evidence.change else ""
    reason = f"{capital(_without(evidence))}; {_null(evidence)}, {_beside(evidence)}{change}."
    if evidence.null is None or evidence.beside is None:
        return reason, f"Burden was not held against it: {_lacking(evidence)}.", (
            "Burden of these people, measured by one assay a cohort."
        )  # fmt: skip
    if evidence.null_is_shown and evidence.beside.is_shown:
        against = "The draws and the model with burden point opposite ways."
    elif evidence.null_is_shown:
        against = f"With burden in the model the interval includes 1 ({evidence.beside})."
    else:
        share = number(100 * evidence.null.p, 2)
        against = (
            f"{capital(evidence.drawn)} drawn by burden alone do as well or badly in {share} % of the draws."
        )
    return reason, against, _to_settle_beside(evidence)


def _no_association(evidence: BurdenEvidence) -> tuple[str, str, str]:
    smallest = evidence.power.smallest
    unpaid = (
        ""
        if evidence.is_paid_for
        else f" at a cut that was searched (p {p_relation(evidence.searched_p)} pays)"
    )
    reason = (
        f"Without burden the {_what(evidence)} is {evidence.crude}{unpaid}, {_null(evidence)}, {_beside(evidence)}; at "
        f"80 % power these people could have shown {ratio(smallest)} or more, or {ratio(1 / smallest)} or less."
    )
    if evidence.null_is_shown:
        against = (
            f"Against {evidence.drawn} drawn by burden an effect is shown, with burden in the model none is: burden "
            "may hide one."
        )
    elif evidence.beside is not None and evidence.beside.is_shown:
        against = (
            f"With burden in the model an effect is shown, against {evidence.drawn} drawn by burden none is: burden "
            "may hide one."
        )
    else:
        open_to = f": {_ends(evidence.crude)} are left open" if evidence.crude else ""
        against = f"An interval that includes 1 is no evidence of no effect{open_to}."
    return reason, against, _to_show(evidence)


def _too_few(evidence: BurdenEvidence) -> tuple[str, str, str]:
    power = evidence.power
    among = f"{count(power.n)} people with {_events(evidence, power.events)}"
    people = among if power.carriers is None else f"{count(power.carriers)} carriers among {among}"
    if evidence.crude is None:
        reason = f"{people}: no estimate."
    elif evidence.is_few:
        reason = f"{people}, fewer than {FEW}; {_what(evidence)} {evidence.crude}."
    else:
        could = f"could have shown {_what(evidence).with_article} beyond {ratio(power.smallest)} only"
        reason = f"{people} {could}; it is {evidence.crude}."
    return reason, "Nothing speaks for or against an effect of a usual size.", _to_show(evidence)


_TELL = {
    BurdenWord.COMPATIBLE: _compatible,
    BurdenWord.NOT_EXCLUDED: _not_excluded,
    BurdenWord.NO_ASSOCIATION: _no_association,
    BurdenWord.TOO_FEW: _too_few,
}


def _what(evidence: BurdenEvidence) -> Scale:
    return evidence.crude.scale if evidence.crude else Scale.HAZARD_RATIO


def _events(evidence: BurdenEvidence, n: float) -> str:
    is_response = _what(evidence) == Scale.ODDS_RATIO
    return f"{count(math.ceil(n))} {'responders' if is_response else 'events'}"


def _without(evidence: BurdenEvidence) -> str:
    return f"without burden the {_what(evidence)} is {evidence.crude}"


def _null(evidence: BurdenEvidence) -> str:
    null = evidence.null
    if null is None:
        return f"{evidence.drawn} could not be drawn by burden ({evidence.why_no_null})"
    is_response = _what(evidence) == Scale.ODDS_RATIO
    more = "respond more often" if is_response else "do worse"
    fewer = "respond less often" if is_response else "do better"
    if null.p < evidence.family.alpha:
        did = more if null.direction > 0 else fewer
        who = "people with more of it" if evidence.is_number else "carriers"
        return f"{who} {did} than {evidence.drawn} drawn by burden (p {p_relation(null.p, 1 / null.draws)})"
    return f"{evidence.drawn} drawn by burden do likewise (p {p_relation(null.p, 1 / null.draws)})"


def _beside(evidence: BurdenEvidence) -> str:
    if evidence.beside is None:
        return f"there is no estimate with burden in the model ({evidence.why_no_beside})"
    return f"with burden in the model the {_what(evidence)} is {evidence.beside}"


def _lacking(evidence: BurdenEvidence) -> str:
    said = [evidence.why_no_null] if evidence.null is None else []
    said += [evidence.why_no_beside] if evidence.beside is None else []
    return "; ".join(dict.fromkeys(said))


def _left_over(evidence: BurdenEvidence) -> str:
    beside = evidence.beside
    if beside is None:
        return "what is left beside burden is not known"
    if beside.is_shown:
        return f"with burden in the model an effect is still shown ({beside})"
    return f"with burden in the model {_ends(beside)} are left open"


def _ends(effect: Effect) -> str:
    return f"effects from {ratio(effect.ci_low)} to {ratio(effect.ci_high)}"


def _at_this_share(evidence: BurdenEvidence) -> str:
    return "" if evidence.is_number else " at this share of carriers"


def _needed(evidence: BurdenEvidence, effect: float) -> str:
    return _events(evidence, evidence.power.events_needed(effect))


def _to_repeat(evidence: BurdenEvidence) -> str:
    beside = evidence.beside
    if beside is None or not math.isfinite(evidence.power.events_needed(beside.estimate)):
        return "The same in another cohort."
    return (
        f"The same in another cohort: {_needed(evidence, beside.estimate)}{_at_this_share(evidence)} show "
        f"{ratio(beside.estimate)} with 80 % power."
    )


def _to_settle_beside(evidence: BurdenEvidence) -> str:
    beside = evidence.beside
    if beside is None or not math.isfinite(evidence.power.events_needed(beside.estimate)):
        return "More people of known burden."
    needed = evidence.power.events_needed(beside.estimate)
    if needed > 20 * evidence.power.events:
        return (
            f"An effect as small as {ratio(beside.estimate)} beside burden cannot be settled by such cohorts "
            f"({_needed(evidence, beside.estimate)} at 80 % power)."
        )
    return (
        f"{capital(_needed(evidence, beside.estimate))} (now {count(evidence.power.events)}) would show "
        f"{ratio(beside.estimate)} beside burden with 80 % power."
    )


def _to_show(evidence: BurdenEvidence) -> str:
    now, needed = evidence.power.events, evidence.power.events_needed(WORTH_SHOWING)
    if not math.isfinite(needed):
        return (
            "People in whom it differs."
            if evidence.is_number
            else "People who carry it and people who do not."
        )
    if needed <= now and evidence.crude is not None:  # 1.5 would have been shown: what is left open is less
        return _to_show_less(evidence, evidence.crude)
    return (
        f"{capital(_needed(evidence, WORTH_SHOWING))} (now {count(evidence.power.events)}){_at_this_share(evidence)} "
        f"would show {ratio(WORTH_SHOWING)} with 80 % power."
    )


def _to_show_less(evidence: BurdenEvidence, crude: Effect) -> str:
    """Of people who could have shown `WORTH_SHOWING`: what an effect as small as the one found takes."""
    needed, now = evidence.power.events_needed(crude.estimate), evidence.power.events
    if needed > 20 * now:
        return (
            f"These people could have shown {ratio(WORTH_SHOWING)}: what is left open is smaller than that."
        )
    return (
        f"{capital(_events(evidence, needed))} (now {count(now)}){_at_this_share(evidence)} would show "
        f"{ratio(crude.estimate)}, as it was found, with 80 % power."
    )


def _q(value: float | None) -> str:
    return p_value(value) or "not known"
