"""What biomarkers read, from an open build or published file: marts by key, no rule of its own.

Implements :class:`analytics.biomarkers.inputs.BiomarkerInputs` for the cohorts that it is made for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import duckdb
import pandas as pd

from analytics.biomarkers.errors import NotAskableError
from warehouse.frames.expression import expression_matrix, expression_values, feature_values
from warehouse.frames.patients import resolve_gene
from warehouse.tables import frame_of, has_table

#: Marts that a biomarker beyond the mutation of one gene may read.
BIOMARKER_MARTS = (
    "burdens", "copy_number", "copy_number_samples", "expression", "gene_names", "gene_panels", "gene_sets", "hotspots",
    "immune_features", "mutations", "patient_expression", "patient_features", "patients", "profiling",
    "response_outcomes", "sample_attributes", "samples", "signature_profiles", "structural_variant_samples",
    "structural_variants", "undetermined_copy_number", "undetermined_genes",
)  # fmt: skip
#: A residue at which that many people of the warehouse have a missense or in-frame change is a hotspot, as in scans.
HOTSPOT_PEOPLE = 10
#: The variant of the signature analyses whose presence counts.
SIGNATURE_VARIANT = "default"
#: Name of a clinical attribute in the language -> in the catalogue, where they differ.
CATALOGUE_NAMES = {"AGE_YEARS": "AGE", "PDL1": "PDL1_RAW"}
#: What became of a patient under treatment, asked like an attribute: yes or no by the rules of marts.response_outcomes.
_RESPONSE_COLUMNS = {
    "OBJECTIVE_RESPONSE": "is_objective_response",
    "DISEASE_CONTROL": "is_disease_control",
    "DURABLE_BENEFIT": "has_durable_benefit",
}
_LANGUAGE_NAMES = {catalogue: name for name, catalogue in CATALOGUE_NAMES.items()}

_SAMPLES = """
select
    profiling.cohort_id, profiling.sample_id, profiling.patient_id, samples.is_index,
    coalesce(samples.cancer_type, patients.cancer_type) as cancer_type,
    profiling.panel_id, profiling.is_profiled, profiling.is_undetermined, profiling.undetermined_reason
from marts.profiling as profiling
inner join marts.samples as samples
    on profiling.cohort_id = samples.cohort_id and profiling.sample_id = samples.sample_id
left join marts.patients as patients
    on profiling.cohort_id = patients.cohort_id and profiling.patient_id = patients.patient_id
where list_contains($cohorts, profiling.cohort_id)
order by profiling.cohort_id, profiling.sample_id
"""
#: A gene at a time: of several, each joined to its status, a query takes up to twice as long.
_STATUS = """
select cohort_id, sample_id, $gene as gene, status, status_reason, n_mutations
from marts.gene_status($gene)
where status <> 'wild_type' and list_contains($cohorts, cohort_id)
order by cohort_id, sample_id
"""
_KNOWN = """
select gene from (select unnest($genes) as gene) as genes
where upper(trim(gene)) in (select gene_name from marts.gene_names)
"""
#: Of a gene that no panel and no table of mutations names nobody can be judged. A set of genes may name such a gene.
_STATUS_UNKNOWN = """
select
    profiling.cohort_id, profiling.sample_id, genes.gene,
    if(profiling.is_undetermined, 'undetermined', 'not_profiled') as status,
    case
        when profiling.is_undetermined then profiling.undetermined_reason
        when not profiling.is_profiled then 'on no list of sequenced samples'
        else 'its panel does not list the gene'
    end as status_reason,
    0 as n_mutations
from marts.profiling as profiling
cross join (select unnest($genes) as gene) as genes
where list_contains($cohorts, profiling.cohort_id)
order by genes.gene, profiling.cohort_id, profiling.sample_id
"""
_CALLS = """
select
    cohort_id, sample_id, hugo_symbol as gene, variant_classification, is_truncating, hgvsp_short, ncbi_build,
    chromosome, start_position
from marts.mutations
where is_usable and is_nonsynonymous and list_contains($genes, hugo_symbol)
    and list_contains($cohorts, cohort_id)
