"""The figures of a landscape with titles, words and source data."""

from __future__ import annotations

import pandas as pd

from analytics.errors import NoRowsError
from analytics.figures.picture import Picture
from analytics.landscape.figures import class_figure, frequency_figure, lollipop_figure
from analytics.landscape.spec import LandscapeSpec, Protein

#: Names above the lollipops at most; the residues hit in most people come first.
MOST_NAMES = 12
#: A residue hit in fewer people gets no name.
FEWEST_PEOPLE = 2


def landscape_pictures(
    spec: LandscapeSpec,
    variant: str,
    frequency: pd.DataFrame,
    classes: pd.DataFrame,
    calls: pd.DataFrame,
    hotspots: pd.DataFrame,
    protein: Protein | None,
) -> dict[str, Picture]:
    """File stem -> figure; what has nothing to show is left out."""
    pictures: dict[str, Picture] = {}
    group = spec.group_by.replace("_", " ").replace("id", "").strip()
    title = f"{spec.gene} mutations by {group}"
    if len(frequency):
        pictures[f"{variant}_frequency"] = Picture(
            frequency_figure(frequency, title=title), title, _frequency_words(frequency, title), frequency
        )
    if classes["n"].sum() > 0:
        title = f"Classes of {spec.gene} mutations"
        shares = ", ".join(
            f"{row['variant_class']} {row['n']} ({100 * row['rate']:.1f} %)"
            for row in classes.to_dict("records")
        )
        pictures[f"{variant}_classes"] = Picture(
            class_figure(classes, title=title), title, f"Bars of counts: {shares}.", classes
        )
    if protein is not None:
        title = f"{spec.gene} mutations along the protein"
        named = tuple(hotspots.loc[hotspots["n_people"] >= FEWEST_PEOPLE, "residue"].head(MOST_NAMES))
        try:
            hot = tuple(hotspots.loc[hotspots["q"] < spec.hotspot_q, "residue"])
            figure = lollipop_figure(calls, protein, gene=spec.gene, labels=named, bold=hot, title=title)
        except NoRowsError:
            return pictures
        columns = ["cohort_id", "patient_id", "hgvsp_short", "residue", "variant_class"]
        pictures[f"{variant}_lollipop"] = Picture(
            figure, title, _lollipop_words(spec, calls, hotspots, protein), calls[columns]
        )
    return pictures


def _frequency_words(table: pd.DataFrame, title: str) -> str:
    top = [
        f"{row['label']} {100 * row['rate']:.1f} % ({row['numerator']} of {row['denominator']:,})"
        for row in table.head(5).to_dict("records")
    ]
    return f"Dots with exact 95 % intervals: {title}, {len(table)} groups. Highest: {'; '.join(top)}."


def _lollipop_words(
    spec: LandscapeSpec, calls: pd.DataFrame, hotspots: pd.DataFrame, protein: Protein
) -> str:
    placed = int(calls["residue"].notna().sum())
    found = hotspots[hotspots["q"] < spec.hotspot_q]
    words = ", ".join(f"residue {row.residue} in {row.n_people} people" for row in found.head(5).itertuples())
    domains = ", ".join(f"{d.name} {d.start}-{d.end}" for d in protein.domains)
    return (
        f"Lollipop plot of {placed} of {len(calls)} {spec.gene} mutations over {protein.length:,} residues with "
        f"domains {domains}. {'Hotspots: ' + words if words else 'No residue is hit more often than chance allows'}."
    )
