"""Values that comparisons look at: one reader for each source of ``analytics.comparison.spec.Measure``.

A reader gives a frame with ``cohort_id, sample_id, feature, value, unit``, one row a sample and feature, and ``own``
where part of the value is the gene's own mutations; ``attrs["note"]`` is a sentence that every row of the measure
carries (what was measured, cited). A source that the warehouse does not have raises
:class:`MeasureUnavailableError`: the comparison keeps a row that says so. To add a source: write a reader and name it
in :data:`READERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import duckdb
import pandas as pd

from analytics.comparison.spec import Measure
from ingestion.errors import IngestionError
from warehouse.frames.expression import read_features, read_gene_sets, read_genes

Reader = Callable[[duckdb.DuckDBPyConnection, str, Measure, str, Sequence[str]], pd.DataFrame]


class MeasureUnavailableError(IngestionError):
    """The warehouse has nothing to compute a measure from."""


_BURDENS = """
with own as (
    select cohort_id, sample_id, count(*) as n_own
    from marts.mutations
    where is_counted and is_nonsynonymous and hugo_symbol = $gene and list_contains($cohorts, cohort_id)
    group by cohort_id, sample_id
)
select
    burdens.cohort_id, burdens.sample_id, $feature as feature,
    coalesce(burdens.tmb_mut_per_mb, burdens.numerator) as value,
    case when burdens.tmb_mut_per_mb is null then $unit else 'mutations per Mb' end as unit,
    case
        when $feature <> 'tmb' then 0.0
        when burdens.denominator_mb is null then coalesce(own.n_own, 0)
        else coalesce(own.n_own, 0) / burdens.denominator_mb
    end as own
from marts.burdens as burdens
left join own on burdens.cohort_id = own.cohort_id and burdens.sample_id = own.sample_id
where burdens.measure = $feature and burdens.numerator_rule = $rule and list_contains($cohorts, burdens.cohort_id)
"""

#: Every sequenced sample that can be judged as a whole has a count; only cohorts whose calls hold the classes asked for
#: can have one of 0.
_COUNTS = """
with counted as (
    select
        cohort_id, sample_id, count(*) as n,
        sum(case when hugo_symbol = $gene then 1 else 0 end) as n_own
    from marts.mutations
    where is_counted and list_contains($classes, variant_classification) and list_contains($cohorts, cohort_id)
    group by cohort_id, sample_id
),
holding as (select distinct cohort_id from counted)
select
    profiling.cohort_id, profiling.sample_id, $feature as feature, cast(coalesce(counted.n, 0) as double) as value,
    'mutations' as unit, cast(coalesce(counted.n_own, 0) as double) as own
from marts.profiling as profiling
inner join holding on profiling.cohort_id = holding.cohort_id
left join counted on profiling.cohort_id = counted.cohort_id and profiling.sample_id = counted.sample_id
where profiling.is_profiled and not profiling.is_undetermined
"""

#: Mutations in the genes of a set. Panels do not cover sets: exomes only. A sample with a row that could be one of the
#: genes, is not understood and stands beside no call of the gene has no count.
_IN_SETS = """
with members as (
    select distinct gene_set_id, hugo_symbol from marts.gene_sets
    where hugo_symbol is not null and hugo_symbol <> $gene
        and (list_contains($names, gene_set_id) or ($names = [] and collection = $collection))
),
sets as (
    select distinct case when $together then $feature else gene_set_id end as feature, hugo_symbol from members
),
hits as (
    select calls.cohort_id, calls.sample_id, sets.feature, count(distinct calls.hugo_symbol) as n
    from marts.mutations as calls
    inner join sets on calls.hugo_symbol = sets.hugo_symbol
    where calls.is_counted and calls.is_nonsynonymous and list_contains($cohorts, calls.cohort_id)
    group by calls.cohort_id, calls.sample_id, sets.feature
),
doubts as (
    select distinct doubtful.cohort_id, doubtful.sample_id, sets.feature
    from marts.undetermined_genes as doubtful
    inner join sets on doubtful.hugo_symbol = sets.hugo_symbol
    where list_contains($cohorts, doubtful.cohort_id) and not exists (
        select 1 from marts.mutations as calls
        where calls.is_counted and calls.is_nonsynonymous and calls.cohort_id = doubtful.cohort_id
            and calls.sample_id = doubtful.sample_id and calls.hugo_symbol = doubtful.hugo_symbol
    )
)
select
    profiling.cohort_id, profiling.sample_id, features.feature, cast(coalesce(hits.n, 0) as double) as value,
    'mutated genes' as unit
from marts.profiling as profiling
cross join (select distinct feature from sets) as features
left join hits
    on profiling.cohort_id = hits.cohort_id and profiling.sample_id = hits.sample_id
    and features.feature = hits.feature