order by source_file_id, source_row
"""
_DOUBTFUL = """
select
    doubtful.cohort_id, doubtful.sample_id, doubtful.hugo_symbol as gene, calls.variant_classification,
    calls.is_truncating, doubtful.status_reason
from marts.undetermined_genes as doubtful
left join marts.mutations as calls
    on doubtful.source_file_id = calls.source_file_id and doubtful.source_row = calls.source_row
where list_contains($genes, doubtful.hugo_symbol) and list_contains($cohorts, doubtful.cohort_id)
order by doubtful.hugo_symbol, doubtful.source_file_id, doubtful.source_row
"""
#: Calls without a protein change are placed by where those with one lie in the genome.
_HOTSPOTS = """
with residues as (
    select hugo_symbol, residue from marts.hotspots
    where n_people >= $people and list_contains($genes, hugo_symbol)
),
calls as (
    select
        hugo_symbol, ncbi_build, chromosome, start_position,
        try_cast(regexp_extract(hgvsp_short, '^p\\.[A-Za-z]+([0-9]+)', 1) as bigint) as residue
    from marts.mutations
    where is_usable and is_nonsynonymous and not is_truncating and list_contains($genes, hugo_symbol)
)
select distinct
    residues.hugo_symbol as gene, residues.residue, calls.ncbi_build, calls.chromosome, calls.start_position
from residues
left join calls on residues.hugo_symbol = calls.hugo_symbol and residues.residue = calls.residue
order by gene, residue, calls.ncbi_build nulls last, calls.chromosome nulls last, calls.start_position nulls last
"""
#: Who was looked at for copy number is on the study's list; which genes, on the sample's panel.
_COPY_NUMBER = """
with genes as (
    select unnest($genes) as gene
),
cohort_levels as (
    select cohort_id, max(case when abs(copy_number_level) = 1 then 1 else 0 end) = 1 as has_shallow_levels
    from marts.copy_number group by cohort_id
)
select
    looked_at.cohort_id, looked_at.sample_id, genes.gene,
    case
        when panels.panel_id is null then null
        when calls.hugo_symbol is not null then calls.copy_number_level
        when doubts.status_reason is null then 0
    end as level,
    panels.panel_id is not null and doubts.status_reason is not null as is_in_doubt,
    coalesce(cohort_levels.has_shallow_levels, false) as has_shallow_levels,
    case when panels.panel_id is null then 'its panel does not list the gene' else doubts.status_reason end as reason
from marts.copy_number_samples as looked_at
cross join genes
left join marts.gene_panels as panels on looked_at.panel_id = panels.panel_id and genes.gene = panels.hugo_symbol
left join marts.copy_number as calls
    on looked_at.cohort_id = calls.cohort_id and looked_at.sample_id = calls.sample_id
    and genes.gene = calls.hugo_symbol
left join (
    select doubtful.cohort_id, doubtful.sample_id, genes.gene, min(doubtful.status_reason) as status_reason
    from marts.undetermined_copy_number as doubtful
    inner join genes on coalesce(doubtful.hugo_symbol, genes.gene) = genes.gene
    left join marts.copy_number as calls
        on doubtful.cohort_id = calls.cohort_id and doubtful.sample_id = calls.sample_id
        and genes.gene = calls.hugo_symbol
    -- a change of a gene that nobody can tell is not that of a gene with a call of its own
    where doubtful.hugo_symbol is not null or calls.hugo_symbol is null
    group by doubtful.cohort_id, doubtful.sample_id, genes.gene
) as doubts
    on looked_at.cohort_id = doubts.cohort_id and looked_at.sample_id = doubts.sample_id and genes.gene = doubts.gene
