"""Which numbers the figures of signatures show: spectra by gene status, presence by status, survival by signature.

How they look belongs to ``figures``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analytics.figures.forest import ForestRow, forest_figure
from analytics.figures.paired_rates import PairedRate, paired_rates_figure
from analytics.figures.picture import Picture
from analytics.figures.spectrum import SpectrumPanel, spectrum_figure
from analytics.signatures.samples import in_order
from analytics.signatures.signatures import MIN_MUTATIONS
from analytics.signatures.spec import SignatureSpec
from analytics.signatures.spectra import CHANNELS, Spectra

#: Signatures in a figure beside those that the spec asks for.
_MOST = 12
_SURVIVAL_WORDS = {
    "log_rank_oe": "log-rank O/E",
    "cox_univariable": "Cox",
    "cox_adjusted": "Cox, adjusted",
    "cox_burden_adjusted": "Cox, adjusted for burden",
}
_STRATUM_WORDS = {"oncotree_code": "tumour type", "cancer_type": "cancer type", "cohort_id": "cohort"}

Rows = Sequence[dict[str, Any]]


def spectrum_picture(spec: SignatureSpec, members: pd.DataFrame, spectra: Spectra) -> dict[str, Picture]:
    """Mean spectrum of the mutated and of the wild-type, each sample counting once; none when a group is empty."""
    known = members[members["sample_key"].isin(spectra.counts.index)]
    totals = spectra.counts.sum(axis=1).reindex(known["sample_key"]).to_numpy()
    known = known[totals >= MIN_MUTATIONS]
    panels, parts = [], []
    for is_mutated, word in ((True, "mutated"), (False, "wild-type")):
        keys = known.loc[known["is_mutated"] == is_mutated, "sample_key"]
        if keys.empty:
            return {}
        counts = spectra.counts.loc[keys].to_numpy(dtype=float)
        shares = counts / counts.sum(axis=1, keepdims=True)
        mean = shares.mean(axis=0)
        error = 1.96 * shares.std(axis=0, ddof=1) / np.sqrt(len(shares)) if len(shares) > 1 else 0.0 * mean
        label = f"{spec.gene} {word}, {len(keys):,} samples"
        low, high = np.maximum(mean - error, 0.0), mean + error
        panels.append(SpectrumPanel(label, mean, low, high))
        parts.append(
            pd.DataFrame(
                {"group": word, "channel": CHANNELS, "mean_share": mean, "ci_low": low, "ci_high": high}
            )
        )
    data = pd.concat(parts, ignore_index=True)
    leading = ", ".join(
        f"{panel.label}: {CHANNELS[int(panel.shares.argmax())]} is the most frequent "
        f"({100 * float(panel.shares.max()):.1f} %)"
        for panel in panels
    )
    figure = spectrum_figure(
        panels,
        title=f"Mutation spectra by {spec.gene} status: mean of samples with {MIN_MUTATIONS} substitutions or more",
    )
    return {
        "spectra": Picture(
            figure, f"Mutation spectra by {spec.gene} status", f"96 channels. {leading}.", data
        )
    }


def signature_figures(
    spec: SignatureSpec, variant_name: str, frequency: Rows, comparison: Rows, survival: Rows
) -> dict[str, Picture]:
    """Paired bars of presence and one forest an estimator; what was not estimated is left out."""
    figures = {}
    bars = _presence(spec, variant_name, frequency, comparison)
    if bars is not None:
        figures[f"{variant_name}_presence"] = bars
    for estimator in dict.fromkeys(row["estimate_key"].split(".")[1] for row in survival):
        rows = [row for row in survival if row["estimate_key"].split(".")[1] == estimator]
        forest = _forest(spec, variant_name, estimator, rows)
        if forest is not None:
            figures[f"{variant_name}_{rows[0]['estimate_key'].split('.')[0]}_{estimator}"] = forest
    return figures


def _presence(spec: SignatureSpec, variant_name: str, frequency: Rows, comparison: Rows) -> Picture | None:
    rates = {(r["feature"], r.get("group_label")): r for r in frequency if ".rate." in r["estimate_key"]}
    tests = {(r["feature"], r["estimator"]): r for r in comparison if "feature" in r}
    known = [
        name for name, label in rates if label == "mutated" and rates[name, "mutated"].get("denominator")
    ]
    asked = [name for name in spec.highlighted if name in known]
    others = [name for name in known if name not in asked and rates[name, "wild_type"]["numerator"] > 0]
    others.sort(key=lambda name: -rates[name, "wild_type"]["estimate"])
    chosen = [*asked, *in_order(others[:_MOST])]
    if not chosen:
        return None
    bars, data = [], []
    for name in chosen:
        groups = [rates[name, label] for label in ("mutated", "wild_type")]
        shares = [(g["estimate"], g["ci_low"], g["ci_high"]) for g in groups]
        fisher, held = tests.get((name, "fisher"), {}), tests.get((name, "mantel_haenszel"), {})
        bars.append(
            PairedRate(name, shares[0], shares[1], (_p(fisher.get("q")), _ratio(held), _p(held.get("q"))))
        )
        for label, group in zip(("mutated", "wild-type"), groups, strict=True):
            names = ("numerator", "denominator", "estimate", "ci_low", "ci_high")
            data.append({"signature": name, "group": label, **{n: group[n] for n in names}})
    n = [rates[chosen[0], label]["denominator"] for label in ("mutated", "wild_type")]
    groups_words = (f"{spec.gene} mutated (n {n[0]:,})", f"{spec.gene} wild-type (n {n[1]:,})")
    figure = paired_rates_figure(
        bars,
        groups=groups_words,
        headings=("q, Fisher", "OR in types", "q, in types"),
        title=f"Signatures by {spec.gene} status ({variant_name.replace('_', ' ')})",
        x_label="Samples with the signature (%), 95 % interval",
    )
    words = [
        f"{name} {100 * rates[name, 'mutated']['estimate']:.1f} % against "
        f"{100 * rates[name, 'wild_type']['estimate']:.1f} %"
        for name in chosen[:6]
    ]
    alt = f"Paired bars, mutated against wild-type: {', '.join(words)}."
    return Picture(figure, f"Signatures by {spec.gene} status, {variant_name}", alt, pd.DataFrame(data))


def _forest(spec: SignatureSpec, variant_name: str, estimator: str, rows: Rows) -> Picture | None:
    drawn = {
        row["feature"]: row for row in rows if _is_number(row.get("estimate")) and _is_number(row.get("p"))
    }
    asked = [name for name in spec.highlighted if name in drawn]
    others = sorted((name for name in drawn if name not in asked), key=lambda name: drawn[name]["p"])[:_MOST]
    chosen = [*asked, *in_order(others)]
    if not chosen:
        return None
    lines = [
        ForestRow(
            label=name,
            n=f"{row['n_mutated']:,} of {row['n']:,}",
            events=f"{row['events_present']:,}",
            hr=row["estimate"],
            ci_low=row["ci_low"],
            ci_high=row["ci_high"],
            p=row["p"],
        )
        for name, row in ((name, drawn[name]) for name in chosen)
        if row["ci_low"] is not None and row["ci_low"] > 0
    ]
    if not lines:
        return None
    word = _SURVIVAL_WORDS.get(estimator.replace("logrank_oe", "log_rank_oe"), estimator)
    strata = next((str(drawn[name].get("strata") or "") for name in chosen), "")
    for column, called in _STRATUM_WORDS.items():
        strata = strata.replace(column, called)
    within = f", within {strata}" if strata else ""
    figure = forest_figure(
        lines,
        title=f"{rows[0]['estimate_key'].split('.')[0].upper()} with and without a signature: {word}{within}",
        n_heading="With it",
        events_heading="Events",
        favours=("longer with the signature", "shorter with the signature"),
    )
    fields = (
        "feature",
        "n",
        "n_mutated",
        "events",
        "events_present",
        "estimate",
        "ci_low",
        "ci_high",
        "p",
        "q",
    )
    data = pd.DataFrame([{f: drawn[name].get(f) for f in fields} for name in chosen])
    words = [f"{line.label} {line.hr:.2f} ({line.ci_low:.2f}-{line.ci_high:.2f})" for line in lines[:6]]
    alt = f"Forest plot of hazard ratios by signature, {word}: {', '.join(words)}."
    return Picture(figure, f"Survival by signature, {variant_name}, {word}", alt, data)


def _is_number(value: Any) -> bool:
    return value is not None and bool(np.isfinite(value))


def _p(value: Any) -> str:
    if not _is_number(value):
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.2g}" if value < 0.1 else f"{value:.2f}"


def _ratio(row: dict[str, Any]) -> str:
    value = row.get("estimate")
    return f"{value:.2f}" if _is_number(value) else "–"
