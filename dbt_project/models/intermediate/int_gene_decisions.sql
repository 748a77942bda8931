-- Which gene a mutation row is about: name, Entrez number and chromosome decide together, once for each combination that
-- occurs. hugo_symbol is null where the row is about no gene, or where problem says why nobody can tell.
-- A gene's own number is that of a list, else that of most of its rows; a name that no list gives a number, whose number
-- is another gene's in a list and that has no other number anywhere, is an old name of that gene, also in the tables that
-- give no number, on the chromosome where that gene lies (TMEM155, of 5 rows with SMIM43's number and 35 without any).
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
        combinations.n_rows,
        coalesce(nullif(combinations.entrez_gene_id, 0), names.stated_entrez_gene_id) as stated_number,
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
        max(n_rows) as n_rows,
        max(stated_number) as stated_number,
        max(candidate_number) as candidate_number,
        max(case when is_ambiguous then 1 else 0 end) = 1 as is_ambiguous,
        max(case when is_readable then 0 else 1 end) = 1 as has_unreadable,
        min(rule) as rule,
        max(number_symbol) as number_symbol,
        max(number_rule) as number_rule,
        max(case when candidate = number_symbol or candidate_entrez_gene_id = stated_number then candidate end)
            as by_number,
        -- of A|1,B|2 each number says only which gene its name is; the row's own number says which of them it means
        max(case
            when entrez_gene_id > 0 and (candidate = number_symbol or candidate_entrez_gene_id = entrez_gene_id) then candidate
        end) as by_row_number,
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
            when n_candidates > 1 then by_row_number
            when has_unreadable and (number_symbol is null or by_number is null) then null
            when number_symbol is null or by_number is not null then any_candidate
            when number_rule <> 'mutation table' and coalesce(candidate_number, stated_number) = stated_number
                then number_symbol
            when coalesce(candidate_number, stated_number) = stated_number then any_candidate
        end as hugo_symbol
    from counted

),

placed as (

    select
        decided.*,
        places.chromosome as place_chromosome,
        -- X and Y share genes at their ends; patches and unplaced pieces (GL000192.1) are no other chromosome
        coalesce(
            places.chromosome <> decided.chromosome
            and {{ matches('decided.chromosome', "'^([0-9]{1,2}|X|Y|MT)$'") }}
            and not (places.chromosome in ('X', 'Y') and decided.chromosome in ('X', 'Y')), false
        ) as is_elsewhere
    from decided
    left join gene_chromosomes as places on decided.hugo_symbol = places.hugo_symbol

),

-- an old name without a number, where the same name on the same chromosome has one: the gene is known to lie there, or
-- three rows say it (one wrong number in one row says nothing of the rows of other tables)
numbered_elsewhere as (

    select
        name_raw,
        chromosome,
        max(hugo_symbol) as hugo_symbol
    from placed
    where
        stated_number is not null and n_candidates = 1 and hugo_symbol <> any_candidate
        and chromosome <> '' and not is_elsewhere
    group by name_raw, chromosome
    having count(distinct hugo_symbol) = 1 and (max(place_chromosome) = chromosome or sum(n_rows) >= 3)

)

select
    placed.name_raw,
    placed.entrez_gene_id,
    placed.chromosome,
    case when not placed.is_elsewhere then coalesce(known.hugo_symbol, placed.hugo_symbol) end as hugo_symbol,
    case
        when placed.hugo_symbol is null and placed.n_candidates = 0 and not placed.has_unreadable
            then 'names no gene'
        when placed.hugo_symbol is null then 'undecided'
        when
            placed.n_candidates = 0 or placed.by_row_number is not null and placed.n_candidates > 1
            or placed.by_number is not null and placed.is_ambiguous
            then 'Entrez number'
        when placed.n_candidates > 1 and placed.by_chromosome is not null then 'chromosome'
        when placed.n_candidates = 1 and coalesce(known.hugo_symbol, placed.hugo_symbol) <> placed.any_candidate
            then 'same Entrez number'
        when placed.n_candidates > 1 then 'curated alias'
        else placed.rule
    end as rule,
    case
        when placed.is_elsewhere then 'symbol_and_chromosome_disagree'
        when placed.hugo_symbol is not null then null
        when placed.n_candidates > 1 and placed.is_ambiguous then 'ambiguous_symbol'
        when placed.n_candidates > 1 then 'several_genes'
        when placed.has_unreadable then 'unreadable_symbol'
        when placed.n_candidates = 1 then 'symbol_and_number_disagree'
    end as problem,
    placed.n_candidates > 1 and not placed.is_ambiguous as names_several_genes
from placed
left join numbered_elsewhere as known
    on
        placed.name_raw = known.name_raw and placed.chromosome = known.chromosome
        and placed.stated_number is null and placed.n_candidates = 1 and placed.rule = 'as given'