left join cohort_levels on looked_at.cohort_id = cohort_levels.cohort_id
where list_contains($cohorts, looked_at.cohort_id)
order by looked_at.cohort_id, looked_at.sample_id, genes.gene
"""
#: Who was looked at for structural variants is on the study's list or matrix; which genes, on the panel of either.
_REARRANGEMENTS = """
with genes as (
    select unnest($genes) as gene
),
sites as (
    select cohort_id, sample_id, site1_gene as gene from marts.structural_variants where is_somatic
    union
    select cohort_id, sample_id, site2_gene from marts.structural_variants where is_somatic
)
select
    looked_at.cohort_id, looked_at.sample_id, genes.gene,
    case
        when sites.gene is not null then 'rearranged'
        when looked_at.panel_id is not null and panels.panel_id is null then 'not_profiled'
        when looked_at.doubt_reason is not null then 'undetermined'
        else 'not_rearranged'
    end as status,
    case
        when sites.gene is not null then null
        when looked_at.panel_id is not null and panels.panel_id is null then 'its panel does not list the gene'
        else looked_at.doubt_reason
    end as reason
from marts.structural_variant_samples as looked_at
cross join genes
left join marts.gene_panels as panels on looked_at.panel_id = panels.panel_id and genes.gene = panels.hugo_symbol
left join sites
    on looked_at.cohort_id = sites.cohort_id and looked_at.sample_id = sites.sample_id and genes.gene = sites.gene
where looked_at.is_looked_at and list_contains($cohorts, looked_at.cohort_id)
order by looked_at.cohort_id, looked_at.sample_id, genes.gene
"""
_BURDENS = """
select cohort_id, sample_id, numerator as n_nonsynonymous, denominator_mb
from marts.burdens
where measure = 'tmb' and numerator_rule = 'non-synonymous calls counted here' and list_contains($cohorts, cohort_id)
order by cohort_id, sample_id
"""
#: One analysis a sample: the first by name that fitted it. A signature without a row has no exposure.
_PRESENCE = """
with fitted as (
    select
        cohort_id, sample_id, signature, is_present, n_snvs, reason,
        dense_rank() over (partition by cohort_id, sample_id order by analysis_id) as place
    from stats.signature_exposures
    where variant = $variant and list_contains($cohorts, cohort_id)
)
select
    cohort_id, sample_id,
    case
        when count(is_present) > 0 then coalesce(bool_or(is_present and signature = $signature), false)
    end as is_present,
    case
        when count(is_present) = 0 then coalesce(min(reason), 'too few mutations for signatures')
    end as reason
from fitted
where place = 1
group by cohort_id, sample_id
order by cohort_id, sample_id
"""
_ATTRIBUTE = """
select cohort_id, sample_id, value_text, value_number, attribute_type = 'text' as is_own_words
from marts.sample_attributes
where attribute = $attribute and list_contains($cohorts, cohort_id)
order by cohort_id, sample_id
"""
_RESPONSE = """
select
    samples.cohort_id, samples.sample_id,
    case when responses.{column} then 'yes' else 'no' end as value_text, cast(null as double) as value_number,
    false as is_own_words
from marts.samples as samples
inner join marts.response_outcomes as responses
    on samples.cohort_id = responses.cohort_id and samples.patient_id = responses.patient_id
