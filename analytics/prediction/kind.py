"""A nomogram made in some cohorts and tried in others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analytics.biomarkers.groups import Contrast
from analytics.errors import AnalysisError
from analytics.prediction.estimate import (
    calibration_statistics,
    definition_statistics,
    flow_statistics,
    nomogram_statistics,
    performance_statistics,
)
from analytics.prediction.estimators import C_INDEX, CUT_OFF, OPTIMISM_CORRECTED
from analytics.prediction.figures import study_pictures
from analytics.prediction.low_high import OTHER_SCALE, cut_off_statistic, low_high_statistics
from analytics.prediction.people import add_burden_percentile
from analytics.prediction.performance.calibration import CalibrationCurve
from analytics.prediction.performance.calibration_optimism import CorrectedCalibration
from analytics.prediction.rows import StudyRows
from analytics.prediction.spec import BURDEN_PERCENTILE, NomogramSpec, NomogramVariant
from analytics.prediction.study import (
    DISCOVERY,
    VALIDATION,
    PredictionStudy,
    Side,
    StudySettings,
    run_study,
)
from analytics.prediction.tables import CalibrationStatistic, PredictionStatistic
from analytics.questions.kind import Kind
from analytics.questions.selection import Selection, leave_out, select_members
from analytics.questions.source import PeopleSource
from analytics.results.gathered import AnalysisResult, Gathered, Provenance
from analytics.results.row_sets import RowSets
from analytics.results.schema import ResultRow
from analytics.results.statistic import Counts, Scope


def run(source: PeopleSource, spec: NomogramSpec, provenance: Provenance) -> AnalysisResult:
    """Every variant of a spec."""
    gathered = Gathered(spec, spec.variants, provenance)
    ask = (spec.gene, spec.endpoint)
    frame = source.analysis_frame(*ask, (*spec.cohorts, *spec.awaited_cohorts), spec.genes())
    outside = (
        source.analysis_frame(*ask, spec.validation_cohorts, spec.genes())
        if spec.validation_cohorts
        else None
    )
    for name, variant in spec.variants.items():
        made_in = select_members(frame, variant, spec.where, icb_only=spec.icb_only)
        tried_in = None if outside is None else _validation(spec, variant, outside, made_in)
        _one_variant(gathered, spec, name, made_in, tried_in)
    return gathered.result()


def _validation(
    spec: NomogramSpec, variant: NomogramVariant, frame: pd.DataFrame, made_in: Selection
) -> Selection:
    """Members of the validation: nobody who is in the discovery, whatever the cohort calls him or her. Survival is
    predicted on the clock of the discovery."""
    selection = select_members(
        frame, variant, spec.validation_where, icb_only=spec.icb_only, origin=made_in.clock
    )
    everyone = selection.everyone
    selection = leave_out(
        selection,
        "not in the discovery",
        "the nomogram was made in the same person, under another cohort",
        everyone["person_id"].isin(made_in.members["person_id"]),
    )
    if variant.same_cancer_types:
        selection = leave_out(
            selection,
            "cancer type of the discovery",
            "the nomogram was made in nobody with this cancer type",
            ~everyone["cancer_type"].isin(made_in.members["cancer_type"].dropna().unique()),
        )
    return selection


@dataclass(frozen=True)
class _Population:
    """Discovery or validation: who was selected, with burden as asked, and what is said of them."""

    out: StudyRows
    selection: Selection
    members: pd.DataFrame
    said: tuple[str, ...]


def _population(spec: NomogramSpec, name: str, population: str, selection: Selection) -> _Population:
    scope = Scope(spec.analysis_id, name, f"{spec.endpoint}, {population}")
    out = StudyRows(scope, RowSets(), population, spec.endpoint.lower())
    members, ranked = _with_burden(selection, spec.variants[name])
    return _Population(out, selection, members, (*selection.warnings, *ranked))


def _one_variant(
    gathered: Gathered, spec: NomogramSpec, name: str, made_in: Selection, tried_in: Selection | None
) -> None:
    variant = spec.variants[name]
    discovery = _population(spec, name, DISCOVERY, made_in)
    validation = None if tried_in is None else _population(spec, name, VALIDATION, tried_in)
    outside = None if validation is None else validation.members
    rows: list[ResultRow] = []
    try:
        study = run_study(discovery.members, outside, variant.covariates, spec.axes, _settings(spec))
    except AnalysisError as problem:
        rows += _no_study(spec, discovery, validation, str(problem))
    else:
        rows += _discovered(spec, variant, study, discovery)
        rows += [] if validation is None else _validated(spec, variant, study, validation)
        gathered.figures |= study_pictures(
            study,
            endpoint=spec.endpoint,
            variant=name,
            strata=variant.strata,
            validation_strata=variant.validation_strata,
        )
    for side in (discovery, validation):
        if side is not None:
            gathered.add_members(side.out.scope, side.selection, side.out.sets)
    gathered.add(rows)
    gathered.expect("nomograms", "calibrations", "prediction_stats")


def _with_burden(selection: Selection, variant: NomogramVariant) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Members with their burden as a percentile, if the variant asks for it."""
    if BURDEN_PERCENTILE not in variant.covariates:
        return selection.members, ()
    return add_burden_percentile(selection.members)


