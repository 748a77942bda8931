"""A nomogram study as statistics: points, predictions and coefficients, calibration groups, indices.

Ticks of axes are ``os.nomogram.points.<axis>.<level>``, indices ``os.c_index.corrected``. What does NOT belong here:
computing (`study`), low against high points (`low_high`), pictures.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analytics.biomarkers.groups import Contrast
from analytics.engine.inference import normal_quantile, two_sided_p
from analytics.prediction.estimators import (
    BASELINE_HAZARD,
    BRIER,
    C_INDEX,
    CALIBRATION_ERROR,
    CALIBRATION_SLOPE,
    OBSERVED_EXPECTED,
    OBSERVED_SURVIVAL,
    OPTIMISM_CORRECTED,
    POINTS,
    PREDICTED_SURVIVAL,
    PREDICTION_ACCURACY,
)
from analytics.prediction.people import ScorablePeople
from analytics.prediction.performance.calibration import CalibrationCurve
from analytics.prediction.performance.calibration_optimism import CorrectedCalibration
from analytics.prediction.rows import COMPLETE, StudyRows, counts
from analytics.prediction.study import DISCOVERY, PredictionStudy, Side
from analytics.prediction.tables import CalibrationStatistic, NomogramStatistic, PredictionStatistic
from analytics.results.estimator import Estimator
from analytics.survival.estimators import COUNT, DEFINITION
from analytics.survival.hazard_rows import COX

_TOTAL_TICKS = 21


def flow_statistics(
    out: StudyRows, members: pd.DataFrame, scorable: ScorablePeople | None, contrast: Contrast
) -> list[PredictionStatistic]:
    """How many members there are, how many of them carry the gene and can be scored, and why the others cannot."""
    found: list[PredictionStatistic] = []
    in_group = members["in_group"].astype(bool)

    def count(key: str, kept: pd.Index, row_set: str, *warnings: str) -> None:
        name = out.sets.named(row_set, kept, members.index)
        row = out.row("", COUNT, counts(members.loc[kept]), name)
        named = replace(row, name=out.scope.name(f"flow.{key}.{out.population}"), estimate=float(len(kept)))
        found.append(named.warned(*warnings))

    def with_group(key: str, kept: pd.Index, row_set: str, *warnings: str) -> None:
        count(key, kept, row_set, *warnings)
        carriers = kept[in_group.loc[kept].to_numpy()]
        count(f"{key}_{contrast.group.key}", carriers, f"{row_set}, {contrast.group.key}")

    with_group("n", members.index, "members")
    if scorable is None:
        return found
    with_group("n_complete", scorable.people.index, COMPLETE, *scorable.warnings)
    for name, left_out in scorable.missing.items():
        if len(left_out):
            count(
                f"n_missing.{name}",
                left_out,
                f"members without {name}",
                f"No {name} in the source: not imputed.",
            )
    for name, left_out in scorable.no_level.items():
        if len(left_out):
            sentence = f"Their {name} is no level of the nomogram: it cannot score them."
            count(f"n_no_level.{name}", left_out, f"members with a {name} without level", sentence)
    return found


def nomogram_statistics(out: StudyRows, study: PredictionStudy) -> list[NomogramStatistic]:
    """Every tick of every axis, total points to survival, and the coefficients behind them."""
    nomogram = study.nomogram

    def row(what: str, axis: str, label: str, estimator: Estimator) -> NomogramStatistic:
        return NomogramStatistic(
            name=out.name(f"nomogram.{what}"),
            estimator=estimator.key,
            scale=estimator.scale,
            row_set=COMPLETE,
            counts=counts(study.discovery.people),
            axis=axis,
            label=label,
        )

    found = [
        replace(
            row(f"points.{axis.covariate}.{_slug(value)}", axis.covariate, axis.label, POINTS),
            feature=axis.covariate, value=value, points=points, estimate=points,
        )
        for axis in nomogram.axes
        for value, points in zip(axis.values, axis.points, strict=True)
    ]  # fmt: skip
    totals = np.linspace(0.0, 10.0 * np.ceil(nomogram.max_total_points / 10.0), _TOTAL_TICKS)
    for months in (axis.horizon_months for axis in nomogram.survival_axes):
        for total, survival in zip(totals, nomogram.survival_at(totals, months), strict=True):
            what, label = f"survival_{months:g}.at_{_slug(f'{total:g}')}", f"{months:g}-month survival"
            found.append(
                replace(
                    row(what, "total_points", label, PREDICTED_SURVIVAL),
                    value=f"{total:g}", points=float(total), estimate=float(survival), horizon_months=months,
                )
            )  # fmt: skip
        label = f"Cumulative baseline hazard at {months:g} months"
        hazard = row(f"baseline_hazard_{months:g}", "baseline_hazard", label, BASELINE_HAZARD)
        found.append(replace(hazard, estimate=nomogram.model.hazard_at(months), horizon_months=months))
    labels = {term.name: term.label for term in study.model.covariates}
    for line in study.model.to_frame().to_dict("records"):
        what = f"coefficient.{line['covariate']}" + (f".{_slug(line['level'])}" if line["level"] else "")
        margin = normal_quantile(0.95) * line["se"]
        found.append(
            replace(
                row(what, "coefficient", labels[line["covariate"]], COX),
                feature=line["covariate"],
                value=line["level"],
                estimate=float(np.exp(line["coefficient"])),
                ci_low=float(np.exp(line["coefficient"] - margin)),
                ci_high=float(np.exp(line["coefficient"] + margin)),
                p=two_sided_p(line["coefficient"] / line["se"]),
                p_method="wald",
                coefficient=line["coefficient"],
                standard_error=line["se"],
                center=line["center"],
                reference=line["reference"],
            ).warned(*study.model.warnings)
        )
    scale = row("points_per_unit", "total_points", "Points per unit of linear predictor", POINTS)
    said = f"The linear predictor is {nomogram.intercept:.6g} at 0 points."
    return [*found, replace(scale, estimate=nomogram.points_per_unit).warned(said)]


def calibration_statistics(
    out: StudyRows,
    side: Side,
    curves: Sequence[CalibrationCurve | CorrectedCalibration],
    predicted: Sequence[np.ndarray],
) -> list[CalibrationStatistic]:
    """One row a horizon and group: observed against predicted with bootstrap intervals, optimism where refitted.

    ``predicted`` : for each curve the predicted survival of each person of ``side``.
    """
    found = []
    for curve, survival in zip(curves, predicted, strict=True):
        months = curve.horizon_months
        for line in curve.table.to_dict("records"):
            number, inside = int(line["group"]), curve.group == line["group"]
            row_set = out.sets.named(
                f"calibration at {months:g} months, group {number}",
                side.people.index[inside],
                side.members.index,
            )
            row = CalibrationStatistic(
                name=out.name(f"calibration_{months:g}.{out.population}.group_{number}"),
                estimator=OBSERVED_SURVIVAL.key,
                scale=OBSERVED_SURVIVAL.scale,
                row_set=row_set,
                counts=counts(side.people[inside]),
                estimate=line["observed"],
                ci_low=line["ci_low"],
                ci_high=line["ci_high"],
                population=out.population,
                horizon_months=months,
                group_number=number,
                predicted_low=float(survival[inside].min()) if inside.any() else None,
                predicted_high=float(survival[inside].max()) if inside.any() else None,
                predicted=line["predicted"],
                optimism=line.get("optimism"),
                corrected=line.get("corrected"),
                n_bootstrap=curve.n_bootstrap,
                n_usable=line["n_usable"],
                seed=curve.seed,
            )
            found.append(row.warned(line["reason"]))
    return found


def definition_statistics(out: StudyRows, study: PredictionStudy) -> list[PredictionStatistic]:
    """What the nomogram and its calibration are about: horizons, the level of the intervals, the mean error."""
    people, found = counts(study.discovery.people), []
    for months in study.settings.horizons_months:
        why = study.horizons_left_out.get(months, "")
        row = out.row(f"nomogram_horizon_months.{months:g}", DEFINITION, people)
        found.append(replace(row, estimate=None if why else months, horizon_months=months).warned(why))
    level = out.row("calibration_level", DEFINITION, people)
    found.append(replace(level, estimate=study.calibrations[0].confidence))
    for k, curve in enumerate(study.calibrations):
        corrected = f"calibration_error_{curve.horizon_months:g}.corrected"
        for what in ("calibration", corrected) if k == 0 else (corrected,):
            row = replace(
                out.row(what, CALIBRATION_ERROR, people),
                estimate=curve.mean_absolute_error,
                horizon_months=curve.horizon_months,
                n_draws=curve.n_bootstrap,
                n_failed=curve.n_failed,
                seed=curve.seed,
            )
            found.append(row.warned(*curve.warnings))
    return found


def performance_statistics(
    out: StudyRows, study: PredictionStudy, side: Side, said: Sequence[str] = ()
) -> list[PredictionStatistic]:
    """C-index, calibration slope, Brier score: apparent and corrected in discovery, as found in validation.

    ``said`` : what else is to be known of these people."""
    label = "apparent" if side.population == DISCOVERY else side.population
    people, performance = counts(side.people), side.performance
    warnings = (*said, *side.warnings)
    if performance is None:
        return [out.row(f"c_index.{label}", C_INDEX, people).warned(*warnings)]

    def row(
        what: str, estimator: Estimator, estimate: float, interval: tuple[float, float] | None = None,
        months: float | None = None,
    ) -> PredictionStatistic:  # fmt: skip
        low, high = interval or (None, None)
        return replace(
            out.row(f"{what}.{label}", estimator, people), estimate=estimate, ci_low=low, ci_high=high,
            horizon_months=months, n_draws=performance.n_bootstrap, seed=study.settings.seed,
        ).warned(*warnings)  # fmt: skip

    found = [row("c_index", C_INDEX, performance.c_index, performance.c_index_ci)]
    if side.population != DISCOVERY:  # 1 by construction where the model was fitted
        slope, interval = performance.calibration_slope, performance.calibration_slope_ci
        found.append(row("calibration_slope", CALIBRATION_SLOPE, slope, interval))
    for score in performance.brier:
        months = score.horizon_months
        pairs = (
            (f"brier_{months:g}", BRIER, score.score, (score.ci_low, score.ci_high)),
            (f"ipa_{months:g}", PREDICTION_ACCURACY, score.ipa, (score.ipa_ci_low, score.ipa_ci_high)),
        )
        found += [replace(row(*of, months), reference=score.reference) for of in pairs]
        ratio = performance.observed_expected[months]
        found.append(row(f"observed_expected_{months:g}", OBSERVED_EXPECTED, ratio, None, months))
    return found + (_corrected(out, study, warnings) if side.population == DISCOVERY else [])


def _corrected(out: StudyRows, study: PredictionStudy, warnings: Sequence[str]) -> list[PredictionStatistic]:
    """Indices less their optimism. The interval of C is the apparent one moved by the optimism (Noma et al. 2021)."""
    optimism, apparent = study.optimism, study.discovery.performance
    found = []
    for line in optimism.table.to_dict("records"):
        index = str(line["index"])
        interval: tuple[float | None, float | None] = (None, None)
        if index == "c_index" and apparent is not None:
            interval = (apparent.c_index_ci[0] - line["optimism"], apparent.c_index_ci[1] - line["optimism"])
        row = out.row(
            f"{index.removesuffix('_months')}.corrected", OPTIMISM_CORRECTED, counts(study.discovery.people)
        )
        found.append(
            replace(
                row,
                estimate=line["corrected"],
                ci_low=interval[0],
                ci_high=interval[1],
                apparent=line["apparent"],
                optimism=line["optimism"],
                horizon_months=float(index.split("_")[1]) if index.startswith("brier_") else None,
                n_draws=optimism.n_bootstrap,
                n_failed=optimism.n_failed,
                seed=optimism.seed,
            ).warned(*warnings)
        )
    return found


def _slug(value: str) -> str:
    """'PD-1/PD-L1' -> 'pd_1_pd_l1', '<30' -> 'under_30', '2.5' stays: what a key can hold."""
    words = value.lower().replace("<", "under ").replace(">", "over ")
    return re.sub(r"[^a-z0-9.]+", "_", words).strip("_")
