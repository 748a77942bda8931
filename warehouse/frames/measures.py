"""Values that comparisons look at: one reader for each source of ``analytics.comparison.spec.Measure``.

A reader gives a frame with ``cohort_id, sample_id, feature, value, unit``, one row a sample and feature, and ``own``
where part of the value is the gene's own mutations, and what is to be said of the values
(:class:`analytics.comparison.source.MeasureValues`). A source that the warehouse does not have raises
:class:`MeasureUnavailableError`: the comparison keeps a row that says so. To add a source: write a reader and name it
in :data:`READERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import duckdb

from analytics.comparison.source import MeasureValues
from analytics.comparison.spec import Measure
from ingestion.errors import IngestionError
from warehouse.frames.expression import read_features, read_gene_sets, read_genes
from warehouse.tables import frame_of

Reader = Callable[[duckdb.DuckDBPyConnection, str, Measure, str, Sequence[str]], MeasureValues]


class MeasureUnavailableError(IngestionError):
    """The warehouse has nothing to compute a measure from."""


#: A gene's own mutations are part of a burden that is counted from the calls.
_BURDENS = """
select
    burdens.cohort_id, burdens.sample_id, $feature as feature,
    coalesce(burdens.tmb_mut_per_mb, burdens.numerator) as value,
    case when burdens.tmb_mut_per_mb is null then $unit else 'mutations per Mb' end as unit,
    case
        when $feature <> 'tmb' then 0.0
        else coalesce(calls.n_nonsynonymous, 0) / coalesce(burdens.denominator_mb, 1)
    end as own
from marts.burdens as burdens
left join marts.gene_calls as calls
    on burdens.cohort_id = calls.cohort_id and burdens.sample_id = calls.sample_id and calls.hugo_symbol = $gene
where burdens.measure = $feature and burdens.is_compared and list_contains($cohorts, burdens.cohort_id)
order by burdens.cohort_id, burdens.sample_id
"""

_COUNTS = """
with own as (
    select cohort_id, sample_id, count(*) as n_own from marts.counted_mutations
    where hugo_symbol = $gene and list_contains($classes, variant_classification)
        and list_contains($cohorts, cohort_id)
    group by cohort_id, sample_id
),
counts as (
    select cohort_id, sample_id, sum(n_mutations) as n from marts.mutation_class_counts
    where list_contains($classes, variant_classification) and list_contains($cohorts, cohort_id)
    group by cohort_id, sample_id
)
select
    counts.cohort_id, counts.sample_id, $feature as feature, cast(counts.n as double) as value, 'mutations' as unit,
    cast(coalesce(own.n_own, 0) as double) as own
from counts left join own on counts.cohort_id = own.cohort_id and counts.sample_id = own.sample_id
order by counts.cohort_id, counts.sample_id
"""

#: Mutated genes of a set. Panels do not cover sets: exomes only. A sample with a doubt about one of the genes, and no
#: call of it, has no count.
_IN_SETS = """
with genes as (
    select distinct hugo_symbol from marts.gene_sets
    where hugo_symbol <> $gene and (list_contains($names, gene_set_id) or ($names = [] and collection = $collection))
),
hits as (
    select
        calls.cohort_id, calls.sample_id, sum(case when calls.n_nonsynonymous > 0 then 1 else 0 end) as n,
        bool_or(calls.n_nonsynonymous = 0) as is_doubtful
    from marts.gene_calls as calls
    inner join genes on calls.hugo_symbol = genes.hugo_symbol
    where list_contains($cohorts, calls.cohort_id)
    group by calls.cohort_id, calls.sample_id
)
select
    profiling.cohort_id, profiling.sample_id, $feature as feature, cast(coalesce(hits.n, 0) as double) as value,
    'mutated genes' as unit
from marts.profiling as profiling
left join hits on profiling.cohort_id = hits.cohort_id and profiling.sample_id = hits.sample_id
where profiling.is_judged and profiling.assay_kind = 'exome' and not coalesce(hits.is_doubtful, false)
    and list_contains($cohorts, profiling.cohort_id) and exists (select 1 from genes)
