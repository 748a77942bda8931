"""The word on burden with its sentence, the strongest reason against and what would settle it.

What does not belong here: deciding the word (`analytics.verdicts.burden`).
"""

from __future__ import annotations

import math

from analytics.engine.numbers import count, number, p_relation, p_value, ratio
from analytics.results.estimator import Scale
from analytics.results.verdict_words import BurdenWord, capital
from analytics.verdicts.burden import FEW, SMALLEST_WORTH_SAYING, BurdenEvidence, burden_word
from analytics.verdicts.evidence import SINGLE, Effect, Verdict

#: The ratio for which an unanswered question says how many events it takes.
WORTH_SHOWING = 1.5


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


def against_searched_cut(
    p: float, alpha: float = SINGLE.alpha, *, is_held_against_burden: bool = True
) -> str:
    """The strongest reason against an effect at a cut that was searched, by the p that pays for the search."""
    if p < alpha:
        burden = (
            ", and neither the draws nor the model with burden pay for the search"
            if is_held_against_burden
            else ""
        )
        return f"The cut was searched in the same people: the effect at it is too far from none{burden}."
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
        # the headline may be of more people than those whose burden is known
        among = f" among the {count(evidence.n_known)} people of known burden" if evidence.n_known else ""
        open_to = f": {_ends(evidence.crude)} are left open{among}" if evidence.crude else ""
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
    return _would_show(evidence, needed, f"{ratio(beside.estimate)} beside burden")


def _would_show(evidence: BurdenEvidence, needed: float, what: str, at_share: str = "") -> str:
    """How many events show an effect; of people who have as many, that only others can tell."""
    now = evidence.power.events
    if needed <= now:
        return (
            f"The same in another cohort: these people, with {_events(evidence, now)}, had 80 % power for {what} "
            f"({_events(evidence, needed)})."
        )
    return f"{capital(_events(evidence, needed))} (now {count(now)}){at_share} would show {what} with 80 % power."


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
    return _would_show(evidence, needed, ratio(WORTH_SHOWING), _at_this_share(evidence))


def _to_show_less(evidence: BurdenEvidence, crude: Effect) -> str:
    """Of people who could have shown `WORTH_SHOWING`: what an effect as small as the one found takes."""
    needed, now = evidence.power.events_needed(crude.estimate), evidence.power.events
    if needed > 20 * now:
        return (
            f"These people could have shown {ratio(WORTH_SHOWING)}: what is left open is smaller than that."
        )
    return _would_show(
        evidence, needed, f"{ratio(crude.estimate)}, as it was found,", _at_this_share(evidence)
    )


def _q(value: float | None) -> str:
    return p_value(value) or "not known"
