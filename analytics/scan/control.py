"""Prognostic or predictive, for every gene: the effect under checkpoint blockade beside that without it.

What does not belong here: the rule and its words (`analytics.verdicts`), which people are the control.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from analytics.engine.arrays import WordArray
from analytics.engine.cox.risk_table import build_risk_table
from analytics.engine.lanes.carriers import carriers_in_rows
from analytics.engine.multiplicity import benjamini_hochberg
from analytics.scan.evidence import CONTROL_COLUMNS, control_evidence
from analytics.scan.frame import PatientFrame, ScanInputError
from analytics.scan.genes import GeneData, gene_groups
from analytics.scan.models import reasons
from analytics.scan.models.survival import Group, reasons_before_fitting, unavailable, univariable_block
from analytics.scan.settings import ScanSettings
from analytics.scan.verdicts import PREDICTIVE_ALONE
from analytics.verdicts.evidence import Family
from analytics.verdicts.predictive import predictive_verdict


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

    The verdict is that of `analytics.verdicts` on the univariable models; a gene is one of many, so that a difference
    counts as shown only where control_ratio_q is below settings.alpha, too.
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
    }
    found = pd.DataFrame(columns, index=table.index)
    found["control_verdict"], found["control_reason"] = _verdicts(
        table, found, other["reason"].to_numpy(dtype=object), control.is_randomised, settings
    )
    return found


def _verdicts(
    table: pd.DataFrame,
    found: pd.DataFrame,
    reason_without: WordArray,
    is_randomised: bool,
    settings: ScanSettings,
) -> tuple[np.ndarray, np.ndarray]:
    """(G,) words of `analytics.verdicts.predictive`, and why."""
    verdicts, why = reasons.no_words(len(table)), reasons.no_words(len(table))
    family = Family(settings.family_size or int(found["control_ratio_p"].notna().sum()), settings.alpha)
    own = [name for name in CONTROL_COLUMNS if name in table]
    rows = pd.concat([table[own].reset_index(drop=True), found.reset_index(drop=True)], axis=1)
    for g, (row, missing) in enumerate(zip(rows.to_dict("records"), reason_without, strict=True)):
        if not math.isfinite(row["uni_coef"]):
            why[g] = row["uni_reason"]
            continue
        if isinstance(missing, str):
            row["control_reason"] = reasons.NO_CONTROL_ESTIMATE.format(why=missing)
        evidence = control_evidence({str(k): v for k, v in row.items()}, family, is_randomised)
        verdict = predictive_verdict(evidence)
        verdicts[g] = str(verdict.word)
        why[g] = verdict.sentence.removeprefix(f"{evidence.biomarker}: {verdict.word}. ")
        shown = [effect for effect in evidence.interactions if effect.is_shown]
        if shown and not (evidence.randomised_is_shown or evidence.external_is_shown):
            why[g] = f"{PREDICTIVE_ALONE}: {why[g]}"
    return verdicts, why


def with_control_warnings(table: pd.DataFrame) -> np.ndarray:
    """(G,) the warnings of `table`, and that a gene is predictive by itself but not when the family is counted."""
    alone = table["control_reason"].astype("string").str.startswith(PREDICTIVE_ALONE).fillna(False)
    both = np.empty(len(table), dtype=object)
    both[:] = [
        (*said, PREDICTIVE_ALONE) if is_alone else said
        for said, is_alone in zip(table["warnings"], alone, strict=True)
    ]
    return both
