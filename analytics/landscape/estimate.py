"""Rows of ``frequency_stats`` for a landscape: how often, of which class, where.

Keys: ``flow.n_total``, ``flow.n_mutated``, ``flow.n_wild_type``; ``mutated.rate``, ``mutated.rate.<group>``,
``mutated.rate_by_tumour_type``; ``variants.n[.<class>]``, ``variants.rate.<class>``; ``domain.start.<key>``,
``domain.end.<key>``, ``domain.rate.<key>``; ``placed.n``, ``unplaced.<reason>``; ``hotspot.<residue>``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy import stats

from analytics.biomarkers.groups import Contrast
from analytics.keys import slug
from analytics.landscape.positions import CLASSES, OTHER, domain_counts, hotspots
from analytics.landscape.spec import LandscapeSpec, Protein
from analytics.response.rates import exact_rate
from analytics.results.estimator import Estimator, Scale
from analytics.results.row_sets import RowSets
from analytics.results.statistic import Counts, FrequencyStatistic, Scope
from analytics.survival.estimate import cancer_type_key
from analytics.survival.estimators import COUNT, PROPORTION

EQUAL_FREQUENCY = Estimator(
    key="equal_frequency",
    label="Groups with a carrier, chi-squared test of equal frequency",
    scale=Scale.COUNT,
    heading="Frequency by group",
    methods="Number of groups of people with a carrier, and Pearson's chi-squared test that the frequency is the same "
    "in all of them.",
    source="Pearson 1900, Phil Mag 50:157",
    applies="several groups of people",
)
DECLARED = Estimator(
    key="declared",
    label="Declared in a reference",
    scale=Scale.VALUE,
    heading="Protein domains",
    methods="Bounds of domains as catalog/references/protein_domains.yaml declares them, with its source.",
    source="UniProt",
    applies="genes whose protein is declared",
)
HOTSPOT = Estimator(
    key="hotspot",
    label="People with a mutation at the residue",
    scale=Scale.COUNT,
    heading="Hotspots",
    methods="People with a mutation at a residue against the binomial chance that is equal along the protein, without "
    "base composition; Benjamini-Hochberg over all residues.",
    source="docs/statistics.md",
    applies="genes whose protein is declared; residues below the q of the spec",
)
ESTIMATORS = (EQUAL_FREQUENCY, DECLARED, HOTSPOT)

_NOT_INDEPENDENT = "Mutations of one tumour are not independent; the interval takes them as if they were."


@dataclass(frozen=True)
class Landscape:
    """The statistics of one variant, gathered in ``rows``.

    Parameters
    ----------
    scope, sets : names and row sets of the variant.
    members : people counted, with ``in_group`` and the spec's group column.
    notes : sentences about the sources that counts must carry.
    """

    scope: Scope
    sets: RowSets
    spec: LandscapeSpec
    members: pd.DataFrame
    contrast: Contrast
    notes: Sequence[str]
    rows: list[FrequencyStatistic] = field(default_factory=list)

    @property
    def status(self) -> pd.Series:
        return self.members["in_group"].astype(bool)

    def _row(
        self, key: str, estimator: Estimator, people: pd.Series, row_set: str, unit: str
    ) -> FrequencyStatistic:
        """A row of ``people`` without numbers; ``row_set`` is its name where they are not all."""
        name = "members"
        if not people.all():
            name = self.sets.named(row_set, self.members.index[people], self.members.index)
        return FrequencyStatistic(
            name=self.scope.name(key),
            estimator=estimator.key,
            scale=estimator.scale,
            feature=self.spec.gene,
            row_set=name,
            counts=Counts(
                group_label=self.contrast.group.label,
                reference_label=self.contrast.reference.label,
                n=int(people.sum()),
                n_in_group=int((people & self.status).sum()),
            ),
            unit=unit,
        )

    def frequency(self) -> pd.DataFrame:
        """Overall and by group of people; returns the table that is drawn: label, numerator, denominator, rate, ci."""
        everybody = pd.Series(True, index=self.members.index)
        group, reference = self.contrast.group.key, self.contrast.reference.key
        for key, people, row_set in (
            ("flow.n_total", everybody, "members"),
            (f"flow.n_{group}", self.status, group),
            (f"flow.n_{reference}", ~self.status, reference),
        ):
            counted = self._row(key, COUNT, people, row_set, "patients")
            self.rows.append(replace(counted, estimate=float(people.sum())))
        self._rate("", everybody, "members", "all")
        groups = self.members[self.spec.group_by].astype("string")
        taken: set[str] = set()
        drawn = []
        for label in sorted(groups.dropna().unique()):
            inside = (groups == label).fillna(False).astype(bool)
            key = cancer_type_key(label) if self.spec.group_by == "cancer_type" else slug(label)
            # Lung cancers of two kinds share a short key: where they do, the word itself is the key.
            key = slug(label) if key in taken else key
            taken.add(key)
            row = self._rate(f".{key}", inside, f"{self.spec.group_by} {label}", label)
            drawn.append(
                {
                    "label": label, "numerator": row.numerator, "denominator": row.denominator, "rate": row.estimate,
                    "ci_low": row.ci_low, "ci_high": row.ci_high,
                }
            )  # fmt: skip
        table = pd.DataFrame(drawn)
        self._heterogeneity(groups)
        if table.empty:  # nobody's group is known: the overall rate stands alone
            return table
        return table.sort_values(["rate", "denominator"], ascending=[False, False], ignore_index=True)

    def _rate(self, key: str, people: pd.Series, row_set: str, label: str) -> FrequencyStatistic:
        n, n_in_group = int(people.sum()), int((people & self.status).sum())
        row = self._row(f"{self.contrast.group.key}.rate{key}", PROPORTION, people, row_set, "patients")
        row = self._share(replace(row, category=label), n_in_group, n)
        self.rows.append(row)
        return row

    @staticmethod
    def _share(row: FrequencyStatistic, numerator: int, denominator: int) -> FrequencyStatistic:
        """The row with a share and its exact interval; of nothing there is none."""
        row = replace(row, numerator=numerator, denominator=denominator)
        if not denominator:
            return row
        rate = exact_rate(numerator, denominator)
        return replace(row, estimate=rate.rate, ci_low=rate.ci_low, ci_high=rate.ci_high)

    def _heterogeneity(self, groups: pd.Series) -> None:
        """Is the frequency the same in every group? The claim of C8's figure has this key."""
        known = groups.notna()
        table = pd.crosstab(groups[known], self.status[known])
        testable = table.shape == (len(table), 2) and len(table) > 1
        n_with = int((table[True] > 0).sum()) if True in table else 0
        row = self._row(
            f"{self.contrast.group.key}.rate_by_tumour_type", EQUAL_FREQUENCY, known,
            f"members with known {self.spec.group_by}", "groups",
        )  # fmt: skip
        row = replace(
            row,
            estimate=float(n_with),
            numerator=n_with,
            denominator=len(table),
            p=float(stats.chi2_contingency(table.to_numpy()).pvalue) if testable else None,
            p_method="chi-squared test of equal frequency" if testable else None,
        )
        self.rows.append(row.warned(*self.notes))

    def classes(self, calls: pd.DataFrame) -> pd.DataFrame:
        """Counts and shares of variant classes; returns what is drawn: variant_class, n, rate, ci."""
        total = len(calls)
        mutated = self._people_of(calls)
        self._count("variants.n", mutated, "with a mutation", "all", total, self.notes)
        drawn = []
        for name in (*CLASSES, OTHER):
            of_class = calls[calls["variant_class"] == name]
            if name == OTHER and of_class.empty:
                continue
            people = self._people_of(of_class)
            self._count(
                f"variants.n.{name}", people, f"with a {name} mutation", name, len(of_class), self.notes
            )
            if not total:
                continue
            row = self._row(f"variants.rate.{name}", PROPORTION, mutated, "with a mutation", "mutations")
            row = self._share(replace(row, category=name), len(of_class), total)
            self.rows.append(row.warned(_NOT_INDEPENDENT))
            drawn.append({"variant_class": name, "n": len(of_class), "rate": row.estimate})
        return pd.DataFrame(drawn, columns=["variant_class", "n", "rate"])

    def positions(self, calls: pd.DataFrame, protein: Protein) -> pd.DataFrame:
        """Domains, what could not be placed and why, hotspots; returns the hotspot table of every hit residue."""
        for domain in protein.domains:
            self._bound(f"domain.start.{domain.key}", domain.name, domain.start, protein)
            self._bound(f"domain.end.{domain.key}", domain.name, domain.end, protein)
        placed = calls[calls["residue"].notna()]
        people = self._people_of(placed)
        self._count("placed.n", people, "with a placed mutation", "placed", len(placed), self.notes)
        for reason, unplaced in calls.groupby("unplaced"):
            label = str(reason)
            self._count(
                f"unplaced.{slug(label)}", self._people_of(unplaced), f"with a mutation: {label}", label,
                len(unplaced),
            )  # fmt: skip
        for counted in domain_counts(calls, protein).to_dict("records"):
            if counted["denominator"]:
                row = self._row(
                    f"domain.rate.{counted['key']}", PROPORTION, people, "with a placed mutation", "mutations"
                )
                row = self._share(
                    replace(row, category=counted["key"]), counted["numerator"], counted["denominator"]
                )
                row = replace(row, p=counted["p"], p_method="exact binomial, against the share of the length")
                said = f"p against {100 * counted['expected_share']:.1f} % of the protein's length."
                self.rows.append(row.warned(said, _NOT_INDEPENDENT))
        found = hotspots(calls, protein.length)
        n_hits = int(found["n_people"].sum())
        for residue, n_people, p, q in found[["residue", "n_people", "p", "q"]].itertuples(index=False):
            if q < self.spec.hotspot_q:
                people = self._people_of(placed[placed["residue"] == residue])
                self._hotspot(int(residue), people, int(n_people), n_hits, float(p), float(q), protein)
        return found

    def _bound(self, key: str, domain: str, residue: int, protein: Protein) -> None:
        self.rows.append(
            FrequencyStatistic(
                name=self.scope.name(key),
                estimator=DECLARED.key,
                scale=DECLARED.scale,
                feature=self.spec.gene,
                category=domain,
                estimate=float(residue),
                unit="amino acids",
            ).warned(f"{protein.accession}; {protein.citation}.", protein.note or "")
        )

    def _hotspot(
        self,
        residue: int,
        people: pd.Series,
        n_people: int,
        n_hits: int,
        p: float,
        q: float,
        protein: Protein,
    ) -> None:
        row = self._row(
            f"hotspot.{residue}", HOTSPOT, people, f"with a mutation at residue {residue}", "patients"
        )
        self.rows.append(
            replace(
                row,
                category=f"residue {residue}",
                estimate=float(n_people),
                numerator=n_people,
                denominator=n_hits,
                p=p,
                p_method="binomial over the protein's length, upper tail",
                q=q,
            ).warned(
                f"{n_hits / protein.length:.2f} people are expected at a residue; q over {protein.length:,} residues."
            )
        )

    def _people_of(self, calls: pd.DataFrame) -> pd.Series:
        return pd.Series(np.isin(self.members.index, calls["member"].unique()), index=self.members.index)

    def _count(
        self, key: str, people: pd.Series, row_set: str, label: str, count: int, notes: Sequence[str] = ()
    ) -> None:
        row = self._row(key, COUNT, people, row_set, "mutations")
        self.rows.append(replace(row, category=label, estimate=float(count), numerator=count).warned(*notes))


def member_calls(members: pd.DataFrame, calls: pd.DataFrame) -> pd.DataFrame:
    """The calls of the members' index samples, with ``member`` (label in ``members``) and ``patient_id``."""
    keys = members[["cohort_id", "sample_id", "patient_id"]].astype("object").assign(member=members.index)
    keys = keys[keys["sample_id"].notna()]  # nobody's calls: a patient without a sample
    own = calls.drop(columns=["patient_id"], errors="ignore")
    return own.merge(keys, on=["cohort_id", "sample_id"], how="inner", validate="many_to_one")
