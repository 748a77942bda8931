"""Values of immune features and of expression for comparisons: one number a member, on the scale of the cohort.

A comparison knows a person by the sample whose gene status counts. RNA is often another sample of the same patient:
``marts.patient_expression`` and ``marts.patient_features`` say which one. Readers follow ``warehouse.frames.measures``;
scores and ranks are computed by ``analytics.immune``.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.comparison.source import VALUE_COLUMNS, ListedSet, MeasureValues, SetCoverage
from analytics.comparison.spec import Measure
from analytics.engine.arrays import FloatArray
from analytics.immune.gene_sets import GeneSet
from warehouse.frames.compact import batches, coded_rows, registered
from warehouse.tables import frame_of

#: ssGSEA scores are divided by their range over the cohort: fewer samples than this have none worth the name.
_FEWEST_SAMPLES = 5

#: Genes of a query: a list that is looked through at each of millions of values costs minutes, a join costs nothing.
_OF_GENES = "($genes = [] or hugo_symbol in (select unnest($genes)))"

_EXPRESSION = f"""
select cohort_id, sample_id, hugo_symbol as feature, value, log2_unit as unit, unit <> log2_unit as is_linear
from marts.patient_expression
where list_contains($cohorts, cohort_id) and {_OF_GENES}
order by cohort_id, sample_id, hugo_symbol
"""

_MEASURED_SAMPLES = f"""
select distinct sample_id from marts.patient_expression
where cohort_id = $cohort and {_OF_GENES}
order by sample_id
"""

_COMPLETE_GENES = f"""
select hugo_symbol from marts.patient_expression
where cohort_id = $cohort and {_OF_GENES}
group by hugo_symbol
having count(value) filter (where not isnan(value)) = $n_samples
order by hugo_symbol
"""

#: A value with its place in the matrix; the two tables of places are this module's own.
_PLACED_VALUES = """
select
    cast(samples.place as integer) as sample, cast(genes.place as integer) as gene, measured.value,
    measured.unit <> measured.log2_unit as is_linear
from marts.patient_expression as measured
inner join samples on measured.sample_id = samples.name
inner join genes on measured.hugo_symbol = genes.name
where measured.cohort_id = $cohort
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
    return frame_of(con.execute(_FEATURES, {"names": list(names), "cohorts": list(cohorts)}))


def expression_values(
    con: duckdb.DuckDBPyConnection, cohorts: Sequence[str], genes: Sequence[str] = ()
) -> pd.DataFrame:
    """cohort_id, sample_id, feature (gene), value, unit, one row a person's sample and gene; without ``genes`` all.
    Words are categories. On the scale of ``marts.patient_expression.log2_value`` a difference is a fold."""
    found = coded_rows(
        con,
        _EXPRESSION,
        {"cohorts": list(cohorts), "genes": list(genes)},
        words=("cohort_id", "sample_id", "feature", "unit"),
    )
    is_linear = found.pop("is_linear").to_numpy(dtype=bool)
    return found.assign(value=_as_logarithms(found["value"].to_numpy(dtype=np.float64), is_linear))


def expression_matrix(
    con: duckdb.DuckDBPyConnection, cohort_id: str, genes: Sequence[str] = ()
) -> pd.DataFrame:
    """Samples (those whose status counts) x genes of one cohort, as `expression_values`; genes that are missing in some
    sample are left out.

    The values go from the file into one table of floats, a batch at a time: 8 bytes a value and what DuckDB reads with
    (benchmarks/memory), where a row a value with its words takes 300.
    """
    asked: dict[str, object] = {"cohort": cohort_id, "genes": list(genes)}
    samples = _places(con, _MEASURED_SAMPLES, asked)
    genes_measured = _places(con, _COMPLETE_GENES, asked | {"n_samples": len(samples)})
    values = np.full((len(samples), len(genes_measured)), np.nan)
    n_placed = 0
    with registered(con, samples=samples, genes=genes_measured):
        for part in batches(con, _PLACED_VALUES, {"cohort": cohort_id}):
            is_linear = part["is_linear"].to_numpy(dtype=bool)
            value = _as_logarithms(part["value"].to_numpy(dtype=np.float64), is_linear)
            values[part["sample"].to_numpy(), part["gene"].to_numpy()] = value
            n_placed += len(part)
    assert n_placed == values.size, "marts.patient_expression has one row a sample and gene"
    return pd.DataFrame(
        values,
        index=pd.Index(samples["name"], name="sample_id"),
        columns=pd.Index(genes_measured["name"], name="feature"),
    )


def _places(con: duckdb.DuckDBPyConnection, query: str, values: dict[str, object]) -> pd.DataFrame:
    """``name`` as the query gives them, and ``place`` from 0."""
    names = [str(row[0]) for row in con.execute(query, values).fetchall()]
    return pd.DataFrame({"name": pd.Series(names, dtype=object), "place": np.arange(len(names))})


def _as_logarithms(values: FloatArray, is_linear: npt.NDArray[np.bool_]) -> FloatArray:
    """The values with log2(x + 1) of those on a linear scale; numpy's logarithm: DuckDB's differs in the last bit of
    one value in thousands, and ranks break ties by that."""
    return np.where(is_linear, np.log2(np.maximum(np.where(is_linear, values, 0.0), 0.0) + 1.0), values)


def gene_sets(con: duckdb.DuckDBPyConnection, names: Sequence[str], collection: str | None) -> list[GeneSet]:
    """Gene sets by name, or all of a collection."""
    rows = frame_of(con.execute(_GENES_OF_SETS, {"names": list(names), "collection": collection}))
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
    found = found.sort_values(["feature", "cohort_id", "sample_id"], ignore_index=True)
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
