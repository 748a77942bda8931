-- Mutation burden of a sample, one row: the version that a question means if it names none. The source's own rate counts
-- first, then its count, then the calls counted here; a count is a rate only where the megabases are known. Thresholds mean
-- something within an assay only.
{% set counted_here = "numerator_rule = 'non-synonymous calls counted here'" %}
with versions as (

    select
        *,
        row_number() over (
            partition by cohort_id, sample_id
            order by
                case when tmb_mut_per_mb is null then 1 else 0 end,
                case numerator_rule
                    when 'rate stated by the source' then 0 when 'count stated by the source' then 1 else 2
                end,
                numerator_rule
        ) as place
    from {{ ref('burdens') }}
    where measure = 'tmb'

),

counted as (

    select * from versions where {{ counted_here }}

)

select
    versions.cohort_id,
    versions.sample_id,
    versions.patient_id,
    versions.person_id,
    coalesce(samples.is_index, false) as is_index,
    samples.cancer_type,
    versions.assay,
    profiling.assay_kind,
    versions.numerator_rule,
    versions.numerator,
    versions.denominator_mb,
    versions.tmb_mut_per_mb,
    versions.percentile_in_assay_and_cancer_type,
    versions.tmb_mut_per_mb >= 10 as is_10_or_more,
    case
        when versions.tmb_mut_per_mb is null
            then 'the megabases that were sequenced are not known: a count, no rate'
    end as no_rate_reason,
    counted.numerator as n_counted_here,
    counted.denominator_mb as panel_size_mb,
    counted.tmb_mut_per_mb as counted_here_mut_per_mb,
    case
        when versions.numerator_rule = 'rate stated by the source' and versions.tmb_mut_per_mb > 0
            then 100 * (counted.tmb_mut_per_mb - versions.tmb_mut_per_mb) / versions.tmb_mut_per_mb
    end as counted_here_difference_percent,
    versions.burden_source,
    versions.source_file_id,
    versions.source_row
from versions
inner join {{ ref('samples') }} as samples
    on versions.cohort_id = samples.cohort_id and versions.sample_id = samples.sample_id
left join {{ ref('profiling') }} as profiling
    on versions.cohort_id = profiling.cohort_id and versions.sample_id = profiling.sample_id
left join counted
    on versions.cohort_id = counted.cohort_id and versions.sample_id = counted.sample_id
where versions.place = 1
