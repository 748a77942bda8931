"""The figures of a question of resistance with their words and source data: which numbers they show is decided here."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analytics.engine.numbers import count, p_relation, p_value
from analytics.figures.picture import Picture, figure_stem
from analytics.figures.rates import RateRow, rate_figure
from analytics.immune.gene_sets import set_words as set_name_words
from analytics.resistance.acquired.outcomes import NOT_EVALUABLE, OUTCOME_WORDS
from analytics.resistance.figures.change import ChangeGroup, ChangePanel, change_figure
from analytics.resistance.figures.matrix import cell_words, matrix_figure, set_words
from analytics.resistance.figures.shift import ShiftPanel, drawn_class, shift_figure
from analytics.resistance.intrinsic.estimate import SITE
from analytics.resistance.pairs.compared import ComparedPairs
from analytics.resistance.spec import ResistanceSpec
from analytics.resistance.tables import PairStatistic
from analytics.response.rates import exact_rate
from analytics.results.statistic import FrequencyStatistic

#: Panels on one sheet; more pairs make a second sheet.
PER_SHEET = 16
#: Of many cancer types the ones with most patients are drawn; the tables have all.
MOST_CANCERS = 25


def pair_figures(
    spec: ResistanceSpec, variant: str, compared: ComparedPairs, gene_sets: Mapping[str, Sequence[str]]
) -> dict[str, Picture]:
    """Allele-fraction sheets of all pairs, and the matrix of events of the headline pairs."""
    if compared.pairs.empty:
        return {}
    genes = tuple(dict.fromkeys(g for members in gene_sets.values() for g in members))
    in_order = compared.pairs["patient_id"].astype(str).str.extract(r"(\d+)")[0].astype(float)
    pairs = compared.pairs.assign(_number=in_order).sort_values(
        ["is_headline", "cohort_id", "_number", "pair_id"], ascending=[False, True, True, True]
    )
    figures: dict[str, Picture] = {}
    for start in range(0, len(pairs), PER_SHEET):
        sheet = pairs.iloc[start : start + PER_SHEET]
        number = str(start // PER_SHEET + 1) if len(pairs) > PER_SHEET else ""
        figures[figure_stem("allele_fractions", variant=variant, part=number)] = _shift_picture(
            spec, sheet, compared.mutations, genes
        )
    headline = pairs[pairs["is_headline"]]
    if len(headline):
        figures[figure_stem("resistance_events", variant=variant)] = _matrix_picture(
            spec, headline, compared.events, gene_sets
        )
    return figures


def _shift_picture(
    spec: ResistanceSpec, pairs: pd.DataFrame, mutations: pd.DataFrame, genes: tuple[str, ...]
) -> Picture:
    panels, data = [], []
    for pair in pairs.to_dict("records"):
        rows = mutations[
            (mutations["pair_id"] == pair["pair_id"]) & mutations["is_nonsynonymous"].astype(bool)
        ]
        note = f"{pair['first_sample_id']} to {pair['second_sample_id']}, " + (
            str(pair["role"]).replace("_", " ").replace("baseline to ", "to ")
        )
        heading = f"Patient {pair['patient_id']}" + ("" if pair["is_comparable"] else " (one tumour?)")
        panels.append(ShiftPanel(heading, note, rows, float(pair["purity_ratio"]), genes))
        drawn = rows[
            ["pair_id", "hugo_symbol", "variant_key", "first_allele_fraction", "second_allele_fraction"]
        ]
        data.append(drawn.assign(drawn_as=drawn_class(rows)))
    table = pd.concat(data, ignore_index=True)
    counts = table["drawn_as"].value_counts()
    words = ", ".join(f"{n} {str(word).replace('_', ' ')}" for word, n in counts.items())
    return Picture(
        shift_figure(panels, title=f"{spec.title}: allele fractions of paired samples"),
        title="Allele fractions, earlier against later sample",
        alt=f"Scatter plots of {len(panels)} pairs. Non-synonymous mutations: {words}.",
        data=table,
    )


def _matrix_picture(
    spec: ResistanceSpec, pairs: pd.DataFrame, events: pd.DataFrame, gene_sets: Mapping[str, Sequence[str]]
) -> Picture:
    here = events[events["pair_id"].isin(pairs["pair_id"])]
    rows = [
        (str(p["pair_id"]), f"{p['patient_id']}: {p['first_sample_id']} to {p['second_sample_id']}")
        for p in pairs.to_dict("records")
    ]
    blocks: dict[str, list[str]] = {}
    seen: set[str] = set()
    for name, members in sorted(gene_sets.items(), key=lambda item: -len(item[1])):
        blocks[name] = [g for g in members if g not in seen]
        seen |= set(members)
    blocks = {name: blocks[name] for name in gene_sets if blocks[name]}
    words = pd.Series([cell_words(e) for e in here.to_dict("records")], index=here.index, dtype="object")
    drawn = here.assign(drawn_as=words).dropna(subset=["drawn_as"])
    counts = drawn["drawn_as"].value_counts()
    said = "; ".join(f"{word} in {n} cells" for word, n in counts.items()) or "no event"
    columns = [
        "pair_id",
        "hugo_symbol",
        "mutation",
        "biallelic",
        "confidence",
        "timing",
        "drawn_as",
        "evidence",
    ]
    return Picture(
        matrix_figure(
            here, rows, blocks, title=f"{spec.title}: interferon signalling and antigen presentation"
        ),
        title="Resistance events by patient and gene",
        alt=f"Matrix of {len(rows)} patients and {len(seen)} genes: {said}.",
        data=drawn[[c for c in columns if c in drawn]].assign(
            mutation=drawn["mutation"].map(", ".join), evidence=drawn["evidence"].map("; ".join)
        ),
    )


def outcome_figures(spec: ResistanceSpec, variant: str, outcomes: pd.DataFrame) -> dict[str, Picture]:
    """Share of the evaluable patients with each outcome."""
    evaluable = outcomes[outcomes["outcome"] != NOT_EVALUABLE]
    if evaluable.empty:
        return {}
    rows = []
    for word in OUTCOME_WORDS:
        n = int((evaluable["outcome"] == word).sum())
        if n:
            rate = exact_rate(n, len(evaluable))
            rows.append(RateRow(word, n, len(evaluable), rate.rate, rate.ci_low, rate.ci_high))
    figure = rate_figure(
        rows, title=f"{spec.title}: outcome", x_label="% of patients with an evaluable response"
    )
    return {
        figure_stem("outcomes", variant=variant): _rate_picture(
            figure, rows, "Outcome of each patient by the declared rule"
        )
    }


def intrinsic_figures(
    spec: ResistanceSpec, variant: str, rows: Sequence[FrequencyStatistic]
) -> dict[str, Picture]:
    """One forest of rates a definition: cancer types by gene set, with response and burden below "all"; and one of
    truncating mutations by the site of the sample."""
    figures = _site_figure(spec, variant, rows)
    for definition, words in (("truncating", "any truncating mutation"), ("biallelic", "both alleles lost")):
        lines: list[RateRow] = []
        for set_name in spec.intrinsic_sets:
            found = _rates_of(rows, f"intrinsic_loss.{definition}.{set_name}.rate.")
            if not found:
                continue
            lines.append(RateRow(set_words(set_name), is_heading=True))
            cancers = sorted((k for k in found if "." not in k and k != "all"), key=lambda k: -_n(found[k]))
            shown = ["all", *cancers[:MOST_CANCERS]] if len(cancers) > 1 else ["all"]
            for label in shown:
                minor = (
                    ("responders", "non_responders", "low_burden", "high_burden") if label == "all" else ()
                )
                lines += [_rate_row(found[label], label.replace("_", " "))] if label in found else []
                lines += [
                    _rate_row(
                        found[f"{label}.{g}"],
                        g.replace("_", "-" if g.startswith("non") else " "),
                        is_minor=True,
                    )
                    for g in minor
                    if f"{label}.{g}" in found
                ]
        if lines:
            figure = rate_figure(lines, title=f"{spec.title}: {words}", x_label="% of the profiled")
            title = f"Intrinsic loss before treatment: {words}"
            figures[figure_stem("intrinsic", variant=variant, part=definition)] = _rate_picture(
                figure, lines, title
            )
    return figures


def _rates_of(rows: Sequence[FrequencyStatistic], stem: str) -> dict[str, FrequencyStatistic]:
    """What follows the stem in the key -> row, of rates with somebody in them."""
    return {row.key.removeprefix(stem): row for row in rows if row.key.startswith(stem) and row.n}


def _n(row: FrequencyStatistic) -> int:
    return row.n or 0


def _site_figure(
    spec: ResistanceSpec, variant: str, rows: Sequence[FrequencyStatistic]
) -> dict[str, Picture]:
    lines: list[RateRow] = []
    for set_name in spec.intrinsic_sets:
        at = _rates_of(rows, f"intrinsic_loss.truncating.{set_name}.rate.all.{SITE}")
        if at:
            lines.append(RateRow(set_words(set_name), is_heading=True))
            lines += [
                _rate_row(row, site.replace("_", " "))
                for site, row in sorted(at.items(), key=lambda x: -_n(x[1]))
            ]
    if not lines:
        return {}
    figure = rate_figure(
        lines,
        title=f"{spec.title}: any truncating mutation, by site of the sample",
        x_label="% of the profiled",
    )
    title = "Intrinsic loss before treatment, by site of the sample"
    return {figure_stem("intrinsic", variant=variant, part="sites"): _rate_picture(figure, lines, title)}


def _rate_row(row: FrequencyStatistic, label: str, *, is_minor: bool = False) -> RateRow:
    rate, low, high = (math.nan if v is None else v for v in (row.estimate, row.ci_low, row.ci_high))
    return RateRow(label, row.numerator or 0, _n(row), rate, low, high, is_minor=is_minor)


def _rate_picture(figure: Any, rows: Sequence[RateRow], title: str) -> Picture:
    heading, told, data = "", [], []
    for row in rows:
        if row.is_heading:
            heading = row.label
            continue
        data.append({"group": heading, **dataclasses.asdict(row)})
        if not row.is_minor and not math.isnan(row.rate):
            of = f"{count(row.n_yes)} of {count(row.n)} ({100 * row.rate:.1f} %)"
            told.append(f"{heading + ', ' if heading else ''}{row.label} {of}")
    table = pd.DataFrame(data).drop(columns=["is_heading"])
    return Picture(figure, title, f"Rates with 95 % intervals: {'; '.join(told[:8])}.", table)


def change_figures(
    spec: ResistanceSpec,
    variant: str,
    values: pd.DataFrame,
    members: pd.DataFrame,
    rows: Sequence[PairStatistic],
    role: str,
) -> dict[str, Picture]:
    """One sheet a cohort: every feature at the two times of `role`, responders beside non-responders."""
    words = role.replace("_", " ")
    earlier, later = words.split(" to ")
    figures: dict[str, Picture] = {}
    if values.empty or members.empty:
        return figures
    tests = {(r.cohort_id, r.feature, r.counts.group_label): r for r in rows if r.feature}
    responds = members.set_index(["cohort_id", "patient_id"])["orr"].astype("boolean")
    order = [*spec.time_points.genes, *spec.time_points.programmes]
    for cohort_id, cohort in values.groupby("cohort_id", sort=True):
        keyed = cohort.set_index(["cohort_id", "patient_id"])
        keyed = keyed[keyed.index.isin(responds.index)]
        keyed["group"] = (
            responds.reindex(keyed.index).map({True: "responders", False: "non_responders"}).to_numpy()
        )
        panels, n_pairs = [], keyed.index.nunique()
        for feature in [f for f in order if f in set(keyed["feature"])]:
            rows_of = keyed[keyed["feature"] == feature]
            groups = [
                _change_group(rows_of[rows_of["group"] == g], g, tests.get((str(cohort_id), feature, g)))
                for g in ("responders", "non_responders")
            ]
            groups = [g for g in groups if len(g.first)]
            if groups:
                is_scored = feature in spec.time_points.programmes
                heading = set_name_words(feature) if is_scored else feature
                panels.append(ChangePanel(heading, str(rows_of["unit"].iloc[0]), tuple(groups)))
        if not panels:
            continue
        said = [
            f"{f} {r.estimate:+.2f} (p {p_value(r.p)}, n {count(r.n)})"
            for (c, f, g), r in tests.items() if c == cohort_id and g == "all" and r.p is not None
        ]  # fmt: skip
        part = f"{later.replace(' ', '_')}_{cohort_id}"
        stem = figure_stem("expression", variant=variant, part=part)
        figures[stem] = Picture(
            change_figure(panels, title=f"{spec.title}: expression, {words}", times=(earlier, later)),
            title=f"Checkpoints and interferon programme, {words}",
            alt=f"Paired lines of {n_pairs} patients. Change over all: {'; '.join(said[:8])}.",
            data=keyed.reset_index(),
        )
    return figures


def _change_group(rows: pd.DataFrame, label: str, test: PairStatistic | None) -> ChangeGroup:
    p = None if test is None else test.p
    note = "" if p is None else f"p {p_relation(p)}"
    words = {"responders": "responders", "non_responders": "non-resp."}[label]
    return ChangeGroup(words, rows["first"], rows["second"], note)
