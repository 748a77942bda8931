"""An answer, as every place shows it: the headline, one row a cohort and the pooled one, guards, power, flow, lineage.

Types and words only: who is counted is decided in ``checked``, the numbers are made in ``answering``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from analytics.answers.estimates import chosen, kind_of_row
from analytics.engine.numbers import count, p_relation, p_value, ratio, with_ends
from analytics.guards import Finding
from analytics.questions.asked import AskedQuestion
from analytics.results.statistic import InteractionStatistic, ResponseStatistic, Statistic, SurvivalStatistic
from analytics.verdicts import Effect, Power, Verdict, against_searched_cut
from analytics.verdicts.evidence import SINGLE


@dataclass(frozen=True)
class FlowStep:
    """A step from all patients to those who are counted: how many are left after it, and why the others are not."""

    step: str
    n: int
    reason: str


@dataclass(frozen=True)
class SourceFile:
    """A file that the answer rests on, and how many of its rows."""

    role: str
    address: str
    member: str | None
    sha256: str | None
    rows: int


@dataclass(frozen=True)
class Lineage:
    """Which published version answered: the run that made it, the code of that run, and the files behind the people."""

    run_id: str | None
    code_version: str | None
    files: tuple[SourceFile, ...]


@dataclass(frozen=True)
class SearchedCut:
    """A cut that was looked for: where it is, and the p that pays for the search beside the one that does not."""

    threshold: float
    unit: str
    p_paid: float
    p_naive: float
    n_candidates: int

    @property
    def is_paid_for(self) -> bool:
        """What is shown at the cut is shown after paying for the search."""
        return self.p_paid < SINGLE.alpha

    @property
    def sentence(self) -> str:
        """For people."""
        paid, unpaid = p_relation(self.p_paid, 0.0001), p_relation(self.p_naive, 0.0001)
        unit = f" {self.unit}" if self.unit else ""
        return (
            f"Cut at {self.threshold:.4g}{unit}, the one of {count(self.n_candidates)} cuts that separates most: "
            f"p {paid} pays for the search (p {unpaid} does not). The hazard ratio at a cut that was searched in the "
            "same people is too far from 1."
        )


@dataclass(frozen=True)
class AskedFamily:
    """The questions asked of one data folder so far, with this one; a question asked again counts once.

    Attributes
    ----------
    q : false discovery rate (Benjamini-Hochberg) of this question's p among theirs; None without a p.
    """

    questions: int
    hypotheses: int
    q: float | None

    @property
    def sentence(self) -> str:
        """For people."""
        if self.questions == 1:
            return "The first question asked of this data folder: a family of one."
        q = "" if self.q is None else f"; among them its false discovery rate is {p_value(self.q)}"
        return (
            f"One of {count(self.questions)} questions with {count(self.hypotheses)} hypotheses asked of this data "
            f"folder so far{q}."
        )


@dataclass(frozen=True)
class Comparison:
    """One group against the reference, or one step of a number.

    Attributes
    ----------
    group, reference : for people; no reference where the biomarker is a number.
    by_cohort : one row a cohort, also of cohorts whose clock is not that of the pool.
    pooled : the estimate over all cohorts of the pool, or that of the only cohort.
    others : further estimates of the same people: adjusted, beside burden, random effects.
    n_cohorts : cohorts of the people whom the estimate that is asked for counts.
    burden : is it more than mutation burden. power : what these people could have shown.
    """

    group: str
    reference: str | None
    by_cohort: tuple[Statistic, ...]
    pooled: Statistic
    others: tuple[Statistic, ...] = ()
    n_cohorts: int = 1
    burden: Verdict | None = None
    power: Power | None = None

    @property
    def asked(self) -> Statistic:
        """The estimate that the question asks for: the adjusted one where something is adjusted for."""
        return chosen([row for row in self.others if row.cohort_id is None], "cox_adjusted") or self.pooled

    @property
    def same_people(self) -> Statistic | None:
        """The estimate without covariates on the people of the adjusted one."""
        kinds = ("cox_adjusted_same_people", "firth_adjusted_same_people")
        found = [row for row in self.others if row.cohort_id is None and kind_of_row(row) in kinds]
        return found[-1] if found else None


@dataclass(frozen=True)
class Answer:
    """What ``icb ask`` says; every place renders this.

    Attributes
    ----------
    label : the biomarker for people.
    comparisons : each group against the reference; the headline is about the last one.
    interaction : of two biomarkers, the ratio of hazard ratios.
    predictive : predictive or prognostic, where there is an estimate without checkpoint blockade.
    guards : what speaks against believing it. cut : where it was searched for.
    trials : what treatment does to everybody randomised and in each group. without_icb : the effect in people without
        checkpoint blockade outside a trial.
    family : the questions that were asked of this data folder, with this one; None where nobody counts.
    known_later : what speaks against groups that are known only after treatment began; None for all others.
    """

    question: AskedQuestion
    label: str
    comparisons: tuple[Comparison, ...]
    interaction: InteractionStatistic | None
    predictive: Verdict | None
    guards: tuple[Finding, ...]
    flow: tuple[FlowStep, ...]
    lineage: Lineage
    notes: tuple[str, ...]
    cut: SearchedCut | None = None
    trials: tuple[InteractionStatistic, ...] = ()
    without_icb: SurvivalStatistic | None = None
    family: AskedFamily | None = None
    known_later: str | None = None

    @property
    def leading(self) -> Comparison:
        """The comparison of the headline: of four joint groups both against neither."""
        return self.comparisons[-1]

    @property
    def headline(self) -> str:
        """The effect with its interval, people, events and cohorts."""
        found, row = self.leading, self.leading.asked
        against = f" against {found.reference}" if found.reference else ""
        of_two = f"{self.label}: " if len(self.comparisons) > 1 else ""
        parts = [
            f"{of_two}{found.group}{against}, {self.question.endpoint}: {effect_words(row)}",
            people_words(found, row),
        ]
        if self.interaction is not None and self.interaction.estimate is not None:
            parts.append(f"interaction {effect_words(self.interaction)}")
        if self.cut is not None:
            parts.append(f"p {p_relation(self.cut.p_paid, 0.0001)} pays for the search of the cut")
        return "; ".join(parts) + "."

    @property
    def verdict(self) -> str:
        """The words of the verdicts."""
        words = [] if self.leading.burden is None else [str(self.leading.burden.word)]
        if self.predictive is not None:
            words.append(f"predictive or prognostic: {self.predictive.word}")
        return (
            "; ".join(words) or "none: it is mutation burden itself, which the words hold a biomarker against"
        )

    @property
    def against(self) -> str:
        """The strongest reason against believing it: groups that are known later, a searched cut that does not pay,
        that cohorts disagree, then what the word on burden has against it, then what is left open, then the first
        guard."""
        effect = Effect.of(self.leading.asked)
        if self.known_later is not None:
            return self.known_later
        if self.cut is not None and not self.cut.is_paid_for:
            return against_searched_cut(self.cut.p_paid)
        if effect is not None and effect.is_shown and self._cohorts_disagree is not None:
            return self._cohorts_disagree
        if self.leading.burden is not None:
            return self.leading.burden.against
        if self.cut is not None:
            return against_searched_cut(self.cut.p_paid, is_held_against_burden=False)
        if effect is not None and not effect.is_shown:
            left_open = f"effects from {ratio(effect.ci_low)} to {ratio(effect.ci_high)} are left open"
            return f"An interval that includes 1 is no evidence of no effect: {left_open}."
        warned = [guard.sentence for guard in self.guards if guard.is_warning]
        return (
            warned[0] if warned else "One question in twenty that are asked of nothing comes out like this."
        )

    @property
    def _cohorts_disagree(self) -> str | None:
        """That effects differ between cohorts and their average is none, if it is so."""
        for guard in self.guards:
            low, high = (guard.numbers.get(f"pooled_ci_{end}") for end in ("low", "high"))
            if guard.verdict == "effects differ" and low is not None and high is not None and low < 1 < high:
                average = with_ends(guard.numbers["pooled_hr"], low, high)
                return (
                    f"The effects differ between cohorts (Cochran's Q, p {p_relation(guard.numbers['q_p'])}), and "
                    f"the interval of their average, {average} by random effects, includes 1."
                )
        return None

    @property
    def would_settle(self) -> str:
        """What would be needed to know more."""
        verdict, power = self.leading.burden or self.predictive, self.leading.power
        if verdict is not None:
            return verdict.would_settle
        effect = Effect.of(self.leading.asked)
        needed = power.events_needed(effect.estimate) if power and effect else math.inf
        if effect is None or not math.isfinite(needed):
            return "The same in another cohort."
        what = "responders" if self.question.is_response else "events"
        return (
            f"The same in another cohort: {count(math.ceil(needed))} {what} show {ratio(effect.estimate)} with 80 % "
            "power."
        )


def effect_words(row: Statistic) -> str:
    """'hazard ratio 1.31 (0.99-1.74), p 0.058', or that there is none."""
    if row.estimate is None:
        return f"no estimate ({row.warnings[0].rstrip('.') if row.warnings else 'nothing to compare'})"
    name = str(row.scale or "estimate")
    if row.ci_low is None or row.ci_high is None:
        return f"{name} {row.estimate:.2f}"
    p = f", p {p_relation(row.p, 0.0001)}" if row.p is not None else ""
    return f"{name} {with_ends(row.estimate, row.ci_low, row.ci_high)}{p}"


def people_words(found: Comparison, row: Statistic) -> str:
    """'1,661 people, 130 of them STK11 mutated, 831 events (80), 9 cohorts'."""
    counts = row.counts
    pooled = len({one.cohort_id for one in found.by_cohort if is_pooled(one)}) or 1
    cohorts, outside = found.n_cohorts, len(found.by_cohort) - pooled
    parts = [f"{count(counts.n or 0)} people"]
    if counts.n_in_group is not None:
        parts.append(f"{count(counts.n_in_group)} of them {found.group}")
    events, of_group = events_of(row)
    if events is not None:
        word = "responders" if isinstance(row, ResponseStatistic) else "events"
        parts.append(f"{count(events)} {word}" + (f" ({count(of_group)})" if of_group is not None else ""))
    parts.append(
        (f"{cohorts} of " if cohorts < pooled else "")
        + f"{pooled} cohort{'' if pooled == 1 else 's'}"
        + (f" and {outside} beside" if outside > 0 else "")
    )
    return ", ".join(parts)


NOT_POOLED = "Not in the pooled estimate"


def is_pooled(row: Statistic) -> bool:
    """Whether the cohort of the row is in the pool."""
    return not any(sentence.startswith(NOT_POOLED) for sentence in row.warnings)


def events_of(row: Statistic) -> tuple[int | None, int | None]:
    """Events (responders) of all and of the group."""
    if isinstance(row, ResponseStatistic):
        return row.responders, row.responders_in_group
    return row.counts.events, row.counts.events_in_group


def medians_of(row: Statistic) -> tuple[float | None, float | None]:
    """Median months of the group and of the reference."""
    if isinstance(row, SurvivalStatistic):
        return row.median_in_group_months, row.median_in_reference_months
    return None, None


def cohort_name(row: Statistic) -> str:
    """The cohort of an estimate, or 'pooled'."""
    return row.cohort_id or "pooled"


def warnings_by_cohort(rows: Sequence[Statistic]) -> list[str]:
    """Each warning once, after the cohorts that it is about; without them when it is about all of several."""
    about: dict[str, list[str]] = {}
    for row in rows:
        for sentence in row.warnings:
            cohorts = about.setdefault(sentence, [])
            if (name := cohort_name(row)) not in cohorts:
                cohorts.append(name)
    n_cohorts = len({cohort_name(row) for row in rows})
    return [
        sentence
        if len(cohorts) == n_cohorts and (n_cohorts > 1 or cohorts == ["pooled"])
        else f"{', '.join(cohorts)}: {sentence}"
        for sentence, cohorts in about.items()
    ]
