"""A nomogram study as rows of result tables under regular names.

Keys are ``<endpoint>.<what>[.<population>]`` (`os.c_index.corrected`, `os.logrank_oe.validation`), ticks of axes
``os.nomogram.points.<axis>.<level>``. What does NOT belong here: computing (`study`, `low_high`), pictures.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analytics.prediction.calibration import CalibrationCurve
from analytics.prediction.calibration_optimism import CorrectedCalibration
from analytics.prediction.people import ScorablePeople
from analytics.prediction.study import DISCOVERY, PredictionStudy, Side
from analytics.results.rows import ResultRows
from analytics.survival.results import normal_quantile, two_sided_p

COMPLETE = "complete rows"
_TOTAL_TICKS = 21


@dataclass
class StudyRows:
    """Rows of one side. ``tables`` : result table -> rows; ``rows`` keeps the row sets."""

    rows: ResultRows
    population: str
    endpoint_key: str
    tables: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {"nomograms": [], "calibrations": [], "prediction_stats": []}
    )

    def key(self, what: str) -> str:
        return f"{self.endpoint_key}.{what}"

    def add(self, table: str, key: str, values: dict[str, Any]) -> None:
        population = {} if table == "nomograms" else {"population": self.population}
        self.rows.add(self.tables[table], key, None, population | values)


def counts(people: pd.DataFrame) -> dict[str, Any]:
    """n, n_mutated and events of the rows behind a statistic."""
    return {
        "n": len(people),
        "n_mutated": int(people["is_mutated"].astype(bool).sum()),
        "events": int(people["event"].astype(bool).sum()),
    }


def flow_rows(out: StudyRows, members: pd.DataFrame, scorable: ScorablePeople | None) -> None:
    """How many members there are, how many can be scored, and why the others cannot."""
    population = out.population

    def count(key: str, kept: pd.Index, row_set: str, warning: str = "") -> None:
        name = out.rows.row_set(row_set, kept, members.index)
        values = {"estimator": "count", "estimate": float(len(kept)), "row_set": name, "warnings": warning}
        out.add("prediction_stats", f"flow.{key}.{population}", values | counts(members.loc[kept]))

    count("n", members.index, "members")
    if scorable is None:
        return
    count("n_complete", scorable.people.index, COMPLETE, " ".join(scorable.warnings))
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


def nomogram_rows(out: StudyRows, study: PredictionStudy) -> None:
    """Every tick of every axis, total points to survival, and the coefficients behind them."""
    nomogram, people = study.nomogram, study.discovery.people
    common = {"row_set": COMPLETE, **counts(people)}

    def add(what: str, axis: str, label: str, estimator: str, values: dict[str, Any]) -> None:
        feature = None if axis in ("total_points", "baseline_hazard") else values.pop("feature", axis)
        named = {"axis": axis, "label": label, "estimator": estimator, "feature": feature}
        out.add("nomograms", out.key(f"nomogram.{what}"), common | named | values)

    for axis in nomogram.axes:
        for value, points in zip(axis.values, axis.points, strict=True):
            what = f"points.{axis.covariate}.{_slug(value)}"
            add(
                what,
                axis.covariate,
                axis.label,
                "points",
                {"value": value, "points": points, "estimate": points},
            )
    totals = np.linspace(0.0, 10.0 * np.ceil(nomogram.max_total_points / 10.0), _TOTAL_TICKS)
    for horizon in study.nomogram.survival_axes:
        months = horizon.horizon_months
        predicted = nomogram.survival_at(totals, months)
        for total, survival in zip(totals, predicted, strict=True):
            values = {"value": f"{total:g}", "points": float(total), "estimate": float(survival)}
            label = f"{months:g}-month survival"
            what = f"survival_{months:g}.at_{_slug(f'{total:g}')}"
            add(what, "total_points", label, "predicted survival", values | {"horizon_months": months})
        hazard = {"estimate": nomogram.model.hazard_at(months), "horizon_months": months}
        label = f"Cumulative baseline hazard at {months:g} months"
        add(f"baseline_hazard_{months:g}", "baseline_hazard", label, "cumulative hazard at the mean", hazard)
    _coefficient_rows(add, study)
    scale = {
        "estimate": nomogram.points_per_unit,
        "warnings": f"The linear predictor is {nomogram.intercept:.6g} at 0 points.",
    }
    add("points_per_unit", "total_points", "Points per unit of linear predictor", "points", scale)


def _coefficient_rows(add: Any, study: PredictionStudy) -> None:
    labels = {term.name: term.label for term in study.model.covariates}
    for row in study.model.to_frame().to_dict("records"):
        coefficient, margin = row["coefficient"], normal_quantile(0.95) * row["se"]
        values = {
            "value": row["level"],
            "estimate": float(np.exp(coefficient)),
            "ci_low": float(np.exp(coefficient - margin)),
            "ci_high": float(np.exp(coefficient + margin)),
            "p": two_sided_p(coefficient / row["se"]),
            "coefficient": coefficient,
            "standard_error": row["se"],
            "center": row["center"],
            "reference": row["reference"],
            "warnings": " ".join(study.model.warnings),
            "feature": row["covariate"],
        }
        what = f"coefficient.{row['covariate']}" + (f".{_slug(row['level'])}" if row["level"] else "")
        add(what, "coefficient", labels[row["covariate"]], f"Cox, {study.model.ties} ties", values)


def calibration_rows(
    out: StudyRows,
    side: Side,
    curves: Sequence[CalibrationCurve | CorrectedCalibration],
    predicted: Sequence[np.ndarray],
) -> None:
    """One row a horizon and group: observed against predicted with bootstrap intervals, optimism where refitted.

    ``predicted`` : for each curve the predicted survival of each person of ``side``.
    """
    for curve, survival in zip(curves, predicted, strict=True):
        months = curve.horizon_months
        for row in curve.table.to_dict("records"):
            inside = curve.group == row["group"]
            kept = side.people.index[inside]
            name = out.rows.row_set(
                f"calibration at {months:g} months, group {row['group']}", kept, side.members.index
            )
            values = {
                "estimator": "kaplan_meier",
                "row_set": name,
                **counts(side.people[inside]),
                "horizon_months": months,
                "group_number": row["group"],
                "predicted_low": float(survival[inside].min()) if inside.any() else None,
                "predicted_high": float(survival[inside].max()) if inside.any() else None,
                "predicted": row["predicted"],
                "estimate": row["observed"],
                "ci_low": row["ci_low"],
                "ci_high": row["ci_high"],
                "optimism": row.get("optimism"),
                "corrected": row.get("corrected"),
                "n_bootstrap": curve.n_bootstrap,
                "n_usable": row["n_usable"],
                "seed": curve.seed,
                "warnings": row["reason"] or "",
            }
            out.add(
                "calibrations",
                out.key(f"calibration_{months:g}.{out.population}.group_{row['group']}"),
                values,
            )


def definition_rows(out: StudyRows, study: PredictionStudy) -> None:
    """What the nomogram and its calibration are about: horizons, the level of the intervals, the mean error."""
    common = {"row_set": COMPLETE, **counts(study.discovery.people)}
    for months in study.settings.horizons_months:
        why = study.horizons_left_out.get(months, "")
        values = {"estimator": "definition", "estimate": None if why else months, "horizon_months": months}
        out.add(
            "prediction_stats",
            out.key(f"nomogram_horizon_months.{months:g}"),
            common | values | {"warnings": why},
        )
    level = {"estimator": "definition", "estimate": study.calibrations[0].confidence}
    out.add("prediction_stats", out.key("calibration_level"), common | level)
    for k, curve in enumerate(study.calibrations):
        values = {
            "estimator": "mean absolute error of the corrected calibration, weighted by group size",
            "estimate": curve.mean_absolute_error,
            "horizon_months": curve.horizon_months,
            "n_draws": curve.n_bootstrap,
            "n_failed": curve.n_failed,
            "seed": curve.seed,
            "warnings": " ".join(curve.warnings),
        }
        for what in (["calibration"] if k == 0 else []) + [
            f"calibration_error_{curve.horizon_months:g}.corrected"
        ]:
            out.add("prediction_stats", out.key(what), common | values)


def performance_rows(out: StudyRows, study: PredictionStudy, side: Side, said: Sequence[str] = ()) -> None:
    """C-index, calibration slope, Brier score: apparent and corrected in discovery, as found in validation.

    ``said`` : what else is to be known of these people."""
    label = "apparent" if side.population == DISCOVERY else side.population
    common = {"row_set": COMPLETE, **counts(side.people), "warnings": " ".join([*said, *side.warnings])}
    found = side.performance
    if found is None:
        out.add("prediction_stats", out.key(f"c_index.{label}"), common | {"estimator": "Harrell's C"})
        return
    drawn = {"n_draws": found.n_bootstrap, "seed": study.settings.seed}

    def add(
        what: str, estimator: str, estimate: float, interval: tuple[float, float] | None, **more: Any
    ) -> None:
        low, high = interval or (float("nan"), float("nan"))
        values = {"estimator": estimator, "estimate": estimate, "ci_low": low, "ci_high": high}
        out.add("prediction_stats", out.key(f"{what}.{label}"), common | drawn | values | more)

    add("c_index", "Harrell's C, percentile interval", found.c_index, found.c_index_ci)
    if side.population != DISCOVERY:  # 1 by construction where the model was fitted
        add(
            "calibration_slope",
            "Cox coefficient of the linear predictor, percentile interval",
            found.calibration_slope,
            found.calibration_slope_ci,
        )
    for score in found.brier:
        months = score.horizon_months
        more = {"reference": score.reference, "horizon_months": months}
        interval = (score.ci_low, score.ci_high)
        add(f"brier_{months:g}", "Brier score, censoring weighted", score.score, interval, **more)
        better = (score.ipa_ci_low, score.ipa_ci_high)
        add(f"ipa_{months:g}", "1 - Brier / Brier of knowing nobody", score.ipa, better, **more)
        ratio = found.observed_expected[months]
        what = f"observed_expected_{months:g}"
        add(what, "observed over predicted deaths", ratio, None, horizon_months=months)
    if side.population == DISCOVERY:
        _corrected_rows(out, study, common)


def _corrected_rows(out: StudyRows, study: PredictionStudy, common: dict[str, Any]) -> None:
    """Indices less their optimism. The interval of C is the apparent one moved by the optimism (Noma et al. 2021)."""
    optimism, apparent = study.optimism, study.discovery.performance
    for row in optimism.table.to_dict("records"):
        index = str(row["index"])
        months = float(index.split("_")[1]) if index.startswith("brier_") else None
        interval: tuple[float | None, float | None] = (None, None)
        if index == "c_index" and apparent is not None:
            interval = (apparent.c_index_ci[0] - row["optimism"], apparent.c_index_ci[1] - row["optimism"])
        values = {
            "estimator": "apparent less bootstrap optimism",
            "estimate": row["corrected"],
            "ci_low": interval[0],
            "ci_high": interval[1],
            "apparent": row["apparent"],
            "optimism": row["optimism"],
            "horizon_months": months,
            "n_draws": optimism.n_bootstrap,
            "n_failed": optimism.n_failed,
            "seed": optimism.seed,
        }
        what = index.removesuffix("_months")
        out.add("prediction_stats", out.key(f"{what}.corrected"), common | values)


def _slug(value: str) -> str:
    """'PD-1/PD-L1' -> 'pd_1_pd_l1', '<30' -> 'under_30', '2.5' stays: what a key can hold."""
    words = value.lower().replace("<", "under ").replace(">", "over ")
    return re.sub(r"[^a-z0-9.]+", "_", words).strip("_")
