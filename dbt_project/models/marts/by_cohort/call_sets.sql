-- What the tables of calls of a cohort hold, by reference build: a count of what a table does not list says nothing.
with counted as (

    select
        cohort_id,
        ncbi_build,
        count(*) as n_calls,
        sum(case when is_counted then 1 else 0 end) as n_counted,
        sum(case when reference_allele is not null and tumor_seq_allele2 is not null then 1 else 0 end)
            as n_with_alleles,
        sum(case when variant_classification = 'Silent' then 1 else 0 end) as n_silent,
        sum(case when is_counted and variant_classification like 'Frame_Shift%' then 1 else 0 end) as n_frameshift
    from {{ ref('mutations') }}
    group by cohort_id, ncbi_build

),

by_build as (

    select
        cohort_id,
        coalesce({{ genome_build('ncbi_build') }}, 'unknown') as genome_build,
        cast(sum(n_calls) as bigint) as n_calls,
        cast(sum(n_counted) as bigint) as n_counted,
        cast(sum(n_with_alleles) as bigint) as n_with_alleles,
        cast(sum(n_silent) as bigint) as n_silent,
        cast(sum(n_frameshift) as bigint) as n_frameshift
    from counted
    group by cohort_id, coalesce({{ genome_build('ncbi_build') }}, 'unknown')

)

select
    cohort_id,
    genome_build,
    n_calls,
    n_counted,
    n_with_alleles,
    n_silent,
    n_frameshift,
    -- exomes have 0.2 to 0.3 silent calls a call
    sum(n_silent) over (partition by cohort_id) >= 0.05 * sum(n_calls) over (partition by cohort_id)
        as lists_silent_calls,
    sum(n_frameshift) over (partition by cohort_id) > 0 as lists_frameshifts
from by_build