left join doubts
    on profiling.cohort_id = doubts.cohort_id and profiling.sample_id = doubts.sample_id
    and features.feature = doubts.feature
where profiling.is_profiled and not profiling.is_undetermined and profiling.assay_kind = 'exome'
    and doubts.sample_id is null and list_contains($cohorts, profiling.cohort_id)
"""

_SETS = """
select gene_set_id, max(n_genes), max(citation) from marts.gene_sets
where list_contains($names, gene_set_id) or ($names = [] and collection = $collection)
group by gene_set_id order by gene_set_id
"""

_RULES = {
    "tmb": ("non-synonymous calls counted here", "mutations"),
    "neoantigens": ("count stated by the source", "neoantigens"),
}


def measure_frame(
    con: duckdb.DuckDBPyConnection, name: str, measure: Measure, gene: str, cohorts: Sequence[str]
) -> pd.DataFrame:
    """Values of one measure, see the module.

    Raises
    ------
    MeasureUnavailableError
        One sentence: what is missing and what would bring it.
    """
    reader = READERS.get(measure.source)
    if reader is None:
        raise MeasureUnavailableError(
            f"measure '{name}': the source '{measure.source}' has no reader in this version",
            where="warehouse/frames/measures.py",
            remedy="leave the measure out, or add a reader",
        )
    frame = reader(con, name, measure, gene, cohorts)
    if frame.empty and not frame.attrs.get("reasons"):
        raise MeasureUnavailableError(
            f"measure '{name}': nobody of {', '.join(cohorts)} has a value", where=f"source {measure.source}",
            remedy="name a source of these values in the cohort files",
        )  # fmt: skip
    return frame


def _burdens(
    con: duckdb.DuckDBPyConnection, name: str, measure: Measure, gene: str, cohorts: Sequence[str]
) -> pd.DataFrame:
    feature = measure.names[0] if measure.names else name
    if feature not in _RULES:
        raise MeasureUnavailableError(
            f"measure '{name}': there is no burden '{feature}'", where="marts.burdens",
            remedy=f"use one of {', '.join(_RULES)}",
        )  # fmt: skip
    rule, unit = _RULES[feature]
    values = {"feature": feature, "rule": rule, "unit": unit, "gene": gene, "cohorts": list(cohorts)}
    frame = con.execute(_BURDENS, values).df()
    return frame.assign(feature=name)


def _mutation_counts(
    con: duckdb.DuckDBPyConnection, name: str, measure: Measure, gene: str, cohorts: Sequence[str]
) -> pd.DataFrame:
    values = {"feature": name, "classes": list(measure.names), "gene": gene, "cohorts": list(cohorts)}
    return con.execute(_COUNTS, values).df()


def _mutated_genes(
    con: duckdb.DuckDBPyConnection, name: str, measure: Measure, gene: str, cohorts: Sequence[str]
) -> pd.DataFrame:
    """Mutated genes of all sets together under the measure's name, without the gene that is asked about."""
    if not has_mart(con, "gene_sets"):
        raise MeasureUnavailableError(
            f"measure '{name}': the warehouse has no gene sets", where="marts.gene_sets",
            remedy="declare them under catalog/references",
        )  # fmt: skip
    values = {
        "feature": name, "names": list(measure.names), "collection": measure.collection, "together": True,
        "gene": gene, "cohorts": list(cohorts),
    }  # fmt: skip
    frame = con.execute(_IN_SETS, values).df()
    asked = {"names": list(measure.names), "collection": measure.collection}
    frame.attrs["note"] = _cited(con.execute(_SETS, asked).fetchall(), gene)
    return frame


def _cited(sets: list[tuple[str, int, str]], gene: str) -> str:
    """'DDR_MMR (11 genes), ...: Wood RD et al. ...; IGF1R itself is not counted.'"""
    named = ", ".join(f"{gene_set} ({n} genes)" for gene_set, n, _ in sets)
    citations = "; ".join(dict.fromkeys(citation for _, _, citation in sets))
    return f"{named}: {citations}. {gene} itself is not counted."


def has_mart(con: duckdb.DuckDBPyConnection, mart: str) -> bool:
    """Whether the warehouse has a table of that name among its marts."""
    found = con.execute(
        "select count(*) from information_schema.tables where table_schema = 'marts' and table_name = ?",
        [mart],
    ).fetchone()
    return bool(found and found[0])


#: Source of a measure -> what reads it.
READERS: dict[str, Reader] = {
    "burdens": _burdens,
    "mutation_counts": _mutation_counts,
    "mutated_genes": _mutated_genes,
    "features": read_features,
    "genes": read_genes,
    "gene_sets": read_gene_sets,
}
