"""A nomogram made in some cohorts and tried in others: asks the warehouse for the frames, calls ``analytics``."""

from __future__ import annotations

from typing import Any

import duckdb
import pandas as pd

from analytics.errors import AnalysisError
from analytics.prediction.low_high import OTHER_SCALE, cut_off_row, low_high_rows
from analytics.prediction.people import add_burden_percentile
from analytics.prediction.spec import BURDEN_PERCENTILE, NomogramSpec, NomogramVariant
from analytics.prediction.study import (
    DISCOVERY,
    VALIDATION,
    PredictionStudy,
    Side,
    StudySettings,
    run_study,
)
from analytics.prediction.study_figures import study_pictures
from analytics.prediction.study_rows import (
    StudyRows,
    calibration_rows,
    definition_rows,
    flow_rows,
    nomogram_rows,
    performance_rows,
)
from analytics.questions.selection import Selection, leave_out, select_members
from analytics.results.gathered import AnalysisResult, Gathered, Provenance
from analytics.results.rows import ResultRows
from warehouse.frames.patients import analysis_frame


def run(con: duckdb.DuckDBPyConnection, spec: NomogramSpec, provenance: Provenance) -> AnalysisResult:
    """Every variant of a spec on an open warehouse."""
    gathered = Gathered(spec, spec.variants, provenance)
    ask = (spec.gene, spec.endpoint)
    frame = analysis_frame(con, *ask, (*spec.cohorts, *spec.awaited_cohorts), spec.genes())
    outside = (
        analysis_frame(con, *ask, spec.validation_cohorts, spec.genes()) if spec.validation_cohorts else None
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


def _one_variant(
    gathered: Gathered, spec: NomogramSpec, name: str, made_in: Selection, tried_in: Selection | None
) -> None:
    variant = spec.variants[name]
    members, ranked = _with_burden(made_in, variant)
    outside, ranked_outside = (None, ()) if tried_in is None else _with_burden(tried_in, variant)
    sides = {DISCOVERY: _rows(spec, name, DISCOVERY), VALIDATION: _rows(spec, name, VALIDATION)}
    said = {
        DISCOVERY: (*made_in.warnings, *ranked),
        VALIDATION: (*(tried_in.warnings if tried_in else ()), *ranked_outside),
    }
    try:
        study = run_study(members, outside, variant.covariates, spec.axes, _settings(spec))
    except AnalysisError as problem:
        _no_study(sides, members, outside, str(problem))
    else:
        _study_rows(spec, variant, study, sides, outside, said)
        gathered.figures |= study_pictures(
            study,
            endpoint=spec.endpoint,
            stem=f"{name}_{spec.endpoint.lower()}",
            strata=variant.strata,
            validation_strata=variant.validation_strata,
        )
    for population, selection in ((DISCOVERY, made_in), (VALIDATION, tried_in)):
        if selection is None:
            continue
        label, out = f"{spec.endpoint}, {population}", sides[population]
        gathered.add_members(name, label, selection, out.rows)
        for table, rows in out.tables.items():
            gathered.add(table, rows, endpoint=label)


def _with_burden(selection: Selection, variant: NomogramVariant) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Members with their burden as a percentile, if the variant asks for it."""
    if BURDEN_PERCENTILE not in variant.covariates:
        return selection.members, ()
    return add_burden_percentile(selection.members)


def _rows(spec: NomogramSpec, variant_name: str, population: str) -> StudyRows:
    return StudyRows(ResultRows(spec.analysis_id, variant_name), population, spec.endpoint.lower())


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
    sides: dict[str, StudyRows], members: pd.DataFrame, outside: pd.DataFrame | None, why: str
) -> None:
    """No nomogram can be made: the members are on record, and the reason."""
    flow_rows(sides[DISCOVERY], members, None)
    if outside is not None:
        flow_rows(sides[VALIDATION], outside, None)
    out = sides[DISCOVERY]
    for what in ("c_index.corrected", "score_cut_off"):
        values = {"estimator": "nomogram", "row_set": "members", "n": len(members), "warnings": why}
        out.add("prediction_stats", out.key(what), values)


def _study_rows(
    spec: NomogramSpec,
    variant: NomogramVariant,
    study: PredictionStudy,
    sides: dict[str, StudyRows],
    outside: pd.DataFrame | None,
    said: dict[str, tuple[str, ...]],
) -> None:
    out = sides[DISCOVERY]
    flow_rows(out, study.discovery.members, study.discovery.scorable)
    nomogram_rows(out, study)
    definition_rows(out, study)
    performance_rows(out, study, study.discovery, said[DISCOVERY])
    _calibrations(out, study, study.discovery, study.calibrations)
    cut_off_row(out, study)
    _low_high(spec, study, study.discovery, out, variant.strata)
    if outside is None:
        return
    out, side = sides[VALIDATION], study.validation
    flow_rows(out, outside, side.scorable if side else None)
    if side is None:
        values = {"estimator": "Harrell's C", "row_set": "members", "n": len(outside)}
        out.add(
            "prediction_stats", out.key("c_index.validation"), values | {"warnings": study.why_no_validation}
        )
        return
    performance_rows(out, study, side, said[VALIDATION])
    if side.performance is not None:
        _calibrations(out, study, side, side.performance.calibration)
    _low_high(spec, study, side, out, variant.validation_strata)


def _calibrations(out: StudyRows, study: PredictionStudy, side: Side, curves: Any) -> None:
    predicted = [study.model.survival(side.people, curve.horizon_months) for curve in curves]
    calibration_rows(out, side, curves, predicted)


def _low_high(
    spec: NomogramSpec, study: PredictionStudy, side: Side, out: StudyRows, strata: tuple[str, ...]
) -> None:
    if study.cut is not None:
        low_high_rows(out, side, study.cut.cutpoint.threshold, strata)
    if spec.published_cut_points is not None:
        points = spec.published_cut_points
        low_high_rows(out, side, points, strata, suffix=f"_at_{points:g}", warnings=[OTHER_SCALE])
