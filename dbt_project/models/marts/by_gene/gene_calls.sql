-- Who has what in which gene: samples with a counted non-synonymous call of the gene, and samples with a row that could be
-- one and is not understood. Every other judged sample whose panel covers the gene is wild-type (marts.gene_status).
with positions as (

    -- a call without a protein change is as recurrent as the residue that lies at its position in the genome
    select
        calls.hugo_symbol,
        calls.ncbi_build,
        calls.chromosome,
        calls.start_position,
        max(hotspots.n_people) as n_people
    from {{ ref('int_residue_calls') }} as calls
    inner join {{ ref('hotspots') }} as hotspots
        on calls.hugo_symbol = hotspots.hugo_symbol and calls.residue = hotspots.residue
    where calls.start_position is not null
    group by calls.hugo_symbol, calls.ncbi_build, calls.chromosome, calls.start_position

),

recurrent_calls as (

    select
        calls.cohort_id,
        calls.sample_id,
        calls.hugo_symbol,
        hotspots.n_people
    from {{ ref('int_residue_calls') }} as calls
    inner join {{ ref('hotspots') }} as hotspots
        on calls.hugo_symbol = hotspots.hugo_symbol and calls.residue = hotspots.residue
    union all
    select
        calls.cohort_id,
        calls.sample_id,
        calls.hugo_symbol,
        positions.n_people
    from {{ ref('int_residue_calls') }} as calls
    inner join positions
        on
            calls.residue is null
            and calls.hugo_symbol = positions.hugo_symbol
            and calls.ncbi_build = positions.ncbi_build
            and calls.chromosome = positions.chromosome
            and calls.start_position = positions.start_position

),

recurrent as (

    select
        cohort_id,
        sample_id,
        hugo_symbol,
        max(n_people) as n_people
    from recurrent_calls
    group by cohort_id, sample_id, hugo_symbol

),

called as (

    select
        cohort_id,
        sample_id,
        hugo_symbol,
        count(*) as n_nonsynonymous,
        cast(sum(case when is_truncating then 1 else 0 end) as bigint) as n_truncating
    from {{ ref('mutations') }}
    where is_usable and is_nonsynonymous and hugo_symbol is not null
    group by cohort_id, sample_id, hugo_symbol

),

doubted as (

    select
        cohort_id,
        sample_id,
        hugo_symbol,
        min(status_reason) as doubt_reason
    from {{ ref('undetermined_genes') }}
    group by cohort_id, sample_id, hugo_symbol

)

select
    samples.cohort_id,
    samples.patient_id,
    samples.person_id,
    samples.sample_id,
    coalesce(called.hugo_symbol, doubted.hugo_symbol) as hugo_symbol,
    coalesce(called.n_nonsynonymous, 0) as n_nonsynonymous,
    coalesce(called.n_truncating, 0) as n_truncating,
    recurrent.n_people as n_people_at_residue,
    doubted.sample_id is not null as is_doubtful,
    doubted.doubt_reason
from called
full outer join doubted
    on
        called.cohort_id = doubted.cohort_id
        and called.sample_id = doubted.sample_id
        and called.hugo_symbol = doubted.hugo_symbol
left join recurrent
    on
        called.cohort_id = recurrent.cohort_id
        and called.sample_id = recurrent.sample_id
        and called.hugo_symbol = recurrent.hugo_symbol
inner join {{ ref('samples') }} as samples
    on
        coalesce(called.cohort_id, doubted.cohort_id) = samples.cohort_id
        and coalesce(called.sample_id, doubted.sample_id) = samples.sample_id
