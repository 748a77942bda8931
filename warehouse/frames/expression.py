"""Values of immune features and of expression for comparisons: one number a member, on the scale of the cohort.

A comparison knows a person by the sample whose gene status counts. RNA is often another sample of the same patient, so
values are looked up by patient: the same sample first, then before treatment, then by name. Readers follow
``warehouse.frames.measures``; scores and ranks are computed by ``analytics.immune``.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd

from analytics.comparison.spec import Measure
from analytics.immune.gene_sets import GeneSet
from analytics.immune.ssgsea import ssgsea

#: Units whose values are logged (log2 of the value and 1) before samples are compared or genes are ranked.
_LOGGED = "log2"
#: Unit of values that still carry the depth of their sample: they become counts per million of all genes of the file.
COUNTS = "read counts"
#: ssGSEA scores are divided by their range over the cohort: fewer samples than this have none worth the name.
_FEWEST_SAMPLES = 5

#: The RNA sample of each patient, and the sample under which the comparison knows him or her.
_CHOSEN = """
with measured as (
    select distinct cohort_id, patient_id, sample_id from marts.expression
    where list_contains($cohorts, cohort_id)
),
known as (
    select cohort_id, patient_id, sample_id from marts.samples where is_index
)
select
    measured.cohort_id, measured.patient_id, measured.sample_id as rna_sample_id, known.sample_id,
    row_number() over (
        partition by measured.cohort_id, measured.patient_id
        order by
            case when measured.sample_id = known.sample_id then 0 else 1 end,
            case when samples.biopsy_time = 'pre' then 0 when samples.biopsy_time is null then 1 else 2 end,
            measured.sample_id
    ) as place,
    samples.biopsy_time
from measured
inner join known on measured.cohort_id = known.cohort_id and measured.patient_id = known.patient_id
inner join marts.samples as samples
    on measured.cohort_id = samples.cohort_id and measured.sample_id = samples.sample_id
"""

#: A gene that stands in several rows of a file counts with the row of the highest mean in its cohort.
_VALUES = """
with totals as (
    select cohort_id, sample_id, sum(value) as total from marts.expression
    where list_contains($cohorts, cohort_id) and unit = $counts group by cohort_id, sample_id
),
wanted as (
    select cohort_id, sample_id, hugo_symbol, gene_raw, value, unit from marts.expression
    where list_contains($cohorts, cohort_id) and hugo_symbol is not null
        and ($genes = [] or list_contains($genes, hugo_symbol))
),
means as (
    select cohort_id, hugo_symbol, gene_raw, avg(value) as mean_value from wanted
    group by cohort_id, hugo_symbol, gene_raw
),
best as (
    select
        cohort_id, hugo_symbol, gene_raw,
        row_number() over (partition by cohort_id, hugo_symbol order by mean_value desc, gene_raw) as place
    from means
)
select
    wanted.cohort_id, wanted.sample_id as rna_sample_id, wanted.hugo_symbol,
    case when wanted.unit = $counts then 1e6 * wanted.value / totals.total else wanted.value end as value,
    case when wanted.unit = $counts then 'counts per million' else wanted.unit end as unit
from wanted
left join totals on wanted.cohort_id = totals.cohort_id and wanted.sample_id = totals.sample_id
inner join best
    on wanted.cohort_id = best.cohort_id and wanted.hugo_symbol = best.hugo_symbol
    and wanted.gene_raw = best.gene_raw and best.place = 1
