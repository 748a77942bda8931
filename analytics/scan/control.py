"""Prognostic or predictive, for every gene: the effect under checkpoint blockade beside that without it.

What does not belong here: the rule and its words (`analytics.meta.verdict`), which people are the control.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from analytics.engine.arrays import BoolArray, FloatArray
from analytics.engine.lanes.carriers import carriers_in_rows
from analytics.engine.multiplicity import benjamini_hochberg
from analytics.engine.risk_table import build_risk_table
from analytics.meta.interaction import RatioEstimate, ratio_estimate
from analytics.meta.verdict import MIN_CARRIER_EVENTS, Evidence, Verdict, decide_verdict
from analytics.scan.frame import PatientFrame, ScanInputError
from analytics.scan.genes import GeneData, gene_groups
from analytics.scan.models import reasons
from analytics.scan.models.survival import Group, reasons_before_fitting, unavailable, univariable_block
from analytics.scan.settings import ScanSettings
from analytics.scan.verdicts import PREDICTIVE_ALONE

PREDICTIVE = "predictive"


@dataclass(frozen=True)
class ControlData:
    """The scan's genes over people without checkpoint blockade. is_randomised: they are the control arm of the scan's
    own trials, so that the ratio of the two hazard ratios is the arm x gene interaction."""

    frame: PatientFrame
    genes: GeneData
    is_randomised: bool


@dataclass(frozen=True)
class ControlEstimates:
    """table (G rows): n, n_carriers, events_carriers, coef, se, reason of the stratified Cox model in the control."""

    table: pd.DataFrame
    is_randomised: bool


def control_estimates(genes: GeneData, control: ControlData, settings: ScanSettings) -> ControlEstimates:
    """One univariable stratified Cox model per gene among the control people; Firth where events are sparse.

    Raises ScanInputError when the control has other genes than the scan.
    """
    if control.genes.names != genes.names:
        raise ScanInputError("The control must have the genes of the scan, in the same order.")
    parts = []
    for alike in gene_groups(control.frame, control.genes):
        members = alike.genes
        group = Group(control.frame, control.genes, members, alike.judged, settings)
        if not group.evaluable.any():
            block = unavailable(len(members), "uni", reasons.NOT_PROFILED_REASON)
            block[["n", "n_carriers", "events_carriers"]] = 0
        else:
            table = build_risk_table(control.frame, group.evaluable)
            carriers = carriers_in_rows(
                table, control.genes, members, control.frame.event, settings.n_threads
            )
            before = reasons_before_fitting(table, carriers, settings.min_carriers)
            block = univariable_block(group, table, carriers, before)
            block["n"] = table.n_patients
            block["n_carriers"], block["events_carriers"] = carriers.n_carriers, carriers.n_carrier_events
        parts.append(block.set_axis(members, axis=0))
    columns = ["n", "n_carriers", "events_carriers", "coef", "se", "reason"]
    return ControlEstimates(pd.concat(parts).sort_index()[columns], control.is_randomised)


def control_columns(
    table: pd.DataFrame, control: ControlEstimates | None, settings: ScanSettings
) -> pd.DataFrame:
    """Columns control_*: estimates without checkpoint blockade, log ratio of hazard ratios with its test, verdict.

    The verdict follows the rule of `analytics.meta.verdict` on the univariable models, with one thing more to ask: a
    gene is one of many, so that a difference counts as shown only where control_ratio_q is below settings.alpha, too.
    """
    nan = np.full(len(table), np.nan)
    if control is None:
        numbers = [
            "n",
            "n_carriers",
            "events_carriers",
            "coef",
            "se",
            "ratio_coef",
            "ratio_ci_low",
            "ratio_ci_high",
        ]
        names = [*numbers, "ratio_p", "ratio_q"]
        empty: dict[str, object] = {f"control_{name}": nan for name in names}
        words = reasons.no_words(len(table))
        reason = reasons.word_where(np.ones(len(table), dtype=np.bool_), reasons.NO_CONTROL)
        return pd.DataFrame(empty | {"control_verdict": words, "control_reason": reason}, index=table.index)
    other = control.table.reset_index(drop=True)
    coef, se = table["uni_coef"].to_numpy(float), table["uni_se"].to_numpy(float)
    other_coef, other_se = other["coef"].to_numpy(float), other["se"].to_numpy(float)
    difference, spread = coef - other_coef, np.hypot(se, other_se)
    half = float(special.ndtri(0.5 + settings.confidence / 2.0)) * spread
    p = 2.0 * special.ndtr(-np.abs(difference / spread))
    q = benjamini_hochberg(np.asarray(p, dtype=np.float64), settings.family_size)
    is_counted = q < settings.alpha
    verdicts, why = _verdicts(table, other, difference, spread, control.is_randomised, is_counted)
    columns: dict[str, object] = {
        f"control_{name}": other[name].to_numpy(float)
        for name in ("n", "n_carriers", "events_carriers", "coef", "se")
    }
    columns |= {
        "control_ratio_coef": difference,
        "control_ratio_ci_low": difference - half,
        "control_ratio_ci_high": difference + half,
        "control_ratio_p": p,
        "control_ratio_q": q,
        "control_verdict": verdicts,
        "control_reason": why,
    }
    return pd.DataFrame(columns, index=table.index)


def _verdicts(
    table: pd.DataFrame,
    other: pd.DataFrame,
    difference: FloatArray,
    spread: FloatArray,
    is_randomised: bool,
    is_counted: BoolArray,
) -> tuple[np.ndarray, np.ndarray]:
    verdicts, why = reasons.no_words(len(table)), reasons.no_words(len(table))
    rows = zip(table["uni_coef"], table["uni_se"], table["events_carriers"], table["uni_reason"], strict=True)
    others = zip(other["coef"], other["se"], other["events_carriers"], other["reason"], strict=True)
    for g, ((coef, se, events, reason), (c_coef, c_se, c_events, c_reason)) in enumerate(
        zip(rows, others, strict=True)
    ):
        if not _is_estimate(coef, se):
            why[g] = reason
            continue
        without: Evidence | None = None
        interaction: RatioEstimate | None = None
        if _is_estimate(c_coef, c_se):
            without = Evidence(ratio_estimate(c_coef, c_se), int(c_events))
            if is_randomised and min(events, c_events) >= MIN_CARRIER_EVENTS:
                interaction = ratio_estimate(float(difference[g]), float(spread[g]))
        icb = Evidence(ratio_estimate(coef, se), int(events))
        decided = decide_verdict(icb, without, interaction)
        verdicts[g] = decided.verdict
        why[g] = decided.reason if without else reasons.NO_CONTROL_ESTIMATE.format(why=c_reason)
        if decided.verdict == PREDICTIVE and without is not None and not is_counted[g]:
            verdicts[g] = _without_the_difference(icb, without)
            why[g] = f"{PREDICTIVE_ALONE}: {decided.reason}"
    return verdicts, why


def _without_the_difference(icb: Evidence, without: Evidence) -> Verdict:
    """The word for a gene whose two effects differ by themselves but not when the family is counted."""
    same_side = (icb.hazard_ratio.log_ratio > 0) == (without.hazard_ratio.log_ratio > 0)
    if without.is_shown and same_side:
        return "prognostic"
    return "associated in ICB only" if icb.is_shown and not without.is_shown else "undetermined"


def _is_estimate(coef: float, se: float) -> bool:
    return math.isfinite(coef) and math.isfinite(se) and se > 0


def with_control_warnings(table: pd.DataFrame) -> np.ndarray:
    """(G,) the warnings of `table`, and that a gene is predictive by itself but not when the family is counted."""
    alone = table["control_reason"].astype("string").str.startswith(PREDICTIVE_ALONE).fillna(False)
    return np.asarray(
        [
            "; ".join(part for part in (said, PREDICTIVE_ALONE if is_alone else "") if part)
            for said, is_alone in zip(table["warnings"], alone, strict=True)
        ],
        dtype=object,
    )