where responses.{column} is not null and list_contains($cohorts, samples.cohort_id)
order by samples.cohort_id, samples.sample_id
"""


class WarehouseInputs:
    """Inputs of biomarkers from an open DuckDB file.

    Parameters
    ----------
    con : open build or published file; it is only read.
    cohorts : cohorts whose samples are assigned.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, cohorts: Sequence[str]) -> None:
        self._con = con
        self._cohorts = list(cohorts)

    def _read(self, sql: str, **values: object) -> pd.DataFrame:
        return frame_of(self._con.execute(sql, {"cohorts": self._cohorts} | values))

    def _names(self, sql: str) -> tuple[str, ...]:
        return tuple(str(row[0]) for row in self._con.execute(sql).fetchall())

    def _require(self, schema: str, table: str, what: str) -> None:
        if not has_table(self._con, schema, table):
            raise NotAskableError(
                f"{what}: this file has no {schema}.{table}; build it again with this version."
            )

    def samples(self) -> pd.DataFrame:
        return self._read(_SAMPLES)

    # --- names

    def gene_symbols(self, names: Sequence[str]) -> Mapping[str, str]:
        found = {name: resolve_gene(self._con, name) for name in names}
        return {name: symbol for name, symbol in found.items() if symbol is not None}

    def known_genes(self) -> Sequence[str]:
        return self._names("select distinct hugo_symbol from marts.gene_panels order by hugo_symbol")

    def known_gene_sets(self) -> Sequence[str]:
        return self._names(
            "select gene_set_id from marts.gene_sets union select collection from marts.gene_sets order by 1"
        )

    def known_features(self) -> Sequence[str]:
        return self._names("select distinct feature from marts.immune_features order by feature")

    def known_signatures(self) -> Sequence[str]:
        return self._names("select distinct signature from marts.signature_profiles order by signature")

    def known_attributes(self) -> Sequence[str]:
        self._require("marts", "sample_attributes", "Clinical attributes cannot be asked")
        return self._attributes

    @cached_property
    def _attributes(self) -> tuple[str, ...]:
        names = self._names("select distinct attribute from marts.sample_attributes order by attribute")
        return tuple(sorted({*(_LANGUAGE_NAMES.get(name, name) for name in names), *_RESPONSE_COLUMNS}))

    def gene_set(self, name: str) -> Sequence[str]:
        rows = self._con.execute(
            "select distinct hugo_symbol from marts.gene_sets where gene_set_id = $name or collection = $name "
            "order by hugo_symbol",
            {"name": name},
        ).fetchall()
        return tuple(str(row[0]) for row in rows)

    # --- mutations

    def gene_status(self, genes: Sequence[str]) -> pd.DataFrame:
        rows = self._con.execute(_KNOWN, {"genes": list(genes)}).fetchall()
        known = {str(row[0]) for row in rows}
        found = [self._read(_STATUS, gene=gene) for gene in sorted(known)]
        unknown = [gene for gene in genes if gene not in known]
        return pd.concat(
            [*found, self._read(_STATUS_UNKNOWN, genes=unknown)] if unknown or not found else found
        )

    def calls(self, genes: Sequence[str]) -> pd.DataFrame:
        return self._read(_CALLS, genes=list(genes))

    def doubtful_calls(self, genes: Sequence[str]) -> pd.DataFrame:
        return self._read(_DOUBTFUL, genes=list(genes))

    def hotspots(self, genes: Sequence[str]) -> pd.DataFrame:
        self._require("marts", "hotspots", "Hotspots cannot be asked")
        return frame_of(self._con.execute(_HOTSPOTS, {"genes": list(genes), "people": HOTSPOT_PEOPLE}))

    def signature_presence(self, signature: str) -> pd.DataFrame:
        self._require("stats", "signature_exposures", "Signatures cannot be asked")
        return self._read(_PRESENCE, signature=signature, variant=SIGNATURE_VARIANT)

    # --- measurements

    def copy_number(self, genes: Sequence[str]) -> pd.DataFrame:
        self._require("marts", "undetermined_copy_number", "Copy number cannot be asked")
        return self._read(_COPY_NUMBER, genes=list(genes))

    def rearrangements(self, genes: Sequence[str]) -> pd.DataFrame:
        self._require("marts", "structural_variant_samples", "Rearrangements cannot be asked")
        return self._read(_REARRANGEMENTS, genes=list(genes))

    def burdens(self) -> pd.DataFrame:
        return self._read(_BURDENS)

    def expression(self, genes: Sequence[str]) -> pd.DataFrame:
        return expression_values(self._con, self._cohorts, genes).rename(columns={"feature": "gene"})

    def expression_cohorts(self) -> Sequence[str]:
        found = self._read(
            "select distinct cohort_id from marts.expression where list_contains($cohorts, cohort_id) order by 1"
        )
        return tuple(found["cohort_id"])

    def expression_matrix(self, cohort_id: str, genes: Sequence[str] = ()) -> pd.DataFrame:
        return expression_matrix(self._con, cohort_id, genes)

    def feature(self, name: str) -> pd.DataFrame:
        return feature_values(self._con, [name], self._cohorts)

    def attribute(self, name: str) -> pd.DataFrame:
        column = _RESPONSE_COLUMNS.get(name)
        if column is not None:
            return self._read(_RESPONSE.format(column=column))
        return self._read(_ATTRIBUTE, attribute=CATALOGUE_NAMES.get(name, name))
