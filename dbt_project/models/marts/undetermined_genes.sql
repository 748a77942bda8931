-- Rows that could be a mutation of a gene and are not understood: their sample is neither mutated nor wild-type for it.
-- One row a mutation row and gene: the gene that was decided; both that symbol and number name; each that the row names;
-- where the name cannot be read, each gene that stands in it as a word; and, where it cannot be read or does not fit the
-- place, each gene that lies there.
with doubtful as (

    select * from {{ ref('int_mutations') }}
    where could_count and (problem is not null or names_several_genes) and patient_id is not null

),

named as (

    select
        doubtful.cohort_id,
        doubtful.source_file_id,
        doubtful.source_row,
        names.hugo_symbol
    from doubtful
    inner join {{ ref('int_gene_names') }} as names on coalesce(doubtful.hugo_symbol_raw, '') = names.name_raw
    where names.hugo_symbol is not null and (doubtful.hugo_symbol is null or doubtful.names_several_genes)
    union
    select
        doubtful.cohort_id,
        doubtful.source_file_id,
        doubtful.source_row,
        numbers.hugo_symbol
    from doubtful
    inner join {{ ref('int_gene_identifiers') }} as numbers
        on
            numbers.id_type = 'entrez'
            and cast(doubtful.entrez_gene_id as string) = numbers.identifier
    where doubtful.hugo_symbol is null
    union
    select
        doubtful.cohort_id,
        doubtful.source_file_id,
        doubtful.source_row,
        parts.hugo_symbol
    from doubtful
    inner join {{ ref('int_gene_name_parts') }} as parts on doubtful.hugo_symbol_raw = parts.name_raw
    where doubtful.problem = 'unreadable_symbol'
    union
    select
        cohort_id,
        source_file_id,
        source_row,
        hugo_symbol
    from doubtful
    where hugo_symbol is not null
    union
    select
        doubtful.cohort_id,
        doubtful.source_file_id,
        doubtful.source_row,
        places.hugo_symbol
    from doubtful
    inner join {{ ref('int_gene_places') }} as places
        on
            doubtful.chromosome = places.chromosome
            -- the stretch in which calls lie is shorter than the gene (median gene 24 kilobases)
            and doubtful.start_position between places.lowest_position - 100000 and places.highest_position + 100000
            and {{ genome_build('doubtful.ncbi_build') }} = places.genome_build
    where
        doubtful.problem in ('unreadable_symbol', 'symbol_and_chromosome_disagree', 'position_outside_gene')

)

select
    doubtful.cohort_id,
    doubtful.patient_id,
    persons.person_id,
    doubtful.sample_id,
    named.hugo_symbol,
    coalesce(doubtful.problem, 'several_genes') as rule_id,
    rules.description as status_reason,
    doubtful.source_file_id,
    doubtful.source_row
from doubtful
inner join named
    on
        doubtful.cohort_id = named.cohort_id
        and doubtful.source_file_id = named.source_file_id
        and doubtful.source_row = named.source_row
inner join {{ ref('int_persons') }} as persons
    on doubtful.cohort_id = persons.cohort_id and doubtful.patient_id = persons.patient_id
left join {{ ref('rejection_rules') }} as rules on coalesce(doubtful.problem, 'several_genes') = rules.rule_id
where not (
    -- the gene that the number chose is mutated; the others that the row names are in doubt
    doubtful.problem is null and named.hugo_symbol = doubtful.hugo_symbol
)
