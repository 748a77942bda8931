"""The pictures of a nomogram study, each with its title, its words and its numbers.

How they look belongs to `nomogram` and `calibration`; which numbers they show is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd

from analytics.engine.numbers import count, p_relation, with_ends
from analytics.errors import AnalysisError
from analytics.figures.kaplan_meier import curve_words, kaplan_meier_figure
from analytics.figures.picture import Picture, figure_stem
from analytics.prediction.cut_off.cutpoint import CutpointSelection
from analytics.prediction.cut_off.refitted_p import RefittedP
from analytics.prediction.figures.calibration import calibration_figure, cutpoint_figure
from analytics.prediction.figures.nomogram import nomogram_figure
from analytics.prediction.low_high import with_groups
from analytics.prediction.performance.calibration import CalibrationCurve
from analytics.prediction.performance.calibration_optimism import CorrectedCalibration
from analytics.prediction.study import DISCOVERY, PredictionStudy, Side
from analytics.survival.curves.kaplan_meier import kaplan_meier
from analytics.survival.figures import origin_words
from analytics.survival.hazard_ratio import HazardRatio, estimate_hazard_ratio

_SURVIVAL = {"OS": "overall survival", "PFS": "progression-free survival"}


def study_pictures(
    study: PredictionStudy,
    *,
    endpoint: str = "OS",
    variant: str = "",
    strata: Sequence[str] = (),
    validation_strata: Sequence[str] = (),
) -> dict[str, Picture]:
    """File stem -> picture: nomogram, calibration and Kaplan-Meier of either side, search of the cut-off.

    What the data do not allow is left out (the tables say why). Kaplan-Meier curves need `entry_months` (0 for people
    who are followed from the start) and say time zero where there is `origin`.
    """
    survival = _SURVIVAL.get(endpoint, endpoint)
    stem = partial(figure_stem, variant=variant, endpoint=endpoint)
    pictures = {stem("nomogram"): _nomogram(study, survival)}
    pictures[stem("calibration", part="discovery")] = _calibration(study.calibrations, study.discovery)
    if (
        study.validation is not None
        and study.validation.performance
        and study.validation.performance.calibration
    ):
        curves = study.validation.performance.calibration
        pictures[stem("calibration", part="validation")] = _calibration(curves, study.validation)
    if study.cut is None:
        return pictures
    pictures[stem("cut_off")] = _cut_off(study.cut, study.cut_p)
    for side, of_side in ((study.discovery, strata), (study.validation, validation_strata)):
        if side is None:
            continue
        try:
            picture = _kaplan_meier(side, study.cut, study.cut_p, survival, of_side)
        except AnalysisError:
            continue  # one group is empty: its row says so
        pictures[stem("kaplan_meier", part=side.population)] = picture
    return pictures


def _nomogram(study: PredictionStudy, survival: str) -> Picture:
    nomogram = study.nomogram
    *firsts, last = (f"{axis.horizon_months:g}" for axis in nomogram.survival_axes)
    title = f"Nomogram for {''.join(f'{months}- and ' for months in firsts)}{last}-month {survival}"
    widest = max(nomogram.axes, key=lambda axis: max(axis.points))
    spans = [f"{axis.label} up to {max(axis.points):.0f}" for axis in nomogram.axes]
    people = f"{count(study.model.n)} people with {count(study.model.n_events)} events"
    note = (
        f"Cox model of {people}; C-index {study.optimism.corrected_c_index:.2f} after "
        "correction for optimism. Add the points of every axis, find the total, read survival below it."
    )
    return Picture(
        nomogram_figure(nomogram, title=title, note=note),
        title=title,
        alt=f"Nomogram made in {people}. Points by axis: {'; '.join(spans)}. {widest.label} "
        f"weighs most. Totals go up to {nomogram.max_total_points:.0f} points.",
        data=nomogram.to_frame(),
    )


def _calibration(curves: Sequence[CalibrationCurve | CorrectedCalibration], side: Side) -> Picture:
    n, events = count(len(side.people)), count(side.people["event"].astype(bool).sum())
    note = (
        f"{n} people with {events} events in groups of predicted survival; bars are {100 * curves[0].confidence:g} % "
        f"intervals from {curves[0].n_bootstrap:,} bootstrap samples. On the dashed line predictions are right."
    )
    title = f"Calibration in the {side.population} cohorts"
    figure = calibration_figure(curves, title=title, notes=[note])
    data = pd.concat([c.table.assign(horizon_months=c.horizon_months) for c in curves], ignore_index=True)
    words = "; ".join(_calibration_words(curve) for curve in curves)
    return Picture(figure, title, f"Calibration plot, {n} people: {words}.", data)


def _calibration_words(curve: CalibrationCurve | CorrectedCalibration) -> str:
    seen, predicted = curve.table["observed"], curve.table["predicted"]
    return (
        f"at {curve.horizon_months:g} months the mean absolute error is {curve.mean_absolute_error:.3f}, observed "
        f"survival runs from {seen.min():.2f} to {seen.max():.2f} where {predicted.min():.2f} to {predicted.max():.2f} "
        "was predicted"
    )


def _cut_off(selection: CutpointSelection, refitted: RefittedP | None) -> Picture:
    cut, title = selection.cutpoint, "Search for the cut-off of the score"
    figure = cutpoint_figure(selection, x_label="Total points", title=title, refitted=refitted)
    paid = (
        f"p {p_relation(refitted.p)} when the fit is paid for too"
        if refitted
        else "p with the fit paid for not known"
    )
    alt = (
        f"Standardised log-rank statistic of every cut. The largest, {cut.statistic:.2f}, is at {cut.threshold:.1f} "
        f"points ({cut.n_low} at or below, {cut.n_high} above); {paid}, p {p_relation(cut.p_corrected)} for the search "
        f"alone, p {p_relation(cut.p_naive)} if the search is ignored."
    )
    return Picture(figure, title, alt, selection.profile)


def _kaplan_meier(
    side: Side, cut: CutpointSelection, cut_p: RefittedP | None, survival: str, strata: Sequence[str]
) -> Picture:
    threshold = cut.cutpoint.threshold
    people = with_groups(side.people, threshold)
    kept = tuple(c for c in strata if c in people and people[c].notna().any())
    ratio = estimate_hazard_ratio(people, "is_low", estimator="log_rank_oe", strata=kept)
    curves = sorted(kaplan_meier(people, group="is_low").curves, key=lambda curve: curve.group != "True")
    labels = {"True": "Low points", "False": "High points"}
    notes = [f"Low is up to {threshold:.1f} points.", _ratio_words(ratio, kept), _honesty(side, cut_p)]
    title = f"{survival.capitalize()} by points: {side.population}"
    figure = kaplan_meier_figure(
        curves,
        labels=labels,
        title=title,
        annotation=[" ".join(notes[:2]), notes[2]],
        x_label=f"Months from {origin_words(side.members)}" if "clock_family" in side.members else "Months",
        y_label=survival.capitalize(),
    )
    groups = [curve_words(curve, labels[curve.group]) for curve in curves]
    data = pd.concat([curve.table.assign(group=labels[curve.group]) for curve in curves], ignore_index=True)
    return Picture(figure, title, f"Kaplan-Meier curves. {'; '.join(groups)}. {' '.join(notes)}", data)


def _ratio_words(ratio: HazardRatio, strata: Sequence[str]) -> str:
    words = " and ".join(column.removesuffix("_id").replace("_", " ") for column in strata)
    stratified = f", stratified by {words}" if words else ""
    return (
        f"Low against high, log-rank O/E{stratified}: HR {with_ends(ratio.hr, ratio.ci_low, ratio.ci_high)}, "
        f"log-rank p {p_relation(ratio.p_log_rank)}."
    )


def _honesty(side: Side, cut_p: RefittedP | None) -> str:
    if side.population != DISCOVERY:
        return "The cut-off was frozen before these people were looked at."
    paid = f" p of the cut that pays for fit and search: {p_relation(cut_p.p)}." if cut_p else ""
    return f"The cut was chosen in these people, so the ratio is too far from 1.{paid}"
