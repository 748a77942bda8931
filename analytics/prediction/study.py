"""A whole nomogram study: made in one set of people, frozen, tried in another.

`run_study` needs two DataFrames of one row a person and gives everything that tables and figures show. What does NOT
belong here: names of statistics (`study_rows`), pictures (`study_figures`), who is a member.

Source of the order of steps: Harrell 2015, chapter 20; Steyerberg 2019, chapters 15 to 17.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from analytics.errors import AnalysisError, InvalidSettingError
from analytics.prediction.calibration_optimism import CorrectedCalibration, calibrate_model
from analytics.prediction.cutpoint import CutpointSelection, select_cutpoint
from analytics.prediction.model import PredictionModel, fit_prediction_model
from analytics.prediction.nomogram import DEFAULT_HORIZONS, Nomogram, make_nomogram
from analytics.prediction.people import ScorablePeople, complete_people, varying_covariates
from analytics.prediction.refitted_p import RefittedP, refitted_cutpoint_p
from analytics.prediction.spec import Axis
from analytics.prediction.validation import (
    ExternalValidation,
    OptimismResult,
    bootstrap_optimism,
    validate_external,
)

DISCOVERY, VALIDATION = "discovery", "validation"


@dataclass(frozen=True)
class StudySettings:
    """What is fixed before the data are looked at."""

    horizons_months: tuple[float, ...] = DEFAULT_HORIZONS
    n_groups: int = 5
    n_bootstrap: int = 1000
    n_permutations: int = 10_000
    n_refits: int = 1000
    seed: int = 1


@dataclass(frozen=True, eq=False)
class Side:
    """One set of people under the nomogram: `scorable.people` have `total_points`; `performance` is that of the
    frozen model in them, None (with a warning) where it cannot be measured."""

    population: str
    members: pd.DataFrame
    scorable: ScorablePeople
    performance: ExternalValidation | None
    warnings: tuple[str, ...]

    @property
    def people(self) -> pd.DataFrame:
        return self.scorable.people


@dataclass(frozen=True, eq=False)
class PredictionStudy:
    """Everything of one study. `cut` and `cut_p` are None where no cut-off can be searched; `why_no_cut` says why.
    `optimism` and `calibrations` are of the discovery side, refitted in bootstrap samples."""

    settings: StudySettings
    model: PredictionModel
    nomogram: Nomogram
    discovery: Side
    validation: Side | None
    optimism: OptimismResult
    calibrations: tuple[CorrectedCalibration, ...]
    cut: CutpointSelection | None
    cut_p: RefittedP | None
    why_no_cut: str
    why_no_validation: str
    horizons_left_out: dict[float, str] = field(default_factory=dict)


def run_study(
    discovery: pd.DataFrame,
    validation: pd.DataFrame | None,
    covariates: Sequence[str],
    axes: Mapping[str, Axis],
    settings: StudySettings | None = None,
) -> PredictionStudy:
    """Make the nomogram in `discovery`, cut its score there, and try both in `validation`.

    Parameters
    ----------
    discovery, validation : one row a person with time_months, event and the covariates in the source's words;
        the index names the person.
    covariates : columns that become axes, each with its entry in `axes`.

    Notes
    -----
    The model, the points and the cut-off are fixed before `validation` is touched. What cannot be done there is
    None with the reason; what cannot be done in `discovery` raises the errors of `fit_prediction_model` and
    `bootstrap_optimism`.
    """
    chosen = settings or StudySettings()
    terms, dropped = varying_covariates(discovery, covariates, axes)
    names = [term.name for term in terms]
    own = complete_people(discovery, names, axes)
    model = fit_prediction_model(own.people, terms)
    horizons, left_out = _horizons(model, chosen.horizons_months)
    nomogram = make_nomogram(model, horizons_months=horizons)
    draws = {"n_bootstrap": chosen.n_bootstrap, "seed": chosen.seed}
    optimism = bootstrap_optimism(own.people, terms, horizons_months=horizons, **draws)  # type: ignore[arg-type]
    calibrations = tuple(
        calibrate_model(own.people, terms, horizon, n_groups=chosen.n_groups, **draws)  # type: ignore[arg-type]
        for horizon in horizons
    )
    side, _ = _side(DISCOVERY, discovery, own, nomogram, horizons, chosen, dropped)
    cut, cut_p, why_no_cut = _cut(side.people, model, chosen)
    outside, why_no_validation = None, "no validation cohorts were asked for"
    if validation is not None:
        try:
            scorable = complete_people(validation, names, axes, model.covariates)
            outside, why_no_validation = _side(
                VALIDATION, validation, scorable, nomogram, horizons, chosen, ()
            )
        except AnalysisError as problem:
            why_no_validation = str(problem)
    return PredictionStudy(
        settings=chosen,
        model=model,
        nomogram=nomogram,
        discovery=side,
        validation=outside,
        optimism=optimism,
        calibrations=calibrations,
        cut=cut,
        cut_p=cut_p,
        why_no_cut=why_no_cut,
        why_no_validation=why_no_validation,
        horizons_left_out=left_out,
    )


def _horizons(model: PredictionModel, asked: Sequence[float]) -> tuple[tuple[float, ...], dict[float, str]]:
    last = float(model.times_months[-1])
    usable = tuple(h for h in asked if h <= last)
    if not usable:
        raise InvalidSettingError(
            f"Nobody is followed to {min(asked):g} months (the last is at {last:.1f}): ask for an earlier horizon."
        )
    sentence = f"Beyond the follow-up of {last:.1f} months."
    return usable, {h: sentence for h in asked if h not in usable}


def _side(
    population: str,
    members: pd.DataFrame,
    scorable: ScorablePeople,
    nomogram: Nomogram,
    horizons: tuple[float, ...],
    settings: StudySettings,
    warnings: Sequence[str],
) -> tuple[Side, str]:
    """People with their points, and how the frozen model does in them; the reason where that cannot be said."""
    points = nomogram.points(scorable.people)["total_points"]
    scored = ScorablePeople(
        scorable.people.assign(total_points=points), scorable.missing, scorable.no_level, scorable.warnings
    )
    found, why = None, ""
    try:
        found = validate_external(
            nomogram.model,
            scored.people,
            horizons_months=horizons,
            n_groups=settings.n_groups,
            n_bootstrap=settings.n_bootstrap,
            seed=settings.seed,
        )
    except AnalysisError as problem:
        why = str(problem)
    said = [*scored.warnings, *warnings, *(found.warnings if found else ()), *([why] if why else [])]
    return Side(population, members, scored, found, tuple(dict.fromkeys(said))), why


def _cut(
    people: pd.DataFrame, model: PredictionModel, settings: StudySettings
) -> tuple[CutpointSelection | None, RefittedP | None, str]:
    try:
        cut = select_cutpoint(
            people,
            "total_points",
            estimated_on=DISCOVERY,
            n_permutations=settings.n_permutations,
            seed=settings.seed,
        )
    except AnalysisError as problem:
        return None, None, str(problem)
    try:
        refitted = refitted_cutpoint_p(
            people, model.covariates, n_refits=settings.n_refits, seed=settings.seed
        )
    except AnalysisError as problem:
        return cut, None, str(problem)
    return cut, refitted, ""
