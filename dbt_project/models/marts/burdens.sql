-- Mutation burden of a sample, one row a version: as the source gives it (a rate, or a count), and as counted here
-- from the calls. Only percentiles within assay and cancer type can be compared across assays.
with cohorts as (

    select * from {{ ref('stg_cohorts') }}

),

samples as (

    select * from {{ ref('samples') }}

),

profiling as (

    select * from {{ ref('profiling') }} where is_judged

),

panel_sizes as (

    select * from {{ ref('panel_sizes') }}

),

stated as (

    select
        cohort_id,
        sample_id,
        attribute,
        value_number,
        column_name,
        source_file_id,
        source_row
    from {{ ref('int_sample_attributes') }}
    where attribute in ('TMB_NONSYNONYMOUS', 'MUTATION_COUNT', 'NEOANTIGEN_COUNT')

),

counted as (

    select
        cohort_id,
        sample_id,
        sum(case when is_nonsynonymous then 1 else 0 end) as n_nonsynonymous
    from {{ ref('mutations') }}
    where is_usable
    group by cohort_id, sample_id

),

versions as (

    select
        stated.cohort_id,
        stated.sample_id,
        case stated.attribute when 'NEOANTIGEN_COUNT' then 'neoantigens' else 'tmb' end as measure,
        case stated.attribute
            when 'TMB_NONSYNONYMOUS' then 'rate stated by the source'
            else 'count stated by the source'
        end as numerator_rule,
        case when stated.attribute <> 'TMB_NONSYNONYMOUS' then stated.value_number end as numerator,
        case
            when stated.attribute = 'TMB_NONSYNONYMOUS' then stated.value_number
        end as stated_rate,
        stated.column_name as burden_source,
        stated.source_file_id,
        stated.source_row
    from stated
    union all
    select
        profiling.cohort_id,
        profiling.sample_id,
        'tmb' as measure,
        'non-synonymous calls counted here' as numerator_rule,
        cast(coalesce(counted.n_nonsynonymous, 0) as double) as numerator,
        cast(null as double) as stated_rate,
        'marts.mutations' as burden_source,
        profiling.source_file_id,
        profiling.source_row
    from profiling
    inner join cohorts on profiling.cohort_id = cohorts.cohort_id and cohorts.burden_from_calls
    left join counted
        on profiling.cohort_id = counted.cohort_id and profiling.sample_id = counted.sample_id

),

rated as (

    select
        versions.cohort_id,
        versions.sample_id,
        samples.patient_id,
        samples.person_id,
        samples.cancer_type,
        versions.measure,
        versions.numerator_rule,
        coalesce(profiling.panel_id, cohorts.assay_name) as assay,
        versions.numerator,
        case
            when versions.measure = 'tmb' and versions.stated_rate is null
                then coalesce(panel_sizes.size_mb, cohorts.assay_size_mb)
        end as denominator_mb,
        versions.stated_rate,
        versions.burden_source,
        versions.source_file_id,
        versions.source_row
    from versions
    inner join samples
        on versions.cohort_id = samples.cohort_id and versions.sample_id = samples.sample_id
    inner join cohorts on versions.cohort_id = cohorts.cohort_id
    left join profiling
        on versions.cohort_id = profiling.cohort_id and versions.sample_id = profiling.sample_id
    left join panel_sizes on profiling.panel_id = panel_sizes.panel_id

)

select
    cohort_id,
    sample_id,
    patient_id,
    person_id,
    measure,
    numerator_rule,
    assay,
    numerator,
    denominator_mb,
    case
        when measure = 'tmb' then coalesce(stated_rate, numerator / denominator_mb)
    end as tmb_mut_per_mb,
    percent_rank() over (
        partition by cohort_id, measure, numerator_rule, assay, cancer_type
        order by coalesce(stated_rate, numerator)
    ) as percentile_in_assay_and_cancer_type,
    numerator_rule = case measure
        when 'tmb' then 'non-synonymous calls counted here' when 'neoantigens' then 'count stated by the source'
    end as is_compared,
    burden_source,
    source_file_id,
    source_row
from rated
