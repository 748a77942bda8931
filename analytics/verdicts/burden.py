"""Is the effect more than mutation burden, less, or cannot it be told? Decided here and nowhere else.

crude: the effect without burden. beside: with a spline of burden in the model, the gene's own mutations taken out.
null: as many carriers drawn by burden within strata; of a number, values drawn by burden. change: the ratio of the
hazard ratio beside burden to the crude one on the same people, with its interval. Both directions of confounding are
looked at: burden can make an effect (long genes under checkpoint blockade) and hide one (a harmful gene in tumours of
high burden). No word is decided by "significant here and not there": what burden explains is the change, which has an
interval of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from analytics.results.verdict_words import BurdenWord
from analytics.verdicts.evidence import SINGLE, Effect, Family
from analytics.verdicts.power import Power

#: Below so many carriers or events nothing is said.
FEW = 5
#: Where nothing is shown and only a ratio beyond this could have been, nothing is said either.
SMALLEST_WORTH_SAYING = 3.0


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
