-- Copy-number calls with patient and gene, or with the rule that says why not. A gene is named by symbol, by Entrez number
-- or by both. Where they are two, a symbol that is itself a gene under another number is a disagreement; a symbol that
-- nobody else has is an old one, and the number decides.
with calls as (

    select
        listed.*,
        -- 'Unknown', '-' and their like are words for no gene
        case when sentinels.word is null then listed.hugo_symbol end as symbol_given,
        cast(case when listed.entrez_gene_id > 0 then listed.entrez_gene_id end as string) as entrez_number,
        coalesce(listed.hugo_symbol, '') || '|' || coalesce(cast(listed.entrez_gene_id as string), '') as gene_key
    from {{ ref('stg_copy_number') }} as listed
    left join {{ ref('no_gene_words') }} as sentinels on lower(listed.hugo_symbol) = sentinels.word

),

samples as (

    select
        cohort_id,
        sample_id,
        patient_id
    from {{ ref('int_samples') }}
    where patient_id is not null

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

-- Levels by cBioPortal's file formats; -1.5 is a partial loss of both copies.
levelled as (

    select
        *,
        copy_number_level in (-2, -1.5, -1, 0, 1, 2) as is_level
    from calls

),

repeated as (

    select
        cohort_id,
        sample_id,
        gene_key,
        min({{ place('source_file_id', 'source_row') }}) as place,
        count(distinct copy_number_level) as n_levels
    from levelled
    where is_level
    group by cohort_id, sample_id, gene_key
    having count(*) > 1

),

resolved as (

    select
        calls.cohort_id,
        samples.patient_id,
        calls.sample_id,
        calls.hugo_symbol as hugo_symbol_raw,
        calls.entrez_gene_id,
        coalesce(symbols.hugo_symbol, calls.symbol_given) as symbol_gene,
        numbers.hugo_symbol as number_gene,
        calls.symbol_given is null and calls.entrez_number is null as is_without_gene,
        coalesce(
            numbers.hugo_symbol <> coalesce(symbols.hugo_symbol, calls.symbol_given)
            and numbered_symbols.hugo_symbol is not null,
            false
        ) as is_disagreement,
        calls.value_raw,
        calls.copy_number_level,
        coalesce(calls.is_level, false) as is_level,
        coalesce(
            repeated.n_levels > 1
            or repeated.place <> {{ place('calls.source_file_id', 'calls.source_row') }},
            false
        ) as is_repeated,
        calls.source_file_id,
        calls.source_row
    from levelled as calls
    left join samples
        on calls.cohort_id = samples.cohort_id and calls.sample_id = samples.sample_id
    left join {{ ref('int_gene_symbols') }} as symbols on calls.symbol_given = symbols.symbol_raw
    left join numbers on calls.entrez_number = numbers.identifier
    left join numbered_symbols on coalesce(symbols.hugo_symbol, calls.symbol_given) = numbered_symbols.hugo_symbol
    left join repeated
        on
            calls.cohort_id = repeated.cohort_id
            and calls.sample_id = repeated.sample_id
            and calls.gene_key = repeated.gene_key

),

judged as (

    select
        *,
        case
            when patient_id is null then 'unknown_sample'
            when is_without_gene then 'missing_gene'
            when is_disagreement then 'symbol_and_number_disagree'
            when not is_level then 'not_a_copy_number_level'
            when is_repeated then 'repeated_gene'
        end as problem,
        coalesce(hugo_symbol_raw || ' ', '') || coalesce(cast(entrez_gene_id as string), '') as gene_shown
    from resolved

)

select
    cohort_id,
    patient_id,
    sample_id,
    coalesce(number_gene, symbol_gene) as hugo_symbol,
    hugo_symbol_raw,
    entrez_gene_id,
    copy_number_level,
    problem,
    case
        when problem = 'unknown_sample' then 'sample_id'
        when problem = 'not_a_copy_number_level' then 'value'
        when problem is not null or coalesce(number_gene, symbol_gene) is null then 'gene'
    end as problem_column,
    case
        when problem = 'unknown_sample' then sample_id
        when problem = 'not_a_copy_number_level' then value_raw
        when problem is not null or coalesce(number_gene, symbol_gene) is null then nullif({{ trimmed('gene_shown') }}, '')
    end as problem_value,
    source_file_id,
    source_row
from judged
