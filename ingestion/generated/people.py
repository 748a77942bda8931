"""Drawing patients: who they are, what their tumour carries, how they respond and how long they live.

Survival follows a proportional-hazards model with the hazard ratios of ``effects``. File formats, patient
numbers and quirks do not belong here: those are the cohort modules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from ingestion.generated import effects
from ingestion.generated.calls import Call, draw_calls
from ingestion.generated.genes import EXOME, size_mb, territory
from ingestion.generated.truth import PatientTruth

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Person:
    """One person and one tumour sample. Times in months from the group's origin, not rounded.

    ``tmb`` is non-synonymous calls over the assay's territory (mutations per Mb); ``purity`` a share.
    """

    person_id: str
    cancer_type: str
    arm: str
    panel_id: str
    sex: str
    age: int
    ever_smoker: bool
    is_metastasis: bool
    drug_class: str
    purity: float
    calls: tuple[Call, ...]
    tmb: float
    os_months: float
    os_event: bool
    pfs_months: float
    pfs_event: bool
    entry_months: float
    best_response: str
    is_profiled: bool = True

    def carries(self, symbol: str) -> bool:
        """Whether a non-synonymous mutation of the gene was called."""
        return any(call.gene.symbol == symbol and call.is_nonsynonymous for call in self.calls)

    @property
    def nonsynonymous(self) -> tuple[Call, ...]:
        return tuple(call for call in self.calls if call.is_nonsynonymous)

    def unprofiled(self) -> Person:
        """The same person, never sequenced."""
        return replace(self, calls=(), tmb=float("nan"), is_profiled=False)

    def truth(
        self, cohort_id: str, patient_id: str, sample_id: str, *, has_os: bool = True, has_pfs: bool = True
    ) -> PatientTruth:
        """What is true of this person as a patient of one cohort."""
        return PatientTruth(
            cohort_id=cohort_id,
            patient_id=patient_id,
            person_id=self.person_id,
            sample_id=sample_id,
            cancer_type=self.cancer_type,
            arm=self.arm,
            panel_id=self.panel_id,
            is_profiled=self.is_profiled,
            mutated=tuple(symbol for symbol in effects.TRUTH_GENES if self.carries(symbol)),
            tmb_mut_per_mb=self.tmb if self.is_profiled else None,
            os_months=self.os_months if has_os else None,
            os_event=self.os_event if has_os else None,
            pfs_months=self.pfs_months if has_pfs else None,
            pfs_event=self.pfs_event if has_pfs else None,
            entry_months=self.entry_months,
            best_response=None if self.arm == "none" else self.best_response,
        )


@dataclass(frozen=True)
class Group:
    """A set of patients that is drawn at once.

    cancer_types, panels, arms : share of each; arms are icb, chemotherapy, none.
    follow_up_months : administrative censoring is uniform between the two.
    late_sample_share : share of patients who come under observation only when their tumour is sampled.
    extra_drivers : gene -> share of patients with a driver mutation, in place of `effects.DRIVERS`.
    """

    name: str
    n: int
    cancer_types: Mapping[str, float]
    panels: Mapping[str, float] = field(default_factory=lambda: {EXOME: 1.0})
    arms: Mapping[str, float] = field(default_factory=lambda: {"icb": 1.0})
    median_os_months: Mapping[str, float] = field(default_factory=lambda: effects.MEDIAN_OS_ICB)
    follow_up_months: tuple[float, float] = (10.0, 60.0)
    mean_depth: int = 120
    late_sample_share: float = 0.0
    extra_drivers: Mapping[str, float] = field(default_factory=dict)


def draw_people(rng: np.random.Generator, group: Group) -> list[Person]:
    """All people of a group, ``{group.name}:1`` and on, in random order of their properties."""
    n = group.n
    cancer = _choose(rng, group.cancer_types, n)
    panel = _choose(rng, group.panels, n)
    arm = _choose(rng, group.arms, n)
    purity: FloatArray = np.clip(rng.beta(7, 4, n), 0.2, 0.95).round(2)
    median, sigma = np.array([effects.BURDEN[kind] for kind in cancer]).T
    burden = median * np.exp(sigma * rng.standard_normal(n))
    calls: list[list[Call]] = [[] for _ in range(n)]
    for panel_id in group.panels:
        rows = [i for i in range(n) if panel[i] == panel_id]
        kinds = [cancer[i] for i in rows]
        drawn = draw_calls(
            rng, burden[rows], kinds, territory(panel_id), group.mean_depth, purity[rows], group.extra_drivers
        )
        for i, found in zip(rows, drawn, strict=True):
            calls[i] = found
    tmb = np.array(
        [sum(c.is_nonsynonymous for c in found) / size_mb(p) for found, p in zip(calls, panel, strict=True)]
    )
    status = {
        symbol: np.array(
            [any(c.gene.symbol == symbol and c.is_nonsynonymous for c in found) for found in calls]
        )
        for symbol in (effects.PREDICTIVE_GENE, effects.PROGNOSTIC_GENE)
    }
    outcome = _draw_outcomes(rng, group, cancer, arm, status, tmb)
    sex = np.where(rng.random(n) < 0.58, "Male", "Female")
    age = np.clip(np.round(rng.normal(63, 11, n)), 24, 89).astype(int)
    smoker = rng.random(n) < np.array([0.8 if "Lung" in kind else 0.4 for kind in cancer])
    metastasis = rng.random(n) < 0.55
    drug = _choose(rng, {"PD-1/PDL-1": 0.78, "CTLA4": 0.08, "Combo": 0.14}, n)
    return [
        Person(
            person_id=f"{group.name}:{i + 1}",
            cancer_type=cancer[i],
            arm=arm[i],
            panel_id=panel[i],
            sex=str(sex[i]),
            age=int(age[i]),
            ever_smoker=bool(smoker[i]),
            is_metastasis=bool(metastasis[i]),
            drug_class=drug[i] if arm[i] == "icb" else "none",
            purity=float(purity[i]),
            calls=tuple(calls[i]),
            tmb=float(tmb[i]),
            os_months=float(outcome.os_months[i]),
            os_event=bool(outcome.os_event[i]),
            pfs_months=float(outcome.pfs_months[i]),
            pfs_event=bool(outcome.pfs_event[i]),
            entry_months=float(outcome.entry[i]),
            best_response=outcome.response[i],
        )
        for i in range(n)
    ]


@dataclass(frozen=True)
class _Outcomes:
    os_months: FloatArray
    os_event: npt.NDArray[np.bool_]
    pfs_months: FloatArray
    pfs_event: npt.NDArray[np.bool_]
    entry: FloatArray
    response: list[str]


def log_hazard(
    arm: npt.NDArray[np.str_],
    predictive: npt.NDArray[np.bool_],
    prognostic: npt.NDArray[np.bool_],
    tmb: FloatArray,
) -> FloatArray:
    """Log hazard of each patient against a wild-type patient under ICB at the reference burden.

    ``arm``, ``predictive``, ``prognostic`` (mutated or not) and ``tmb`` (mutations per Mb) have shape (n,).
    """
    icb, control = effects.HAZARD_RATIOS_ICB, effects.HAZARD_RATIOS_CONTROL
    under_icb = arm == "icb"
    units = np.log2(tmb + 1) - effects.REFERENCE_LOG2_TMB
    first, second = effects.PREDICTIVE_GENE, effects.PROGNOSTIC_GENE
    eta: FloatArray = (
        np.log(np.where(under_icb, icb[first], control[first])) * predictive
        + np.log(np.where(under_icb, icb[second], control[second])) * prognostic
        + np.log(
            np.where(under_icb, effects.HAZARD_RATIO_LOG2_TMB_ICB, effects.HAZARD_RATIO_LOG2_TMB_CONTROL)
        )
        * units
        - np.log(np.where(arm == "chemotherapy", effects.HAZARD_RATIO_ICB_ARM, 1.0))
    )
    return eta


def _draw_outcomes(
    rng: np.random.Generator,
    group: Group,
    cancer: list[str],
    arm: list[str],
    status: Mapping[str, npt.NDArray[np.bool_]],
    tmb: FloatArray,
) -> _Outcomes:
    """Survival, progression and response with a common source.

    The response is read off a normal score that shares `effects.RESPONSE_LOADING` with the scores of survival
    and of progression (a Gaussian copula), so its rates by gene status and the proportional hazards are both
    exact. Progression-free survival is the earlier of death and progression; both hazards have the same shape
    and the same log hazard ratios, hence so has their sum.
    """
    n = group.n
    shape = effects.WEIBULL_SHAPE
    arms = np.array(arm)
    predictive = status[effects.PREDICTIVE_GENE]
    eta = log_hazard(arms, predictive, status[effects.PROGNOSTIC_GENE], tmb)
    median = np.array([group.median_os_months[kind] for kind in cancer])
    death_scale = median / np.log(2) ** (1 / shape)
    progression_scale = effects.PROGRESSION_SHARE * death_scale
    scores = rng.standard_normal((3, n))
    death_exponential, progression_exponential = -np.log(ndtr(-scores[0])), -np.log(ndtr(-scores[1]))

    late = rng.random(n) < group.late_sample_share
    entry = np.where(late, np.minimum(rng.exponential(20.0, n), 90.0), 0.0)
    # A patient who is sampled late has been free of events until then: both hazards start to add up at entry.
    death = _event_time(death_scale, death_exponential * np.exp(-eta), entry)
    progression = _event_time(progression_scale, progression_exponential * np.exp(-eta), entry)
    end = entry + rng.uniform(*group.follow_up_months, n)
    first = np.minimum(death, progression)

    loading = effects.RESPONSE_LOADING
    latent = loading * (scores[0] + scores[1]) + np.sqrt(1 - 2 * loading**2) * scores[2]
    not_evaluable = rng.random(n) < effects.NOT_EVALUABLE
    response = [
        "NE" if not_evaluable[i] else _category(float(ndtr(latent[i])), arm[i], bool(predictive[i]))
        for i in range(n)
    ]
    return _Outcomes(
        np.minimum(death, end), death <= end, np.minimum(first, end), first <= end, entry, response
    )


def _event_time(scale: FloatArray, cumulative_hazard: FloatArray, entry: FloatArray) -> FloatArray:
    """Weibull time at which ``cumulative_hazard`` has been added to what had run up at ``entry``."""
    shape = effects.WEIBULL_SHAPE
    time: FloatArray = scale * ((entry / scale) ** shape + cumulative_hazard) ** (1 / shape)
    return time


def _category(quantile: float, arm: str, is_mutated: bool) -> str:
    """Best response from a uniform score; the highest scores respond best."""
    shares = effects.RESPONSE_MUTATED if is_mutated else effects.RESPONSE_WILD_TYPE
    if arm != "icb":
        shares = effects.RESPONSE_CHEMOTHERAPY
    above = 1.0 - quantile
    for word, share in zip(effects.BEST_RESPONSES, shares, strict=True):
        if above < share:
            return word
        above -= share
    return effects.BEST_RESPONSES[-1]


def _choose(rng: np.random.Generator, shares: Mapping[str, float], n: int) -> list[str]:
    words = list(shares)
    weights = np.array([shares[word] for word in words])
    return [words[i] for i in rng.choice(len(words), size=n, p=weights / weights.sum())]
