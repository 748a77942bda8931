-- Rows that could be a mutation of a gene and are not understood: their sample is neither mutated nor wild-type for it.
-- One row a mutation row, sample and gene: the gene that was decided; both that symbol and number name; each that the row names;
-- where the name cannot be read, each gene that stands in it as a word; and, where it cannot be read, does not fit the
-- place or is none (an amino acid changes in some gene), each gene that lies there. A row of a sample that nobody is known for concerns the known samples that its name
-- may mean: without the row they would be wild-type.
with doubtful as (

    select
        cohort_id,
        patient_id,
        sample_id,
        hugo_symbol,
        hugo_symbol_raw,
        names_several_genes,
        entrez_gene_id,
        chromosome,
        start_position,
        ncbi_build,
        problem,
        gene_rule = 'names no gene' as names_no_gene,
        case
            when problem is not null then problem
            when names_several_genes then 'several_genes'
            else 'missing_gene'
        end as rule_id,
        -- the gene that the number chose is mutated; the others that the row names are in doubt
        problem is null and hugo_symbol is not null as is_decided,
        source_file_id,
        source_row
    from {{ ref('int_mutations') }}
    where
        could_count and patient_id is not null
        and (problem is not null or names_several_genes or gene_rule = 'names no gene')
    union all
    select
        calls.cohort_id,
        likenesses.patient_id,
        likenesses.sample_id,
        calls.hugo_symbol,
        calls.hugo_symbol_raw,
        calls.names_several_genes,
        calls.entrez_gene_id,
        calls.chromosome,
        calls.start_position,
        calls.ncbi_build,
        calls.problem,
        calls.gene_rule = 'names no gene' as names_no_gene,
        'sample_spelled_otherwise' as rule_id,
        false as is_decided,
        calls.source_file_id,
        calls.source_row
    from {{ ref('int_mutations') }} as calls
    inner join {{ ref('int_sample_likenesses') }} as likenesses
        on calls.cohort_id = likenesses.cohort_id and calls.sample_id = likenesses.unknown_sample_id
    where calls.could_count and calls.patient_id is null

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
        doubtful.names_no_gene
        or doubtful.problem in ('unreadable_symbol', 'symbol_and_chromosome_disagree', 'position_outside_gene')

)

select
    doubtful.cohort_id,
    doubtful.patient_id,
    persons.person_id,
    doubtful.sample_id,
    named.hugo_symbol,
    doubtful.rule_id,
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
left join {{ ref('rejection_rules') }} as rules on doubtful.rule_id = rules.rule_id
where not (doubtful.is_decided and named.hugo_symbol = doubtful.hugo_symbol)
