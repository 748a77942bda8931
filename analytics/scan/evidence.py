"""From a gene's row of a scan to what the verdicts are decided from. The words are `analytics.verdicts`' to say."""

import math
from collections.abc import Mapping
from typing import Any

from analytics.engine.inference import normal_quantile
from analytics.engine.numbers import is_missing
from analytics.results.estimator import Scale
from analytics.scan.models import reasons
from analytics.verdicts import (
    BurdenEvidence,
    BurdenNull,
    Effect,
    Family,
    PredictiveEvidence,
    power_of_hazard_ratio,
    power_of_odds_ratio,
)

#: A row of `scan.columns.SURVIVAL_COLUMNS` or `RESPONSE_COLUMNS`, from a scan's table or read back from the warehouse.
Row = Mapping[str, Any]

BURDEN_COLUMNS = (
    "gene", "n", "n_carriers", "events", "responders",
    *(f"{m}_{name}" for m in ("uni", "adj", "burden") for name in ("coef", "ci_low", "ci_high", "lr_p", "reason")),
    "null_z", "null_mean_z", "null_p_two_sided", "null_draws", "null_reason", "null_q",
    "burden_q", "change_coef", "change_ci_low", "change_ci_high",
)  # fmt: skip
CONTROL_COLUMNS = (
    "gene", "uni_coef", "uni_ci_low", "uni_ci_high", "uni_lr_p", "events_carriers", "uni_reason", "control_coef",
    "control_se", "control_events_carriers", "control_reason", "control_ratio_coef", "control_ratio_ci_low",
    "control_ratio_ci_high", "control_ratio_p", "control_ratio_q",
)  # fmt: skip
#: A difference needs so many events among carriers on both sides.
FEWEST_CARRIER_EVENTS = 5


def crude_model(row: Row) -> str:
    """The model without burden: adjusted for the covariates, or the gene alone where there are none."""
    return "uni" if row["adj_reason"] == reasons.NO_COVARIATES else "adj"


def burden_evidence(row: Row, family: Family, biomarker: str | None = None) -> BurdenEvidence:
    """What the word on burden rests on. biomarker: its name in sentences; the gene without one."""
    is_response = "responders" in row and not is_missing(row["responders"])
    events, carriers, n = (
        _count(row, "responders" if is_response else "events"),
        _count(row, "n_carriers"),
        _count(row, "n"),
    )
    power = power_of_odds_ratio if is_response else power_of_hazard_ratio
    scale = Scale.ODDS_RATIO if is_response else Scale.HAZARD_RATIO
    return BurdenEvidence(
        biomarker=biomarker or str(row["gene"]),
        power=power(n, carriers, events),
        crude=_effect(row, crude_model(row), scale),
        beside=_effect(row, "burden", scale),
        null=_null(row),
        change=Effect.of_logs(
            number_of(row, "change_coef"),
            number_of(row, "change_ci_low"),
            number_of(row, "change_ci_high"),
            scale=Scale.RATIO_OF_HAZARD_RATIOS,
        ),
        family=family,
        null_q=_optional(row, "null_q"),
        beside_q=_optional(row, "burden_q"),
        why_no_null=_words(row, "null_reason", "no carriers were drawn"),
        why_no_beside=_words(row, "burden_reason", "burden is not known"),
    )


def control_evidence(
    row: Row, family: Family, is_randomised: bool, biomarker: str | None = None
) -> PredictiveEvidence:
    """What prognostic or predictive rests on. is_randomised: the control is the other arm of the same trials."""
    without_events = _optional(row, "control_events_carriers")
    without = _wald(row, "control_coef", "control_se")
    events = _optional(row, "events_carriers") or 0.0
    is_usable = min(events, without_events or 0.0) >= FEWEST_CARRIER_EVENTS
    ratio = None
    if is_usable:
        ratio = Effect.of_logs(
            number_of(row, "control_ratio_coef"),
            number_of(row, "control_ratio_ci_low"),
            number_of(row, "control_ratio_ci_high"),
            p=_optional(row, "control_ratio_p"),
            scale=Scale.RATIO_OF_HAZARD_RATIOS,
        )
    why = _words(row, "control_reason", "no estimate without checkpoint blockade")
    if not is_usable and without is not None:
        why = f"fewer than {FEWEST_CARRIER_EVENTS} events among carriers with or without checkpoint blockade"
    shown = without if (without_events or 0.0) >= FEWEST_CARRIER_EVENTS else None
    return PredictiveEvidence(
        biomarker=biomarker or str(row["gene"]),
        under_icb=_effect(row, "uni", Scale.HAZARD_RATIO),
        without_icb=None if is_randomised else shown,
        control_arm=shown if is_randomised else None,
        randomised=ratio if is_randomised else None,
        external=None if is_randomised else ratio,
        why_no_randomised=why if is_randomised else "",
        why_no_external="" if is_randomised else why,
        family=family,
        randomised_q=_optional(row, "control_ratio_q") if is_randomised else None,
        external_q=None if is_randomised else _optional(row, "control_ratio_q"),
    )


def _effect(row: Row, model: str, scale: Scale) -> Effect | None:
    return Effect.of_logs(
        number_of(row, f"{model}_coef"),
        number_of(row, f"{model}_ci_low"),
        number_of(row, f"{model}_ci_high"),
        p=_optional(row, f"{model}_lr_p"),
        scale=scale,
    )


def _wald(row: Row, coef: str, se: str) -> Effect | None:
    estimate, half = number_of(row, coef), normal_quantile(0.95) * number_of(row, se)
    if not half > 0:
        return None
    return Effect.of_logs(estimate, estimate - half, estimate + half)


def _null(row: Row) -> BurdenNull | None:
    p = number_of(row, "null_p_two_sided")
    if math.isnan(p):
        return None
    return BurdenNull(
        z=number_of(row, "null_z"),
        mean_z=number_of(row, "null_mean_z"),
        p=p,
        draws=_count(row, "null_draws"),
    )


def number_of(row: Row, name: str) -> float:
    """A value of a row of a scan; not a number where there is none."""
    value = row.get(name)
    if type(value) is float:  # nearly every one of twenty for each of 18,000 genes
        return value
    return math.nan if is_missing(value) else float(str(value))


def _optional(row: Row, name: str) -> float | None:
    value = number_of(row, name)
    return None if math.isnan(value) else value


def _count(row: Row, name: str) -> int:
    value = number_of(row, name)
    return 0 if math.isnan(value) else int(value)


def _words(row: Row, name: str, otherwise: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) and value else otherwise
