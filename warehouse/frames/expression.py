"""Values of immune features and of expression for comparisons: one number a member, on the scale of the cohort.

A comparison knows a person by the sample whose gene status counts. RNA is often another sample of the same patient:
``marts.patient_expression`` and ``marts.patient_features`` say which one. Readers follow ``warehouse.frames.measures``;
scores and ranks are computed by ``analytics.immune``.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd

from analytics.comparison.source import VALUE_COLUMNS, ListedSet, MeasureValues, SetCoverage
from analytics.comparison.spec import Measure
from analytics.immune.gene_sets import GeneSet

#: ssGSEA scores are divided by their range over the cohort: fewer samples than this have none worth the name.
_FEWEST_SAMPLES = 5

_EXPRESSION = """
select cohort_id, sample_id, hugo_symbol as feature, value, log2_unit as unit, unit <> log2_unit as is_linear
from marts.patient_expression
where list_contains($cohorts, cohort_id) and ($genes = [] or list_contains($genes, hugo_symbol))
order by cohort_id, sample_id, hugo_symbol
"""

_FEATURES = """
select cohort_id, sample_id, feature, value, unit from marts.patient_features
where list_contains($names, feature) and list_contains($cohorts, cohort_id)
order by list_position($names, feature), cohort_id, sample_id
"""

_GENES_OF_SETS = """
select gene_set_id, version, hugo_symbol from marts.gene_sets
where list_contains($names, gene_set_id) or ($names = [] and collection = $collection)
order by gene_set_id, hugo_symbol
"""

_SIZES = """
select distinct gene_set_id, version, n_genes, gene_set_sha256 from marts.gene_sets
where list_contains($names, gene_set_id) or ($names = [] and collection = $collection)
order by gene_set_id
"""


def feature_values(
    con: duckdb.DuckDBPyConnection, names: Sequence[str], cohorts: Sequence[str]
) -> pd.DataFrame:
    """cohort_id, sample_id (the one whose status counts), feature, value, unit; features in the order asked for."""
    return con.execute(_FEATURES, {"names": list(names), "cohorts": list(cohorts)}).df()


def expression_values(
    con: duckdb.DuckDBPyConnection, cohorts: Sequence[str], genes: Sequence[str] = ()
) -> pd.DataFrame:
    """cohort_id, sample_id, feature (gene), value, unit, one row a person's sample and gene; without ``genes`` all. On
    the scale of ``marts.patient_expression.log2_value`` a difference is a fold."""
    found = con.execute(_EXPRESSION, {"cohorts": list(cohorts), "genes": list(genes)}).df()
    # numpy's logarithm: DuckDB's differs in the last bit of one value in thousands, and ranks break ties by that
    is_linear = found.pop("is_linear").astype(bool)
    found["value"] = found["value"].mask(is_linear, np.log2(found["value"].clip(lower=0) + 1))
    return found


def expression_matrix(con: duckdb.DuckDBPyConnection, cohort_id: str) -> pd.DataFrame:
    """Samples (those whose status counts) x genes of one cohort, as `expression_values`; genes that are missing in some
    sample are left out."""
    found = expression_values(con, [cohort_id])
    return found.pivot(index="sample_id", columns="feature", values="value").dropna(axis=1)


def gene_sets(con: duckdb.DuckDBPyConnection, names: Sequence[str], collection: str | None) -> list[GeneSet]:
    """Gene sets by name, or all of a collection."""
    rows = con.execute(_GENES_OF_SETS, {"names": list(names), "collection": collection}).df()
    return [
        GeneSet(str(set_id), tuple(part["hugo_symbol"]), "marts.gene_sets", str(part["version"].iloc[0]))
        for set_id, part in rows.groupby("gene_set_id", sort=True)
    ]


def listed_sets(
    con: duckdb.DuckDBPyConnection, names: Sequence[str], collection: str | None
) -> list[ListedSet]:
    """Gene sets by name, or all of a collection, without their genes."""
    rows = con.execute(_SIZES, {"names": list(names), "collection": collection}).fetchall()
    return [ListedSet(*row) for row in rows]


def genes_of(con: duckdb.DuckDBPyConnection, measure: Measure) -> list[str]:
    """Genes of a measure: those named, or the members of its collection."""
    if measure.names and measure.collection is None:
        return list(measure.names)
    sets = gene_sets(con, measure.names, measure.collection)
    return sorted({gene for gene_set in sets for gene in gene_set.genes})


def read_features(
    con: duckdb.DuckDBPyConnection, name: str, measure: Measure, gene: str, cohorts: Sequence[str]
) -> MeasureValues:
    """Immune features by the names of the vocabulary; a feature that nobody has is noted."""
    found = feature_values(con, measure.names, cohorts)
    absent = [feature for feature in measure.names if feature not in set(found["feature"])]
    reasons = {f: f"No cohort of {', '.join(cohorts)} has the feature {f}." for f in absent}
    return MeasureValues(found, reasons=reasons)


def read_genes(
    con: duckdb.DuckDBPyConnection, name: str, measure: Measure, gene: str, cohorts: Sequence[str]
) -> MeasureValues:
    """Expression of genes, named or members of sets."""
    genes = genes_of(con, measure)
    found = expression_values(con, cohorts, genes)
    absent = [gene_name for gene_name in genes if gene_name not in set(found["feature"])]
    reasons = {g: f"{g} is measured in no cohort of {', '.join(cohorts)}." for g in absent}
    found = found.sort_values(["feature", "cohort_id", "sample_id"]).reset_index(drop=True)
    return MeasureValues(found, reasons=reasons)


def read_gene_sets(
    con: duckdb.DuckDBPyConnection, name: str, measure: Measure, gene: str, cohorts: Sequence[str]
) -> MeasureValues:
    """ssGSEA scores (Barbie 2009, GSVA's tie rule), each cohort by itself: ranks within a sample, scores over the range
    of the cohort. A set below 80 % coverage in a cohort is not scored there, and noted where no cohort scores it."""
    sets = gene_sets(con, measure.names, measure.collection)
    parts: list[pd.DataFrame] = []
    refused: dict[str, list[str]] = {}
    coverage: dict[str, SetCoverage] = {}
    for cohort_id in cohorts:
        matrix = expression_matrix(con, cohort_id)
        if matrix.shape[0] < _FEWEST_SAMPLES or not sets:
            continue
        from analytics.immune.ssgsea import (
            ssgsea,  # compiled: numba loads in a second, which few questions need
        )

        scored = ssgsea(matrix, sets)
        for row in scored.coverage.to_dict("records"):
            set_id = str(row["gene_set"])
            if row["is_scored"]:
                before = coverage[set_id].share if set_id in coverage else 1.0
                coverage[set_id] = SetCoverage(str(row["sha256"]), min(before, float(row["coverage"])))
            else:
                refused.setdefault(set_id, []).append(f"{cohort_id}: {row['reason']}")
        long = scored.scores.melt(ignore_index=False, var_name="feature").reset_index()
        parts.append(long.assign(cohort_id=cohort_id, unit=f"ssGSEA score within {cohort_id}"))
    columns = list(VALUE_COLUMNS)
    return MeasureValues(
        pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns),
        reasons={s: f"Not scored. {'; '.join(why)}." for s, why in refused.items() if s not in coverage},
        notes={s: f"Not scored in {'; '.join(why)}." for s, why in refused.items() if s in coverage},
        coverage=coverage,
    )
