-- Which gene a row of a copy-number table is about, once for each symbol and Entrez number that occur together. Names are
-- read as those of mutation tables (int_gene_names). Where symbol and number are two genes, a symbol that is itself a gene
-- under another number is a disagreement; a symbol that nobody else has is an old one, and the number decides. hugo_symbol
-- is null where nobody can tell, and problem says why; a number that no source resolves has neither.
with pairs as (

    select
        coalesce(hugo_symbol, '') as name_raw,
        coalesce(entrez_gene_id, 0) as entrez_gene_id
    from {{ ref('stg_copy_number') }}
    union
    select
        coalesce(hugo_symbol, '') as name_raw,
        coalesce(entrez_gene_id, 0) as entrez_gene_id
    from {{ ref('stg_copy_number_no_calls') }}

),

numbers as (

    select
        identifier,
        hugo_symbol
    from {{ ref('int_gene_identifiers') }}
    where id_type = 'entrez'

),

numbered_symbols as (

    select distinct hugo_symbol
    from numbers

),

-- one row a pair and gene that its name may stand for
candidates as (

    select
        pairs.name_raw,
        pairs.entrez_gene_id,
        names.hugo_symbol as candidate,
        not names.is_readable as is_unreadable,
        names.is_ambiguous,
        names.is_default,
        numbers.hugo_symbol as number_gene,
        pairs.entrez_gene_id > 0 or names.stated_entrez_gene_id is not null as has_number,
        numbered_symbols.hugo_symbol is not null as is_numbered
    from pairs
    inner join {{ ref('int_gene_names') }} as names on pairs.name_raw = names.name_raw
    left join numbers
        on
            cast(
                coalesce(case when pairs.entrez_gene_id > 0 then pairs.entrez_gene_id end, names.stated_entrez_gene_id)
                as string
            ) = numbers.identifier
    left join numbered_symbols on names.hugo_symbol = numbered_symbols.hugo_symbol

),

counted as (

    select
        name_raw,
        entrez_gene_id,
        count(candidate) as n_candidates,
        min(candidate) as any_candidate,
        max(case when is_unreadable then 1 else 0 end) = 1 as is_unreadable,
        max(case when is_ambiguous then 1 else 0 end) = 1 as is_ambiguous,
        max(case when is_default then candidate end) as by_default,
        max(case when has_number then 1 else 0 end) = 1 as has_number,
        max(number_gene) as number_gene,
        max(case when candidate = number_gene then candidate end) as by_number,
        max(case when is_numbered then 1 else 0 end) = 1 as is_numbered
    from candidates
    group by name_raw, entrez_gene_id

),

judged as (

    select
        *,
        case
            when n_candidates = 0 and is_unreadable and number_gene is null then 'unreadable_symbol'
            when n_candidates = 0 and not has_number then 'missing_gene'
            when n_candidates = 1 and number_gene <> any_candidate and is_numbered then 'symbol_and_number_disagree'
            when n_candidates > 1 and by_number is null and is_ambiguous and by_default is null then 'ambiguous_symbol'
            when n_candidates > 1 and by_number is null and not is_ambiguous then 'several_genes'
        end as problem
    from counted

)

select
    name_raw,
    entrez_gene_id,
    case
        when problem = 'symbol_and_number_disagree' then number_gene
        when problem is not null then null
        when n_candidates > 1 then coalesce(by_number, by_default)
        else coalesce(number_gene, any_candidate)
    end as hugo_symbol,
    number_gene,
    problem
from judged