order by profiling.cohort_id, profiling.sample_id
"""

_SETS = """
select gene_set_id, max(n_genes), max(citation) from marts.gene_sets
where list_contains($names, gene_set_id) or ($names = [] and collection = $collection)
group by gene_set_id order by gene_set_id
"""

#: Burden -> unit of its count, where the megabases are not known.
_BURDEN_UNITS = {"tmb": "mutations", "neoantigens": "neoantigens"}


def measure_values(
    con: duckdb.DuckDBPyConnection, name: str, measure: Measure, gene: str, cohorts: Sequence[str]
) -> MeasureValues:
    """Values of one measure, see the module; of one that the warehouse lacks the reason, with what would bring it."""
    try:
        return _read(con, name, measure, gene, cohorts)
    except MeasureUnavailableError as exc:
        return MeasureValues(unavailable=str(exc))


def _read(
    con: duckdb.DuckDBPyConnection, name: str, measure: Measure, gene: str, cohorts: Sequence[str]
) -> MeasureValues:
    reader = READERS.get(measure.source)
    if reader is None:
        raise MeasureUnavailableError(
            f"measure '{name}': the source '{measure.source}' has no reader in this version",
            where="warehouse/frames/measures.py",
            remedy="leave the measure out, or add a reader",
        )
    found = reader(con, name, measure, gene, cohorts)
    if found.frame.empty and not found.reasons:
        raise MeasureUnavailableError(
            f"measure '{name}': nobody of {', '.join(cohorts)} has a value", where=f"source {measure.source}",
            remedy="name a source of these values in the cohort files",
        )  # fmt: skip
    return found


def _burdens(
    con: duckdb.DuckDBPyConnection, name: str, measure: Measure, gene: str, cohorts: Sequence[str]
) -> MeasureValues:
    feature = measure.names[0] if measure.names else name
    if feature not in _BURDEN_UNITS:
        raise MeasureUnavailableError(
            f"measure '{name}': there is no burden '{feature}'", where="marts.burdens",
            remedy=f"use one of {', '.join(_BURDEN_UNITS)}",
        )  # fmt: skip
    values = {"feature": feature, "unit": _BURDEN_UNITS[feature], "gene": gene, "cohorts": list(cohorts)}
    return MeasureValues(frame_of(con.execute(_BURDENS, values)).assign(feature=name))


def _mutation_counts(
    con: duckdb.DuckDBPyConnection, name: str, measure: Measure, gene: str, cohorts: Sequence[str]
) -> MeasureValues:
    values = {"feature": name, "classes": list(measure.names), "gene": gene, "cohorts": list(cohorts)}
    return MeasureValues(frame_of(con.execute(_COUNTS, values)))


def _mutated_genes(
    con: duckdb.DuckDBPyConnection, name: str, measure: Measure, gene: str, cohorts: Sequence[str]
) -> MeasureValues:
    """Mutated genes of all sets together under the measure's name, without the gene that is asked about."""
    values = {
        "feature": name, "names": list(measure.names), "collection": measure.collection, "gene": gene,
        "cohorts": list(cohorts),
    }  # fmt: skip
    asked = {"names": list(measure.names), "collection": measure.collection}
    note = _cited(con.execute(_SETS, asked).fetchall(), gene)
    return MeasureValues(frame_of(con.execute(_IN_SETS, values)), note=note)


def _cited(sets: list[tuple[str, int, str]], gene: str) -> str:
    """'DDR_MMR (11 genes), ...: Wood RD et al. ...; IGF1R itself is not counted.'"""
    named = ", ".join(f"{gene_set} ({n} genes)" for gene_set, n, _ in sets)
    citations = "; ".join(dict.fromkeys(citation for _, _, citation in sets))
    return f"{named}: {citations}. {gene} itself is not counted."


#: Source of a measure -> what reads it.
READERS: dict[str, Reader] = {
    "burdens": _burdens,
    "mutation_counts": _mutation_counts,
    "mutated_genes": _mutated_genes,
    "features": read_features,
    "genes": read_genes,
    "gene_sets": read_gene_sets,
}
