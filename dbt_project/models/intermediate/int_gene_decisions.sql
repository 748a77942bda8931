-- Which gene a mutation row is about: name, Entrez number and chromosome decide together, once for each combination that
-- occurs. hugo_symbol is null where the row is about no gene, or where problem says why nobody can tell.
-- A gene's own number is that of a list, else that of most of its rows; a name that no list gives a number, whose number
-- is another gene's in a list and that has no other number anywhere, is an old name of that gene.
with combinations as (

    select
        coalesce(hugo_symbol, '') as name_raw,
        coalesce(entrez_gene_id, 0) as entrez_gene_id,
        coalesce(chromosome, '') as chromosome,
        count(*) as n_rows
    from {{ ref('stg_mutations') }}
    group by coalesce(hugo_symbol, ''), coalesce(entrez_gene_id, 0), coalesce(chromosome, '')

),

own_numbers as (

    select
        hugo_symbol,
        entrez_gene_id
    from (
        select
            names.hugo_symbol,
            combinations.entrez_gene_id,
            row_number() over (
                partition by names.hugo_symbol
                order by sum(combinations.n_rows) desc, combinations.entrez_gene_id
            ) as place
        from combinations
        inner join {{ ref('int_gene_names') }} as names on combinations.name_raw = names.name_raw
        where combinations.entrez_gene_id > 0 and not names.is_ambiguous
        group by names.hugo_symbol, combinations.entrez_gene_id
    ) as numbered
    where place = 1

),

-- a gene's own number by the best list that has one: the first row a gene
listed_numbers as (

    select
        hugo_symbol,
        cast(identifier as bigint) as entrez_gene_id,
        row_number() over (
            partition by hugo_symbol
            order by
                case rule when 'identifier table' then 1 when 'nomenclature committee' then 2 else 3 end, identifier
        ) as place
    from {{ ref('int_gene_identifiers') }}
    where id_type = 'entrez' and rule <> 'mutation table'

),

gene_chromosomes as (

    select distinct
        hugo_symbol,
        chromosome
    from {{ ref('int_gene_places') }}

),

numbered as (

    select
        combinations.name_raw,
        combinations.entrez_gene_id,
        combinations.chromosome,
        names.hugo_symbol as candidate,
        names.names_no_gene,
        names.is_readable,
        names.is_ambiguous,
        names.is_default,
        names.rule,
        by_number.hugo_symbol as number_symbol,
        by_number.rule as number_rule,
        coalesce(listed_numbers.entrez_gene_id, own_numbers.entrez_gene_id) as candidate_number,
        names.candidate_entrez_gene_id,
        coalesce(names.candidate_chromosome, gene_chromosomes.chromosome) as candidate_chromosome
    from combinations
    inner join {{ ref('int_gene_names') }} as names on combinations.name_raw = names.name_raw
    left join {{ ref('int_gene_identifiers') }} as by_number
        on
            by_number.id_type = 'entrez'
            and cast(coalesce(nullif(combinations.entrez_gene_id, 0), names.stated_entrez_gene_id) as string)
            = by_number.identifier
    left join own_numbers on names.hugo_symbol = own_numbers.hugo_symbol
    left join listed_numbers on names.hugo_symbol = listed_numbers.hugo_symbol and listed_numbers.place = 1
    left join gene_chromosomes on names.hugo_symbol = gene_chromosomes.hugo_symbol

),

-- one row a combination: how many genes the name may be, and which of them number or chromosome point to
counted as (

    select
        name_raw,
        entrez_gene_id,
        chromosome,
        count(candidate) as n_candidates,
        min(candidate) as any_candidate,
        max(candidate_number) as candidate_number,
        max(case when is_ambiguous then 1 else 0 end) = 1 as is_ambiguous,
        max(case when is_readable then 0 else 1 end) = 1 as has_unreadable,
        min(rule) as rule,
        max(number_symbol) as number_symbol,
        max(number_rule) as number_rule,
        max(case when candidate = number_symbol or candidate_entrez_gene_id = entrez_gene_id then candidate end)
            as by_number,
        case
            when count(case when candidate_chromosome = chromosome then 1 end) = 1
                then max(case when candidate_chromosome = chromosome then candidate end)
        end as by_chromosome,
        max(case when is_default then candidate end) as by_default
    from numbered
    group by name_raw, entrez_gene_id, chromosome

),

decided as (

    select
        counted.*,
        case
            when n_candidates = 0 then number_symbol
            when n_candidates > 1 and is_ambiguous
                then coalesce(by_number, by_chromosome, case when chromosome = '' then by_default end)
            when n_candidates > 1 then by_number
            when has_unreadable and (number_symbol is null or by_number is null) then null
            when number_symbol is null or by_number is not null then any_candidate
            when number_rule <> 'mutation table' and coalesce(candidate_number, entrez_gene_id) = entrez_gene_id
                then number_symbol
            when coalesce(candidate_number, entrez_gene_id) = entrez_gene_id then any_candidate
        end as hugo_symbol
    from counted

)

select
    decided.name_raw,
    decided.entrez_gene_id,
    decided.chromosome,
    case
        when places.chromosome <> decided.chromosome and decided.chromosome <> '' then null
        else decided.hugo_symbol
    end as hugo_symbol,
    case
        when decided.hugo_symbol is null and decided.n_candidates = 0 and not decided.has_unreadable
            then 'names no gene'
        when decided.hugo_symbol is null then 'undecided'
        when decided.n_candidates = 0 or (decided.n_candidates > 1 and decided.by_number is not null)
            then 'Entrez number'
        when decided.n_candidates > 1 and decided.by_chromosome is not null then 'chromosome'
        when decided.n_candidates = 1 and decided.hugo_symbol <> decided.any_candidate then 'same Entrez number'
        when decided.n_candidates > 1 then 'curated alias'
        else decided.rule
    end as rule,
    case
        when
            places.chromosome <> decided.chromosome and decided.chromosome <> ''
            and decided.hugo_symbol is not null
            then 'symbol_and_chromosome_disagree'
        when decided.hugo_symbol is not null then null
        when decided.n_candidates > 1 and decided.is_ambiguous then 'ambiguous_symbol'
        when decided.n_candidates > 1 then 'several_genes'
        when decided.has_unreadable then 'unreadable_symbol'
        when decided.n_candidates = 1 then 'symbol_and_number_disagree'
    end as problem,
    decided.n_candidates > 1 and not decided.is_ambiguous as names_several_genes
from decided
-- X and Y share genes at their ends; patches and unplaced pieces (GL000192.1) are no other chromosome
left join gene_chromosomes as places
    on
        decided.hugo_symbol = places.hugo_symbol
        and {{ matches('decided.chromosome', "'^([0-9]{1,2}|X|Y|MT)$'") }}
        and not (places.chromosome in ('X', 'Y') and decided.chromosome in ('X', 'Y'))
