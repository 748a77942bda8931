"""Rows of ``frequency_stats`` for a landscape: how often, of which class, where.

Keys: ``flow.n_total``, ``flow.n_mutated``, ``flow.n_wild_type``; ``mutated.rate``, ``mutated.rate.<group>``,
``mutated.rate_by_tumour_type``; ``variants.n[.<class>]``, ``variants.rate.<class>``; ``domain.start.<key>``,
``domain.end.<key>``, ``domain.rate.<key>``; ``placed.n``, ``unplaced.<reason>``; ``hotspot.<residue>``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analytics.comparison.estimate import slug
from analytics.estimates import cancer_type_key
from analytics.landscape.positions import CLASSES, OTHER, domain_counts, hotspots
from analytics.landscape.spec import LandscapeSpec, Protein
from analytics.response.rates import exact_rate
from analytics.results.rows import ResultRows

_EXACT = "proportion, Clopper-Pearson interval"
_NOT_INDEPENDENT = "Mutations of one tumour are not independent; the interval takes them as if they were."


#: Rows that carry what is known to be missing of the calls; the others stand beside them.
_NOTED = ("mutated.rate_by", "variants.n", "placed.n")


class LandscapeRows:
    """The statistics of one variant, gathered in ``out``.

    Parameters
    ----------
    rows : names and row sets of the variant.
    members : people counted, with ``is_mutated`` and the spec's group column.
    notes : sentences about the sources that counts must carry.
    """

    def __init__(self, spec: LandscapeSpec, rows: ResultRows, members: pd.DataFrame, notes: str) -> None:
        self.spec, self.rows, self.members, self.notes = spec, rows, members, notes
        self.status = members["is_mutated"].astype(bool)
        self.out: list[dict[str, Any]] = []

    def _add(self, key: str, people: pd.Series, row_set: str, values: dict[str, Any], note: str = "") -> None:
        name = "members"
        if not people.all():
            name = self.rows.row_set(row_set, self.members.index[people], self.members.index)
        shared = {
            "row_set": name,
            "n": int(people.sum()),
            "n_mutated": int((people & self.status).sum()),
        }
        notes = self.notes if key.startswith(_NOTED) else ""
        warnings = " ".join(part for part in (note, notes) if part) or None
        self.rows.add(self.out, key, None, {**shared, **values, "warnings": warnings})

    def frequency(self) -> pd.DataFrame:
        """Overall and by group; returns the table that is drawn: label, numerator, denominator, rate, ci."""
        everybody = pd.Series(True, index=self.members.index)
        for key, people, row_set in (
            ("flow.n_total", everybody, "members"),
            ("flow.n_mutated", self.status, "mutated"),
            ("flow.n_wild_type", ~self.status, "wild_type"),
        ):
            counted = {"estimator": "count", "estimate": float(people.sum()), "unit": "patients"}
            self._add(key, people, row_set, {**counted, "feature": self.spec.gene})
        self._rate("mutated.rate", everybody, "members", "all")
        groups = self.members[self.spec.group_by].astype("string")
        drawn = []
        for label in sorted(groups.dropna().unique()):
            inside = (groups == label).fillna(False).astype(bool)
            key = cancer_type_key(label) if self.spec.group_by == "cancer_type" else slug(label)
            # Lung cancers of two kinds share a short key: where they do, the word itself is the key.
            if any(row["estimate_key"] == f"mutated.rate.{key}" for row in self.out):
                key = slug(label)
            drawn.append(self._rate(f"mutated.rate.{key}", inside, f"{self.spec.group_by} {label}", label))
        table = pd.DataFrame(drawn)
        self._heterogeneity(groups)
        if table.empty:  # nobody's group is known: the overall rate stands alone
            return table
        return table.sort_values(["rate", "denominator"], ascending=[False, False], ignore_index=True)

    def _rate(self, key: str, people: pd.Series, row_set: str, label: str) -> dict[str, Any]:
        n, mutated = int(people.sum()), int((people & self.status).sum())
        values: dict[str, Any] = {
            "estimator": _EXACT, "group_label": label, "numerator": mutated, "denominator": n,
            "unit": "patients", "feature": self.spec.gene,
        }  # fmt: skip
        found = {"label": label, "numerator": mutated, "denominator": n}
        if n:
            rate = exact_rate(mutated, n)
            values |= {"estimate": rate.rate, "ci_low": rate.ci_low, "ci_high": rate.ci_high}
            found |= {"rate": rate.rate, "ci_low": rate.ci_low, "ci_high": rate.ci_high}
        self._add(key, people, row_set, values)
        return found

    def _heterogeneity(self, groups: pd.Series) -> None:
        """Is the frequency the same in every group? The claim of C8's figure has this key."""
        known = groups.notna()
        table = pd.crosstab(groups[known], self.status[known])
        testable = table.shape == (len(table), 2) and len(table) > 1
        p = float(stats.chi2_contingency(table.to_numpy()).pvalue) if testable else float("nan")
        self._add(
            "mutated.rate_by_tumour_type",
            known,
            f"members with known {self.spec.group_by}",
            {
                "estimator": "groups with a mutated member; p of the chi-squared test of equal frequency",
                "estimate": float((table[True] > 0).sum()) if True in table else 0.0,
                "numerator": int((table[True] > 0).sum()) if True in table else 0,
                "denominator": len(table),
                "unit": "groups",
                "p": p,
                "feature": self.spec.gene,
            },
        )

    def classes(self, calls: pd.DataFrame) -> pd.DataFrame:
        """Counts and shares of variant classes; returns what is drawn: variant_class, n, rate, ci."""
        total = len(calls)
        mutated = self._people_of(calls)
        self._count("variants.n", mutated, "with a mutation", "all", total)
        drawn = []
        for name in (*CLASSES, OTHER):
            of_class = calls[calls["variant_class"] == name]
            if name == OTHER and of_class.empty:
                continue
            people = self._people_of(of_class)
            self._count(f"variants.n.{name}", people, f"with a {name} mutation", name, len(of_class))
            if not total:
                continue
            rate = exact_rate(len(of_class), total)
            self._add(
                f"variants.rate.{name}",
                mutated,
                "with a mutation",
                {
                    "estimator": _EXACT, "group_label": name, "numerator": len(of_class), "denominator": total,
                    "unit": "mutations", "estimate": rate.rate, "ci_low": rate.ci_low, "ci_high": rate.ci_high,
                    "feature": self.spec.gene,
                },
                _NOT_INDEPENDENT,
            )  # fmt: skip
            drawn.append({"variant_class": name, "n": len(of_class), "rate": rate.rate})
        return pd.DataFrame(drawn, columns=["variant_class", "n", "rate"])

    def positions(self, calls: pd.DataFrame, protein: Protein) -> pd.DataFrame:
        """Domains, what could not be placed and why, hotspots; returns the hotspot table of every hit residue."""
        for domain in protein.domains:
            for end in ("start", "end"):
                self.rows.add(
                    self.out, f"domain.{end}.{domain.key}", None,
                    {
                        "estimator": f"declared: {protein.accession}", "group_label": domain.name,
                        "estimate": float(getattr(domain, end)), "unit": "amino acids", "feature": self.spec.gene,
                        "warnings": f"{protein.citation}. {protein.note or ''}".strip(),
                    },
                )  # fmt: skip
        placed = calls[calls["residue"].notna()]
        self._count("placed.n", self._people_of(placed), "with a placed mutation", "placed", len(placed))
        for reason, unplaced in calls.groupby("unplaced"):
            people = self._people_of(unplaced)
            label = str(reason)
            self._count(f"unplaced.{slug(label)}", people, f"with a mutation: {label}", label, len(unplaced))
        for row in domain_counts(calls, protein).itertuples():
            self._domain_rate(row, placed)
        found = hotspots(calls, protein.length)
        for row in found[found["q"] < self.spec.hotspot_q].itertuples():
            self._hotspot(row, placed, int(found["n_people"].sum()), protein)
        return found

    def _domain_rate(self, row: Any, placed: pd.DataFrame) -> None:
        if not row.denominator:
            return
        rate = exact_rate(row.numerator, row.denominator)
        self._add(
            f"domain.rate.{row.key}",
            self._people_of(placed),
            "with a placed mutation",
            {
                "estimator": _EXACT, "group_label": row.key, "numerator": row.numerator,
                "denominator": row.denominator, "unit": "mutations", "estimate": rate.rate, "ci_low": rate.ci_low,
                "ci_high": rate.ci_high, "p": row.p, "feature": self.spec.gene,
            },
            f"p against {100 * row.expected_share:.1f} % of the protein's length. {_NOT_INDEPENDENT}",
        )  # fmt: skip

    def _hotspot(self, row: Any, placed: pd.DataFrame, n_hits: int, protein: Protein) -> None:
        people = self._people_of(placed[placed["residue"] == row.residue])
        self._add(
            f"hotspot.{row.residue}",
            people,
            f"with a mutation at residue {row.residue}",
            {
                "estimator": "people with a mutation at the residue; binomial over the protein's length",
                "group_label": f"residue {row.residue}", "estimate": float(row.n_people),
                "numerator": int(row.n_people), "denominator": n_hits, "unit": "patients", "p": float(row.p),
                "q": float(row.q), "feature": self.spec.gene,
            },
            f"{n_hits / protein.length:.2f} people are expected at a residue; q over {protein.length:,} residues.",
        )  # fmt: skip

    def _people_of(self, calls: pd.DataFrame) -> pd.Series:
        return pd.Series(np.isin(self.members.index, calls["member"].unique()), index=self.members.index)

    def _count(self, key: str, people: pd.Series, row_set: str, label: str, count: int) -> None:
        values = {
            "estimator": "count", "group_label": label, "estimate": float(count), "numerator": count,
            "unit": "mutations", "feature": self.spec.gene,
        }  # fmt: skip
        self._add(key, people, row_set, values)


def member_calls(members: pd.DataFrame, calls: pd.DataFrame) -> pd.DataFrame:
    """The calls of the members' index samples, with ``member`` (label in ``members``) and ``patient_id``."""
    keys = members[["cohort_id", "sample_id", "patient_id"]].astype("object").assign(member=members.index)
    keys = keys[keys["sample_id"].notna()]  # nobody's calls: a patient without a sample
    own = calls.drop(columns=["patient_id"], errors="ignore")
    return own.merge(keys, on=["cohort_id", "sample_id"], how="inner", validate="many_to_one")