def _settings(spec: NomogramSpec) -> StudySettings:
    return StudySettings(
        horizons_months=spec.horizons_months,
        n_groups=spec.n_groups,
        n_bootstrap=spec.n_bootstrap,
        n_permutations=spec.n_permutations,
        n_refits=spec.n_refits,
        seed=spec.seed,
    )


def _no_study(
    spec: NomogramSpec, discovery: _Population, validation: _Population | None, why: str
) -> list[PredictionStatistic]:
    """No nomogram can be made: the members are on record, and the reason."""
    contrast = Contrast.of_gene(spec.gene)
    sides = [side for side in (discovery, validation) if side is not None]
    found = [row for side in sides for row in flow_statistics(side.out, side.members, None, contrast)]
    people = Counts(n=len(discovery.members))
    for what, estimator in (("c_index.corrected", OPTIMISM_CORRECTED), ("score_cut_off", CUT_OFF)):
        found.append(discovery.out.row(what, estimator, people, "members").warned(why))
    return found


def _discovered(
    spec: NomogramSpec, variant: NomogramVariant, study: PredictionStudy, discovery: _Population
) -> list[ResultRow]:
    """The nomogram, and how it does in the people that it was made in."""
    out, side = discovery.out, study.discovery
    return [
        *flow_statistics(out, side.members, side.scorable, Contrast.of_gene(spec.gene)),
        *nomogram_statistics(out, study),
        *definition_statistics(out, study),
        *performance_statistics(out, study, side, discovery.said),
        *_calibrations(out, study, side, study.calibrations),
        cut_off_statistic(out, study),
        *_low_high(spec, study, side, out, variant.strata),
    ]


def _validated(
    spec: NomogramSpec, variant: NomogramVariant, study: PredictionStudy, validation: _Population
) -> list[ResultRow]:
    """How the frozen nomogram does in other people."""
    out, side, contrast = validation.out, study.validation, Contrast.of_gene(spec.gene)
    flow = flow_statistics(out, validation.members, side.scorable if side else None, contrast)
    if side is None:
        people = Counts(n=len(validation.members))
        return [
            *flow,
            out.row("c_index.validation", C_INDEX, people, "members").warned(study.why_no_validation),
        ]
    curves = side.performance.calibration if side.performance is not None else ()
    return [
        *flow,
        *performance_statistics(out, study, side, validation.said),
        *_calibrations(out, study, side, curves),
        *_low_high(spec, study, side, out, variant.validation_strata),
    ]


def _calibrations(
    out: StudyRows,
    study: PredictionStudy,
    side: Side,
    curves: Sequence[CalibrationCurve | CorrectedCalibration],
) -> list[CalibrationStatistic]:
    predicted = [study.model.survival(side.people, curve.horizon_months) for curve in curves]
    return calibration_statistics(out, side, curves, predicted)


def _low_high(
    spec: NomogramSpec, study: PredictionStudy, side: Side, out: StudyRows, strata: tuple[str, ...]
) -> list[PredictionStatistic]:
    found = []
    if study.cut is not None:
        found += low_high_statistics(out, side, study.cut.cutpoint.threshold, strata)
    if spec.published_cut_points is not None:
        points = spec.published_cut_points
        found += low_high_statistics(
            out, side, points, strata, suffix=f"_at_{points:g}", warnings=[OTHER_SCALE]
        )
    return found


KIND = Kind("nomogram", NomogramSpec, run)
