"""Rows of statistics about signatures: presence by gene status, agreement with what was published, survival.

Keys are ``<signature>.<what>`` in lower case (``sbs7a.rate.mutated``, ``sbs7a.fisher``) and
``<endpoint>.<estimator>.<signature>`` (``os.logrank_oe.sbs7a``). Deciding what is present belongs to
``samples``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analytics.errors import AnalysisError
from analytics.immune.comparisons import benjamini_hochberg
from analytics.questions.selection import BURDEN_COLUMNS, add_burden
from analytics.response.rates import exact_rate
from analytics.results.rows import ResultRows
from analytics.signatures.presence import compare_presence
from analytics.signatures.samples import SampleSignatures
from analytics.signatures.signatures import MIN_MUTATIONS
from analytics.signatures.spec import SignatureVariant
from analytics.survival.data import survival_data
from analytics.survival.hazard_ratio import Estimator, estimate_hazard_ratio

FITTED = "samples with signatures"
_KEYS = {"log_rank_oe": "logrank_oe"}
_CRUDE = "Signatures go with tumour types as mutations do: read the Mantel-Haenszel odds ratio within types beside it."

Rows = list[dict[str, Any]]


def estimate_coverage(rows: ResultRows, members: pd.DataFrame, found: SampleSignatures) -> Rows:
    """One row for frequency_stats: members with signatures among all members, and why the others have none."""
    into: Rows = []
    fitted = members.index[_is_fitted(members, found)]
    if len(members) == 0:
        return into
    rows.row_set(FITTED, fitted, members.index)
    share = exact_rate(len(fitted), len(members))
    values = {
        "estimator": "proportion",
        "row_set": "members",
        "n": share.n,
        "n_mutated": int(members["is_mutated"].sum()),
        "estimate": share.rate,
        "ci_low": share.ci_low,
        "ci_high": share.ci_high,
        "group_label": FITTED,
        "numerator": share.n_yes,
        "denominator": share.n,
        "unit": "samples",
        "warnings": " ".join(dict.fromkeys(found.warnings)),
    }
    rows.add(into, "signatures.fitted", None, values)
    return into


def estimate_presence(
    rows: ResultRows,
    members: pd.DataFrame,
    found: SampleSignatures,
    variant: SignatureVariant,
    asked: Sequence[str],
) -> tuple[Rows, Rows]:
    """Rows for frequency_stats and comparison_stats: how often each signature is present by gene status.

    Parameters
    ----------
    members : with ``is_mutated``, ``sample_key`` and the variant's strata.
    asked : signatures that get rows whether the reference has them or not.
    """
    fitted = members[_is_fitted(members, found)]
    row_set = rows.row_set(FITTED, fitted.index, members.index)
    frequency: Rows = []
    comparison: Rows = []
    presence = found.presence.reindex(fitted["sample_key"]).set_axis(fitted.index)
    unknown = [name for name in asked if name not in presence.columns]
    for name in unknown:
        reason = _why_not(found, name)
        for label in ("mutated", "wild_type"):
            _no_estimate(rows, frequency, f"{name.lower()}.rate.{label}", "proportion", name, row_set, reason)
        _no_estimate(rows, comparison, f"{name.lower()}.fisher", "fisher", name, row_set, reason)
    if presence.shape[1] == 0:
        return frequency, comparison
    try:
        strata = _strata(fitted, variant.strata)
        table = compare_presence(presence, fitted["is_mutated"], strata=strata)
    except AnalysisError as exc:
        for name in [n for n in asked if n not in unknown]:
            _no_estimate(rows, comparison, f"{name.lower()}.fisher", "fisher", name, row_set, str(exc))
        return frequency, comparison
    within = f"Within {', '.join(variant.strata)}" if variant.strata else ""
    groups = {
        label: rows.row_set(
            f"{FITTED}, {label}", fitted.index[fitted["is_mutated"] == is_mutated], members.index
        )
        for label, is_mutated in (("mutated", True), ("wild_type", False))
    }
    q_within = benjamini_hochberg(table["mh_p"].to_numpy(dtype=float))
    for place, record in enumerate(table.to_dict("records")):
        line = {str(name): value for name, value in record.items()}
        _rate_rows(rows, frequency, line, groups)
        _test_rows(rows, comparison, line, row_set, within, float(q_within[place]))
    if variant.min_mutations < MIN_MUTATIONS:
        _by_count(rows, frequency, fitted, presence, found, asked)
    return frequency, comparison


def _is_fitted(members: pd.DataFrame, found: SampleSignatures) -> pd.Series:
    return members["sample_key"].isin(found.samples.index[found.is_fitted])


def _why_not(found: SampleSignatures, name: str) -> str:
    return found.unavailable or f"{found.about['reference_id']}: there is no {name}."


def _strata(members: pd.DataFrame, columns: Sequence[str]) -> pd.Series | None:
    if not columns:
        return None
    return members[list(columns)].astype("string").fillna("unknown").agg(" / ".join, axis=1)


def _no_estimate(
    rows: ResultRows, into: Rows, key: str, estimator: str, feature: str, row_set: str, reason: str
) -> None:
    rows.add(
        into, key, None, {"estimator": estimator, "feature": feature, "row_set": row_set, "warnings": reason}
    )


def _rate_rows(rows: ResultRows, into: Rows, line: dict[str, Any], row_sets: dict[str, str]) -> None:
    for label, group in (("mutated", "mutated"), ("wild_type", "other")):
        n = line[f"n_{group}"]
        values = {
            "estimator": "proportion",
            "feature": line["feature"],
            "row_set": row_sets[label],
            "n": n,
            "n_mutated": line["n_mutated"] if label == "mutated" else 0,
            "estimate": line[f"percent_{group}"] / 100.0,
            "ci_low": line[f"percent_{group}_ci_low"] / 100.0,
            "ci_high": line[f"percent_{group}_ci_high"] / 100.0,
            "group_label": label,
            "numerator": line[f"present_{group}"],
            "denominator": n,
            "unit": "samples",
            "warnings": line["reason"] or "",
        }
        rows.add(into, f"{line['feature'].lower()}.rate.{label}", None, values)


def _test_rows(
    rows: ResultRows, into: Rows, line: dict[str, Any], row_set: str, within: str, q_within: float
) -> None:
    name = line["feature"].lower()
    common = {
        "feature": line["feature"],
        "row_set": row_set,
        "n": line["n_mutated"] + line["n_other"],
        "n_mutated": line["n_mutated"],
        "n_wild_type": line["n_other"],
        "unit": "samples",
    }
    fisher = {
        "estimator": "fisher",
        "family": "presence of signatures",
        "estimate": line["odds_ratio"],
        "ci_low": line["odds_ratio_ci_low"],
        "ci_high": line["odds_ratio_ci_high"],
        "p": line["p"],
        "q": line["q_bh"],
        "p_method": "Fisher, two-sided",
        "warnings": line["reason"] or (_CRUDE if within else ""),
    }
    rows.add(into, f"{name}.fisher", None, common | fisher)
    difference = {
        "estimator": "newcombe_difference",
        "estimate": line["difference_percent"] / 100.0,
        "ci_low": line["difference_percent_ci_low"] / 100.0,
        "ci_high": line["difference_percent_ci_high"] / 100.0,
        "warnings": line["reason"] or "",
    }
    rows.add(into, f"{name}.difference", None, common | difference)
    if within:
        informative = line["n_informative_strata"]
        nothing = line["reason"] or ("no stratum has both kinds of samples" if not informative else "")
        held = {
            "estimator": "mantel_haenszel",
            "family": "presence of signatures within strata",
            "estimate": line["mh_odds_ratio"],
            "ci_low": line["mh_ci_low"],
            "ci_high": line["mh_ci_high"],
            "p": line["mh_p"],
            "q": q_within,
            "p_method": "Mantel-Haenszel, no continuity correction",
            "warnings": nothing or f"{within}: {informative} informative strata.",
        }
        rows.add(into, f"{name}.mantel_haenszel", None, common | held)


def _by_count(
    rows: ResultRows,
    into: Rows,
    fitted: pd.DataFrame,
    presence: pd.DataFrame,
    found: SampleSignatures,
    asked: Sequence[str],
) -> None:
    """Presence below and from 50 substitutions: a signature that is found more often where there is less to find it
    by is one of noise."""
    n_snvs = fitted["sample_key"].map(found.samples["n_snvs"])
    for label, inside, words in (
        ("few_mutations", n_snvs < MIN_MUTATIONS, f"fewer than {MIN_MUTATIONS} substitutions"),
        ("enough_mutations", n_snvs >= MIN_MUTATIONS, f"{MIN_MUTATIONS} substitutions or more"),
    ):
        counted = fitted.index[inside]
        if not len(counted):
            continue
        row_set = rows.row_set(f"{FITTED}, {words}", counted, fitted.index)
        for name in (n for n in asked if n in presence.columns):
            share = exact_rate(int(presence.loc[counted, name].astype(bool).sum()), len(counted))
            values = {
                "estimator": "proportion",
                "feature": name,
                "row_set": row_set,
                "n": share.n,
                "n_mutated": int(fitted.loc[counted, "is_mutated"].sum()),
                "estimate": share.rate,
                "ci_low": share.ci_low,
                "ci_high": share.ci_high,
                "group_label": words,
                "numerator": share.n_yes,
                "denominator": share.n,
                "unit": "samples",
            }
            rows.add(into, f"{name.lower()}.rate.{label}", None, values)


def estimate_agreement(
    rows: ResultRows, members: pd.DataFrame, found: SampleSignatures, published: SampleSignatures
) -> tuple[Rows, Rows]:
    """Our refit beside published exposures of the same samples: rows for frequency_stats (how many samples agree
    on presence) and comparison_stats (rank correlation of exposures, median similarity of the reconstruction)."""
    both = members[_is_fitted(members, found) & _is_fitted(members, published)]
    frequency: Rows = []
    comparison: Rows = []
    if both.empty:
        return frequency, comparison
    row_set = rows.row_set("samples with signatures, published ones too", both.index, members.index)
    keys = both["sample_key"]
    common = {"row_set": row_set, "n": len(both), "n_mutated": int(both["is_mutated"].sum())}
    for what, source in (("refit", found), ("published", published)):
        median = float(source.samples.loc[keys, "reconstruction_cosine"].astype(float).median())
        values = {"estimator": "median", "estimate": median, "unit": "cosine similarity"}
        rows.add(comparison, f"reconstruction.median_cosine.{what}", None, common | values)
    for name in [n for n in found.exposures.columns if n in published.exposures.columns]:
        ours, theirs = found.exposures.loc[keys, name], published.exposures.loc[keys, name]
        if (ours > 0).sum() + (theirs > 0).sum() == 0:
            continue
        one_sided = min((ours > 0).sum(), (theirs > 0).sum()) == 0
        values = {
            "estimator": "spearman",
            "estimate": None if one_sided else float(ours.rank().corr(theirs.rank())),
            "feature": name,
            "unit": "rank correlation",
            "warnings": "One of the two never finds it." if one_sided else "",
        }
        rows.add(
            comparison, f"agreement.spearman.{name.lower()}", None, common | values | {"warnings": one_sided}
        )
        same = found.presence.loc[keys, name].astype(bool) == published.presence.loc[keys, name].astype(bool)
        share = exact_rate(int(same.sum()), len(same))
        agree = {
            "estimator": "proportion", "feature": name, "estimate": share.rate, "ci_low": share.ci_low,
            "ci_high": share.ci_high, "group_label": "same presence as published", "numerator": share.n_yes,
            "denominator": share.n, "unit": "samples",
        }  # fmt: skip
        rows.add(frequency, f"agreement.presence.{name.lower()}", None, common | agree)
    return frequency, comparison


def estimate_presence_survival(
    rows: ResultRows,
    members: pd.DataFrame,
    found: SampleSignatures,
    variant: SignatureVariant,
    endpoint_key: str,
    asked: Sequence[str],
) -> Rows:
    """Rows for signature_survival_stats: people with a signature against people without, signature by signature.

    A signature with fewer than ``min_carriers`` people on either side gets a row with that reason. q is over the
    signatures of one estimator.
    """
    fitted = members[_is_fitted(members, found)].assign(n_mutations=0)
    if set(fitted.columns) >= BURDEN_COLUMNS and len(fitted):
        fitted = add_burden(fitted)
    present = found.presence.reindex(fitted["sample_key"]).set_axis(fitted.index)
    names = [*present.columns, *(name for name in asked if name not in present.columns)]
    into: Rows = []
    for estimator in variant.estimators:
        adjust = _adjust(estimator, variant)
        usable = _usable(fitted, (*adjust, *variant.strata))
        words = FITTED if len(usable) == len(fitted) else f"{FITTED}, {estimator}"
        row_set = rows.row_set(words, usable.index, members.index)
        first = len(into)
        for name in names:
            key = f"{endpoint_key}.{_KEYS.get(estimator, estimator)}.{name.lower()}"
            values = {
                "estimator": estimator,
                "feature": name,
                "row_set": row_set,
                "family": f"{endpoint_key} {estimator}",
            }
            if name not in present.columns:
                values["warnings"] = _why_not(found, name)
            else:
                carriers = present.loc[usable.index, name].astype(bool)
                values |= _hazard(usable.assign(is_mutated=carriers), estimator, adjust, variant)
            rows.add(into, key, None, values)
        p = pd.Series([row.get("p") for row in into[first:]], dtype=float)
        for row, q in zip(into[first:], benjamini_hochberg(p.to_numpy()), strict=True):
            row["q"] = None if pd.isna(q) else float(q)
    return into


def _adjust(estimator: str, variant: SignatureVariant) -> tuple[str, ...]:
    return {"cox_adjusted": variant.covariates, "cox_burden_adjusted": ("burden",)}.get(estimator, ())


def _usable(fitted: pd.DataFrame, complete: tuple[str, ...]) -> pd.DataFrame:
    """The rows that an estimator can use: with follow-up at risk, and everything that it needs known."""
    if fitted.empty:
        return fitted
    try:
        kept = survival_data(
            fitted.assign(_label=fitted.index), complete=complete, require_events=False
        ).frame["_label"]
    except AnalysisError:
        return fitted.iloc[:0]
    return fitted.loc[kept]


def _hazard(
    members: pd.DataFrame, estimator: str, adjust: tuple[str, ...], variant: SignatureVariant
) -> dict[str, Any]:
    carrier = members["is_mutated"]
    event = members["event"].fillna(False).astype(bool)
    values: dict[str, Any] = {
        "n": len(members),
        "n_mutated": int(carrier.sum()),
        "events": int(event.sum()),
        "events_present": int((event & carrier).sum()),
    }
    fewest = min(int(carrier.sum()), int((~carrier).sum()))
    if fewest < variant.min_carriers:
        side = "with" if carrier.sum() == fewest else "without"
        return values | {
            "warnings": f"{fewest} people {side} the signature, fewer than {variant.min_carriers}."
        }
    name: Estimator = "log_rank_oe" if estimator == "log_rank_oe" else "auto"
    try:
        row = estimate_hazard_ratio(members, estimator=name, adjust=adjust, strata=variant.strata).as_row()
    except AnalysisError as exc:
        return values | {"warnings": str(exc)}
    return values | {
        "estimator": row["estimator"],
        "n": row["n"],
        "n_mutated": row["n_mutated"],
        "events": row["events"],
        "events_present": row["events_mutated"],
        "estimate": row["hr"],
        "ci_low": row["ci_low"],
        "ci_high": row["ci_high"],
        "p": row["p"],
        "p_method": row["p_method"],
        "standard_error": row["se_log_hr"],
        "adjusted_for": row["adjusted_for"],
        "strata": row["strata"],
        "ties": row["ties"],
        "median_mutated": row["median_mutated"],
        "median_wild_type": row["median_wild_type"],
        "warnings": row["warnings"],
    }