"""

#: Of several sources of a feature, that which covers most samples of the cohort counts.
_FEATURES = """
with asked as (
    select features.cohort_id, features.patient_id, features.sample_id, features.feature, features.value,
        features.unit, features.source
    from marts.immune_features as features
    where list_contains($cohorts, features.cohort_id) and list_contains($names, features.feature)
),
sources as (
    select
        cohort_id, feature, source,
        row_number() over (partition by cohort_id, feature order by count(*) desc, source) as place
    from asked group by cohort_id, feature, source
),
joined as (
    select
        asked.cohort_id, known.sample_id, asked.feature, asked.value, asked.unit,
        row_number() over (
            partition by asked.cohort_id, asked.patient_id, asked.feature
            order by case when asked.sample_id = known.sample_id then 0 else 1 end, asked.sample_id
        ) as place
    from asked
    inner join sources
        on asked.cohort_id = sources.cohort_id and asked.feature = sources.feature
        and asked.source = sources.source and sources.place = 1
    inner join marts.samples as known
        on asked.cohort_id = known.cohort_id and asked.patient_id = known.patient_id and known.is_index
)
select cohort_id, sample_id, feature, value, unit from joined where place = 1
"""

_GENES_OF_SETS = """
select gene_set_id, version, hugo_symbol from marts.gene_sets
where list_contains($names, gene_set_id) or ($names = [] and collection = $collection)
order by gene_set_id, hugo_symbol
"""


def feature_values(
    con: duckdb.DuckDBPyConnection, names: Sequence[str], cohorts: Sequence[str]
) -> pd.DataFrame:
    """cohort_id, sample_id (the one whose status counts), feature, value, unit; features in the order asked for."""
    found = con.execute(_FEATURES, {"names": list(names), "cohorts": list(cohorts)}).df()
    order = {name: place for place, name in enumerate(names)}
    return found.sort_values("feature", key=lambda column: column.map(order), kind="stable").reset_index(
        drop=True
    )


def chosen_samples(con: duckdb.DuckDBPyConnection, cohorts: Sequence[str]) -> pd.DataFrame:
    """cohort_id, patient_id, rna_sample_id, sample_id, biopsy_time: one RNA sample a patient."""
    found = con.execute(_CHOSEN, {"cohorts": list(cohorts)}).df()
    return found[found["place"] == 1].drop(columns="place").reset_index(drop=True)


def expression_values(
    con: duckdb.DuckDBPyConnection, cohorts: Sequence[str], genes: Sequence[str] = ()
) -> pd.DataFrame:
    """cohort_id, sample_id, feature (gene), value, unit, one row a person's sample and gene; without ``genes`` all.

    Read counts become counts per million first, for they carry the depth of the sample. Values are log2(x + 1) unless
    the cohort gives logarithms; on this scale a difference is a fold.
    """
    asked = {"cohorts": list(cohorts), "genes": list(genes), "counts": COUNTS}
    values = con.execute(_VALUES, asked).df()
    chosen = chosen_samples(con, cohorts)
    found = values.merge(
        chosen[["cohort_id", "rna_sample_id", "sample_id"]], on=["cohort_id", "rna_sample_id"]
    )
    is_logged = found["unit"].str.startswith(_LOGGED)
    found["value"] = found["value"].where(is_logged, np.log2(found["value"].clip(lower=0) + 1))
    found["unit"] = found["unit"].where(is_logged, "log2(" + found["unit"] + " + 1)")
    return found.rename(columns={"hugo_symbol": "feature"})[
        ["cohort_id", "sample_id", "feature", "value", "unit"]
    ]


def expression_matrix(con: duckdb.DuckDBPyConnection, cohort_id: str) -> pd.DataFrame:
    """Samples (those whose status counts) x genes of one cohort, as `expression_values`; genes that are missing in some
    sample are left out."""
    found = expression_values(con, [cohort_id])
    return found.pivot(index="sample_id", columns="feature", values="value").dropna(axis=1)


def listed_sets(
    con: duckdb.DuckDBPyConnection, names: Sequence[str], collection: str | None
) -> list[GeneSet]:
    """Gene sets by name, or all of a collection."""
    rows = con.execute(_GENES_OF_SETS, {"names": list(names), "collection": collection}).df()
    return [
        GeneSet(str(set_id), tuple(part["hugo_symbol"]), "marts.gene_sets", str(part["version"].iloc[0]))
        for set_id, part in rows.groupby("gene_set_id", sort=True)
    ]


def genes_of(con: duckdb.DuckDBPyConnection, measure: Measure) -> list[str]:
    """Genes of a measure: those named, or the members of its collection."""
    if measure.names and measure.collection is None:
        return list(measure.names)
    sets = listed_sets(con, measure.names, measure.collection)
    return sorted({gene for gene_set in sets for gene in gene_set.genes})


def read_features(
    con: duckdb.DuckDBPyConnection, name: str, measure: Measure, gene: str, cohorts: Sequence[str]
) -> pd.DataFrame:
    """Immune features by the names of the vocabulary; a feature that nobody has is noted."""
    found = feature_values(con, measure.names, cohorts)
    absent = [feature for feature in measure.names if feature not in set(found["feature"])]
    found.attrs["reasons"] = {f: f"No cohort of {', '.join(cohorts)} has the feature {f}." for f in absent}
    return found


def read_genes(
    con: duckdb.DuckDBPyConnection, name: str, measure: Measure, gene: str, cohorts: Sequence[str]
) -> pd.DataFrame:
    """Expression of genes, named or members of sets."""
    genes = genes_of(con, measure)
    found = expression_values(con, cohorts, genes)
    absent = [gene_name for gene_name in genes if gene_name not in set(found["feature"])]
    found.attrs["reasons"] = {g: f"{g} is measured in no cohort of {', '.join(cohorts)}." for g in absent}
    return found.sort_values(["feature", "cohort_id", "sample_id"]).reset_index(drop=True)


def read_gene_sets(
    con: duckdb.DuckDBPyConnection, name: str, measure: Measure, gene: str, cohorts: Sequence[str]
) -> pd.DataFrame:
    """ssGSEA scores (Barbie 2009, GSVA's tie rule), each cohort by itself: ranks within a sample, scores over the range
    of the cohort. A set below 80 % coverage in a cohort is not scored there, and noted where no cohort scores it."""
    sets = listed_sets(con, measure.names, measure.collection)
    parts: list[pd.DataFrame] = []
    refused: dict[str, list[str]] = {}
    coverage: dict[str, tuple[str, float]] = {}
    for cohort_id in cohorts:
        matrix = expression_matrix(con, cohort_id)
        if matrix.shape[0] < _FEWEST_SAMPLES or not sets:
            continue
        scored = ssgsea(matrix, sets)
        for row in scored.coverage.to_dict("records"):
            set_id = str(row["gene_set"])
            if row["is_scored"]:
                before = coverage.get(set_id, (str(row["sha256"]), 1.0))[1]
                coverage[set_id] = (str(row["sha256"]), min(before, float(row["coverage"])))
            else:
                refused.setdefault(set_id, []).append(f"{cohort_id}: {row['reason']}")
        long = scored.scores.melt(ignore_index=False, var_name="feature").reset_index()
        parts.append(long.assign(cohort_id=cohort_id, unit=f"ssGSEA score within {cohort_id}"))
    columns = ["cohort_id", "sample_id", "feature", "value", "unit"]
    found = pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
    found.attrs["coverage"] = coverage
    found.attrs["reasons"] = {
        set_id: f"Not scored. {'; '.join(why)}." for set_id, why in refused.items() if set_id not in coverage
    }
    found.attrs["notes"] = {s: f"Not scored in {'; '.join(w)}." for s, w in refused.items() if s in coverage}
    return found
