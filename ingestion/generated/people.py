"""Drawing patients: who they are, what their tumour carries, how they respond and how long they live.

Survival follows a proportional-hazards model with the hazard ratios of ``effects``. File formats, patient
numbers and quirks do not belong here: those are the cohorts' files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy.special import ndtr

from ingestion.catalog.columns import Strict
from ingestion.generated.calls import Call, draw_calls
from ingestion.generated.effects import BEST_RESPONSES, effects
from ingestion.generated.genes import EXOME, size_mb, territory

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


class Group(Strict):
    """A set of patients that is drawn at once; several cohorts may show them.

    stream : number of the group's own random stream: no two groups share one, so that editing one leaves the rest.
    cancer_types, panels, arms : share of each; arms are icb, chemotherapy, none.
    clock : what survival is counted from; decides its median.
    follow_up_months : administrative censoring is uniform between the two.
    late_sample_share : share of patients who come under observation only when their tumour is sampled.
    extra_drivers : gene -> share of patients with a driver mutation, in place of that of the tumour type.
    hazard_ratios : gene -> hazard ratio of its mutation in this group alone, beside those of ``effects``.
    """

    name: str
    stream: int
    n: int = Field(gt=0)
    cancer_types: dict[str, float]
    panels: dict[str, float] = Field(default_factory=lambda: {EXOME: 1.0})
    arms: dict[str, float] = Field(default_factory=lambda: {"icb": 1.0})
    clock: Literal["icb_start", "diagnosis"] = "icb_start"
    follow_up_months: tuple[float, float] = (10.0, 60.0)
    mean_depth: int = 120
    late_sample_share: float = 0.0
    extra_drivers: dict[str, float] = Field(default_factory=dict)
    hazard_ratios: dict[str, float] = Field(default_factory=dict)

    def median_os_months(self, cancer_type: str) -> float:
        known = effects().cancer_types[cancer_type]
        return known.os_icb if self.clock == "icb_start" else known.os_diagnosis


def draw_people(rng: np.random.Generator, group: Group) -> list[Person]:
    """All people of a group, ``{group.name}:1`` and on, in random order of their properties."""
    n = group.n
    cancer = _choose(rng, group.cancer_types, n)
    panel = _choose(rng, group.panels, n)
    arm = _choose(rng, group.arms, n)
    purity: FloatArray = np.clip(rng.beta(7, 4, n), 0.2, 0.95).round(2)
    median, sigma = np.array([effects().cancer_types[kind].burden for kind in cancer]).T
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
    changed = [[c.gene.symbol for c in found if c.is_nonsynonymous] for found in calls]
    tmb = np.array([len(found) / size_mb(p) for found, p in zip(changed, panel, strict=True)])
    status = {
        symbol: np.array([symbol in found for found in changed])
        for symbol in (effects().predictive_gene, effects().prognostic_gene, *group.hazard_ratios)
    }
    outcome = _draw_outcomes(rng, group, cancer, arm, status, tmb)
    sex = np.where(rng.random(n) < 0.58, "Male", "Female")
    age = np.clip(np.round(rng.normal(63, 11, n)), 24, 89).astype(int)
    smoker = rng.random(n) < np.array([0.8 if "Lung" in kind else 0.4 for kind in cancer])
    metastasis = rng.random(n) < 0.55
    drug = _choose(rng, {"PD-1/PDL-1": 0.78, "CTLA4": 0.08, "Combo": 0.14}, n)
    return [
        Person(
            f"{group.name}:{i + 1}", cancer[i], arm[i], panel[i], str(sex[i]), int(age[i]), bool(smoker[i]),
            bool(metastasis[i]), drug[i] if arm[i] == "icb" else "none", float(purity[i]), tuple(calls[i]),
            float(tmb[i]), *outcome[i],
        )
        for i in range(n)
    ]  # fmt: skip


#: the last fields of a person: survival, progression, each with its event, entry, best response
_Outcome = tuple[float, bool, float, bool, float, str]


def log_hazard(
    arm: npt.NDArray[np.str_],
    predictive: npt.NDArray[np.bool_],
    prognostic: npt.NDArray[np.bool_],
    tmb: FloatArray,
) -> FloatArray:
    """Log hazard of each patient against a wild-type patient under ICB at the reference burden.

    ``arm``, ``predictive``, ``prognostic`` (mutated or not) and ``tmb`` (mutations per Mb) have shape (n,).
    """
    planted = effects()
    icb, control = planted.hazard_ratios_icb, planted.hazard_ratios_control
    under_icb = arm == "icb"
    units = np.log2(tmb + 1) - effects().reference_log2_tmb
    first, second = effects().predictive_gene, effects().prognostic_gene
    eta: FloatArray = (
        np.log(np.where(under_icb, icb[first], control[first])) * predictive
        + np.log(np.where(under_icb, icb[second], control[second])) * prognostic
        + np.log(
            np.where(under_icb, planted.hazard_ratio_log2_tmb_icb, planted.hazard_ratio_log2_tmb_control)
        )
        * units
        - np.log(np.where(arm == "chemotherapy", effects().hazard_ratio_icb_arm, 1.0))
    )
    return eta


def _draw_outcomes(
    rng: np.random.Generator,
    group: Group,
    cancer: list[str],
    arm: list[str],
    status: Mapping[str, npt.NDArray[np.bool_]],
    tmb: FloatArray,
) -> list[_Outcome]:
    """Survival, progression and response with a common source.

    The response is read off a normal score that shares `response_loading` with the scores of survival
    and of progression (a Gaussian copula), so its rates by gene status and the proportional hazards are both
    exact. Progression-free survival is the earlier of death and progression; both hazards have the same shape
    and the same log hazard ratios, hence so has their sum.
    """
    n = group.n
    shape = effects().weibull_shape
    arms = np.array(arm)
    predictive = status[effects().predictive_gene]
    eta = log_hazard(arms, predictive, status[effects().prognostic_gene], tmb)
    for symbol, ratio in group.hazard_ratios.items():
        eta += np.log(ratio) * status[symbol]
    median = np.array([group.median_os_months(kind) for kind in cancer])
    death_scale = median / np.log(2) ** (1 / shape)
    progression_scale = effects().progression_share * death_scale
    scores = rng.standard_normal((3, n))
    death_exponential, progression_exponential = -np.log(ndtr(-scores[0])), -np.log(ndtr(-scores[1]))

    late = rng.random(n) < group.late_sample_share
    entry = np.where(late, np.minimum(rng.exponential(20.0, n), 90.0), 0.0)
    # A patient who is sampled late has been free of events until then: both hazards start to add up at entry.
    death = _event_time(death_scale, death_exponential * np.exp(-eta), entry)
    progression = _event_time(progression_scale, progression_exponential * np.exp(-eta), entry)
    end = entry + rng.uniform(*group.follow_up_months, n)
    first = np.minimum(death, progression)

    loading = effects().response_loading
    latent = loading * (scores[0] + scores[1]) + np.sqrt(1 - 2 * loading**2) * scores[2]
    not_evaluable = rng.random(n) < effects().not_evaluable
    response = [
        "NE" if not_evaluable[i] else _category(float(ndtr(latent[i])), arm[i], bool(predictive[i]))
        for i in range(n)
    ]
    times = (np.minimum(death, end), death <= end, np.minimum(first, end), first <= end, entry)
    return list(zip(*(values.tolist() for values in times), response, strict=True))


def _event_time(scale: FloatArray, cumulative_hazard: FloatArray, entry: FloatArray) -> FloatArray:
    """Weibull time at which ``cumulative_hazard`` has been added to what had run up at ``entry``."""
    shape = effects().weibull_shape
    time: FloatArray = scale * ((entry / scale) ** shape + cumulative_hazard) ** (1 / shape)
    return time


def _category(quantile: float, arm: str, is_mutated: bool) -> str:
    """Best response from a uniform score; the highest scores respond best."""
    shares = effects().response_mutated if is_mutated else effects().response_wild_type
    if arm != "icb":
        shares = effects().response_chemotherapy
    above = 1.0 - quantile
    for word, share in shares.items():
        if above < share:
            return word
        above -= share
    return BEST_RESPONSES[-1]


def _choose(rng: np.random.Generator, shares: Mapping[str, float], n: int) -> list[str]:
    words = list(shares)
    weights = np.array([shares[word] for word in words])
    return [words[i] for i in rng.choice(len(words), size=n, p=weights / weights.sum())]
