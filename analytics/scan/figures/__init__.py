"""The figures of a scan with what travels with them: volcano, QQ, ranked plot, forest of the leading genes, and what
becomes of these when burden enters the model. How they look belongs to `effects` and `burden`.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analytics.engine.numbers import p_value, with_ends
from analytics.errors import NoRowsError
from analytics.figures.forest import forest_figure
from analytics.figures.picture import Picture
from analytics.scan.figures.burden import burden_slope_figure, forest_rows, leading_genes, model_before_burden
from analytics.scan.figures.effects import (
    MODELS,
    inflation,
    null_band,
    qq_figure,
    ranked_figure,
    volcano_figure,
)
from analytics.scan.survival_scan import ScanResult

LEADING = 20


def scan_pictures(result: ScanResult, title: str) -> dict[str, Picture]:
    """File stem -> picture; one that has nothing to show is left out (the table says why, gene by gene)."""
    drawn: dict[str, Callable[[ScanResult, str], Picture]] = {
        "volcano": _volcano,
        "qq": _qq,
        "ranked": _ranked,
        "forest": _forest,
        "burden_slope": _burden_slope,
    }
    pictures: dict[str, Picture] = {}
    for stem, draw in drawn.items():
        try:
            pictures[stem] = draw(result, title)
        except NoRowsError:
            continue
    return pictures


def effect_name(result: ScanResult) -> str:
    """Hazard ratio, or odds ratio of a response."""
    return "Hazard ratio" if "events" in result.table else "Odds ratio of response"


def _volcano(result: ScanResult, title: str) -> Picture:
    model = model_before_burden(result)
    figure = volcano_figure(result, model=model, title=title, width="double")
    columns = ["gene", f"{model}_coef", f"{model}_lr_p", "primary_p", "primary_q", "burden_verdict"]
    return _picture(
        figure, f"Volcano plot: {effect_name(result)} ({MODELS[model]}) against evidence", result, columns
    )


def _ranked(result: ScanResult, title: str) -> Picture:
    model = model_before_burden(result)
    columns = ["gene", f"{model}_coef", "primary_p", "primary_q", "burden_verdict"]
    return _picture(
        ranked_figure(result, title=title),
        "Genes ranked from benefit to harm, by their evidence",
        result,
        columns,
    )


def _picture(figure: Figure, title: str, result: ScanResult, columns: list[str]) -> Picture:
    data = result.table.loc[result.table["primary_p"].notna(), columns].sort_values(
        "primary_p", kind="stable"
    )
    passed = data["primary_q"] < result.settings.alpha
    first = data.iloc[0]
    verdicts = data.loc[passed, "burden_verdict"].value_counts()
    said = "; ".join(f"{n:,} {verdict}" for verdict, n in verdicts.items())
    alt = (
        f"{len(data):,} genes were tested, {int(passed.sum()):,} have q below {result.settings.alpha:g}"
        f"{f' ({said})' if said else ''}. The smallest p is that of {first['gene']} (p {p_value(first['primary_p'])})."
    )
    return Picture(figure, title=title, alt=alt, data=data.reset_index(drop=True))


def _qq(result: ScanResult, title: str) -> Picture:
    figure = qq_figure(result, title=title, width="double")
    parts, said = [], []
    for column, name in ((result.primary_test, "primary test"), ("null_p_two_sided", "burden null")):
        known = result.table.loc[result.table[column].notna(), ["gene", column]]
        if known.empty:
            continue
        known = known.sort_values(column, kind="stable")
        p = known[column].to_numpy(np.float64)
        expected, low, high = null_band(len(p))
        parts.append(
            pd.DataFrame(
                {
                    "test": name,
                    "gene": known["gene"],
                    "p": p,
                    "p_expected": expected,
                    "band_low": low,
                    "band_high": high,
                }
            )
        )
        said.append(f"{name}: {len(p):,} genes, inflation {inflation(p):.2f}")
    alt = f"Observed against expected p. {'; '.join(said)}. An inflation of 1 is what no effect at all gives."
    return Picture(
        figure, title="QQ plot with the band of no effect", alt=alt, data=pd.concat(parts, ignore_index=True)
    )


def _forest(result: ScanResult, title: str) -> Picture:
    model = model_before_burden(result)
    rows = forest_rows(result, model=model, n_genes=LEADING)
    survival = "events" in result.table
    figure = forest_figure(
        rows,
        title=title,
        n_heading="Carriers/n",
        events_heading="Events" if survival else "Responders",
        axis_label=f"{effect_name(result)} (log scale)",
        effect_heading=f"{'HR' if survival else 'OR'} (95 % CI)",
        favours=("carriers do better", "carriers do worse")
        if survival
        else ("fewer respond", "more respond"),
    )
    data = pd.DataFrame(
        [
            {name: getattr(row, name) for name in ("label", "n", "hr", "ci_low", "ci_high", "p")}
            for row in rows
        ]
    )
    data = data.rename(columns={"label": "gene", "n": "carriers_of_n", "hr": "ratio"})
    best = rows[0]
    alt = (
        f"{effect_name(result)}, {MODELS[model]}, of the {len(rows)} genes with the smallest p; first {best.label}: "
        f"{with_ends(best.hr, best.ci_low, best.ci_high)}."
    )
    return Picture(figure, title="Forest plot of the leading genes", alt=alt, data=data)


def _burden_slope(result: ScanResult, title: str) -> Picture:
    model = model_before_burden(result)
    genes = leading_genes(result, LEADING)
    names = ["coef", "ci_low", "ci_high"]
    columns = [
        "gene",
        *(f"{m}_{name}" for m in (model, "burden") for name in names),
        "null_p_two_sided",
        "burden_verdict",
    ]
    both = genes[genes[f"{model}_coef"].notna() & genes["burden_coef"].notna()]
    nearer = int((both["burden_coef"].abs() < both[f"{model}_coef"].abs()).sum())
    verdicts = "; ".join(f"{n} {verdict}" for verdict, n in both["burden_verdict"].value_counts().items())
    alt = f"With burden in the model, {nearer} of {len(both)} leading genes come nearer to 1. Verdicts: {verdicts}."
    return Picture(
        burden_slope_figure(result, n_genes=LEADING, title=title),
        title="The leading genes before and after adjustment for burden",
        alt=alt,
        data=genes[columns].reset_index(drop=True),
    )
